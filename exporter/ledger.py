"""Keeps exported counters honest: one source for each, and no fall or jump that nothing made.

Prometheus reads a counter that falls as a reset and adds its whole value again, so that one odd
answer paints a day of seven megawatt hours. What is told of a counter here is what the gateway
counts, plus an offset that is nearly always zero. The offsets outlive the process: without them
the counters would fall with each restart.
"""

import logging
import math
from collections.abc import Callable, Iterable, Iterator

from exporter import clock
from exporter.doubt import JITTER, KWH, LASTING, WRAP, explain, follows
from exporter.entry import Doubt, Entry, Rival, read, written
from exporter.metric import Sample

log = logging.getLogger(__name__)

KEPT_WITHIN = KWH
"""Joules; what has grown by more since it was kept is kept soon."""


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
        self._entries = read(kept, now(), elapsed()) if kept is not None else {}
        self.unsaved = self.urgent = bool(self._entries)  # the page kept may say that it ended
        """Whether ``page`` has changed since it was last asked for, and so that it matters."""

    def __len__(self) -> int:
        """Count the counters that are known."""
        return len(self._entries)

    def settle(self, samples: Iterable[Sample]) -> Iterator[Sample]:
        """Pass samples on; a counter gets the value that it may show, a second source is left out.

        Only where a counter's own source says nothing any more, as after new firmware, another one
        goes on where that has ended.
        """
        for sample in samples:
            if sample.family.kind != "counter":
                yield sample
                continue
            entry = self._entry(sample)
            if entry.source == sample.source or self._takes_over(entry, sample):
                self._take(entry, sample.value, sample.family.name)
                if self._may_speak(entry):
                    yield sample._replace(value=entry.told)

    def page(self, *, ended: bool = False) -> str:
        """Return what the next process has to know; ``ended`` promises that this is the end."""
        self.unsaved = self.urgent = False
        for entry in self._entries.values():
            entry.pace = max(entry.pace, entry.told - entry.kept)
            entry.kept = entry.told
        return written(self._entries, ended=ended)

    def _entry(self, sample: Sample) -> Entry:
        series = sample.family.name, sample.labels
        if series not in self._entries:
            self._entries[series] = Entry(sample.source, sample.value, self._now())
            self.unsaved = True
        return self._entries[series]

    def _takes_over(self, entry: Entry, sample: Sample) -> bool:
        """Whether another source goes on: it has been the only one for some time."""
        rival, now = entry.rival, self._elapsed()
        if sample.value == 0:
            return False  # a gateway that starts shows it
        if (
            rival is None
            or rival.source != sample.source
            or not follows(rival.first, sample.value, now - rival.since)
        ):
            rival = entry.rival = Rival(sample.source, sample.value, now)
        if now - rival.since < LASTING:
            return False
        name = sample.family.name
        log.warning("%s is told by %s from now on, not by %s", name, rival.source, entry.source)
        entry.offset = entry.told - rival.first
        entry.source, entry.reading, entry.seen = rival.source, rival.first, self._now()
        entry.doubt = None
        self._rebased(entry)
        return True

    def _take(self, entry: Entry, reading: float, name: str) -> None:
        """Take a reading, unless it is in doubt."""
        now, before = self._now(), entry.reading
        entry.rival = None
        if follows(before, reading, now - entry.seen):
            reading = max(reading, before)
        else:
            doubt = self._doubt(entry, reading)
            if reading == 0 or self._elapsed() - doubt.since < LASTING:
                return  # zero says nothing: a gateway that starts shows it, at night until dawn
            log.warning("%s went from %.0f to %.0f J at its source", name, before, reading)
            reading = self._settled(entry, doubt, reading)
        self.unsaved |= reading != before
        entry.reading, entry.seen, entry.doubt = reading, now, None
        self.urgent |= entry.told - entry.kept > KEPT_WITHIN

    def _doubt(self, entry: Entry, reading: float) -> Doubt:
        """Go on with the doubt, or begin anew where a reading does not follow the last one."""
        now, doubt = self._elapsed(), entry.doubt
        if doubt is None or not follows(doubt.last, reading, min(now - doubt.seen, LASTING)):
            self.urgent |= doubt is None
            after = self._now() - entry.seen
            doubt = entry.doubt = Doubt(reading, after, now, reading, now)
        doubt.last, doubt.seen = max(doubt.last, reading), now
        return doubt

    def _settled(self, entry: Entry, doubt: Doubt, reading: float) -> float:
        """Explain what has lasted; return the reading, or a hair more: only a reset is a fall."""
        told, offset = entry.told, entry.offset
        entry.offset = explain(entry.reading, doubt.first, doubt.after, offset)
        self.urgent = True
        fall = told - entry.offset - reading
        if fall >= JITTER:
            return reading
        if (entry.offset - offset) % WRAP:
            self._rebased(entry)
        return reading + max(fall, 0.0)

    def _rebased(self, entry: Entry) -> None:
        """Note that the counter goes on from what was kept: if more was told, only value counts."""
        self.unsaved = self.urgent = True
        if entry.silence is not None:
            entry.silence.until = math.inf

    def _may_speak(self, entry: Entry) -> bool:
        """Whether what would be told cannot be less than what a killed process told last."""
        silence = entry.silence
        if silence is None:
            return True
        over = self._elapsed() >= silence.until or entry.told >= silence.value
        if over and entry.doubt is None:
            entry.silence = None
        return entry.silence is None
