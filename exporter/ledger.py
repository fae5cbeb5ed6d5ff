"""Keeps exported counters honest: one source for each, and no fall or jump that nothing made.

Prometheus reads a counter that falls as a reset and adds its whole value again, so that one odd
answer paints a day of seven megawatt hours. What is told of a counter here is what the gateway
counts, plus an offset that is nearly always zero. The offsets outlive the process: without them
the counters would fall with each restart.
"""

import json
import logging
import math
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from pydantic import TypeAdapter, ValidationError

from exporter import clock
from exporter.metric import Sample
from exporter.unit import WATT_HOUR

log = logging.getLogger(__name__)

KWH = 1000 * WATT_HOUR
JITTER = KWH
"""Joules; a smaller fall is jitter, and held until the counter has grown beyond it."""

LASTING = 600.0
"""Seconds that a larger fall or jump must last: gateways that start show zeros, or the sum of half
of their inverters, for some minutes; others answered with another counter for one poll."""

WRAP = 2.0**32
"""Joules at which the counters of some firmware begin anew, alone or as a part of a sum."""

POSSIBLE = 300_000.0
"""Watts; more than any site behind one gateway makes, buys or sells."""

SLACK = 25 * KWH
"""Joules that a counter may gain at once: an inverter that was not heard of for days catches up."""

CATCHING_UP = 500 * KWH
"""Joules; a larger jump that lasts is no energy, but another way of counting."""


@dataclass(slots=True)
class Entry:
    """What is known of one counter: its source, its last reading, and what is added to that."""

    source: str
    reading: float
    seen: float
    offset: float = 0.0
    doubted: float | None = None
    """Since when, by ``clock.elapsed``, the source shows what cannot be."""

    @property
    def told(self) -> float:
        """The value that was last told."""
        return self.reading + self.offset


Series = tuple[str, tuple[str, ...]]
_ROWS = TypeAdapter(list[tuple[str, tuple[str, ...], str, float, float, float]])


class Ledger:
    """What was last said of each counter of one gateway."""

    def __init__(
        self,
        kept: str | None = None,
        now: Callable[[], float] = clock.wall,
        elapsed: Callable[[], float] = clock.elapsed,
    ) -> None:
        """Go on from what an earlier process has kept (``page``), if there is such a text."""
        self._now = now
        self._elapsed = elapsed
        self._entries = _entries(kept) if kept else {}
        self._started: set[Series] = set()
        self._told_of: set[Series] = set()
        self.unsaved = False
        """Whether ``page`` has changed since it was last asked for."""

    def settle(self, samples: Iterable[Sample]) -> Iterator[Sample]:
        """Pass samples on; a counter gets the value that it may show, a second source is left out.

        The source that a counter had before the process started may have changed, as firmware does:
        the new one goes on where the old one ended.
        """
        for sample in samples:
            if sample.family.kind != "counter":
                yield sample
            elif (entry := self._entry(sample)).source == sample.source:
                yield sample._replace(value=self._value(entry, sample.value, sample.family.name))

    def page(self) -> str:
        """Return what the next process has to know."""
        self.unsaved = False
        return json.dumps(
            [
                (name, labels, e.source, e.reading, e.seen, e.offset)
                for (name, labels), e in self._entries.items()
            ]
        )

    def _entry(self, sample: Sample) -> Entry:
        series = sample.family.name, sample.labels
        entry = self._entries.get(series)
        if entry is None:
            entry = self._entries[series] = Entry(sample.source, sample.value, self._now())
            self.unsaved = True
        elif entry.source != sample.source and series not in self._started:
            entry = Entry(sample.source, sample.value, self._now(), entry.told - sample.value)
            self._entries[series] = entry
        elif entry.source != sample.source and series not in self._told_of:
            self._told_of.add(series)
            log.warning(
                "%s is left out: its source was %s and is now %s; restart to take the new one",
                sample.family.name,
                entry.source,
                sample.source,
            )
        self._started.add(series)
        return entry

    def _value(self, entry: Entry, reading: float, name: str) -> float:
        """Take a reading, unless it is in doubt; return what is to be told."""
        change = reading - entry.reading
        possible = SLACK + POSSIBLE * max(self._now() - entry.seen, 0)
        if not -JITTER < change <= possible:
            if self._may_pass(entry):
                return entry.told
            entry.offset = _offset(entry, reading, possible)
            log.warning("%s went from %.0f to %.0f J at its source", name, entry.reading, reading)
        elif change < 0:
            reading = entry.reading
        self.unsaved |= change != 0
        entry.reading, entry.seen, entry.doubted = reading, self._now(), None
        return entry.told

    def _may_pass(self, entry: Entry) -> bool:
        """Whether what cannot be may yet turn out to be a gateway that is just starting.

        After a power cut the host's clock may jump while the gateway still starts.
        """
        if entry.doubted is None:
            entry.doubted = self._elapsed()
        return self._elapsed() - entry.doubted < LASTING


def _offset(entry: Entry, reading: float, possible: float) -> float:
    """Explain a fall or a jump that lasts; return what is to be added to the source from now on."""
    fall = entry.reading - reading
    wraps = math.ceil((fall - JITTER) / WRAP)
    if wraps > 0 and wraps * WRAP - fall <= SLACK:
        return entry.offset + wraps * WRAP
    if fall > 0 and reading <= possible:
        return 0.0  # a new meter began at zero since; Prometheus knows what a reset is
    if -CATCHING_UP < fall < 0:
        return entry.offset
    return entry.offset + fall  # such as an inverter taken off the roof: go on without its past


def _entries(kept: str) -> dict[Series, Entry]:
    try:
        rows = _ROWS.validate_json(kept)
    except ValidationError:
        log.warning("what was kept of the counters is damaged, and ignored")
        return {}
    return {
        (name, labels): Entry(source, reading, seen, offset)
        for name, labels, source, reading, seen, offset in rows
        if all(map(math.isfinite, (reading, seen, offset)))
    }
