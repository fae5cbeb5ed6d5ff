"""What a counter can have done, and what it must have done where it shows what cannot be."""

import math

from exporter.unit import WATT_HOUR

KWH = 1000 * WATT_HOUR
JITTER = KWH
"""Joules; a smaller fall is jitter, and held until the counter has grown beyond it."""

LASTING = 600.0
"""Seconds that a larger fall or jump must last: gateways that start show the sum of half of their
inverters for some minutes; others answered with another counter for one poll."""

WRAP = 2.0**32
"""Joules at which the counters of some firmware begin anew, alone or as a part of a sum."""

POSSIBLE = 300_000.0
"""Watts; more than any site behind one gateway makes, buys or sells."""

USUAL = 10_000.0
"""Watts; more than a house makes, buys or sells in the mean of a day."""

SLACK = 25 * KWH
"""Joules that a counter may gain at once: an inverter that was not heard of for days catches up."""

CATCHING_UP = 500 * KWH
"""Joules; a larger jump that lasts is no energy, but another way of counting."""


def follows(before: float, reading: float, seconds: float) -> bool:
    """Whether a counter may show this so long after that, but for some jitter."""
    return -JITTER < reading - before <= _usual(seconds)


def explain(before: float, reading: float, seconds: float, offset: float) -> float:
    """Explain a fall or a jump that lasts: return what is to be added to the source from now on.

    ``offset`` is what was added until now. Where two explanations are possible, the one that tells
    of less energy is taken.
    """
    change = reading - before
    if change > 0:
        return offset - _uncounted(change, seconds, offset)
    wraps = math.floor((-change - JITTER) / WRAP) + 1
    gained = wraps * WRAP + change
    if gained <= min(_usual(seconds), reading + SLACK):
        return offset + wraps * WRAP
    if reading <= _usual(seconds):
        return 0.0  # a new meter began at zero since; Prometheus knows what a reset is
    return offset - change  # such as an inverter taken off the roof: go on without its past


def _uncounted(jump: float, seconds: float, offset: float) -> float:
    """Return how much of a jump is no energy, but what the offset stood in for and is back."""
    missing = max(offset, 0.0) % WRAP  # what no wrap explains: a part that was taken off the sum
    late = (jump - missing) % WRAP
    if missing > JITTER and late <= _usual(seconds) and jump - late <= offset:
        return jump - late
    if jump <= _gain(POSSIBLE, seconds):
        return 0.0
    returned = min(jump, max(offset, 0.0))
    return returned if jump - returned <= CATCHING_UP else jump


def _usual(seconds: float) -> float:
    return min(_gain(USUAL, seconds), CATCHING_UP)


def _gain(watts: float, seconds: float) -> float:
    return SLACK + watts * max(seconds, 0)
