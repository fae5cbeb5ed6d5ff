"""Clocks that can be put ahead, for a process that believes them."""

import time


class Skipping:
    """The host's clocks, and the seconds that were skipped so far."""

    def __init__(self) -> None:
        self.ahead = 0.0
        self._monotonic, self._time, self._gettime = time.monotonic, time.time, time.clock_gettime

    def put_in_place(self) -> None:
        """Let whoever asks for the time from now on ask here."""
        time.monotonic, time.time, time.clock_gettime = self.monotonic, self.time, self.gettime

    def monotonic(self) -> float:
        """Tell the time since some moment."""
        return self._monotonic() + self.ahead

    def time(self) -> float:
        """Tell the time since 1970."""
        return self._time() + self.ahead

    def gettime(self, which: int) -> float:
        """Tell the time of one of the system's clocks."""
        return self._gettime(which) + self.ahead
