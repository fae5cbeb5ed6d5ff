"""Two batteries that store the day's surplus and give it back in the evening.

A day ends as it began, at the reserve: what the night cannot use is not stored. So the state of
charge needs no memory of earlier days.
"""

from exporter.demo.days import STEP, STEPS

CAPACITY = 10_000 * 3600.0
RESERVE = 0.2
USABLE = CAPACITY * (1 - RESERVE)
EFFICIENCY = 0.92
"""Of what is charged, this much comes back."""
LIMIT = 7_000.0
SURPLUS = 50.0


def plan(surplus: list[float]) -> list[float]:
    """Return the batteries' watts at each step, positive where they discharge."""
    watts = [0.0] * (STEPS + 1)
    rich = [step for step in range(1, STEPS - 1) if surplus[step] > SURPLUS]
    if not rich:
        return watts
    # One step of rest between the two, so that a line between steps never crosses zero.
    evening = range(rich[-1] + 2, STEPS)
    wanted = sum(min(LIMIT, max(0.0, -surplus[step])) for step in evening) * STEP
    room = min(USABLE, wanted) / EFFICIENCY / STEP
    stored = 0.0
    for step in rich:
        watts[step] = -min(surplus[step], LIMIT, room - stored)
        stored -= watts[step]
    left = stored * EFFICIENCY
    for step in evening:
        watts[step] = min(LIMIT, left, max(0.0, -surplus[step]))
        left -= watts[step]
    return watts


def charge(charged: float, discharged: float) -> float:
    """Return the state of charge (0-1) after these joules since the day began."""
    level = RESERVE + (charged * EFFICIENCY - discharged) / CAPACITY
    return min(1.0, max(RESERVE, level))
