"""From the gateway's units to base units; what is no number becomes ``None``, never zero."""

import sys
from typing import Any

from exporter import surprise

WRAP = 2**32
"""Some firmware writes -4 W as 4294967292: a negative number in 32 unsigned bits."""

WATT_HOUR = 3600.0
"""Joules."""

MANY_DIGITS = 16


def number(value: Any) -> float | None:
    """Return a finite number as it is."""
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    if is_number and abs(value) <= sys.float_info.max:
        return float(value)  # sums of large whole numbers would be no float any more
    surprise.unless_absent(value)
    return None


def flag(value: Any) -> int | None:
    """Turn ``true`` into 1 and ``false`` into 0."""
    if isinstance(value, bool):
        return int(value)
    surprise.unless_absent(value)
    return None


def scaled(value: Any, factor: float) -> float | None:
    """Multiply."""
    known = number(value)
    return None if known is None else known * factor


def joules(watt_hours: Any) -> float | None:
    """Turn watt hours into energy in base units."""
    return scaled(watt_hours, WATT_HOUR)


def ratio(percent: Any) -> float | None:
    """Turn percent into a ratio."""
    known = number(percent)
    return None if known is None else known / 100


def celsius(fahrenheit: Any) -> float | None:
    """Turn degrees Fahrenheit into degrees Celsius."""
    known = number(fahrenheit)
    return None if known is None else (known - 32) * 5 / 9


def numeral(value: Any) -> float | None:
    """Return a number that the gateway writes as digits in a string, as inventories do."""
    if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) < MANY_DIGITS:
        return int(value)
    return number(value)


def milli(value: Any) -> float | None:
    """Turn thousandths into base units: millivolts into volts."""
    known = number(value)
    return None if known is None else known / 1000


def watts(value: Any) -> float | None:
    """Return power, with the sign restored that 32 unsigned bits lost."""
    known = number(value)
    if known is not None and WRAP / 2 < known < WRAP:
        return known - WRAP
    return known


def timestamp(value: Any) -> float | None:
    """Return seconds since 1970; the gateway writes 0 where it does not know."""
    known = number(value)
    return known if known is not None and known > 0 else None


def total(*values: float | None) -> float | None:
    """Add up; the sum is unknown as soon as one part is."""
    known = [value for value in values if value is not None]
    return sum(known) if len(known) == len(values) else None


def quotient(value: Any, by: Any) -> float | None:
    """Divide; the quotient is unknown where the divisor is not positive."""
    above, below = number(value), number(by)
    return above / below if above is not None and below is not None and below > 0 else None
