"""The inverters on the roof: which plane each is on, how strong it is, and when it reports."""

from dataclasses import dataclass

from exporter.demo.days import STEP
from exporter.demo.noise import noise

RATED = 375.0
SOUTH, WEST, SHADED = "south", "west", "shaded"
PLANES = (SOUTH, WEST, SHADED)
COUNT, SOUTHERN, WEAK, SHADED_ONE = 24, 14, 9, 4
WEAKNESS = 0.6
STRENGTH = 31


@dataclass(frozen=True)
class Inverter:
    """One panel's inverter: its power is its strength times the light on its plane."""

    number: int
    serial: str
    plane: str
    strength: float

    @property
    def most(self) -> int:
        """The highest report it can make, in watts."""
        return round(self.strength)

    def reporting(self, moment: float) -> float:
        """Return the last moment of its own that it could have reported at: each has its turn."""
        turn = self.number * 37 % STEP
        return (moment - turn) // STEP * STEP + turn


def serial(number: int) -> str:
    """Return the serial number of an inverter."""
    return str(122_300_410_000 + number * 137)


def _inverter(number: int) -> Inverter:
    plane = SOUTH if number < SOUTHERN else WEST
    strength = RATED * (0.96 + 0.04 * noise(number, STRENGTH))
    return Inverter(
        number,
        serial=serial(number),
        plane=SHADED if number == SHADED_ONE else plane,
        strength=strength * (WEAKNESS if number == WEAK else 1),
    )


INVERTERS = tuple(_inverter(number) for number in range(COUNT))
STRENGTHS = {
    plane: sum(each.strength for each in INVERTERS if each.plane == plane) for plane in PLANES
}
