"""Runs ``exporter serve`` with a clock that jumps: ``hurried.py SECONDS``, then a SIGUSR1 each.

So an hour of scrapes takes seconds. Everything that goes by the monotonic clock takes part: how
fresh a document is, when an idle connection is closed, when a token is looked at.
"""

import signal
import sys
import time
from types import FrameType


class Jumping:
    """The monotonic clock, and the seconds that were skipped so far; it jumps to whole steps."""

    def __init__(self, step: float) -> None:
        self._real = time.monotonic
        self._step = step
        self._start = time.monotonic()
        self._ahead = 0.0

    def __call__(self) -> float:
        """Tell the time."""
        return self._real() + self._ahead

    def jump(self, number: int, frame: FrameType | None) -> None:
        """Skip what is left of this step: a signal's handler."""
        del number, frame
        self._ahead += self._step - (self() - self._start) % self._step


def main() -> None:
    """Put the clock in place before any module of the exporter takes hold of the real one."""
    clock = Jumping(float(sys.argv[1]))
    time.monotonic = clock
    signal.signal(signal.SIGUSR1, clock.jump)
    from exporter.cli import run  # noqa: PLC0415  only now, since modules keep the clock they find

    sys.exit(run(["serve"]))


if __name__ == "__main__":
    main()
