"""The light on the roof: where the sun stands, how much of it clouds leave, what a chimney takes.

A roof plane's light is a ratio: 1 is what drives a panel's inverter to its rated power.
"""

from itertools import pairwise
from math import asin, cos, pi, sin

from exporter.demo.days import STEPS, YEAR, hour
from exporter.demo.noise import noise

LATITUDE = 33.45 * pi / 180
SOLAR_NOON = 12.47
TILT = 20 * pi / 180
GLOOM, CLOUD = 1, 2
ANGLES = [(hour(step) - SOLAR_NOON) * pi / 12 for step in range(STEPS + 1)]
TURNS = [(sin(angle), cos(angle)) for angle in ANGLES]
DARK = 0.0
SHADE_FROM, SHADE_TO, SHADE_DEPTH = 13.5, 17.5, 0.75


def light(day: int) -> tuple[list[float], list[float]]:
    """Return the light on the south and on the west plane, at each step of a day."""
    day %= YEAR
    tilt = asin(-sin(23.44 * pi / 180) * cos(2 * pi * (day + 10) / YEAR))
    cover = _clouds(day)
    pairs = [_planes(tilt, turn, cloud) for turn, cloud in zip(TURNS, cover, strict=True)]
    return [south for south, _ in pairs], [west for _, west in pairs]


def shade(step: int) -> float:
    """Return what a chimney leaves of the light on one panel of the south plane."""
    through = (hour(step) - SHADE_FROM) / (SHADE_TO - SHADE_FROM)
    return 1 - SHADE_DEPTH * sin(pi * through) ** 0.5 if 0 < through < 1 else 1.0


def temperature(hour_of_day: float, day: int) -> float:
    """Return the air's degrees Celsius: a season and a day's swing."""
    season = -cos(2 * pi * (day % YEAR - 15) / YEAR)
    return 23 + 10 * season + 6 * cos((hour_of_day - 16) * pi / 12)


def _planes(tilt: float, turn: tuple[float, float], cloud: float) -> tuple[float, float]:
    up = sin(LATITUDE) * sin(tilt) + cos(LATITUDE) * cos(tilt) * turn[1]
    if up <= 0:
        return DARK, DARK
    west = cos(tilt) * turn[0]
    south = sin(LATITUDE) * cos(tilt) * turn[1] - cos(LATITUDE) * sin(tilt)
    beam = 0.84 * 0.76 ** ((1 / (up + 0.02)) ** 0.65) / 0.76 * (1 - 0.93 * cloud)
    haze = 0.15 * up**0.7 * (1 + 0.9 * cloud * (1 - cloud))
    facing = (up * cos(TILT) + side * sin(TILT) for side in (south, west))
    lit = [min(1.0, 1.08 * (beam * max(part, 0.0) + haze)) for part in facing]
    return lit[0], lit[1]


def _clouds(day: int) -> list[float]:
    """Return how much of the sky is covered: most days clear, some mixed, few dull."""
    gloom = noise(day, GLOOM) ** 2.2
    swing = 2.2 * gloom * (1 - gloom)
    drift = [noise(day * STEPS + step, CLOUD) - 0.5 for step in range(STEPS + 2)]
    return [
        min(1.0, max(0.0, gloom + swing * (one + next_one))) for one, next_one in pairwise(drift)
    ]
