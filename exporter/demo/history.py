"""What happened so far: any day again, and every joule since the home was installed."""

from functools import lru_cache

from exporter.demo import battery, days
from exporter.demo.curve import Energy
from exporter.demo.day import Day
from exporter.demo.wiring import SPLIT, Wiring

Totals = dict[str, Energy]


@lru_cache(maxsize=16)
def day(number: int, wiring: Wiring = SPLIT) -> Day:
    """Return a day; the home's years are alike."""
    return Day(number, wiring)


def watts(name: str, moment: float, wiring: Wiring = SPLIT) -> float:
    """Return a curve's power at a moment."""
    number, seconds = days.split(moment)
    return day(number % days.YEAR, wiring).curves[name].watts(seconds)


def energy(name: str, moment: float, wiring: Wiring = SPLIT) -> Energy:
    """Return a curve's joules since the home was installed, positive and negative ones apart."""
    number, seconds = days.split(moment)
    years, number = divmod(number, days.YEAR)
    positive, negative = day(number, wiring).curves[name].energy(seconds)
    before, year = _year(wiring)[number][name], _year(wiring)[days.YEAR][name]
    return (
        years * year[0] + (before[0] + positive),
        years * year[1] + (before[1] + negative),
    )


def charge(moment: float, wiring: Wiring = SPLIT) -> float:
    """Return the batteries' state of charge (0-1); a home without any stands at the reserve."""
    number, seconds = days.split(moment)
    discharged, charged = day(number % days.YEAR, wiring).curves["storage"].energy(seconds)
    return battery.charge(charged=charged, discharged=discharged)


@lru_cache(maxsize=4)
def _year(wiring: Wiring) -> list[Totals]:
    """Return what each day of a year begins with, and at the end the whole year's energy."""
    sums: list[Totals] = [dict.fromkeys(day(0, wiring).curves, (0.0, 0.0))]
    for number in range(days.YEAR):
        sums.append(_after(sums[-1], Day(number, wiring)))
    return sums


def _after(before: Totals, today: Day) -> Totals:
    totals = {name: curve.total for name, curve in today.curves.items()}
    return {
        name: (before[name][0] + positive, before[name][1] + negative)
        for name, (positive, negative) in totals.items()
    }
