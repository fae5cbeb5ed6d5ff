"""The home that is not there: every power and every counter of it is a function of the moment.

Nothing is remembered and nothing is random, so a restart loses nothing and a test needs no seed.
"""

from dataclasses import dataclass
from functools import cached_property
from math import cos

from exporter.demo import days, history
from exporter.demo.reports import Report, reports
from exporter.demo.sun import temperature
from exporter.demo.wiring import SPLIT, Wiring


@dataclass(frozen=True)
class Flow:
    """A power in watts, and the joules it delivered and took since the home was installed."""

    watts: float
    delivered: float
    received: float


@dataclass(frozen=True)
class Meter:
    """A flow on each phase; as on a real meter, the sums are of the phases' own counters."""

    phases: tuple[Flow, ...]

    @property
    def total(self) -> Flow:
        """All phases together."""
        return Flow(
            sum(phase.watts for phase in self.phases),
            sum(phase.delivered for phase in self.phases),
            sum(phase.received for phase in self.phases),
        )


@dataclass(frozen=True)
class State:
    """The home at a moment: load = production + grid + storage, on each phase and in all.

    Grid is positive where it sells to the home, storage where it discharges.
    """

    moment: float
    wiring: Wiring
    production: Meter
    grid: Meter
    storage: Meter
    load: Meter
    volts: tuple[float, ...]
    hertz: float
    soc: float
    celsius: float

    @cached_property
    def inverters(self) -> tuple[Report, ...]:
        """Every inverter's last report."""
        return reports(self.moment, self.wiring)


class House:
    """A home with 24 panels, people in it and, if it is wired so, two batteries."""

    def __init__(self, wiring: Wiring = SPLIT) -> None:
        self.wiring = wiring
        # The first question sums up a year: better while a demo starts than in a request.
        history.energy("production", days.INSTALLED, wiring)

    def at(self, moment: float) -> State:
        """Return the home's state at a moment."""
        number, seconds = days.split(moment)
        hour = days.FIRST_HOUR + seconds / 3600
        return State(
            moment=moment,
            wiring=self.wiring,
            production=self._shared("production", moment),
            grid=self._phased("grid", moment),
            storage=self._shared("storage", moment),
            load=self._phased("load", moment),
            volts=self.wiring.volts(hour),
            hertz=self.wiring.hertz + 0.02 * cos(moment / 97),
            soc=history.charge(moment, self.wiring),
            celsius=temperature(hour, number),
        )

    def _shared(self, name: str, moment: float) -> Meter:
        """Inverters and batteries stand between the phases, and feed each one's share."""
        watts = history.watts(name, moment, self.wiring)
        delivered, received = history.energy(name, moment, self.wiring)
        count = len(self.wiring.phases)
        share = Flow(watts / count, delivered / count, received / count)
        return Meter((share,) * count)

    def _phased(self, name: str, moment: float) -> Meter:
        curves = [f"{name}_{phase}" for phase in self.wiring.phases]
        return Meter(
            tuple(
                Flow(
                    history.watts(curve, moment, self.wiring),
                    *history.energy(curve, moment, self.wiring),
                )
                for curve in curves
            )
        )
