"""What a metric is here: a family, declared once, that makes samples when it is called.

    POWER = gauge("inverter_power_watts", "AC power of one inverter.", "serial")

    yield from POWER(230, "122000000001")      # one sample
    yield from POWER(None, "122000000001")     # none: unknown is absent, never zero

Names get the prefix ``enphase_``; counters end in ``_total`` and text goes into ``_info`` labels.
"""

import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any, NamedTuple

from prometheus_client import Metric

PREFIX = "enphase_"

LONGEST_LABEL = 128
"""Characters; one long text, repeated in each series, would make an exposition of gigabytes."""

LARGEST_COUNTER = 1e18
"""Joules; a power station's century. What is beyond is no count."""


@dataclass(frozen=True, slots=True, eq=False)
class Family:
    """A metric's name, kind, help text and label names; calling it makes samples."""

    name: str
    kind: str
    help: str
    labels: tuple[str, ...]

    def __call__(self, value: Any, *labels: Any, source: str = "") -> Iterator["Sample"]:
        """Make the sample of ``value``, or none where the value is no finite number.

        A counter below zero is none either. A label that is unknown (``None``) is empty.
        ``source`` names where a counter comes from: a counter must not change its source while the
        process runs (see ``exporter.ledger``).
        """
        if len(labels) != len(self.labels):
            raise TypeError(f"{self.name} has the labels {self.labels}, got {labels}")
        if (number := _finite(value)) is not None and self._may_be(number):
            yield Sample(self, tuple(map(_label, labels)), number, source)

    def _may_be(self, number: float) -> bool:
        """Whether the family may have this value: OpenMetrics knows no counter below zero."""
        return self.kind != "counter" or 0 <= number <= LARGEST_COUNTER

    @property
    def base(self) -> str:
        """The name without the suffix that its kind adds."""
        return self.name.removesuffix({"counter": "_total", "info": "_info"}.get(self.kind, ""))


class Sample(NamedTuple):
    """One value of one family, its labels in the family's order."""

    family: Family
    labels: tuple[str, ...]
    value: float
    source: str = ""


def gauge(name: str, help: str, *labels: str) -> Family:  # noqa: A002  Prometheus's own word
    """Declare a value that goes up and down."""
    return Family(PREFIX + name, "gauge", help, labels)


def counter(name: str, help: str, *labels: str) -> Family:  # noqa: A002  Prometheus's own word
    """Declare a value that only grows; ``name`` ends in ``_total``."""
    return Family(PREFIX + name, "counter", help, labels)


def info(name: str, help: str, *labels: str) -> Family:  # noqa: A002  Prometheus's own word
    """Declare a carrier of text: its value is 1; ``name`` ends in ``_info``."""
    return Family(PREFIX + name, "info", help, labels)


def states(
    family: Family, known: Iterable[str], current: Iterable[str | None], *labels: Any
) -> Iterator[Sample]:
    """Make one sample for each state, 1 for a current one and else 0; the state is the last label.

    A current state that is not among the known ones is told as well.
    """
    now = {state for state in current if state is not None}
    for state in dict.fromkeys([*known, *sorted(now)]):
        yield from family(int(state in now), *labels, state)


def families(samples: Iterable[Sample]) -> list[Metric]:
    """Group samples into prometheus_client's families, in the order they first appear.

    Of two samples with the same labels the first one counts: the text format forbids a second.
    """
    grouped: dict[Family, dict[tuple[str, ...], float]] = {}
    for sample in samples:
        grouped.setdefault(sample.family, {}).setdefault(sample.labels, sample.value)
    return [_metric(family, values) for family, values in grouped.items()]


def _metric(family: Family, values: dict[tuple[str, ...], float]) -> Metric:
    metric = Metric(family.base, family.help, family.kind)
    for labels, value in values.items():
        metric.add_sample(family.name, dict(zip(family.labels, labels, strict=True)), value)
    return metric


def _finite(value: Any) -> float | None:
    if not isinstance(value, int | float):
        return None
    try:
        number = float(value)
    except OverflowError:
        return None
    return number if math.isfinite(number) else None


def _label(value: Any) -> str:
    # A lone surrogate, legal in JSON, has no UTF-8 form and would end the whole exposition.
    text = "" if value is None else str(value)[:LONGEST_LABEL]
    return text.encode(errors="replace").decode()
