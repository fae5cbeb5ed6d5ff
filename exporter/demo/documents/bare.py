"""`/ivp/ensemble/*` of a home without batteries: documents all the same, and full of zeros."""

from typing import Any

from exporter.demo.banks import Bank
from exporter.demo.documents import batteries
from exporter.demo.house import State

SET = ("VLS_Limit", "soc_recovery_exit")
"""Settings that are there whether or not there is anything to be set."""


def power(_state: State) -> dict[str, list[Any]]:
    """Return the power of no batteries."""
    return {"devices:": []}


def secctrl(_state: State) -> dict[str, Any]:
    """Return what would be the batteries as one."""
    page = batteries.site(Bank(0.0, 0.0, 0.0))
    zeros = {
        key: type(value)(0)
        for key, value in page.items()
        if key not in SET and not isinstance(value, bool)
    }
    return {**page, **zeros}
