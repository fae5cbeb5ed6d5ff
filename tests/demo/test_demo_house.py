"""The simulated home: its sums, its counters, and its memory, of which it has none."""

import itertools
import time

import pytest

from exporter.demo import battery, days, history
from exporter.demo.house import Flow, House, Meter, State
from exporter.demo.wiring import SPLIT, SPLIT_BARE, THREE_BARE

YEAR_SECONDS = days.YEAR * days.DAY
MOMENTS = [days.INSTALLED + 2 * YEAR_SECONDS + n * 86_399.7 * 0.73 for n in range(500)]
METERS = ("production", "grid", "storage", "load")


def flows(state: State) -> list[Flow]:
    """Return every phase of every meter."""
    meters: list[Meter] = [getattr(state, name) for name in METERS]
    return [flow for meter in meters for flow in meter.phases]


WIRINGS = {"battery": SPLIT, "bare": SPLIT_BARE, "three-phase": THREE_BARE}


@pytest.fixture(scope="module", params=WIRINGS)
def house(request: pytest.FixtureRequest) -> House:
    """Return the home, as each kind of site wires it."""
    return House(WIRINGS[request.param])


@pytest.fixture(scope="module")
def stored() -> House:
    """Return the home that has batteries."""
    return House()


def test_the_powers_of_a_home_add_up(house: House) -> None:
    """Load is production plus grid plus storage: at any moment, on each phase, in all."""
    for state in map(house.at, MOMENTS):
        rows = [getattr(state, name) for name in METERS]
        for made, bought, stored, used in zip(*(row.phases for row in rows), strict=True):
            assert used.watts == pytest.approx(made.watts + bought.watts + stored.watts, abs=1e-6)
            assert used.watts > 0


def test_the_energies_of_a_home_add_up(house: House) -> None:
    """What was used since the installation was produced, bought or taken from the batteries."""
    for state in map(house.at, MOMENTS):
        made, bought, stored, used = (getattr(state, name).total for name in METERS)
        nets = [flow.delivered - flow.received for flow in (made, bought, stored)]
        assert used.delivered - used.received == pytest.approx(sum(nets), rel=1e-9)


def test_the_inverters_make_what_the_meter_counts(house: House) -> None:
    """The inverters' joules are the production meter's, but for standby and the last report."""
    for state in map(house.at, MOMENTS):
        meter = state.production.total
        standby = 3 * (state.moment - days.INSTALLED)
        reported = sum(report.lifetime for report in state.inverters)
        behind = meter.delivered - meter.received + standby - reported
        assert -1 <= behind <= 24 * 375 * days.STEP + 24


@pytest.mark.parametrize("day", [0, 100, 181, 364, 365, 800])
def test_counters_are_the_integral_of_the_power(house: House, day: int) -> None:
    """Every counter grows by what its power, read each 15 seconds, amounts to."""
    start, step = days.INSTALLED + day * days.DAY, 15
    rows = [flows(house.at(start + n * step)) for n in range(days.DAY // step + 1)]
    for samples in zip(*rows, strict=True):
        gained = samples[-1].delivered - samples[0].delivered
        taken = samples[-1].received - samples[0].received
        middle = [(one.watts + two.watts) / 2 for one, two in itertools.pairwise(samples)]
        assert gained == pytest.approx(sum(max(0, w) for w in middle) * step, rel=1e-4, abs=200)
        assert taken == pytest.approx(sum(max(0, -w) for w in middle) * step, rel=1e-4, abs=200)


def test_counters_never_fall(house: House) -> None:
    """No counter ever falls, over days, quarter hours, midnights and the turn of a year."""
    turn = days.INSTALLED + 2 * YEAR_SECONDS
    moments = sorted([*MOMENTS, *(turn + n * 37.3 for n in range(-1500, 1500))])
    for before, after in itertools.pairwise(map(house.at, moments)):
        for one, two in zip(flows(before), flows(after), strict=True):
            assert two.delivered >= one.delivered - 1e-4
            assert two.received >= one.received - 1e-4
        for old, new in zip(before.inverters, after.inverters, strict=True):
            assert new.lifetime >= old.lifetime
            assert new.ended >= old.ended


def test_a_restart_loses_nothing() -> None:
    """A new house that remembers nothing of the old one shows the same numbers."""
    before = House().at(MOMENTS[7])
    history.day.cache_clear()
    history._year.cache_clear()  # noqa: SLF001 - a restart is what empties this cache
    after = House().at(MOMENTS[7])
    assert after == before
    assert after.inverters == before.inverters


def test_the_batteries_stay_within_their_size(stored: House) -> None:
    """The state of charge runs from the reserve to full; every day begins at the reserve."""
    levels = [state.soc for state in map(stored.at, MOMENTS)]
    assert min(levels) == pytest.approx(0.2)
    assert max(levels) == pytest.approx(1)
    for day in range(0, 365, 7):
        assert stored.at(days.INSTALLED + day * days.DAY).soc == pytest.approx(0.2)


def test_the_charge_follows_the_power(stored: House) -> None:
    """The batteries hold more after charging and less after discharging, to the joule."""
    start = days.INSTALLED + 500 * days.DAY
    for before, after in itertools.pairwise(stored.at(start + n * 600) for n in range(144)):
        one, two = before.storage.total, after.storage.total
        gained = 0.92 * (two.received - one.received) - (two.delivered - one.delivered)
        assert (after.soc - before.soc) * 36e6 == pytest.approx(gained, abs=1e-2)


def test_night(house: House) -> None:
    """At night production reads a little below zero, and the inverters are long silent."""
    state = house.at(days.midnight(MOMENTS[40]) + 3600)
    assert state.production.total.watts == pytest.approx(-3)
    assert all(report.gone for report in state.inverters)
    later = house.at(state.moment + 3 * 3600)
    assert later.inverters == state.inverters
    assert later.production.total.received > state.production.total.received


def test_two_inverters_are_not_like_the_others(house: House) -> None:
    """One inverter is weak all day; another has its share in the morning and a chimney later."""
    clear = max(range(365), key=lambda day: history.day(day).curves["south"].total[0])
    start = days.INSTALLED + clear * days.DAY
    morning, afternoon = (house.at(start + hours * 3600).inverters for hours in (7, 12))
    for reports in (morning, afternoon):
        assert reports[9].watts == pytest.approx(reports[0].watts * 0.6, rel=0.1)
    assert morning[4].watts == pytest.approx(morning[0].watts, rel=0.1)
    assert afternoon[4].watts < afternoon[0].watts / 2


def test_no_two_days_are_alike(house: House) -> None:
    """A year's days differ from each other, in load and in light."""
    for name in ("load_l1", "load_l2", "south"):
        totals = {history.day(day).curves[name].total[0] for day in range(days.YEAR)}
        assert len(totals) == days.YEAR


def test_the_home_stands_still_before_it_was_installed(house: House) -> None:
    """A clock that runs before the installation sees counters of zero."""
    state = house.at(0)
    assert {flow.delivered for flow in flows(state)} == {0}
    assert {report.lifetime for report in state.inverters} == {0}


def test_a_question_is_cheap(house: House) -> None:
    """A whole state takes about a fifth of a millisecond; a hundred times that still passes."""
    house.at(MOMENTS[0])
    start = time.process_time()
    for n in range(200):
        assert len(house.at(MOMENTS[0] + n).inverters) == 24
    assert (time.process_time() - start) / 200 < 0.02


def test_batteries_rest_without_a_surplus() -> None:
    """A day without sun to spare neither charges nor discharges."""
    assert set(battery.plan([-300.0] * (days.STEPS + 1))) == {0}
