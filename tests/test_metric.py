"""Metric families: calling one makes a sample, or none where there is nothing to say."""

import math
from typing import Any

import pytest
from prometheus_client.exposition import generate_latest
from prometheus_client.registry import Collector

from exporter.metric import counter, families, gauge, info

POWER = gauge("test_power_watts", "Power.", "serial", "phase")
ENERGY = counter("test_energy_joules_total", "Energy.")
NAME = info("test_info", "Text.", "name")


class Exposition(Collector):
    """What the library would expose of some samples."""

    def __init__(self, *samples: Any) -> None:
        self.samples = samples

    def collect(self) -> Any:
        """Hand over the families."""
        return families(self.samples)

    @property
    def lines(self) -> list[str]:
        """The lines of the text format that are no comments."""
        text = generate_latest(self).decode()
        return [line for line in text.splitlines() if not line.startswith("#")]


def test_a_value_makes_a_sample() -> None:
    """A family's sample has its prefixed name, its labels in order, and the value."""
    (sample,) = POWER(230.5, "1223", "L1")
    assert (sample.family.name, sample.labels, sample.value) == (
        "enphase_test_power_watts",
        ("1223", "L1"),
        230.5,
    )
    assert Exposition(sample).lines == ['enphase_test_power_watts{phase="L1",serial="1223"} 230.5']


@pytest.mark.parametrize(
    "value", [None, "230", "", [], {}, math.nan, math.inf, -math.inf, 10**400, b"1", 1j]
)
def test_what_is_no_finite_number_makes_no_sample(value: Any) -> None:
    """Unknown is absent, never zero."""
    assert list(ENERGY(value)) == []


def test_truth_is_a_number() -> None:
    """A flag may be handed over as it is."""
    assert [sample.value for value in (True, False) for sample in ENERGY(value)] == [1.0, 0.0]


@pytest.mark.parametrize("labels", [(), ("1223",), ("1223", "L1", "more")])
def test_the_number_of_labels_is_checked(labels: tuple[str, ...]) -> None:
    """A label too few or too many is a mistake in a mapping, and found at once."""
    with pytest.raises(TypeError, match="enphase_test_power_watts has the labels"):
        list(POWER(1, *labels))


def test_labels_become_text() -> None:
    """An unknown label is empty, a number is written out."""
    (sample,) = POWER(1, None, 5)
    assert sample.labels == ("", "5")


def test_no_letter_breaks_the_exposition() -> None:
    """A lone surrogate, which JSON allows, does not end the whole page; quotes are escaped."""
    lines = Exposition(*NAME(1, "a\ud800b"), *NAME(1, 'say "hi"\n\\')).lines
    assert lines == [
        'enphase_test_info{name="a?b"} 1.0',
        'enphase_test_info{name="say \\"hi\\"\\n\\\\"} 1.0',
    ]


def test_of_duplicates_the_first_counts() -> None:
    """The same labels twice would make Prometheus refuse the page: the first value is shown."""
    samples = [*POWER(1, "a", "b"), *POWER(2, "a", "b"), *POWER(3, "a", "c")]
    (metric,) = families(samples)
    assert [sample.value for sample in metric.samples] == [1.0, 3.0]


def test_families_keep_their_order_and_kind() -> None:
    """Samples are grouped by family in the order of their first, under the library's names."""
    found = families([*NAME(1, "x"), *ENERGY(5), *POWER(1, "a", "b"), *NAME(1, "y")])
    assert [(metric.name, metric.type, len(metric.samples)) for metric in found] == [
        ("enphase_test", "info", 2),
        ("enphase_test_energy_joules", "counter", 1),
        ("enphase_test_power_watts", "gauge", 1),
    ]
    assert families([]) == []


def test_a_label_is_cut() -> None:
    """One long text, repeated in many series, makes no exposition of gigabytes."""
    (sample,) = gauge("x", "X.", "serial")(1, "9" * 1_000_000)
    assert sample.labels == ("9" * 128,)


@pytest.mark.parametrize("value", [-1, -1e-9, 1.1e18])
def test_what_is_no_count_is_no_counter(value: float) -> None:
    """OpenMetrics knows no counter below zero; a gauge may be there."""
    assert not list(counter("x_total", "X.")(value))
    assert list(gauge("x", "X.")(value))
