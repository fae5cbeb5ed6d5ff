"""The cloud's bad days: nothing is seen while a token is good, and nobody is stormed."""

from pathlib import Path

import anyio
import pytest
from harness import Client, Exporting
from simulation import Host, asleep, scraping

from exporter.demo.faults import Fault
from exporter.demo.world import World
from exporter.endpoint import INFO

MINUTE, HOUR, DAY = 60, 3600, 86_400

RARELY, HOURLY = 31, 24
"""Attempts in a day: after 1, 2, 4, 8, 16 and 32 minutes, then each hour; and on the day after."""

OFTEN_ENOUGH = 18
"""Attempts in a day, at the least."""

SELDOM = 5
"""Attempts in a day after a refusal: one each six hours."""

HOUR_AT_MOST = 1.3 * HOUR
"""The longest wait with its jitter, and a scrape."""


async def ups(client: Client, lasting: float, interval: float) -> list[float | None]:
    """Scrape for a time; return whether the gateway was up."""
    return [exposed.value("up") for exposed in await scraping(client, lasting, interval)]


def attempts(world: World) -> int:
    """Return how often the password was sent."""
    return world.cloud.requests["/login/login.json"] + world.cloud.requests["/login"]


async def test_a_week_without_the_cloud_is_not_seen(
    world: World, host: Host, exporting: Exporting
) -> None:
    """With a good token all is up, although it is due to be renewed: that is tried now and then.

    When the cloud is back, the next token is there after two waits at the most.
    """
    world.cloud.token_life = 40 * DAY
    async with exporting(world) as client:
        first = await client.scrape()
        asleep(30 * DAY, host, world)
        world.cloud.faults["*"] = Fault.RESET
        for at_most in (RARELY, *[HOURLY] * 6):
            before = attempts(world)
            assert set(await ups(client, DAY, 4 * HOUR)) == {1}
            assert OFTEN_ENOUGH <= attempts(world) - before <= at_most
        world.cloud.faults.clear()
        assert set(await ups(client, HOUR_AT_MOST, HOUR_AT_MOST / 4)) == {1}
        last = await client.scrape()
    ends = ("enphase_token_expiry_timestamp_seconds", frozenset[tuple[str, str]]())
    assert last.samples[ends] > first.samples[ends]
    assert world.cloud.logins == {"enlighten:ok": 2}


async def test_a_token_that_ends_while_the_cloud_is_down(
    world: World, exporting: Exporting
) -> None:
    """The gateway is up until the token's end, then down and said why; the cloud's return mends it.

    Meanwhile the gateway is shown the ended token twice a scrape at the most.
    """
    world.cloud.token_life = DAY
    async with exporting(world) as client:
        await client.scrape()
        world.cloud.faults["*"] = 503
        assert set(await ups(client, DAY - HOUR, HOUR)) == {1}
        await scraping(client, 2 * HOUR, HOUR)
        world.gateway.requests.clear()
        assert set(await ups(client, 2 * HOUR, 2 * MINUTE)) == {0}
        assert world.gateway.requests["/auth/check_jwt"] <= 2 * 60
        assert "answered 503" in (await client.http.get("/")).text
        assert attempts(world) <= 1 + 2 * RARELY
        world.cloud.faults.clear()
        await scraping(client, HOUR_AT_MOST, HOUR_AT_MOST / 4)
        assert (await client.scrape()).value("up") == 1


@pytest.mark.parametrize("fault", [Fault.HTML, 403, 406, 429, 503, Fault.RESET, Fault.HANG])
async def test_a_cloud_that_answers_otherwise_is_asked_rarely(
    world: World, exporting: Exporting, fault: Fault | int
) -> None:
    """A day of wrong answers, or of none, is few attempts at each login; it mends by itself."""
    world.cloud.faults["*"] = fault
    async with exporting(world) as client:
        rounds = await scraping(client, DAY, 15 * MINUTE)
        assert not any("production_power_watts" in exposed for exposed in rounds)
        assert max(world.cloud.requests.values()) <= RARELY
        world.cloud.faults.clear()
        await scraping(client, HOUR_AT_MOST, HOUR_AT_MOST / 4)
        assert (await client.scrape()).value("up") == 1


async def test_a_scrape_that_ends_early_leaves_its_work_to_the_next(
    world: World, exporting: Exporting
) -> None:
    """A login slower than the scrape goes on, and serves the next scrape."""
    world.cloud.delay = 8
    async with exporting(world) as client:
        (early,) = await scraping(client, 15)
        assert "production_power_watts" not in early
        assert world.cloud.requests.total() == 2
        (late,) = await scraping(client, 15)
        assert "production_power_watts" in late
    assert world.cloud.logins == {"enlighten:ok": 1}


async def test_a_cloud_that_wants_us_to_wait_is_left_alone(
    world: World, exporting: Exporting
) -> None:
    """After 429 with Retry-After 120 nobody asks for two minutes, however often one scrapes."""
    world.cloud.faults["*"] = 429
    async with exporting(world) as client:
        await scraping(client, 115)
        assert world.cloud.requests.total() == 1
        world.cloud.faults.clear()
        assert (await ups(client, 30, 15))[-1] == 1


@pytest.mark.parametrize("trouble", ["password", "second factor"])
async def test_a_refusal_is_a_handful_of_attempts_a_day(
    world: World, exporting: Exporting, trouble: str
) -> None:
    """A wrong password, or an account that asks for a code, is tried each six hours at most."""
    world.cloud.mfa = trouble == "second factor"
    world.cloud.users[world.username] = world.password if world.cloud.mfa else "another"
    async with exporting(world) as client:
        assert set(await ups(client, DAY, 15 * MINUTE)) == {0}
    assert 1 < attempts(world) <= SELDOM


@pytest.mark.parametrize(
    "trouble", ["password", "second factor", "not ours", Fault.HTML, 403, 429, 503, Fault.HANG]
)
async def test_a_crash_loop_makes_one_attempt(
    world: World, exporting: Exporting, trouble: str | int
) -> None:
    """Ten starts in a row with the same state directory send the password once to each login."""
    world.cloud.mfa = trouble == "second factor"
    if trouble == "password":
        world.cloud.users[world.username] = "another"
    if trouble == "not ours":
        world.cloud.serials = {"122300000099"}
    if isinstance(trouble, Fault | int):
        world.cloud.faults["*"] = trouble
    for _ in range(10):
        async with exporting(world) as client:
            assert "production_power_watts" not in await client.scrape(2)
            await anyio.sleep(1)
    assert max(world.cloud.requests.values()) == 1


async def test_a_token_for_another_gateway_opens_none(
    world: World, exporting: Exporting, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The page names the setting, the token is shown to nobody, and logins become rare.

    An hour or so after the cloud has come to give the right one, all is well.
    """
    async with exporting(world) as client:
        with monkeypatch.context() as cloud:
            cloud.setattr(world.cloud, "token", lambda *_: world.token(serial="122300000099"))
            for at_most in (RARELY, HOURLY):
                before = attempts(world)
                assert set(await ups(client, DAY, 10 * MINUTE)) == {0}
                assert OFTEN_ENOUGH <= attempts(world) - before <= at_most
            assert "check ENPHASE_SERIAL" in (await client.http.get("/")).text
            assert world.gateway.requests.keys() == {INFO.path}
        await scraping(client, HOUR_AT_MOST, HOUR_AT_MOST / 4)
        assert (await client.scrape()).value("up") == 1


async def test_logins_that_could_not_be_kept_wait_a_minute(
    world: World, exporting: Exporting, tmp_path: Path
) -> None:
    """Where the state directory cannot be written, restarts each half minute make no login.

    Who stays longer logs in, and the page says what to mend.
    """
    (tmp_path / "state").write_text("a file where the folder should be")
    for _ in range(10):
        async with exporting(world) as client:
            assert set(await ups(client, 30, 15)) == {0}
            assert "state directory cannot be written" in (await client.http.get("/")).text
    assert world.cloud.logins.total() == 0
    async with exporting(world) as client:
        assert (await ups(client, 2 * MINUTE, 15))[-1] == 1
    assert world.cloud.logins == {"enlighten:ok": 1}
