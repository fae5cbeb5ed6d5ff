"""One day of the home: every power of it as a curve."""

from exporter.demo import battery, household, sun
from exporter.demo.curve import Curve
from exporter.demo.days import STEP
from exporter.demo.roof import PLANES, STRENGTHS

STANDBY = 3.0
"""Watts that the inverters draw around the clock: why production reads below zero at night."""
PHASES = ("l1", "l2")


class Day:
    """The curves of one day by name, and when its light begins and ends."""

    def __init__(self, number: int) -> None:
        planes = _planes(number)
        sunlit = [
            sum(watts * STRENGTHS[plane] for plane, watts in zip(PLANES, lights, strict=True))
            for lights in zip(*planes, strict=True)
        ]
        loads = household.load(number)
        production = [watts - STANDBY for watts in sunlit]
        both = zip(production, *loads, strict=True)
        storage = battery.plan([made - first - second for made, first, second in both])
        self.curves = {
            "production": Curve(production),
            "storage": Curve(storage),
            **{name: Curve(knots) for name, knots in zip(PLANES, planes, strict=True)},
        }
        for phase, load in zip(PHASES, loads, strict=True):
            grid = [
                used - (made + stored) / 2
                for used, made, stored in zip(load, production, storage, strict=True)
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
