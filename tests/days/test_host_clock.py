"""The host's clock is set, or the host sleeps: the gateway is read as before."""

from itertools import pairwise

import pytest
from harness import Exporting
from simulation import Host, Local, asleep, loop, scraping

from exporter.demo.world import World

HOUR, DAY = 3600, 86_400


@pytest.mark.parametrize("days", [-365, -1, 1, 365])
async def test_a_clock_that_jumps_costs_no_scrape(
    world: World, host: Host, exporting: Exporting, days: int
) -> None:
    """Each scrape is whole, counters do not move, and there are few logins.

    A year ahead each token counts as due, so that there is one more login now and then.
    """
    async with exporting(world) as client:
        before = (await scraping(client, 60))[-1]
        host.wall.advance(days * DAY)
        rounds = await scraping(client, HOUR, 120)
    assert {exposed.value("up") for exposed in rounds} == {1}
    shown = {name for name, _ in before.samples if name.startswith("enphase_")}
    for exposed in (rounds[0], rounds[-1]):
        assert shown - {name for name, _ in exposed.samples} == set()
    counters = [exposed.value("production_energy_joules_total") for exposed in (before, *rounds)]
    grown = [(after or 0) - (before or 0) for before, after in pairwise(counters)]
    assert 0 <= min(grown) <= max(grown) < 15_000 * 200
    assert world.cloud.logins.total() <= (8 if days == 365 else 1)


@pytest.mark.parametrize("days", [-365, -1])
async def test_a_clock_that_is_set_back_does_not_prolong_a_wait(
    world: World, host: Host, exporting: Exporting, days: int
) -> None:
    """The cloud asked us to wait, and then the clock is set: the next attempt is made in time."""
    world.cloud.faults["*"] = 429
    async with exporting(world) as client:
        await scraping(client, 60)
        host.wall.advance(days * DAY)
        world.cloud.faults.clear()
        assert (await scraping(client, 300))[-1].value("up") == 1


async def test_what_was_read_before_a_sleep_is_not_shown_after_it(
    world: World, host: Host, exporting: Exporting
) -> None:
    """After eight hours of suspend the first scrape asks anew: nothing of the day before is shown.

    The gateway has forgotten our session; the token opens another one.
    """
    async with exporting(world) as client:
        await scraping(client, 180)
        asked = loop().time()
        asleep(8 * HOUR, host, world)
        after = await client.scrape()
        assert loop().time() - asked < 10
    assert after.value("up") == 1
    assert "production_power_watts" in after
    assert max(after.of("document_age_seconds", "path").values()) < 1
    told = after.value("gateway_time_seconds")
    assert told == pytest.approx(world.clock(), abs=60)
    assert world.cloud.logins.total() == 1


async def test_connections_that_ended_in_a_sleep_cost_one_scrape(
    world: World, host: Host, exporting: Exporting
) -> None:
    """Where nobody answers on the connections of before, nothing old is shown; then all is whole.

    Their end was told while nobody was awake to hear it.
    """
    server = world.gateway_server
    assert isinstance(server, Local)
    async with exporting(world) as client:
        await scraping(client, 180)
        asleep(8 * HOUR, host, world)
        server.forget()
        first, second = await scraping(client, 30)
    assert first.of("document_age_seconds", "path") == {}
    assert "production_power_watts" not in first
    assert second.value("up") == 1
    assert "production_power_watts" in second
    assert set(second.of("collector_success", "collector").values()) == {1}
    assert max(second.of("document_age_seconds", "path").values()) < 1
    assert world.cloud.logins.total() == 1
