"""What went wrong in the home's past: each mishap at a time counted back from the past's end.

Times are the home's (Phoenix), days are its dates counted back from the date of the end:

    each night  23:00-23:04   the gateway does not answer
     2 days     11:40-12:20   the gateway does not answer
     3 days     21:00-21:30   the production meter shows 30 Wh less than before
     4 or more  19:00-20:00   no grid: the relay is open, batteries carry the home; on the first
                              evening on which they held enough, in homes with batteries
     6 days     13:00-16:00   one inverter's counter is cut to 32 bits
     9 days     10:00, 48 h   one inverter does not report, and goes on producing
    12 days     02:10-02:18   new firmware, for which the gateway starts anew
    any         all day       the day with the least sun of all whole days there are

At the end all counters are where they would be without mishaps, so that a demo can go on there.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from exporter.demo import days, history
from exporter.demo.profile import Profile

HOUR, MINUTE = 3600, 60
NIGHTLY_FROM, NIGHTLY_TO = 23 * HOUR, 23 * HOUR + 4 * MINUTE
BALANCED = 1.0
"""Watts from the grid that make no difference."""

OLDER = {
    "D8.3.5433": "D8.3.5169",
    "D8.2.4345": "D8.2.4264",
    "D7.6.175": "D7.6.168",
    "R3.9.36": "R3.7.31",
    "D3.7.0": "D3.6.0",
}
"""What a gateway ran before its firmware."""

KWH = 3_600_000.0


@dataclass(frozen=True)
class Mishap:
    """Something that happened, from a moment until another."""

    began: float
    ended: float
    text: str

    def covers(self, moment: float) -> bool:
        """Whether it is going on."""
        return self.began <= moment < self.ended


NEVER = Mishap(0, 0, "")


class Mishaps:
    """All mishaps of a past that ends at a moment."""

    def __init__(self, end: float, profile: Profile) -> None:
        self._end = end
        self._profile = profile
        self.older = OLDER[profile.firmware]
        self.silence = self._at(2, 11 * HOUR + 40 * MINUTE, 40 * MINUTE, "gateway outage")
        self.jitter = self._at(3, 21 * HOUR, 30 * MINUTE, "production meter 30 Wh back")
        self.no_grid = self._no_grid()
        self.fall = self._at(6, 13 * HOUR, 3 * HOUR, "one inverter's counter cut to 32 bits")
        self.lost_inverter = self._at(9, 10 * HOUR, 2 * days.DAY, "one inverter does not report")
        update = f"firmware {profile.firmware} after {self.older}"
        self.update = self._at(12, 2 * HOUR + 10 * MINUTE, 8 * MINUTE, update)

    def reachable(self, moment: float) -> bool:
        """Whether the gateway answers."""
        at_night = NIGHTLY_FROM <= moment - days.midnight(moment) < NIGHTLY_TO
        return not (at_night or self.silence.covers(moment) or self.update.covers(moment))

    def since(self, start: float) -> list[Mishap]:
        """Return all that happened after a moment, the oldest first."""
        happened = (
            *(self.silence, self.jitter, self.no_grid, self.fall, self.lost_inverter, self.update),
            *self._dullest(start),
        )
        return sorted(
            (each for each in happened if each.ended > start), key=lambda each: each.began
        )

    def _at(self, back: int, seconds: int, lasting: int, text: str) -> Mishap:
        began = days.midnight(self._end) - back * days.DAY + seconds
        return Mishap(began, began + lasting, text)

    def _no_grid(self) -> Mishap:
        """Return the last evening hour, some days ago, in which the home needed no grid."""
        if not self._profile.wiring.battery:
            return NEVER
        hours = (self._at(back, 19 * HOUR, HOUR, "no grid") for back in range(4, 34))
        return next((hour for hour in hours if self._is_balanced(hour)), NEVER)

    def _is_balanced(self, hour: Mishap) -> bool:
        moments = range(int(hour.began), int(hour.ended) + 1, days.STEP)
        return all(abs(self._bought(moment)) < BALANCED for moment in moments)

    def _bought(self, moment: float) -> float:
        wiring = self._profile.wiring
        return sum(history.watts(f"grid_{phase}", moment, wiring) for phase in wiring.phases)

    def _dullest(self, start: float) -> Iterator[Mishap]:
        last = days.midnight(self._end)
        count = int((last - days.midnight(start - 1)) // days.DAY) - 1
        mornings = [last - back * days.DAY for back in range(1, count + 1)]
        if mornings:
            made, morning = min((self._made(morning), morning) for morning in mornings)
            yield Mishap(morning, morning + days.DAY, f"cloudy day: {made / KWH:.0f} kWh")

    def _made(self, morning: float) -> float:
        until, before = (
            history.energy("production", moment, self._profile.wiring)[0]
            for moment in (morning + days.DAY, morning)
        )
        return until - before
