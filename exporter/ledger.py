"""Keeps exported counters honest: one source for each, and no fall by a hair.

Prometheus reads a counter that falls as a reset and adds its whole value again, so that one odd
answer paints a day of seven megawatt hours.
"""

import logging
import time
from collections.abc import Callable, Iterable, Iterator

from exporter.metric import Sample
from exporter.unit import WATT_HOUR

log = logging.getLogger(__name__)

JITTER = 1000 * WATT_HOUR
"""Joules; a smaller fall is jitter, a larger one is a real reset (a new meter) if it lasts."""

LASTING = 600.0
"""Seconds that a fall must last: gateways show zeros for some minutes after a restart."""

Series = tuple[str, tuple[str, ...]]


class Ledger:
    """What was last said of each counter of one gateway."""

    def __init__(self, now: Callable[[], float] = time.monotonic) -> None:
        self._now = now
        self._fallen: dict[Series, float] = {}
        self._told: set[Series] = set()
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
        if source != sample.source and series not in self._told:
            self._told.add(series)
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
        if sample.value >= last:
            self._fallen.pop(series, None)
        elif last - sample.value < JITTER or self._is_passing(series):
            return last
        self._values[series] = sample.value
        return sample.value

    def _is_passing(self, series: Series) -> bool:
        """Whether a fall may yet turn out to be a gateway that is just starting."""
        began = self._fallen.setdefault(series, self._now())
        if self._now() - began < LASTING:
            return True
        del self._fallen[series]
        return False
