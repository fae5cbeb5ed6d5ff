"""One day of the home: every power of it as a curve."""

from exporter.demo import battery, household, sun
from exporter.demo.curve import Curve
from exporter.demo.days import STEP
from exporter.demo.roof import PLANES, STRENGTHS
from exporter.demo.wiring import SPLIT, Wiring

STANDBY = 3.0
"""Watts that the inverters draw around the clock: why production reads below zero at night."""


class Day:
    """The curves of one day by name, and when its light begins and ends."""

    def __init__(self, number: int, wiring: Wiring = SPLIT) -> None:
        planes = _planes(number)
        sunlit = [
            sum(watts * STRENGTHS[plane] for plane, watts in zip(PLANES, lights, strict=True))
            for lights in zip(*planes, strict=True)
        ]
        loads = _spread(household.load(number), len(wiring.phases))
        production = [watts - STANDBY for watts in sunlit]
        used = [sum(watts) for watts in zip(*loads, strict=True)]
        surplus = [made - taken for made, taken in zip(production, used, strict=True)]
        storage = battery.plan(surplus) if wiring.battery else [0.0] * len(surplus)
        self.curves = {
            "production": Curve(production),
            "storage": Curve(storage),
            **{name: Curve(knots) for name, knots in zip(PLANES, planes, strict=True)},
        }
        for phase, load in zip(wiring.phases, loads, strict=True):
            grid = [
                taken - (made + stored) / len(loads)
                for taken, made, stored in zip(load, production, storage, strict=True)
            ]
            self.curves[f"load_{phase}"] = Curve(load)
            self.curves[f"grid_{phase}"] = Curve(grid)
        bright = [step for step, watts in enumerate(sunlit) if watts > 0]
        self.light = ((bright[0] - 1) * STEP, (bright[-1] + 1) * STEP)


def _planes(number: int) -> list[list[float]]:
    """Return the light on each plane; a day is long past sunset when it ends."""
    south, west = sun.light(number)
    shaded = [watts * sun.shade(step) for step, watts in enumerate(south)]
    return [south, west, shaded]


def _spread(loads: tuple[list[float], list[float]], phases: int) -> list[list[float]]:
    """Return the same load on as many phases: a third one takes a share of both others."""
    if phases == len(loads):
        return list(loads)
    kept = [[0.7 * watts for watts in load] for load in loads]
    shared = [0.3 * (first + second) for first, second in zip(*loads, strict=True)]
    return [*kept, shared]
