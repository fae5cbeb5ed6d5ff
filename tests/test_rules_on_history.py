"""Every rule on a real Prometheus with a week of three homes: nothing fails, nothing is absurd."""

import re
from collections.abc import Callable
from datetime import datetime, timedelta

import httpx
import pytest
from past import MIDNIGHT, NOON
from test_rules import rules

RECORDED = re.compile(r"(enphase:\w+:\w+)( @ end\(\))?")
FORMULAS = {rule["record"]: rule["expr"] for rule in rules("record")}
ALERTS = [(rule["alert"], rule["labels"]["severity"], rule["expr"]) for rule in rules("alert")]
MOMENTS = {
    "noon": NOON,
    "midnight": MIDNIGHT,
    "gateway outage": NOON - timedelta(days=2, minutes=30),
    "no grid": (NOON - timedelta(days=4)).replace(hour=19, minute=30),
}

Bounds = Callable[[float], bool]


def is_positive(value: float) -> bool:
    """Say so, but for the few watts that panels use at night."""
    return value > -10


PLAUSIBLE: dict[str, Bounds] = {
    "ratio": lambda value: 0 <= value < 3,
    "ratio1h": lambda value: 0 <= value <= 1,
    "ratio1d": lambda value: 0 <= value <= 1,
    "ratio_to_median": lambda value: 0 <= value < 3,
    "ratio_to_median1d": lambda value: 0 <= value < 3,
    "increase1h": lambda kwh: 0 <= kwh < 15,
    "increase1d": lambda kwh: 0 <= kwh < 100,
    "volts": lambda volts: volts in {120, 230},
    "avg10m": lambda volts: 100 < volts < 260,
}
"""By the last part of a rule's name."""


def written_out(expression: str) -> str:
    """Replace each recorded series by its formula: a past before the rules has none of them."""
    while RECORDED.search(expression):
        expression = RECORDED.sub(lambda found: f"({FORMULAS[found[1]]})", expression)
        # A range of a formula is a subquery, which has a step.
        expression = re.sub(r"\)\[(\d+[smhd])\]", r")[\1:5m]", expression)
    return expression


def ask(week: httpx.Client, expression: str, moment: datetime) -> list[float]:
    """Ask for the values at a moment."""
    parameters = {"query": written_out(expression), "time": str(moment.timestamp())}
    answer = week.post("/api/v1/query", data=parameters).json()
    assert answer["status"] == "success", answer["error"]
    return [float(series["value"][1]) for series in answer["data"]["result"]]


@pytest.mark.parametrize("name", FORMULAS)
@pytest.mark.parametrize("moment", MOMENTS)
def test_recording_rules_tell_plausible_values(week: httpx.Client, name: str, moment: str) -> None:
    """No error, nothing negative, no share above 1, no day beyond what a roof makes."""
    values = ask(week, name, MOMENTS[moment])
    bounds = PLAUSIBLE.get(name.rpartition(":")[2], is_positive)
    assert [value for value in values if not bounds(value)] == []
    if moment == "noon" and "consumption_metered" not in name:
        assert values


@pytest.mark.parametrize(("name", "severity", "expression"), ALERTS)
@pytest.mark.parametrize("moment", ["noon", "midnight"])
def test_no_alert_would_fire_while_all_is_well(
    week: httpx.Client, name: str, severity: str, expression: str, moment: str
) -> None:
    """At noon as at midnight; but one inverter has been weak ever since."""
    values = ask(week, expression, MOMENTS[moment])
    assert severity
    assert values == [] or name == "EnphaseInverterWeak"


@pytest.mark.parametrize(
    ("name", "moment"), [("EnphaseGatewaySilent", "gateway outage"), ("EnphaseGridLost", "no grid")]
)
def test_alerts_see_what_happened(week: httpx.Client, name: str, moment: str) -> None:
    """The outages of this week are seen."""
    (expression,) = {expression for alert, _, expression in ALERTS if alert == name}
    assert ask(week, expression, MOMENTS[moment])
