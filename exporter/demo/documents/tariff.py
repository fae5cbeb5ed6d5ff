"""`/admin/lib/tariff`: what power costs, and how its owner wants the batteries used."""

from typing import Any

from exporter.demo.battery import RESERVE
from exporter.demo.documents.identity import INSTALLED_AT
from exporter.demo.house import State

WEEK = ("Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat")
DATE = "2024-01-01 18:00:00 UTC"
RATES = {"rate": 0.1421, "sell": 0.0732}
ALL_DAY = {"start": 0, "duration": 1440}
STORAGE = {
    "operation_mode_sub_type": "",
    "reserved_soc": RESERVE * 100,
    "very_low_soc": 10,
    "charge_from_grid": False,
    "opt_schedules": False,
}


def tariff(_state: State, currency: str = "USD") -> dict[str, Any]:
    """Return the tariff, and how the batteries are to be used."""
    mode = "self-consumption"
    return {
        "tariff": {
            "currency": {"code": currency},
            "logger": "mylogger",
            "date": str(INSTALLED_AT),
            "storage_settings": {"mode": mode, **STORAGE, "date": str(INSTALLED_AT)},
            "single_rate": RATES,
            "seasons": [],
            "seasons_sell": [],
        },
        "schedule": {
            "filename": "Tariff",
            "source": "Tariff",
            "date": DATE,
            "version": "00.00.02",
            "batt_mode": mode,
            "battery_mode": mode,
            **STORAGE,
            "override": False,
            "override_backup_soc": 30.0,
            "override_chg_dischg_rate": 0.0,
            "override_tou_mode": "StorageTouMode_DEFAULT_TOU_MODE",
            "schedule": _schedule(),
        },
    }


def rates(_state: State) -> dict[str, Any]:
    """Return the tariff as older firmware has it where there is nothing to store in."""
    return {
        "tariff": {
            "currency": {"code": "USD"},
            "single_rate": RATES,
            "seasons": [],
            "seasons_sell": [],
        },
        "schedule": {"source": "Tariff", "date": DATE, "version": "00.00.02"},
    }


def _schedule() -> dict[str, Any]:
    year = {"start": "1/1", "end": "1/1"}
    return {
        "Disable": [{day: [{**ALL_DAY, "setting": "ID"}]} for day in WEEK],
        "tariff": [{**year, **{day: [{**ALL_DAY, "setting": "ZN"}] for day in WEEK}}],
    }
