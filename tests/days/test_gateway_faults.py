"""A gateway that fails for ten minutes: what is seen, how it ends, and that nobody storms it."""

import re

import anyio
import pytest
from harness import Exporting, Exposed
from simulation import Local, loop, scraping

from exporter.demo.faults import Fault
from exporter.demo.profile import DEFAULT
from exporter.demo.world import World
from exporter.endpoint import DEVICE_DATA, INFO
from exporter.gateway.line import AGAIN

TEN_MINUTES = 600
ROUNDS = TEN_MINUTES / 15

IN_FLIGHT = 2
CHECK = "/auth/check_jwt"

KNOCKS = TEN_MINUTES / AGAIN + 1
"""Who answers nothing is asked for one small page, over and over."""

PAGES = 11
ONCE_A_ROUND = ROUNDS * PAGES
"""Who is answered at once, if badly, is asked for each page once a round, not by each scraper."""

LOGINS = 5
"""One, and four more if tokens are refused: after 1, 2, 4 and 8 minutes."""

BOUNDS: dict[Fault | int, float] = {
    Fault.HANG: KNOCKS + IN_FLIGHT,
    Fault.TRICKLE: KNOCKS + IN_FLIGHT,
    Fault.CUT: ONCE_A_ROUND,
    Fault.RESET: ONCE_A_ROUND,
    Fault.UNAVAILABLE: ONCE_A_ROUND,
    Fault.HTML: ONCE_A_ROUND,
    Fault.GARBAGE: ONCE_A_ROUND,
    Fault.UNAUTHORIZED: ONCE_A_ROUND,
    500: ONCE_A_ROUND,
}


def whole(exposed: Exposed) -> bool:
    """Tell whether the gateway is up and shows its power."""
    return exposed.value("up") == 1 and "production_power_watts" in exposed


@pytest.mark.parametrize("fault", BOUNDS)
async def test_a_gateway_that_fails_is_spared_and_comes_back(
    world: World, exporting: Exporting, fault: Fault | int
) -> None:
    """While all pages fail, scrapes end in time, power is absent, and enphase_up turns 0.

    Two Prometheus servers together cause no more requests than one does, and the first scrape
    after the fault shows all that was shown before.
    """
    async with exporting(world) as client:
        before = (await scraping(client, 60, scrapers=2))[-1]
        assert whole(before)
        world.gateway.requests.clear()
        world.gateway.faults["*"] = fault
        rounds = await scraping(client, TEN_MINUTES, scrapers=2)
        asked = world.gateway.requests.copy()
        world.gateway.faults.clear()
        (after,) = await scraping(client, 15, scrapers=2)
    assert not any("production_power_watts" in exposed for exposed in rounds)
    assert {exposed.value("up") for exposed in rounds[7:]} == {0}
    assert asked.total() <= BOUNDS[fault]
    del asked[CHECK], asked[INFO.path]
    assert max(asked.values()) <= ROUNDS + 1
    assert world.gateway.busiest <= IN_FLIGHT
    assert before.samples.keys() - after.samples.keys() == set()
    assert after.value("up") == 1
    assert world.cloud.logins.total() <= LOGINS


@pytest.mark.parametrize(
    ("lasting", "moment"),
    [(20, 4), (20, 11), (47, 0.5), (47, 8), (47, 14.5), (100, 4), (241, 0.5), (241, 14.5)],
)
async def test_whenever_a_hang_ends_the_next_scrape_is_whole(
    world: World, exporting: Exporting, lasting: int, moment: float
) -> None:
    """Be it a moment before a scrape or after one, in a short hang or a long one."""
    async with exporting(world) as client:
        before = (await scraping(client, 60))[-1]
        world.gateway.faults["*"] = Fault.HANG
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(scraping, client, lasting)
            await anyio.sleep(15 * (lasting // 15 - 1) + moment)
            world.gateway.faults.clear()
        (after,) = await scraping(client, 15)
    assert before.samples.keys() - after.samples.keys() == set()
    assert after.value("up") == 1


@pytest.mark.parametrize("world", ["everything", "standard"], indirect=True)
@pytest.mark.parametrize("fault", [Fault.HANG, Fault.UNAVAILABLE, Fault.UNAUTHORIZED])
async def test_after_four_minutes_all_is_back(
    world: World, exporting: Exporting, fault: Fault
) -> None:
    """The first scrape has every series again, but for AC batteries, which the second one has.

    Their page costs a gateway seconds, and no scrape waits for it.
    """
    async with exporting(world) as client:
        before = (await scraping(client, TEN_MINUTES))[-1]
        world.gateway.faults["*"] = fault
        await scraping(client, 240)
        world.gateway.faults.clear()
        first, second = await scraping(client, 30)
    missing = {name for name, _ in before.samples.keys() - first.samples.keys()}
    itself = re.compile("enphase_(collector|document)_|enphase_ac_batter")
    assert {name for name in missing if not itself.match(name)} == set()
    assert before.samples.keys() - second.samples.keys() == set()


async def test_a_gateway_that_is_off_is_called_once_a_scrape(
    world: World, exporting: Exporting
) -> None:
    """Where nobody answers, each scrape calls once, for all its pages; the return is seen."""
    async with exporting(world) as client:
        await scraping(client, 60)
        world.gateway_server.stop()
        rounds = await scraping(client, TEN_MINUTES, scrapers=2)
        world.gateway_server.start()
        (after,) = await scraping(client, 15, scrapers=2)
    assert {exposed.value("up") for exposed in rounds} == {0}
    calls = rounds[-1].value(
        "gateway_requests_total", gateway="home", path="/info", outcome="unreachable"
    )
    assert calls is not None
    assert 0 < calls <= 2 * ROUNDS
    assert whole(after)


@pytest.mark.parametrize("world", [DEFAULT, "everything"], indirect=True)
async def test_a_gateway_slower_than_every_scrape_is_seen(
    world: World, exporting: Exporting
) -> None:
    """With ten seconds for each page, all that was shown is there from the second scrape on.

    Powers are no older than a minute, and no more than two pages are asked for at once.
    """
    async with exporting(world) as client:
        before = (await scraping(client, 300))[-1]
        world.gateway.requests.clear()
        world.gateway.delay = 10
        rounds = await scraping(client, TEN_MINUTES, scrapers=2)
        asked = world.gateway.requests.total()
        world.gateway.delay = 0
        after = await scraping(client, 30)
    assert whole(before)
    for exposed in rounds[1:]:
        assert exposed.value("up") == 1
        assert before.samples.keys() - exposed.samples.keys() == set()
    ages = [exposed.of("document_age_seconds", "path") for exposed in (*rounds[1:], after[1])]
    assert max(age["/ivp/meters/readings"] for age in ages) < 60
    assert ages[-1]["/ivp/meters/readings"] < 1
    assert asked <= IN_FLIGHT * TEN_MINUTES / 10


@pytest.mark.parametrize("world", [DEFAULT, "everything"], indirect=True)
async def test_an_exporter_that_meets_a_slow_gateway_soon_shows_all(
    world: World, exporting: Exporting
) -> None:
    """With ten seconds for each page from the start, all is there in three minutes, and stays."""
    async with exporting(world) as client:
        calm = (await scraping(client, 300))[-1]
    world.gateway.delay = 10
    async with exporting(world) as client:
        rounds = await scraping(client, TEN_MINUTES, scrapers=2)
    shown = {key for key in calm.samples if key[0] != "enphase_logins_total"}
    assert len(shown) > 500
    for exposed in rounds[180 // 15 :]:
        assert shown - exposed.samples.keys() == set()


@pytest.mark.parametrize("fault", [Fault.HANG, Fault.TRICKLE, Fault.UNAVAILABLE, Fault.RESET])
async def test_with_a_scrape_a_minute_the_first_one_after_it_is_whole(
    world: World, exporting: Exporting, fault: Fault
) -> None:
    """What had to be given up is long over when Prometheus comes again."""
    async with exporting(world) as client:
        await scraping(client, 120, interval=60)
        world.gateway.faults["*"] = fault
        await scraping(client, TEN_MINUTES, interval=60)
        world.gateway.faults.clear()
        (after,) = await scraping(client, 60, interval=60)
    assert whole(after)


async def test_a_name_that_is_not_resolved_is_trouble_until_it_is(
    world: World, exporting: Exporting
) -> None:
    """While no name server knows the host, the gateway is down, and the page names the host."""
    server = world.gateway_server
    assert isinstance(server, Local)
    async with exporting(world, ENPHASE_HOST=f"envoy.test:{server.port}") as client:
        rounds = await scraping(client, 60)
        page = (await client.http.get("/")).text
        loop().hosts["envoy.test"] = server.host
        (after,) = await scraping(client, 15)
    assert {exposed.value("up") for exposed in rounds} == {0}
    assert "https://envoy.test" in page
    assert "cannot be reached" in page
    assert whole(after)


@pytest.mark.parametrize(("interval", "lasting"), [(15, 1200), (300, 3600)])
async def test_two_pages_that_hang_are_no_silence(
    world: World, exporting: Exporting, interval: int, lasting: int
) -> None:
    """Though /info is one of them, which knocks ask for, the others are read by each scrape."""
    async with exporting(world) as client:
        await scraping(client, TEN_MINUTES, interval)
        for page in (INFO, DEVICE_DATA):
            world.gateway.faults[page.path] = Fault.HANG
        rounds = await scraping(client, lasting, interval)
    assert [n for n, exposed in enumerate(rounds) if not whole(exposed)] == []
