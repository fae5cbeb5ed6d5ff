"""The host's two clocks: which moment it is, and how much time has gone by.

Who asks how old or how long something is needs the second one: somebody may set the first one, and
a host without a battery-backed clock starts with a wrong one. Both are called by the module's name
(``clock.elapsed()``), so that a simulation can put its own in their place.
"""

import time


def wall() -> float:
    """Return the moment in seconds since 1970; it jumps when the clock is set."""
    return time.time()


def days_until(moment: float) -> float:
    """Return how many days of 24 hours it is from now to a moment, negative once it is over."""
    return (moment - wall()) / 86_400


def elapsed() -> float:
    """Return the seconds since some moment; no jumps, and time that the host sleeps counts too."""
    return time.clock_gettime(_STEADY)


def steady() -> int:
    """Choose the clock: on Linux the usual monotonic one stands still in suspend."""
    chosen = getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC)
    try:
        time.clock_gettime(chosen)
    except OSError:  # a kernel or a sandbox that does not have it
        return time.CLOCK_MONOTONIC
    return chosen


_STEADY = steady()
