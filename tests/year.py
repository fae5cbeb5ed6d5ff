"""A year of one house, as three gateways count it, and exporters that are ended at bad moments.

The house's energy is the demo's; what the gateways make of it, and what goes wrong, stands here.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import cycle

from harness import Clock

from exporter.demo import days, history
from exporter.demo.wiring import SPLIT_BARE
from exporter.ledger import Ledger
from exporter.metric import counter

ENERGY = counter("test_energy_joules_total", "Energy.", "site")
BEGIN = int(days.midnight(days.INSTALLED + 400 * days.DAY))
LENGTH = 365
STEP = 300
"""Seconds between scrapes: the longest that Prometheus bears."""

MINUTE, HOUR, NOON = 60, 3600, 12 * 3600
KWH, WRAP = 3_600_000.0, 2.0**32
INVERTERS = 24
SWAPS = {61: 5, 202: 11, 303: 17}
"""By day, the number of the inverter that is replaced at noon by one that begins at zero."""

METER_RESET = 150
"""The day on which, at noon, a meter begins at zero."""

HALVED = 127
"""The day on which, for two hours from noon on, sums lack half of the inverters."""

CLOSELY = {*SWAPS, METER_RESET, HALVED}
"""Days with a scrape each minute: what was made between two scrapes is lost in a change."""


def made(moment: float) -> float:
    """Return the joules that the house has made."""
    return history.energy("production", moment, SPLIT_BARE)[0]


class Roof:
    """The inverters' own counters; they are of different age, but for two that cross together."""

    def __init__(self) -> None:
        self._zero = made(BEGIN)
        ages = [number / INVERTERS * WRAP for number in range(INVERTERS)]
        self._starts = [self._zero - age * INVERTERS for age in ages]
        self._starts[3] = self._starts[2]
        self._swaps = {BEGIN + day * days.DAY + NOON: number for day, number in SWAPS.items()}

    def counters(self, moment: int, energy: float) -> list[float]:
        """Return all counters; moments come one after the other."""
        if moment in self._swaps:
            self._starts[self._swaps[moment]] = energy
        return [(energy - start) / INVERTERS for start in self._starts]


def watt_hours(joules: float) -> float:
    """Cut joules to whole watt-hours, as gateways do."""
    return joules // 3600 * 3600


def moments() -> Iterator[int]:
    """Yield when all is scraped, from the first midnight to the last."""
    for day in range(LENGTH):
        begin = BEGIN + day * days.DAY
        yield from range(begin, begin + days.DAY, MINUTE if day in CLOSELY else STEP)
    yield BEGIN + LENGTH * days.DAY


def readings() -> Iterator[tuple[int, dict[str, float]]]:
    """Yield what three gateways would show if all were well, scrape by scrape.

    ``standard`` sums its inverters, each cut to 32 bits, ``older`` cuts the sum, and ``meter``
    has a meter.
    """
    roof, reset = Roof(), BEGIN + METER_RESET * days.DAY + NOON
    meter = made(BEGIN) - 9_000 * KWH
    for moment in moments():
        energy = made(moment)
        counters = roof.counters(moment, energy)
        if moment == reset:
            meter = energy
        yield (
            moment,
            {
                "standard": watt_hours(sum(counter % WRAP for counter in counters)),
                "older": watt_hours(sum(counters) % WRAP),
                "meter": energy - meter,
            },
        )


@dataclass(frozen=True)
class Mishap:
    """What happens on some days: from a time of day on, for a while, to whatever is shown."""

    first: int
    every: int
    at: int
    lasting: int
    show: Callable[[float], float | None]

    def covers(self, moment: int) -> bool:
        """Whether it is going on."""
        since = moment - BEGIN - self.first * days.DAY - self.at
        return since >= 0 and since % (self.every * days.DAY) < self.lasting


OUTAGE = Mishap(20, 67, NOON, days.DAY, lambda _: None)
_HALF_FOR_HOURS = Mishap(HALVED, 999, NOON, 2 * HOUR, lambda value: value / 2)
MISHAPS = (
    OUTAGE,
    Mishap(3, 9, NOON + 10 * MINUTE, 30 * MINUTE, lambda value: value - 0.4 * KWH),
    Mishap(5, 17, 11 * HOUR, 10 * MINUTE, lambda _: 0.0),
    Mishap(6, 23, NOON + 30 * MINUTE, 10 * MINUTE, lambda value: value / 2),
    Mishap(8, 41, NOON, 10 * MINUTE, lambda _: 0.0),
    Mishap(8, 41, NOON + 10 * MINUTE, 10 * MINUTE, lambda value: value / 2),
    Mishap(9, 60, 22 * HOUR, 8 * HOUR, lambda _: 0.0),
    Mishap(10, 13, 10 * HOUR + 40 * MINUTE, 5 * MINUTE, lambda value: 1.4 * value),
    Mishap(11, 19, 13 * HOUR, 5 * MINUTE, lambda value: 0.3 * value),
    _HALF_FOR_HOURS,
)
"""Outages of a day; jitter; zeros, half of the sum, both, zeros until dawn; another counter, larger
and smaller; and half of the sum for longer than the ledger waits."""


def shown(moment: int, values: Mapping[str, float]) -> dict[str, float]:
    """Return what the gateways show in truth."""
    happening = next((mishap for mishap in MISHAPS if mishap.covers(moment)), None)
    if happening is None:
        return dict(values)
    told = {site: happening.show(value) for site, value in values.items()}
    return {site: value for site, value in told.items() if value is not None}


@dataclass
class Exporter:
    """A ledger in a process that is ended and killed, and starts again from what it has kept."""

    begins: int
    """The day of its first scrape."""

    restarts: tuple[int, ...]
    """Seconds of the day: of one each other day, it is ended there or killed in turn."""

    clock: Clock = field(default_factory=Clock)
    told: dict[str, list[tuple[int, float]]] = field(default_factory=dict)
    _at: int = -1
    _killed: bool = False

    def __post_init__(self) -> None:
        self._ledger, self._kept = Ledger(None, self.clock, self.clock), ""
        self._before: dict[str, float] = {}
        self._usual = cycle([(at, killed) for at in self.restarts for killed in (False, True)])
        self._in_falls = cycle([None, False, True])

    def scrape(self, moment: int, values: Mapping[str, float]) -> None:
        """Scrape once, and keep what a Prometheus would."""
        if moment < BEGIN + self.begins * days.DAY:
            return
        self.clock.moment = moment
        for site, value in values.items():
            for sample in self._ledger.settle(ENERGY(value, site, source="gateway")):
                self.told.setdefault(site, []).append((moment, sample.value))
        self._keep(moment)
        killed = self._ends(moment, values)
        if killed is not None:
            page = self._kept if killed else self._ledger.page(ended=True)
            self._ledger = Ledger(page, self.clock, self.clock)

    def _keep(self, moment: int) -> None:
        """Write every ten minutes, and soon what matters: as the fleet does."""
        if self._ledger.urgent or moment % 600 == 0:
            self._kept = self._ledger.page()

    def _ends(self, moment: int, values: Mapping[str, float]) -> bool | None:
        """Tell whether the process is killed, ended, or goes on (``None``)."""
        fell = any(value < self._before.get(site, 0) - KWH for site, value in values.items())
        self._before = dict(values)
        if fell:
            return next(self._in_falls)
        if moment % (2 * days.DAY) == 0:
            self._at, self._killed = next(self._usual)
        since = moment - days.midnight(moment)
        return self._killed if since == self._at else None


def play(exporters: Mapping[str, Exporter]) -> str:
    """Let all exporters scrape the year; return what they told as OpenMetrics text."""
    for moment, values in readings():
        seen = shown(moment, values)
        for exporter in exporters.values():
            exporter.scrape(moment, seen)
    lines = [f"# TYPE {ENERGY.base} counter\n"]
    for name, exporter in exporters.items():
        for site, samples in exporter.told.items():
            head = f'{ENERGY.name}{{instance="{name}",site="{site}"}}'
            lines += [f"{head} {value!r} {moment}\n" for moment, value in samples]
    return "".join([*lines, "# EOF\n"])
