"""What a ledger knows of one counter, and how that is kept from one process to the next."""

import json
import logging
import math
from collections.abc import Mapping
from dataclasses import dataclass

from pydantic import BaseModel, ValidationError

from exporter.doubt import KWH
from exporter.metric import LARGEST_COUNTER

log = logging.getLogger(__name__)

SILENCE = 900.0
"""Seconds for which nothing is told of a counter after a process that was killed: it may have told
some minutes more than it kept."""

UNKEPT = 3 * KWH
"""Joules that a killed process may have told beyond what it kept: what a site of 100 kW gains until
it is kept. Of a counter that is known for longer, its own pace says that more closely."""

OLD = 86_400.0
"""Seconds after which what was kept may be a backup: a later process may have told more."""


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
class Rival:
    """Another source, which tells of the counter while its own does not."""

    source: str
    first: float
    since: float
    """When its first reading came, by ``clock.elapsed``."""


@dataclass(slots=True)
class Silence:
    """While it lasts, a lower value than the last one might be told."""

    until: float
    """When it ends, by ``clock.elapsed``."""

    value: float
    """What ends it before: no process told more."""


@dataclass(slots=True)
class Entry:
    """What is known of one counter: its source, its last reading, and what is added to that."""

    source: str
    reading: float
    seen: float
    offset: float = 0.0
    kept: float = math.inf
    """The value that was told when the ledger was last kept."""

    pace: float = 0.0
    """The most that it ever gained until it was kept again."""

    doubt: Doubt | None = None
    rival: Rival | None = None
    silence: Silence | None = None

    @property
    def told(self) -> float:
        """The value that was last told."""
        return self.reading + self.offset


class Page(BaseModel):
    """What is kept of a ledger."""

    ended: bool
    """Whether nothing was told after it was written."""

    counters: list[tuple[str, tuple[str, ...], str, float, float, float, float]]


Series = tuple[str, tuple[str, ...]]
"""A counter's name, and the values of its labels."""


def written(entries: Mapping[Series, Entry], *, ended: bool) -> str:
    """Write what ``read`` reads; ``ended`` promises that nothing is told after it."""
    rows = [
        (name, labels, e.source, e.reading, e.seen, e.offset, e.pace)
        for (name, labels), e in entries.items()
    ]
    return json.dumps({"ended": ended, "counters": rows})


def read(kept: str, now: float, elapsed: float) -> dict[Series, Entry]:
    """Read what an earlier process has kept; what is damaged is none, and said.

    Takes the two clocks' times.
    """
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
            pace=pace,
            silence=None
            if page.ended and now - seen < OLD
            else _silence(reading + offset, pace, now - seen, elapsed),
        )
        for name, labels, source, reading, seen, offset, pace in page.counters
        if math.isfinite(seen) and math.isfinite(pace)
        if 0 <= reading <= LARGEST_COUNTER >= reading + offset >= 0
    }


def _silence(told: float, pace: float, ago: float, elapsed: float) -> Silence:
    """Return how long nothing is told of a counter that a killed process told of.

    A power cut sets gateways back by some minutes, too: then no time ends the silence, or the
    counter might fall. There was one if the host has started since.
    """
    stayed_up = 0 <= ago < elapsed
    until = elapsed + SILENCE if stayed_up else math.inf
    return Silence(until, told + (min(2 * pace, UNKEPT) if pace > 0 else UNKEPT))
