"""What limits the site: export, production, a switch that turns production off, and errors."""

from typing import Any

from exporter.demo.house import State

Settings = dict[str, Any]


def export(_state: State) -> Settings:
    """Return the export limit: on, and at all that the inverters can."""
    return {
        "PEL": True,
        "Hard_PEL": False,
        "Soft_PEL": True,
        "Export_Limit_Type": "Aggregate",
        "percent": True,
        "apparent": False,
        "PEL_Limit": 100.0,
        "Comm_Time_Loss": 10000.0,
        "Resp_Time_SoftPEL": 30000.0,
        "PEL_db": 1.0,
    }


def unlimited(_state: State) -> Settings:
    """Return no export limit."""
    numbers = ("PEL_Limit", "Comm_Time_Loss", "Resp_Time_SoftPEL", "Resp_Time_HardPEL")
    return {
        "PEL": False,
        "Hard_PEL": False,
        "Soft_PEL": False,
        "Export_Limit_Type": "Aggregate",
        "percent": False,
        "apparent": False,
        **dict.fromkeys((*numbers, "msReset_HardPEL", "PEL_db"), 0.0),
    }


def production(_state: State) -> Settings:
    """Return the production limit: none."""
    return {"enable": False, "pv_limit_pct": 100}


def switched(_state: State) -> Settings:
    """Return whether somebody turned production off."""
    return {"powerForcedOff": False}


def errors(_state: State) -> Settings:
    """Return the system controller's error flags: none."""
    return {"enpower_error_flags": 0}
