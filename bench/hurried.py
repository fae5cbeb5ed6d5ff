"""Runs ``exporter serve`` with clocks that jump: ``hurried.py SECONDS``, then a SIGUSR1 each.

So an hour of scrapes takes seconds. Everything that goes by a clock takes part: how fresh a
document is, when an idle connection is closed, when a token is looked at.
"""

import signal
import sys
from types import FrameType

from skipping import Skipping


class Steps(Skipping):
    """Clocks that jump to whole steps."""

    def __init__(self, step: float) -> None:
        super().__init__()
        self._step = step
        self._start = self.monotonic()

    def jump(self, number: int, frame: FrameType | None) -> None:
        """Skip what is left of this step: a signal's handler."""
        del number, frame
        self.ahead += self._step - (self.monotonic() - self._start) % self._step


def main() -> None:
    """Put the clocks in place before any module of the exporter takes hold of the real ones."""
    clock = Steps(float(sys.argv[1]))
    clock.put_in_place()
    signal.signal(signal.SIGUSR1, clock.jump)
    from exporter.cli import run  # noqa: PLC0415  only now, since modules keep the clock they find

    sys.exit(run(["serve"]))


if __name__ == "__main__":
    main()
