"""The host's clocks: which one tells how much time has gone by."""

import time

import pytest

from exporter import clock


def test_time_that_the_host_sleeps_counts() -> None:
    """Where the system has a clock that goes on in suspend, that one is read."""
    if not hasattr(time, "CLOCK_BOOTTIME"):
        pytest.skip("this system has one monotonic clock only")
    before = time.clock_gettime(time.CLOCK_BOOTTIME)
    assert before <= clock.elapsed() <= time.clock_gettime(time.CLOCK_BOOTTIME)
    assert clock.steady() == time.CLOCK_BOOTTIME


def test_without_such_a_clock_the_usual_one_serves(monkeypatch: pytest.MonkeyPatch) -> None:
    """A system that does not know that clock, or refuses it, has a monotonic one."""

    def refuse(kind: int) -> float:
        raise OSError(kind)

    monkeypatch.setattr(time, "clock_gettime", refuse)
    assert clock.steady() == time.CLOCK_MONOTONIC
    monkeypatch.undo()
    monkeypatch.delattr(time, "CLOCK_BOOTTIME", raising=False)
    assert clock.steady() == time.CLOCK_MONOTONIC
