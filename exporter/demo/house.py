"""The home that is not there: every power and every counter of it is a function of the moment.

Nothing is remembered and nothing is random, so a restart loses nothing and a test needs no seed.
"""

from dataclasses import dataclass
from functools import cached_property
from math import cos, pi

from exporter.demo import battery, days, history
from exporter.demo.day import PHASES
from exporter.demo.reports import Report, reports
from exporter.demo.sun import temperature


@dataclass(frozen=True)
class Flow:
    """A power in watts, and the joules it delivered and took since the home was installed."""

    watts: float
    delivered: float
    received: float


@dataclass(frozen=True)
class Meter:
    """A flow on each phase; as on a real meter, the sums are of the phases' own counters."""

    phases: tuple[Flow, Flow]

    @property
    def total(self) -> Flow:
        """Both phases together."""
        first, second = self.phases
        return Flow(
            first.watts + second.watts,
            first.delivered + second.delivered,
            first.received + second.received,
        )


@dataclass(frozen=True)
class State:
    """The home at a moment: load = production + grid + storage, on each phase and in all.

    Grid is positive where it sells to the home, storage where it discharges.
    """

    moment: float
    production: Meter
    grid: Meter
    storage: Meter
    load: Meter
    volts: tuple[float, float]
    hertz: float
    soc: float
    celsius: float

    @cached_property
    def inverters(self) -> tuple[Report, ...]:
        """Every inverter's last report."""
        return reports(self.moment)


class House:
    """A split-phase home with 24 panels, two batteries, and people in it."""

    def __init__(self) -> None:
        # The first question sums up a year: better while a demo starts than in a request.
        history.energy("production", days.INSTALLED)

    def at(self, moment: float) -> State:
        """Return the home's state at a moment."""
        number, seconds = days.split(moment)
        hour = days.FIRST_HOUR + seconds / 3600
        storage = history.day(number % days.YEAR).curves["storage"].energy(seconds)
        return State(
            moment=moment,
            production=_shared("production", moment),
            grid=_phased("grid", moment),
            storage=_shared("storage", moment),
            load=_phased("load", moment),
            volts=(121.2 + 0.9 * cos(hour * pi / 6), 120.8 - 0.7 * cos(hour * pi / 4)),
            hertz=60 + 0.02 * cos(moment / 97),
            soc=battery.charge(charged=storage[1], discharged=storage[0]),
            celsius=temperature(hour, number),
        )


def _shared(name: str, moment: float) -> Meter:
    """Inverters and batteries stand between the phases, and feed each one's half."""
    watts, (delivered, received) = history.watts(name, moment), history.energy(name, moment)
    half = Flow(watts / 2, delivered / 2, received / 2)
    return Meter((half, half))


def _phased(name: str, moment: float) -> Meter:
    names = [f"{name}_{phase}" for phase in PHASES]
    first, second = (
        Flow(history.watts(each, moment), *history.energy(each, moment)) for each in names
    )
    return Meter((first, second))
