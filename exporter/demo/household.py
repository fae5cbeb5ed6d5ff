"""What the people of the home use: a quiet base, mornings, evenings, cooling, and appliances."""

from math import cos, exp, pi

from exporter.demo.days import STEPS, YEAR, hour
from exporter.demo.noise import noise

HOURS = [hour(step) for step in range(STEPS)]
FIRST, SECOND = 11, 12
MORNING, EVENING, HEAT, WASH, COOK, DRY = 21, 22, 23, 24, 25, 26


def load(day: int) -> tuple[list[float], list[float]]:
    """Return the watts drawn from each phase, at each step of a day."""
    first, second = _steps(day)
    # A day ends where the next begins, or the power would jump at 4 a.m.
    tomorrow = _steps(day + 1)
    return [*first, tomorrow[0][0]], [*second, tomorrow[1][0]]


def _steps(day: int) -> tuple[list[float], list[float]]:
    day %= YEAR
    shared = _humps(day)
    steps = list(enumerate(shared, start=day * STEPS))
    first = [70 + 0.55 * watts + 110 * noise(step, FIRST) for step, watts in steps]
    second = [95 + 0.45 * watts + 90 * noise(step, SECOND) for step, watts in steps]
    _run(second, 1150, 19 + 3 * noise(day, WASH), 5)
    _run(first, 900, 17.2 + 1.5 * noise(day, COOK), 3)
    _run(second, 1100, 17.2 + 1.5 * noise(day, COOK), 3)
    if noise(day, DRY) > 0.6:  # noqa: PLR2004 - two days in five are washing days
        _run(first, 2300, 9 + 4 * noise(day, DRY + 1), 4)
        _run(second, 2300, 9 + 4 * noise(day, DRY + 1), 4)
    return first, second


def _humps(day: int) -> list[float]:
    """Return the watts that both phases share: breakfast, the evening, and cooling in summer."""
    breakfast = 7 + 1.5 * noise(day, MORNING)
    dinner = 18.8 + 1.5 * noise(day, EVENING)
    season = max(0.0, -cos(2 * pi * (day - 25) / YEAR))
    cooling = (700 + 1700 * noise(day, HEAT)) * season
    rise = 500 + 900 * noise(day, MORNING + 100)
    settle = 900 + 1300 * noise(day, EVENING + 100)
    return [
        rise * _bell(at - breakfast, 0.8)
        + settle * _bell(at - dinner, 1.9)
        + cooling * _bell(at - 16.5, 3.2)
        for at in HOURS
    ]


def _bell(off: float, width: float) -> float:
    return exp(-0.5 * (off / width) ** 2)


def _run(watts: list[float], power: float, start: float, steps: int) -> None:
    """Switch an appliance on for some steps from an hour on."""
    first = round((start - HOURS[0]) * 4)
    for step in range(first, first + steps):
        watts[step] += power
