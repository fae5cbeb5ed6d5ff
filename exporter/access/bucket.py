"""A token bucket: how many requests may come, in the long run and at once."""

from collections.abc import Callable


class Bucket:
    """Holds ``burst`` tokens, and gets a new one each ``interval`` seconds of the clock."""

    def __init__(self, interval: float, burst: int, now: Callable[[], float]) -> None:
        self._interval = interval
        self._burst = float(burst)
        self._now = now
        self._tokens = self._burst
        self._filled = now()

    def take(self) -> bool:
        """Take a token; tells whether there was one."""
        now = self._now()
        self._tokens = min(self._burst, self._tokens + (now - self._filled) / self._interval)
        self._filled = now
        if self._tokens < 1:
            return False
        self._tokens -= 1
        return True
