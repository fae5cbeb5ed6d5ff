"""`dry_contacts` and their settings: four switches, one for a load, one for solar, two unused."""

from typing import Any

from exporter.demo.house import State
from exporter.demo.roof import INVERTERS, WEST

Contact = dict[str, Any]
NAMES = ("NC1", "NC2", "NO1", "NO2")
CLOSED = ("NC1", "NO1")
UNUSED: Contact = {
    "type": "NONE",
    "grid_action": "none",
    "micro_grid_action": "none",
    "gen_action": "none",
    "safe_state_action": "shed",
    "essential_start_time": 28800.0,
    "essential_end_time": 64800.0,
    "priority": 4.0,
    "black_s_start": 10000.0,
    "black_start_retries": 10000.0,
    "action_retries": 1.0,
    "override": "false",
    "manual_override": "false",
    "load_name": "",
    "mode": "manual",
    "soc_low": 30.0,
    "soc_high": 70.0,
    "pv_phase_select": [],
    "pv_serial_nb": [],
}
FEW = (
    *("type", "grid_action", "micro_grid_action", "gen_action", "override"),
    *("load_name", "mode", "soc_low", "soc_high", "pv_serial_nb"),
)
"""What older firmware says of a contact."""
POOL: Contact = {
    "type": "LOAD",
    "grid_action": "apply",
    "micro_grid_action": "shed",
    "gen_action": "shed",
    "priority": 1.0,
    "manual_override": "true",
    "load_name": "Pool pump",
    "mode": "soc",
    "soc_low": 40.0,
    "soc_high": 75.0,
}
SOLAR: Contact = {
    "type": "PV",
    "grid_action": "apply",
    "micro_grid_action": "apply",
    "gen_action": "shed",
    "priority": 2.0,
    "mode": "soc",
    "soc_low": 70.0,
    "soc_high": 90.0,
    "pv_serial_nb": [each.serial for each in INVERTERS if each.plane == WEST],
}
USES = {"NC1": POOL, "NO1": SOLAR}


def contacts(_state: State) -> dict[str, list[Contact]]:
    """Return which are closed."""
    return {
        "dry_contacts": [
            {"id": name, "status": "closed" if name in CLOSED else "open"} for name in NAMES
        ]
    }


def settings(_state: State) -> dict[str, list[Contact]]:
    """Return what each is for."""
    return {"dry_contacts": [{"id": name, **UNUSED, **USES.get(name, {})} for name in NAMES]}


def idle(_state: State) -> dict[str, list[Contact]]:
    """Return the contacts of a home that has no controller: all open, for there are none."""
    return {"dry_contacts": [{"id": name, "status": "open"} for name in NAMES]}


def unset(_state: State) -> dict[str, list[Contact]]:
    """Return the settings of a home that has no controller, as firmware before 8 does."""
    return {
        "dry_contacts": [{"id": name} | {key: UNUSED[key] for key in FEW} for name in NAMES],
    }
