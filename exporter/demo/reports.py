"""What the inverters told the gateway last: each reports every quarter hour, by daylight."""

from dataclasses import dataclass

from exporter.demo import days, history
from exporter.demo.roof import INVERTERS, Inverter
from exporter.demo.wiring import SPLIT, Wiring

SILENT = 1800.0


@dataclass(frozen=True)
class Report:
    """An inverter's last report: an interval's energy, and that of all its life until then."""

    inverter: Inverter
    ended: int
    produced: int
    lifetime: int
    gone: bool

    @property
    def watts(self) -> int:
        """The interval's mean power, as coarse as the gateway shows it."""
        return round(self.produced / days.STEP)


def reports(moment: float, wiring: Wiring = SPLIT) -> tuple[Report, ...]:
    """Return every inverter's last report as of a moment."""
    return tuple(_report(inverter, moment, wiring) for inverter in INVERTERS)


def _report(inverter: Inverter, moment: float, wiring: Wiring) -> Report:
    ended = _ended(inverter, moment, wiring)
    until = joules(inverter, ended, wiring)
    return Report(
        inverter,
        ended=int(ended),
        produced=round(until - joules(inverter, ended - days.STEP, wiring)),
        lifetime=int(until),
        gone=moment - ended > SILENT,
    )


def joules(inverter: Inverter, moment: float, wiring: Wiring = SPLIT) -> float:
    """Return what an inverter produced since it was installed, whatever the home is wired like."""
    return inverter.strength * history.energy(inverter.plane, moment, wiring)[0]


def _ended(inverter: Inverter, moment: float, wiring: Wiring) -> float:
    """Return when the last report ended that had some light in it."""
    ended = inverter.reporting(moment)
    number, seconds = days.split(ended)
    dawn, dusk = _light(number, wiring)
    if seconds <= dawn:
        number -= 1
        dusk = _light(number, wiring)[1]
    elif seconds < dusk + days.STEP:
        return ended
    return inverter.reporting(days.INSTALLED + number * days.DAY + dusk + days.STEP - 1)


def _light(number: int, wiring: Wiring) -> tuple[int, int]:
    return history.day(number % days.YEAR, wiring).light
