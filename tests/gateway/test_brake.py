"""The brake: after failures, attempts wait longer each time."""

from exporter.gateway.brake import FIRST, JITTER, LONGEST, Brake


def waits(brake: Brake, failures: int) -> list[float]:
    """Fail as often; return how long each failure makes us wait, by a clock that stands at 0."""
    found = []
    for _ in range(failures):
        brake.fail()
        found.append(brake.until)
    return found


def test_waits_grow_to_an_hour_and_no_further() -> None:
    """The wait doubles from a minute on, and an hour with its jitter is the most."""
    plain = [60, 120, 240, 480, 960, 1920, 3600, 3600]
    for wait, expected in zip(waits(Brake(lambda: 0.0), 8), plain, strict=True):
        assert expected <= wait <= expected * (1 + JITTER)
    assert max(waits(Brake(lambda: 0.0), 60)) <= LONGEST * (1 + JITTER)


def test_many_exporters_do_not_come_back_at_once() -> None:
    """Of many that failed together, no two wait equally long."""
    found = {waits(Brake(lambda: 0.0), 1)[0] for _ in range(20)}
    assert len(found) == 20


def test_the_brake_holds_until_its_time_is_over() -> None:
    """It is on until the wait has passed."""
    moments = iter((1000, 1000, 1000, 8199, 8200))
    brake = Brake(lambda: next(moments))
    assert [brake.on] == [False]
    brake.fail(at_least=7200)
    assert brake.until == 8200
    assert [brake.on, brake.on, brake.on] == [True, True, False]


def test_a_released_brake_begins_anew() -> None:
    """After a success, the next failure is a first one again."""
    brake = Brake(lambda: 0.0)
    waits(brake, 5)
    brake.release()
    assert not brake.on
    assert waits(brake, 1)[0] <= FIRST * (1 + JITTER)


def test_an_odd_number_of_failures_breaks_nothing() -> None:
    """What was kept and damaged counts as none, or as many."""
    for failures in (-(10**400), 10**400):
        brake = Brake(lambda: 0.0)
        brake.resume(9.0, failures)
        brake.fail()
        assert FIRST <= brake.until <= LONGEST * (1 + JITTER)
