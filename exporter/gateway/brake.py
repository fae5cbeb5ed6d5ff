"""Holds attempts back after failures, longer each time, so that nobody is stormed."""

import random
from collections.abc import Callable

FIRST = 60.0
LONGEST = 3600.0
JITTER = 0.2

MOST = 16
"""Failures in a row; more make no longer waits."""

RESUMED = 86_400.0
"""Seconds; nobody waits longer after a restart: a clock that was ahead must not lock us out."""


class Brake:
    """Says when the next attempt may be made; times are seconds since 1970."""

    def __init__(self, now: Callable[[], float]) -> None:
        self._now = now
        self.failures = 0
        self.until = 0.0
        self._wait = 0.0

    @property
    def on(self) -> bool:
        """Whether it is too early for an attempt; a clock that is set back costs the wait again."""
        now = self._now()
        self.until = min(self.until, now + self._wait)
        return now < self.until

    def fail(self, at_least: float = 0.0) -> float:
        """Wait a minute after the first failure, twice as long after each further, up to an hour.

        Returns the wait. The jitter keeps many exporters from coming back at the same moment.
        """
        wait = min(FIRST * 2**self.failures, LONGEST)
        wait *= 1 + random.uniform(0, JITTER)  # noqa: S311  spreads load, guards nothing
        self.failures = min(self.failures + 1, MOST)
        self._wait = max(wait, at_least)
        self.until = self._now() + self._wait
        return self._wait

    def resume(self, until: float, failures: int) -> None:
        """Go on where an earlier process has ended."""
        self.failures = min(max(failures, 0), MOST)
        self._wait = min(max(until - self._now(), 0.0), RESUMED)
        self.until = self._now() + self._wait

    def release(self) -> None:
        """Forget the failures."""
        self.failures = 0
        self.until = 0.0
