"""From the gateway's units to base units: what is no number is unknown, never zero."""

import math
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exporter import unit

ANYTHING = st.one_of(
    st.none(),
    st.booleans(),
    st.text(),
    st.integers(),
    st.floats(),
    st.lists(st.integers()),
    st.sampled_from([10**400, -(10**400), 1.7e308, int(1.7e308)]),
)


@pytest.mark.parametrize("value", [None, True, "5", [], {}, math.nan, math.inf, -math.inf, 10**400])
def test_what_is_no_number_is_unknown(value: Any) -> None:
    """Text, truth, nothing and what is not finite is no number."""
    assert unit.number(value) is None
    assert unit.joules(value) is None
    assert unit.milli(value) is None
    assert unit.watts(value) is None
    assert unit.timestamp(value) is None
    assert unit.quotient(value, 1) is None
    assert unit.quotient(1, value) is None


def test_units_are_base_units() -> None:
    """Energy is in joules, voltage in volts."""
    assert unit.joules(1) == 3600
    assert unit.milli(241_320) == pytest.approx(241.32)
    assert unit.scaled(-2, 0.5) == -1


def test_flags_are_numbers() -> None:
    """Truth is 1, falsehood 0, all else unknown."""
    assert [unit.flag(value) for value in (True, False, None, 1, "true")] == [
        1,
        0,
        None,
        None,
        None,
    ]


def test_digits_in_a_string_are_a_number() -> None:
    """Inventories write times as text; what is no plain row of digits is unknown."""
    values = ["1783105200", 5, "0x10", "-1", "1e3", "", "²", "9" * 5000, None]
    assert [unit.numeral(value) for value in values] == [1_783_105_200, 5, *[None] * 7]


def test_lost_signs_are_restored() -> None:
    """Small negative powers that came as 32 unsigned bits are negative again."""
    values = [4_294_967_292, -4, 0, 2_147_483_648, 2**32, 5_000.5]
    assert [unit.watts(value) for value in values] == [-4, -4, 0, 2_147_483_648, 2**32, 5_000.5]


def test_a_time_that_is_not_known_is_no_time() -> None:
    """Zero seconds since 1970 is how a gateway says that it does not know."""
    assert [unit.timestamp(value) for value in (0, -1, 1)] == [None, None, 1]


def test_sums_are_known_as_a_whole() -> None:
    """A sum with an unknown part is unknown, and one of no parts is nothing."""
    assert (unit.total(1, 2.5), unit.total(1, None), unit.total()) == (3.5, None, 0)


def test_quotients_need_a_positive_divisor() -> None:
    """Nothing is divided by zero or less."""
    assert (unit.quotient(1, 4), unit.quotient(1, 0), unit.quotient(1, -2)) == (0.25, None, None)


@given(ANYTHING, ANYTHING)
def test_no_value_breaks_a_unit(value: Any, other: Any) -> None:
    """Whatever a document holds, it becomes a number or is unknown."""
    functions: list[Callable[[Any], Any]] = [
        unit.number,
        unit.flag,
        unit.joules,
        unit.milli,
        unit.watts,
        unit.timestamp,
        unit.numeral,
    ]
    found = [function(value) for function in functions]
    found.append(unit.quotient(value, other))
    found.append(unit.total(unit.number(value), unit.number(other)))
    assert all(each is None or isinstance(each, int) or not math.isnan(each) for each in found)


def test_sums_of_large_whole_numbers_are_no_error() -> None:
    """JSON's whole numbers have no end; what is read of them adds up like any other number."""
    large = unit.number(10**308)
    assert unit.total(large, large, 0.5) == math.inf
