"""The ledger: exported counters have one source, and neither fall nor jump for no reason."""

import json
from dataclasses import dataclass, field
from itertools import pairwise

import pytest
from harness import Clock
from hypothesis import given
from hypothesis import strategies as some

from exporter.doubt import JITTER, KWH, LASTING, POSSIBLE, SLACK, WRAP
from exporter.entry import SILENCE, UNKEPT
from exporter.ledger import Ledger
from exporter.metric import Sample, counter, gauge

ENERGY = counter("test_energy_joules_total", "Energy.", "meter")
POWER = gauge("test_power_watts", "Power.")
SCRAPE = 60.0


@dataclass
class Counting:
    """A counter that is scraped each minute, through a ledger that may be started anew."""

    clock: Clock = field(default_factory=Clock)
    steady: Clock = field(default_factory=Clock)

    def __post_init__(self) -> None:
        self.ledger = Ledger(now=self.clock, elapsed=self.steady)

    def restart(self) -> None:
        """End the process, and start another one."""
        self.ledger = Ledger(self.ledger.page(ended=True), self.clock, self.steady)

    def kill(self) -> None:
        """End the process after it has told of one more joule than it has kept."""
        page = self.ledger.page()
        (entry,) = json.loads(page)["counters"]
        self.say(entry[3] + 1)
        self.ledger = Ledger(page, self.clock, self.steady)

    def power_cut(self, seconds: float) -> None:
        """Let the host start anew, after some time: it has been up for less than that."""
        page, self.steady = self.ledger.page(), Clock(60.0)
        self.clock.moment += seconds
        self.ledger = Ledger(page, self.clock, self.steady)

    def say(self, value: float, meter: str = "a", source: str = "readings") -> list[float]:
        """Settle one value; return what is let through."""
        said = [s.value for s in self.ledger.settle(ENERGY(value, meter, source=source))]
        self.clock.moment += SCRAPE
        self.steady.moment += SCRAPE
        return said

    def says(self, *values: float) -> list[float]:
        """Settle one value after the other."""
        return [said for value in values for said in self.say(value)]

    def lasts(self, value: float) -> float:
        """Settle one value until it has lasted; return what is told then."""
        said = list[float]()
        for _ in range(int(LASTING / SCRAPE) + 1):
            said = self.say(value)
        return said[0] if said else 0.0


def test_a_growing_counter_passes() -> None:
    """What grows is told as it is."""
    assert Counting().says(5, 5, 6, 6 + KWH) == [5, 5, 6, 6 + KWH]


def test_jitter_is_held() -> None:
    """A counter that falls by a hair keeps its last value until it has grown beyond that."""
    values = (1e9, 1e9 - 1, 1e9 - JITTER + 1, 1e9 + 1)
    assert Counting().says(*values) == [1e9, 1e9, 1e9, 1e9 + 1]


def test_a_real_reset_goes_through() -> None:
    """A new meter begins at zero, and Prometheus must see that: once it is sure."""
    counting = Counting()
    assert counting.says(25e9, 5, 6) == [25e9, 25e9, 25e9]
    assert counting.lasts(7) == 7
    assert counting.says(8) == [8]


def test_zeros_after_a_restart_are_no_reset() -> None:
    """A gateway that shows zeros, or half of its inverters, for some minutes paints no day."""
    values = (25e9, 0, 0, 10e9, 10e9, 25.001e9, 25.002e9, 0)
    told = [25e9, 25e9, 25e9, 25e9, 25e9, 25.001e9, 25.002e9, 25.002e9]
    assert Counting().says(*values) == told


def test_another_counter_for_one_poll_is_passed_over() -> None:
    """Firmware that swaps two counters for a moment leaves no trace."""
    values = (25e9, 25.4e9, 25.001e9)
    assert Counting().says(*values) == [25e9, 25e9, 25.001e9]


@pytest.mark.parametrize("wraps", [1, 3])
def test_a_wrap_is_undone(wraps: int) -> None:
    """Where 2^32 joules are missing, once or as often as inverters wrapped, they are added."""
    counting, last = Counting(), 25e9
    counting.say(last)
    grown = last + KWH
    assert counting.lasts(grown - wraps * WRAP) == grown
    assert counting.says(grown + 1 - wraps * WRAP) == [grown + 1]


def test_a_wrap_to_zero_is_undone() -> None:
    """A sum in 32 bits that begins anew goes on where it ended."""
    counting = Counting()
    counting.say(WRAP - KWH)
    assert counting.lasts(KWH) == WRAP + KWH


def test_an_inverter_taken_off_the_roof_takes_no_energy_with_it() -> None:
    """A sum that has lost a part goes on from its last value, as the site's production does."""
    counting = Counting()
    counting.say(25e9)
    assert counting.lasts(22e9) == 25e9
    assert counting.says(22e9 + KWH) == [25e9 + KWH]


def test_another_way_of_counting_is_no_energy() -> None:
    """Firmware that mends its sum makes it jump by megawatt hours: nobody made those."""
    counting = Counting()
    counting.say(20e9)
    assert counting.lasts(20e9 + 2 * WRAP) == 20e9
    assert counting.says(20e9 + 2 * WRAP + KWH) == [20e9 + KWH]


def test_what_was_made_unheard_of_counts_late() -> None:
    """An inverter that was not heard of for months brings its energy when it is heard again."""
    counting = Counting()
    counting.say(20e9)
    assert counting.says(20e9 + 2 * SLACK) == [20e9]
    assert counting.lasts(20e9 + 2 * SLACK) == 20e9 + 2 * SLACK


def test_an_outage_is_bridged() -> None:
    """What a house can have made while nobody asked is told at once."""
    counting = Counting()
    counting.say(20e9)
    counting.clock.moment += 86_400
    assert counting.says(20e9 + 10 * SLACK) == [20e9 + 10 * SLACK]


def test_an_outage_of_a_large_site_is_bridged() -> None:
    """What a hundred kilowatts made in a day is believed when it lasts, and told whole."""
    counting = Counting()
    counting.say(20e9)
    counting.clock.moment += 86_400
    assert counting.says(20e9 + 40 * SLACK) == [20e9]
    assert counting.lasts(20e9 + 40 * SLACK) == 20e9 + 40 * SLACK


def test_another_counter_after_an_outage_is_passed_over() -> None:
    """A gateway that starts with one odd answer paints no day, however long it was away."""
    counting = Counting()
    counting.say(20e9)
    counting.clock.moment += 86_400
    assert counting.says(24e9, 20e9 + 5 * KWH) == [20e9, 20e9 + 5 * KWH]


def test_a_wrap_stays_undone_over_a_restart() -> None:
    """The next process adds what the last one did, or its counters would fall."""
    counting = Counting()
    counting.say(25e9)
    counting.lasts(25e9 - WRAP)
    counting.restart()
    assert counting.says(25e9 + KWH - WRAP) == [25e9 + KWH]


def test_a_wrap_while_nothing_runs_is_undone() -> None:
    """A counter that wraps between two processes is seen to have wrapped."""
    counting = Counting()
    counting.say(25e9)
    counting.restart()
    counting.clock.moment += 3600
    assert counting.lasts(25e9 + 3 * KWH - WRAP) == 25e9 + 3 * KWH


def test_a_restart_in_the_middle_of_a_fall_changes_nothing() -> None:
    """A process that starts while the gateway shows zeros waits for its numbers, too."""
    counting = Counting()
    counting.says(25e9, 0)
    counting.restart()
    assert counting.says(0, 0, 25e9 + 1) == [25e9, 25e9, 25e9 + 1]


def test_a_killed_process_is_no_reset() -> None:
    """It told more than it kept: nothing is told until the counter is surely beyond that."""
    counting = Counting()
    counting.say(25e9)
    counting.kill()
    assert counting.says(25e9 + 0.5, 0, 12e9, 25e9 + UNKEPT) == [25e9 + UNKEPT]


def test_a_counter_that_stands_still_speaks_again() -> None:
    """After a quarter of an hour a counter is told that has gained little, but none in doubt."""
    counting = Counting()
    counting.say(25e9)
    counting.kill()
    counting.clock.moment += SILENCE
    counting.steady.moment += SILENCE
    assert counting.says(0, 25e9 + 2) == [25e9 + 2]


def test_an_inverter_taken_off_while_a_process_is_killed_is_no_reset() -> None:
    """Even then, nothing below the last value is told."""
    counting = Counting()
    counting.say(25e9)
    counting.kill()
    assert counting.lasts(22e9) == 0
    assert counting.says(22e9 + 1, 22e9 + UNKEPT) == [25e9 + UNKEPT]


def test_a_page_that_promised_the_end_is_soon_replaced() -> None:
    """A process that is killed early leaves no page behind that says all was told."""
    counting = Counting()
    counting.say(25e9)
    counting.restart()
    assert counting.ledger.urgent
    assert counting.ledger.unsaved


def test_what_matters_is_to_be_kept_at_once() -> None:
    """A doubt that begins, and one that ends, are urgent: the next process must know of them."""
    counting, urgent = Counting(), list[bool]()
    for value in (25e9, 20e9, 20e9, *[20e9] * 9, 30e9):
        counting.say(value)
        urgent.append(counting.ledger.urgent)
        counting.ledger.page()
    assert urgent == [False, True, *[False] * 9, True, True]


def test_a_wrap_in_an_outage_is_undone() -> None:
    """A day without answers hides neither the wrap nor what was made meanwhile."""
    counting = Counting()
    counting.say(25e9)
    counting.clock.moment += 86_400
    assert counting.lasts(25e9 + 80 * KWH - WRAP) == 25e9 + 80 * KWH


def test_a_part_that_is_missing_after_an_outage_is_no_reset() -> None:
    """However long nobody asked: megawatt hours are no new meter that began at zero."""
    counting = Counting()
    counting.say(25e9)
    counting.clock.moment += 86_400
    assert counting.lasts(12e9) == 25e9


def test_a_part_that_comes_back_late_is_no_energy() -> None:
    """Half of the inverters, missing for an hour and coming back one by one, made nothing new."""
    counting = Counting()
    counting.say(3e9)
    assert counting.lasts(1.6e9) == 3e9
    assert counting.lasts(2.3e9) == 3e9
    assert counting.lasts(3e9) == 3e9
    assert counting.says(3e9 + KWH) == [3e9 + KWH]


def test_zeros_that_last_are_no_reset() -> None:
    """A gateway that starts at night may show zeros until dawn."""
    counting = Counting()
    counting.say(25e9)
    assert counting.lasts(0) == 25e9
    assert counting.says(0, 25e9 + 1) == [25e9, 25e9 + 1]


def test_one_odd_answer_after_the_other_is_passed_over() -> None:
    """Zeros, then half of the inverters: neither lasts, though both together do."""
    counting = Counting()
    counting.say(25e9)
    assert counting.says(*[0] * 9, *[12e9] * 9, 25e9 + 1)[-2:] == [25e9, 25e9 + 1]


def test_what_is_made_in_doubt_is_not_lost() -> None:
    """While the ledger makes sure that an inverter has gone, the others go on."""
    counting = Counting()
    counting.say(25e9)
    minutes = int(LASTING / SCRAPE)
    told = counting.says(*(22e9 + minute * KWH / 6 for minute in range(minutes + 1)))
    assert told[0] == 25e9
    assert told[-1] == 25e9 + minutes * KWH / 6


def test_another_source_goes_on_where_the_first_has_ended() -> None:
    """New firmware, or one odd first answer, leaves another source: nothing is lost, none jumps."""
    counting = Counting()
    counting.say(25e9, source="gateway")
    minutes = int(LASTING / SCRAPE)
    said = [
        counting.say(reading, source="inverters")
        for reading in (0, *(26e9 + minute * KWH / 9 for minute in range(minutes + 2)))
    ]
    assert said[: minutes + 1] == [[]] * (minutes + 1)
    assert said[minutes + 1] == [25e9 + minutes * KWH / 9]
    assert said[minutes + 2] == [25e9 + (minutes + 1) * KWH / 9]
    assert counting.ledger.urgent


def test_a_source_that_comes_back_is_the_only_one() -> None:
    """Of two sources that take turns, the first one is told, and the other never."""
    counting = Counting()
    for minute in range(60):
        assert counting.say(1e9 + minute, source="meter") == [1e9 + minute]
        for _ in range(5):
            assert counting.say(2e9 + minute, source="production") == []


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{",
        "[]",
        '{"ended": true}',
        '{"ended": true, "counters": [["n", ["a"], "readings", "x", 1, 1, 0]]}',
        (
            '{"ended": true, "counters": '
            '[["enphase_test_energy_joules_total", ["a"], "readings", NaN, 1, 1, 0]]}'
        ),
        (
            '{"ended": true, "counters": '
            '[["enphase_test_energy_joules_total", ["a"], "readings", 1, 1, 1, NaN]]}'
        ),
        "\x00",
        pytest.param("[" * 100_000, id="deep"),
        '[["enphase_test_energy_joules_total", ["\\ud800"], "readings", 1, 1, 1]]',
    ],
)
def test_a_damaged_text_is_ignored(text: str) -> None:
    """What cannot be read costs nothing but itself."""
    assert [s.value for s in Ledger(text).settle(ENERGY(5e9, "a", source="readings"))] == [5e9]


def test_nothing_is_written_for_nothing() -> None:
    """A counter that stands still, as at night, is no reason to write to the disk."""
    counting = Counting()
    counting.says(5e9, 5e9 + KWH)
    assert counting.ledger.unsaved
    (row,) = json.loads(counting.ledger.page())["counters"]
    assert row[:4] == ["enphase_test_energy_joules_total", ["a"], "readings", 5e9 + KWH]
    counting.says(5e9 + KWH, 5e9 + KWH)
    assert not counting.ledger.unsaved


def test_another_source_is_told_of_once(caplog: pytest.LogCaptureFixture) -> None:
    """The log says when a counter's source changes, and no more."""
    counting = Counting()
    counting.say(1e9, source="meter")
    for _ in range(60):
        counting.say(2e9, source="gateway")
    assert caplog.text.count("is told by gateway from now on, not by meter") == 1
    assert len(caplog.records) == 1


def test_a_second_source_is_left_out() -> None:
    """While a counter's own source tells of it, no other does."""
    counting = Counting()
    assert counting.say(1e9) == [1e9]
    assert counting.say(2e9, source="production") == []
    assert counting.say(1e9 + 5) == [1e9 + 5]


def test_gauges_may_fall() -> None:
    """What is no counter passes unchanged."""
    samples = [*POWER(5), *POWER(4), *POWER(-3)]
    assert list(Ledger().settle(samples)) == samples


def test_each_series_is_its_own() -> None:
    """Neither the value nor the source of one meter is the other's."""
    counting = Counting()
    assert counting.say(1e9, "a") == [1e9]
    assert counting.say(5, "b", "production") == [5]
    assert Counting().say(4, "a") == [4]


def test_labels_and_order_stay() -> None:
    """A settled sample differs in its value at the most."""
    samples = [Sample(ENERGY, ("b",), 2.0, "x"), Sample(ENERGY, ("a",), 1.0, "x")]
    assert list(Ledger().settle(samples)) == samples


@given(some.lists(some.floats(0, 40e9), min_size=2, max_size=60))
def test_prometheus_never_sees_a_false_reset(readings: list[float]) -> None:
    """Whatever a gateway shows, what is told falls to what began at zero, or not at all."""
    counting = Counting()
    told = [said for reading in readings for said in counting.says(reading)]
    possible = SLACK + POSSIBLE * (LASTING + SCRAPE) * len(readings)
    for before, after in pairwise(told):
        assert after >= before or after <= possible


@pytest.mark.parametrize(
    ("reading", "offset"), [(1.7e308, 0.0), (1.7e308, 1.7e308), (5.0, -6.0), (-5.0, 6.0)]
)
def test_what_is_kept_cannot_be_beyond_all_counts(reading: float, offset: float) -> None:
    """A damaged file makes no counter of infinite or negative energy."""
    row = ["enphase_x_total", [], "meter", reading, 0.0, offset, 0.0]
    kept = json.dumps({"ended": True, "counters": [row]})
    assert json.loads(Ledger(kept).page())["counters"] == []


@pytest.mark.parametrize("days", [-365, -1, 1, 365])
def test_a_clock_that_is_set_decides_nothing(days: int) -> None:
    """After a power cut the host's clock may jump while a gateway that starts shows zeros."""
    counting = Counting()
    assert counting.says(1e10, 0) == [1e10, 1e10]
    counting.clock.moment += days * 86_400
    assert counting.says(0, 0, 1e10, 1e10 + KWH) == [1e10, 1e10, 1e10, 1e10 + KWH]


def test_after_a_power_cut_only_a_value_ends_the_silence() -> None:
    """Gateways forget minutes in a power cut: however long it is dark, nothing falls."""
    counting = Counting()
    counting.say(25e9)
    counting.kill()
    counting.power_cut(9 * 3600)
    assert [counting.say(25e9 - 0.5 * KWH) for _ in range(60)] == [[]] * 60
    assert counting.says(25e9 + UNKEPT - KWH, 25e9 + UNKEPT) == [25e9 + UNKEPT]


def test_a_small_counter_is_silent_for_little() -> None:
    """How much a killed process may have told is seen from what was gained between two writes."""
    counting = Counting()
    for minute in range(200):
        counting.say(1e9 + minute * 6e3)
        if minute % 10 == 0:
            counting.ledger.page()
    counting.kill()
    counting.power_cut(3600)
    told = 1e9 + 190 * 6e3
    assert counting.says(told + 60e3, told + 100e3, told + 180e3) == [told + 180e3]


def test_a_quick_counter_is_kept_soon() -> None:
    """What a killed process told beyond what it kept is never more than what the next one fears."""
    counting = Counting()
    counting.say(1e9)
    counting.ledger.page()
    urgent = []
    for minute in range(1, 4):
        counting.say(1e9 + minute * 100_000 * SCRAPE)
        urgent.append(counting.ledger.urgent)
        if counting.ledger.urgent:
            counting.ledger.page()
    assert urgent == [True] * 3
    assert 2 * 100_000 * SCRAPE < UNKEPT + KWH


@pytest.mark.parametrize("lasting", [22e9, 25e9 - WRAP])
def test_no_hair_is_lost_when_a_fall_is_explained(lasting: float) -> None:
    """At dusk readings flutter: what was told before is told again, and not a joule less."""
    counting = Counting()
    counting.say(25e9)
    assert counting.lasts(lasting) == 25e9
    counting = Counting()
    counting.say(25e9)
    told = counting.says(*[lasting] * 10, lasting - 5, lasting - 9, lasting)
    assert set(told) == {25e9}


def test_a_rebase_after_a_kill_waits_for_its_value() -> None:
    """Where an inverter went while a process was killed, what it told beyond is not undercut."""
    counting = Counting()
    counting.say(25e9)
    counting.kill()
    assert [counting.say(22e9) for _ in range(60)] == [[]] * 60
    assert counting.say(22e9 + UNKEPT) == [25e9 + UNKEPT]


@pytest.mark.parametrize("gap", [0, 3, 8, 48])
def test_a_part_that_comes_back_after_a_gap_is_no_energy(gap: int) -> None:
    """Half of the inverters missing, then nothing for hours, then all: no megawatt hours appear."""
    counting = Counting()
    whole = 24_000 * KWH
    counting.say(whole)
    assert counting.lasts(whole / 2) == whole
    counting.clock.moment += gap * 3600
    counting.steady.moment += gap * 3600
    assert counting.lasts(whole + 20 * KWH) == pytest.approx(whole + 20 * KWH)


def test_a_doubt_does_not_outlive_an_outage() -> None:
    """One zero, a month without answers, then half: that is not believed on one answer."""
    counting = Counting()
    assert counting.says(12_000 * KWH, 0) == [12_000 * KWH] * 2
    counting.clock.moment += 30 * 86_400
    counting.steady.moment += 30 * 86_400
    assert counting.say(6_000 * KWH) == [12_000 * KWH]


def test_a_new_meter_after_an_outage_is_no_wrap() -> None:
    """A meter that begins at zero is not taken for one that made hundreds of kilowatt hours."""
    counting = Counting()
    counting.say(WRAP - 100 * KWH)
    counting.clock.moment += 86_400
    assert counting.lasts(5 * KWH) == 5 * KWH


def test_a_clock_that_is_set_ends_no_silence() -> None:
    """A host that learns the time a minute after its start waits for as long as any other."""
    counting = Counting()
    counting.say(25e9)
    counting.kill()
    counting.clock.moment += 86_400
    assert counting.say(25e9) == []


def test_a_backup_that_is_restored_tells_nothing_too_low() -> None:
    """What was kept days ago is below what was told since: a wrap since then is undone first."""
    counting = Counting()
    counting.say(25e9)
    page = counting.ledger.page(ended=True)
    counting.clock.moment += 5 * 86_400
    counting.steady.moment += 5 * 86_400
    counting.ledger = Ledger(page, counting.clock, counting.steady)
    made = 100 * KWH
    told = [counting.say(25e9 + made - WRAP) for _ in range(12)]
    assert told == [[]] * 10 + [[25e9 + made]] * 2
