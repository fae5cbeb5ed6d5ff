"""The ledger: exported counters have one source, and do not fall by a hair."""

import pytest

from exporter.ledger import JITTER, LASTING, Ledger
from exporter.metric import Sample, counter, gauge

ENERGY = counter("test_energy_joules_total", "Energy.", "meter")
POWER = gauge("test_power_watts", "Power.")


def say(ledger: Ledger, value: float, meter: str = "a", source: str = "readings") -> list[float]:
    """Settle one counter's value; return what is let through."""
    return [sample.value for sample in ledger.settle(ENERGY(value, meter, source=source))]


def test_a_growing_counter_passes() -> None:
    """What grows is told as it is."""
    ledger = Ledger()
    assert [say(ledger, value) for value in (5, 5, 6, 6e12)] == [[5], [5], [6], [6e12]]


def test_jitter_is_held() -> None:
    """A counter that falls by a hair keeps its last value until it has grown beyond that."""
    ledger = Ledger()
    values = (1e9, 1e9 - 1, 1e9 - JITTER + 1, 1e9 + 1)
    assert [say(ledger, value) for value in values] == [[1e9], [1e9], [1e9], [1e9 + 1]]


def test_a_real_reset_goes_through() -> None:
    """A new meter begins anew, and Prometheus must see that: once it is sure."""
    now = [0.0]
    ledger = Ledger(lambda: now[0])
    said = []
    for value in (1e9, 5, 6, 7, 8):
        said += say(ledger, value)
        now[0] += LASTING / 2
    assert said == [1e9, 1e9, 1e9, 7, 8]


def test_zeros_after_a_restart_are_no_reset() -> None:
    """A gateway that shows zeros, or half of its inverters, for some minutes paints no day."""
    now = [0.0]
    ledger = Ledger(lambda: now[0])
    said = []
    for value in (25e9, 0, 10e9, 25.001e9, 25.002e9, 0):
        said += say(ledger, value)
        now[0] += LASTING / 3
    assert said == [25e9, 25e9, 25e9, 25.001e9, 25.002e9, 25.002e9]


def test_a_second_source_is_told_of_once(caplog: pytest.LogCaptureFixture) -> None:
    """The log is not flooded by a counter that is left out."""
    ledger = Ledger()
    for source in ("meter", "gateway", "gateway", "gateway"):
        say(ledger, 1, source=source)
    assert len(caplog.records) == 1


def test_gauges_may_fall() -> None:
    """What is no counter passes unchanged."""
    ledger = Ledger()
    samples = [*POWER(5), *POWER(4), *POWER(-3)]
    assert list(ledger.settle(samples)) == samples


def test_a_second_source_is_left_out(caplog: pytest.LogCaptureFixture) -> None:
    """A counter keeps its first source as long as the process runs, and the log says so."""
    ledger = Ledger()
    assert say(ledger, 1e9) == [1e9]
    assert say(ledger, 2e9, source="production") == []
    assert "its source was readings and is now production" in caplog.text
    assert say(ledger, 1e9 + 5) == [1e9 + 5]


def test_each_series_is_its_own() -> None:
    """Neither the value nor the source of one meter is the other's."""
    ledger = Ledger()
    assert say(ledger, 1e9, "a") == [1e9]
    assert say(ledger, 5, "b", "production") == [5]
    assert say(Ledger(), 4, "a") == [4]


def test_labels_and_order_stay() -> None:
    """A settled sample differs in its value at the most."""
    samples = [Sample(ENERGY, ("b",), 2.0, "x"), Sample(ENERGY, ("a",), 1.0, "x")]
    assert list(Ledger().settle(samples)) == samples
