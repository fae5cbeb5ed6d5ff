"""Keeps exported counters honest: one source for each, and no fall by a hair.

Prometheus reads a counter that falls as a reset and adds its whole value again, so that one odd
answer paints a day of seven megawatt hours.
"""

import logging
from collections.abc import Iterable, Iterator

from exporter.metric import Sample
from exporter.unit import WATT_HOUR

log = logging.getLogger(__name__)

JITTER = 1000 * WATT_HOUR
"""A fall smaller than this, in joules, is jitter; a larger one is a real reset (a new meter)."""

Series = tuple[str, tuple[str, ...]]


class Ledger:
    """What was last said of each counter of one gateway."""

    def __init__(self) -> None:
        self._values: dict[Series, float] = {}
        self._sources: dict[Series, str] = {}

    def settle(self, samples: Iterable[Sample]) -> Iterator[Sample]:
        """Pass samples on; a counter's jitter is held, and a second source of it is left out."""
        for sample in samples:
            if sample.family.kind != "counter":
                yield sample
            elif self._same_source(sample):
                yield sample._replace(value=self._held(sample))

    def _same_source(self, sample: Sample) -> bool:
        series = sample.family.name, sample.labels
        source = self._sources.setdefault(series, sample.source)
        if source != sample.source:
            log.warning(
                "%s is left out: its source was %s and is now %s; restart to take the new one",
                sample.family.name,
                source,
                sample.source,
            )
        return source == sample.source

    def _held(self, sample: Sample) -> float:
        series = sample.family.name, sample.labels
        last = self._values.get(series, sample.value)
        held = last if last - JITTER < sample.value < last else sample.value
        self._values[series] = held
        return held
