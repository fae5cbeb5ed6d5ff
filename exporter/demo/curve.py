"""Power over a day: straight lines between quarter hours, with their exact energy."""

from itertools import accumulate, pairwise

from exporter.demo.days import STEP, STEPS

Energy = tuple[float, float]


class Curve:
    """Watts at any second of a day, and the joules until then: positive and negative ones apart."""

    def __init__(self, knots: list[float]) -> None:
        self._knots = knots
        if min(knots) < 0:
            parts = [_parts(before, after, STEP) for before, after in pairwise(knots)]
            self._delivered = list(accumulate((part[0] for part in parts), initial=0.0))
            self._received = list(accumulate((part[1] for part in parts), initial=0.0))
        else:
            steps = ((before + after) / 2 * STEP for before, after in pairwise(knots))
            self._delivered = list(accumulate(steps, initial=0.0))
            self._received = [0.0] * len(knots)

    @property
    def total(self) -> Energy:
        """The whole day's joules."""
        return self._delivered[-1], self._received[-1]

    def watts(self, seconds: float) -> float:
        """Return the power at a second of the day."""
        step = min(int(seconds // STEP), STEPS - 1)
        before, after = self._knots[step], self._knots[step + 1]
        return before + (after - before) * (seconds - step * STEP) / STEP

    def energy(self, seconds: float) -> Energy:
        """Return the joules since the day began."""
        step = min(int(seconds // STEP), STEPS - 1)
        since = seconds - step * STEP
        positive, negative = _parts(self._knots[step], self.watts(seconds), since)
        return self._delivered[step] + positive, self._received[step] + negative


def _parts(before: float, after: float, seconds: float) -> Energy:
    """Return the joules above and below zero of a straight line."""
    if before >= 0 and after >= 0:
        return (before + after) / 2 * seconds, 0.0
    if before <= 0 and after <= 0:
        return 0.0, -(before + after) / 2 * seconds
    crossing = seconds * before / (before - after)
    first, last = abs(before) * crossing / 2, abs(after) * (seconds - crossing) / 2
    return (first, last) if before > 0 else (last, first)
