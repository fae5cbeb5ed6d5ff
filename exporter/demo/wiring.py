"""How a home is wired: its phases, what voltage they have, and whether batteries hang on them."""

from dataclasses import dataclass
from math import cos, pi

Swing = tuple[float, float, float]
"""A phase's volts: their mean, how far they swing, and in how many hours of π."""


@dataclass(frozen=True, eq=False)
class Wiring:
    """What of a home decides about its powers, phase by phase.

    Each is unlike every other: the home's memory is kept per wiring, and asked very often.
    """

    mode: str
    swings: tuple[Swing, ...]
    hertz: float
    battery: bool

    @property
    def phases(self) -> tuple[str, ...]:
        """The phases' names."""
        return tuple(f"l{number}" for number in range(1, len(self.swings) + 1))

    def volts(self, hour: float) -> tuple[float, ...]:
        """Return each phase's volts at an hour of the day."""
        return tuple(mean + far * cos(hour * pi / period) for mean, far, period in self.swings)


AMERICAN: tuple[Swing, ...] = ((121.2, 0.9, 6), (120.8, -0.7, 4))
EUROPEAN: tuple[Swing, ...] = ((231.1, 1.6, 6), (229.4, -1.2, 4), (230.3, 0.8, 3))
SPLIT = Wiring("split", AMERICAN, hertz=60, battery=True)
SPLIT_BARE = Wiring("split", AMERICAN, hertz=60, battery=False)
THREE_BARE = Wiring("three", EUROPEAN, hertz=50, battery=False)
