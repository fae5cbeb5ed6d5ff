"""The documents of a gateway that measures nothing itself: all it knows, the inverters told it."""

from typing import Any

from exporter.demo import days
from exporter.demo.documents import production
from exporter.demo.documents.production import NO_BATTERY, WRAP, Block
from exporter.demo.house import State
from exporter.demo.reports import joules

WH = 3600


def page(state: State) -> dict[str, list[Block]]:
    """Return `/production.json`; its sum of joules wraps as a whole, and is of little use."""
    total = sum(report.lifetime for report in state.inverters)
    block = {**production.inverters(state), "whLifetime": total % WRAP // WH}
    return {"production": [block], "storage": [dict(NO_BATTERY)]}


def figures(state: State) -> dict[str, int]:
    """Return `/api/v1/production`, which on these gateways is right."""
    midnight = days.midnight(state.moment)
    return {
        "wattHoursToday": _since(state, midnight),
        "wattHoursSevenDays": _since(state, midnight - 6 * days.DAY),
        "wattHoursLifetime": sum(report.lifetime for report in state.inverters) // WH,
        "wattsNow": production.inverters(state)["wNow"],
    }


def nothing(_state: State) -> list[Any]:
    """Return the meters, or the batteries: there are none."""
    return []


def _since(state: State, start: float) -> int:
    before = (
        joules(report.inverter, min(start, report.ended), state.wiring)
        for report in state.inverters
    )
    return round((sum(report.lifetime for report in state.inverters) - sum(before)) / WH)
