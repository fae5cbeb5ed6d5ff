"""Keeps exported counters honest: one source for each, and no fall or jump that nothing made.

Prometheus reads a counter that falls as a reset and adds its whole value again, so that one odd
answer paints a day of seven megawatt hours. What is told of a counter here is what the gateway
counts, plus an offset that is nearly always zero. The offsets outlive the process: without them
the counters would fall with each restart.
"""

import json
import logging
import math
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from pydantic import TypeAdapter, ValidationError

from exporter.metric import Sample
from exporter.unit import WATT_HOUR

log = logging.getLogger(__name__)

KWH = 1000 * WATT_HOUR
JITTER = KWH
"""Joules; a smaller fall is jitter, and held until the counter has grown beyond it."""

LASTING = 600.0
"""Seconds that a larger fall or jump must last: gateways that start show the sum of half of their
inverters for some minutes; others answered with another counter for one poll."""

WRAP = 2.0**32
"""Joules at which the counters of some firmware begin anew, alone or as a part of a sum."""

POSSIBLE = 300_000.0
"""Watts; more than any site behind one gateway makes, buys or sells."""

USUAL = 10_000.0
"""Watts; more than a house makes, buys or sells in the mean of a day."""

SLACK = 25 * KWH
"""Joules that a counter may gain at once: an inverter that was not heard of for days catches up."""

CATCHING_UP = 500 * KWH
"""Joules; a larger jump that lasts is no energy, but another way of counting."""


@dataclass(slots=True)
class Doubt:
    """Readings that can follow one another, but not what was told before."""

    first: float
    since: float
    last: float
    seen: float


@dataclass(slots=True)
class Entry:
    """What is known of one counter: its source, its last reading, and what is added to that."""

    source: str
    reading: float
    seen: float
    offset: float = 0.0
    doubt: Doubt | None = None
    kept: bool = False
    """Whether this process knows it from the last one only, which may have told more since."""

    @property
    def told(self) -> float:
        """The value that was last told."""
        return self.reading + self.offset


Series = tuple[str, tuple[str, ...]]
_ROWS = TypeAdapter(list[tuple[str, tuple[str, ...], str, float, float, float]])


class Ledger:
    """What was last said of each counter of one gateway."""

    def __init__(self, kept: str | None = None, now: Callable[[], float] = time.time) -> None:
        """Go on from what an earlier process has kept (``page``), if there is such a text."""
        self._now = now
        self._entries = _entries(kept) if kept else {}
        self._started: set[Series] = set()
        self._told_of: set[Series] = set()
        self.unsaved = self.urgent = False
        """Whether ``page`` has changed since it was last asked for, and so that it matters."""

    def settle(self, samples: Iterable[Sample]) -> Iterator[Sample]:
        """Pass samples on; a counter gets the value that it may show, a second source is left out.

        The source that a counter had before the process started may have changed, as firmware does:
        the new one goes on where the old one ended.
        """
        for sample in samples:
            if sample.family.kind != "counter":
                yield sample
            elif (entry := self._entry(sample)).source == sample.source:
                self._take(entry, sample.value, sample.family.name)
                if not entry.kept:
                    yield sample._replace(value=entry.told)

    def page(self) -> str:
        """Return what the next process has to know."""
        self.unsaved = self.urgent = False
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

    def _take(self, entry: Entry, reading: float, name: str) -> None:
        """Take a reading, unless it is in doubt."""
        now, before = self._now(), entry.reading
        if not _follows(before, reading, now - entry.seen):
            doubt = self._doubt(entry, reading)
            if reading == 0 or now - doubt.since < LASTING:
                return  # zero says nothing: a gateway that starts shows it, at night until dawn
            entry.offset = _offset(entry, doubt)
            self.urgent = True
            log.warning("%s went from %.0f to %.0f J at its source", name, before, reading)
        else:
            reading = max(reading, before)
        self.unsaved |= reading != before
        entry.reading, entry.seen, entry.doubt, entry.kept = reading, now, None, False

    def _doubt(self, entry: Entry, reading: float) -> Doubt:
        """Go on with the doubt, or begin anew where a reading does not follow the last one."""
        now, doubt = self._now(), entry.doubt
        if doubt is None or not _follows(doubt.last, reading, now - doubt.seen):
            self.urgent |= doubt is None
            doubt = entry.doubt = Doubt(reading, now, reading, now)
        doubt.last, doubt.seen = max(doubt.last, reading), now
        return doubt


def _follows(before: float, reading: float, seconds: float) -> bool:
    """Whether a counter may show this after that, but for some jitter."""
    return -JITTER < reading - before <= _gain(USUAL, seconds)


def _gain(watts: float, seconds: float) -> float:
    return SLACK + watts * max(seconds, 0)


def _offset(entry: Entry, doubt: Doubt) -> float:
    """Explain a fall or a jump that lasts; return what is to be added to the source from now on.

    Where two explanations are possible, the one that tells of less energy is taken.
    """
    change, seconds = doubt.first - entry.reading, doubt.since - entry.seen
    if change > 0:
        return entry.offset - _uncounted(entry, change, seconds)
    usual = min(_gain(USUAL, seconds), CATCHING_UP)
    wraps = math.floor((-change - JITTER) / WRAP) + 1
    if wraps * WRAP + change <= usual:
        return entry.offset + wraps * WRAP
    if doubt.first <= usual:
        return 0.0  # a new meter began at zero since; Prometheus knows what a reset is
    return entry.offset - change  # such as an inverter taken off the roof: go on without its past


def _uncounted(entry: Entry, jump: float, seconds: float) -> float:
    """Return how much of a jump is no energy."""
    if jump <= _gain(POSSIBLE, seconds):
        return 0.0
    returned = min(jump, max(entry.offset, 0.0))  # what the offset stood in for
    return returned if jump - returned <= CATCHING_UP else jump


def _entries(kept: str) -> dict[Series, Entry]:
    try:
        rows = _ROWS.validate_json(kept)
    except ValidationError:
        log.warning("what was kept of the counters is damaged, and ignored")
        return {}
    return {
        (name, labels): Entry(source, reading, seen, offset, kept=True)
        for name, labels, source, reading, seen, offset in rows
        if all(map(math.isfinite, (reading, seen, offset)))
    }
