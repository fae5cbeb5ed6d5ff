"""How two kinds of batteries share the storage: most of it the newer ones, a little the older.

The newer ones (Encharge) are polled all the time; the older ones (AC Batteries) report each
quarter hour, as inverters do.
"""

from dataclasses import dataclass

from exporter.demo import history
from exporter.demo.battery import CAPACITY, RESERVE
from exporter.demo.days import STEP
from exporter.demo.house import State
from exporter.demo.wiring import Wiring

AC_SHARE = 0.06
AC_COUNT = 2
AC_CAPACITY = AC_COUNT * 1240 * 3600.0
AC_TURN, AC_APART = 211, 407
QUIET = 20.0
"""Watts below which a battery rests."""


@dataclass(frozen=True)
class Bank:
    """Batteries of one kind: their watts (positive where they discharge), charge and joules."""

    watts: float
    soc: float
    capacity: float

    @property
    def stored(self) -> float:
        """The joules in it."""
        return self.soc * self.capacity


@dataclass(frozen=True)
class AcReport:
    """An AC Battery's last report: an interval's joules, and those of all its life until then."""

    number: int
    ended: int
    produced: int
    used: int
    lifetime_produced: int
    lifetime_used: int
    soc: float

    @property
    def watts(self) -> float:
        """The interval's mean power, positive where it discharged."""
        return (self.produced - self.used) / STEP


def alone(state: State) -> Bank:
    """Return the newer batteries of a home that has no others."""
    return Bank(state.storage.total.watts, state.soc, CAPACITY)


def newer(state: State) -> Bank:
    """Return the newer batteries of a home that has both kinds."""
    share = 1 - AC_SHARE
    return Bank(state.storage.total.watts * share, _charge(state.soc, share, CAPACITY), CAPACITY)


def older(state: State) -> Bank:
    """Return the AC Batteries as they are now, which only the gateway's sums show."""
    soc = _charge(state.soc, AC_SHARE, AC_CAPACITY)
    return Bank(state.storage.total.watts * AC_SHARE, soc, AC_CAPACITY)


def reports(moment: float, wiring: Wiring) -> tuple[AcReport, ...]:
    """Return every AC Battery's last report as of a moment."""
    return tuple(_report(number, moment, wiring) for number in range(AC_COUNT))


def _report(number: int, moment: float, wiring: Wiring) -> AcReport:
    turn = AC_TURN + AC_APART * number
    ended = (moment - turn) // STEP * STEP + turn
    produced, used = _joules(ended, wiring)
    before = _joules(ended - STEP, wiring)
    return AcReport(
        number,
        int(ended),
        produced=round(produced - before[0]),
        used=round(used - before[1]),
        lifetime_produced=int(produced),
        lifetime_used=int(used),
        soc=_charge(history.charge(ended, wiring), AC_SHARE, AC_CAPACITY),
    )


def _joules(moment: float, wiring: Wiring) -> tuple[float, float]:
    delivered, received = history.energy("storage", moment, wiring)
    return delivered * AC_SHARE / AC_COUNT, received * AC_SHARE / AC_COUNT


def _charge(soc: float, share: float, capacity: float) -> float:
    """Return a kind's state of charge: both start at the reserve and share what comes on top."""
    return RESERVE + share * (soc - RESERVE) * CAPACITY / capacity
