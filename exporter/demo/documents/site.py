"""`/admin/lib/tariff` and `/home.json`: the owner's choices, and the gateway's network."""

from datetime import UTC, datetime
from typing import Any

from exporter.demo.battery import RESERVE
from exporter.demo.days import TIMEZONE, UTC_OFFSET
from exporter.demo.documents.identity import BATTERIES, INSTALLED_AT
from exporter.demo.documents.info import BUILT
from exporter.demo.house import State

WEEK = ("Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat")
ALL_DAY = {"start": 0, "duration": 1440}
STORAGE = {
    "operation_mode_sub_type": "",
    "reserved_soc": RESERVE * 100,
    "very_low_soc": 10,
    "charge_from_grid": False,
    "opt_schedules": False,
}


def tariff(_state: State) -> dict[str, Any]:
    """Return the tariff, and how the batteries are to be used."""
    mode = "self-consumption"
    return {
        "tariff": {
            "currency": {"code": "USD"},
            "logger": "mylogger",
            "date": str(INSTALLED_AT),
            "storage_settings": {"mode": mode, **STORAGE, "date": str(INSTALLED_AT)},
            "single_rate": {"rate": 0.1421, "sell": 0.0732},
            "seasons": [],
            "seasons_sell": [],
        },
        "schedule": {
            "filename": "Tariff",
            "source": "Tariff",
            "date": "2024-01-01 18:00:00 UTC",
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


def home(state: State) -> dict[str, Any]:
    """Return what the gateway's own start page shows."""
    local = datetime.fromtimestamp(state.moment + UTC_OFFSET, UTC)
    asleep = all(report.gone for report in state.inverters)
    pcu = {"num": 0 if asleep else len(state.inverters), "level": 0 if asleep else 5}
    encharge = {"num": len(BATTERIES), "level": 5, "level_24g": 0, "level_subg": 0}
    nothing = {"num": 0, "level": 0}
    return {
        "software_build_epoch": BUILT,
        "timezone": TIMEZONE,
        "current_date": local.strftime("%m/%d/%Y"),
        "current_time": local.strftime("%H:%M"),
        "network": {
            "web_comm": True,
            "ever_reported_to_enlighten": True,
            "last_enlighten_report_time": int(state.moment) // 300 * 300,
            "primary_interface": "eth0",
            "interfaces": _interfaces(),
        },
        "tariff": "single_rate",
        "comm": {
            "num": pcu["num"] + encharge["num"],
            "level": 5,
            "pcu": pcu,
            "acb": nothing,
            "nsrb": nothing,
            "esub": nothing,
            "encharge": [encharge],
        },
        "wireless_connection": [
            {"signal_strength": 0, "signal_strength_max": 0, "type": "BLE", "connected": False}
        ],
    }


def _schedule() -> dict[str, Any]:
    year = {"start": "1/1", "end": "1/1"}
    return {
        "Disable": [{day: [{**ALL_DAY, "setting": "ID"}]} for day in WEEK],
        "tariff": [{**year, **{day: [{**ALL_DAY, "setting": "ZN"}] for day in WEEK}}],
    }


def _interfaces() -> list[dict[str, Any]]:
    ethernet = {
        "type": "ethernet",
        "interface": "eth0",
        "mac": "00:1D:C0:00:00:01",
        "dhcp": True,
        "ip": "192.0.2.10",
        "signal_strength": 1,
        "signal_strength_max": 1,
        "carrier": True,
    }
    wifi = {
        "signal_strength": 0,
        "signal_strength_max": 0,
        "type": "wifi",
        "interface": "wlan0",
        "mac": "00:1D:C0:00:00:02",
        "dhcp": True,
        "ip": None,
        "carrier": False,
        "supported": True,
        "present": True,
        "configured": False,
        "status": "connecting",
    }
    return [ethernet, wifi]
