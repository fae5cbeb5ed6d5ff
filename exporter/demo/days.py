"""How the home counts time: in days that begin at 4 a.m., when little happens, and quarter hours.

The home stands in Phoenix, which has no daylight saving time. Its weather and its people repeat
after a year of 365 days, so a counter of any later year is a sum over one year at most.
"""

import math

TIMEZONE = "America/Phoenix"
UTC_OFFSET = -7 * 3600
DAY = 86_400
STEP = 900
STEPS = DAY // STEP
YEAR = 365
FIRST_HOUR = 4
INSTALLED = 1_704_106_800.0
"""4 a.m. on the first of January 2024, local time: before that, every counter is zero."""


def split(moment: float) -> tuple[int, float]:
    """Return the day a moment belongs to, and the seconds since that day began."""
    since = max(moment, INSTALLED) - INSTALLED
    day = math.floor(since / DAY)
    return day, since - day * DAY


def hour(step: int) -> float:
    """Return the local hour of a day's step: from 4 on, past 24 after midnight."""
    return FIRST_HOUR + step * STEP / 3600


def midnight(moment: float) -> float:
    """Return when the local date of a moment began."""
    return moment - (moment + UTC_OFFSET) % DAY
