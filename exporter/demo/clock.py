"""A clock that can be set, moved and sped up, for a demo that shows days of history in seconds."""

import threading
import time


class Clock:
    """Epoch seconds when called: the real time, until it is given a start or a speed of its own."""

    def __init__(self, start: float | None = None, speed: float = 1.0) -> None:
        self._lock = threading.Lock()
        self._speed = speed
        self._origin = time.monotonic()
        self._start = start if start is not None or speed == 1 else time.time()

    def __call__(self) -> float:
        """Tell the time."""
        with self._lock:
            return self._now()

    def set(self, moment: float) -> None:
        """Go on from a moment."""
        with self._lock:
            self._start, self._origin = moment, time.monotonic()

    def advance(self, seconds: float) -> None:
        """Jump ahead, or back where the seconds are negative."""
        with self._lock:
            self._start, self._origin = self._now() + seconds, time.monotonic()

    def _now(self) -> float:
        if self._start is None:
            return time.time()
        return self._start + (time.monotonic() - self._origin) * self._speed
