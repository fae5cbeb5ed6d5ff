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

from pydantic import BaseModel, ValidationError

from exporter import clock
from exporter.doubt import KWH, LASTING, explain, follows
from exporter.metric import LARGEST_COUNTER, Sample

log = logging.getLogger(__name__)

SILENCE = 900.0
"""Seconds for which nothing is told of a counter after a process that was killed: it may have told
ten minutes more than it kept, and a power cut sets gateways back by some minutes, too."""

UNKEPT = 2 * KWH
"""Joules; more than a house's counter gains between two writes: having gained that, it may speak
before the time."""


@dataclass(slots=True)
class Doubt:
    """Readings that can follow one another, but not what was told before."""

    first: float
    after: float
    """Seconds between the last reading that was taken and the first one in doubt."""

    since: float
    last: float
    seen: float
    """When the first and the last came, by ``clock.elapsed``: after a power cut the host's clock
    may jump while the gateway still starts."""


@dataclass(slots=True)
class Entry:
    """What is known of one counter: its source, its last reading, and what is added to that."""

    source: str
    reading: float
    seen: float
    offset: float = 0.0
    doubt: Doubt | None = None
    silent: tuple[float, float] | None = None
    """Until which moment nothing is told, or until which value."""

    @property
    def told(self) -> float:
        """The value that was last told."""
        return self.reading + self.offset


class Page(BaseModel):
    """What is kept of a ledger."""

    ended: bool
    """Whether nothing was told after it was written."""

    counters: list[tuple[str, tuple[str, ...], str, float, float, float]]


Series = tuple[str, tuple[str, ...]]


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
        self._entries = _entries(kept, now()) if kept else {}
        self._started: set[Series] = set()
        self._told_of: set[Series] = set()
        self.unsaved = self.urgent = bool(self._entries)  # the page kept may say that it ended
        """Whether ``page`` has changed since it was last asked for, and so that it matters."""

    def __len__(self) -> int:
        """Count the counters that are known."""
        return len(self._entries)

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
                if self._may_speak(entry):
                    yield sample._replace(value=entry.told)

    def page(self, *, ended: bool = False) -> str:
        """Return what the next process has to know; ``ended`` promises that this is the end."""
        self.unsaved = self.urgent = False
        rows = [
            (name, labels, e.source, e.reading, e.seen, e.offset)
            for (name, labels), e in self._entries.items()
        ]
        return json.dumps({"ended": ended, "counters": rows})

    def _entry(self, sample: Sample) -> Entry:
        series = sample.family.name, sample.labels
        entry = self._entries.get(series)
        if entry is None:
            entry = self._entries[series] = Entry(sample.source, sample.value, self._now())
            self.unsaved = True
        elif entry.source != sample.source and series not in self._started:
            offset = entry.told - sample.value
            entry = Entry(sample.source, sample.value, self._now(), offset, silent=entry.silent)
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
        if follows(before, reading, now - entry.seen):
            reading = max(reading, before)
        else:
            doubt = self._doubt(entry, reading)
            if reading == 0 or self._elapsed() - doubt.since < LASTING:
                return  # zero says nothing: a gateway that starts shows it, at night until dawn
            entry.offset = explain(before, doubt.first, doubt.after, entry.offset)
            self.urgent = True
            log.warning("%s went from %.0f to %.0f J at its source", name, before, reading)
        self.unsaved |= reading != before
        entry.reading, entry.seen, entry.doubt = reading, now, None

    def _doubt(self, entry: Entry, reading: float) -> Doubt:
        """Go on with the doubt, or begin anew where a reading does not follow the last one."""
        now, doubt = self._elapsed(), entry.doubt
        if doubt is None or not follows(doubt.last, reading, now - doubt.seen):
            self.urgent |= doubt is None
            after = self._now() - entry.seen
            doubt = entry.doubt = Doubt(reading, after, now, reading, now)
        doubt.last, doubt.seen = max(doubt.last, reading), now
        return doubt

    def _may_speak(self, entry: Entry) -> bool:
        """Whether what would be told cannot be less than what a killed process told last."""
        if entry.silent is not None and entry.doubt is None:
            until, value = entry.silent
            if self._now() >= until or entry.told >= value:
                entry.silent = None
        return entry.silent is None


def _entries(kept: str, now: float) -> dict[Series, Entry]:
    try:
        page = Page.model_validate_json(kept)
    except ValidationError:
        log.warning("what was kept of the counters is damaged, and ignored")
        return {}
    return {
        (name, labels): Entry(
            source,
            reading,
            seen,
            offset,
            silent=None if page.ended else (now + SILENCE, reading + offset + UNKEPT),
        )
        for name, labels, source, reading, seen, offset in page.counters
        if math.isfinite(seen) and 0 <= reading <= LARGEST_COUNTER >= reading + offset >= 0
    }
