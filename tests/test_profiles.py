"""Each kind of simulated site, through the whole exporter: what it shows, and what it costs."""

import os
import re
from pathlib import Path

import anyio
import pytest
from harness import Client, Exporting, last_noon

from exporter.demo.clock import Clock
from exporter.demo.delays import REAL_DELAYS
from exporter.demo.faults import Fault
from exporter.demo.profile import PROFILES
from exporter.demo.world import World

GOLDEN = Path(__file__).parent / "golden"
CONTRACT = Path(__file__).parents[2] / "shared" / "design" / "metrics.md"
MIDDAY = 1_782_068_400.0
MOVING = re.compile(r"^enphase_(scrape|collector_duration|document_age|token_expiry|certificate)")


async def settled(client: Client) -> str:
    """Scrape until every page has come, and return what does not change from run to run."""
    for _ in range(4):
        exposed = await client.scrape(path="/probe?target=home")
        await anyio.sleep(0.05)
    lines = [line for line in exposed.text.splitlines() if not MOVING.match(line)]
    return "\n".join(line for line in lines if not line.startswith("# HELP")) + "\n"


@pytest.mark.parametrize("profile", PROFILES)
async def test_a_profile_shows_just_what_is_written_down(
    exporting: Exporting, profile: str
) -> None:
    """The exposition of each kind of site is the reviewed one; UPDATE=1 writes it anew."""
    with World(profile=profile, clock=Clock(MIDDAY, speed=0)) as world:
        async with exporting(world, ENPHASE_SCRAPE__HEAVY_PAUSE="0") as client:
            text = await settled(client)
    file = GOLDEN / f"{profile}.txt"
    if "UPDATE" in os.environ:
        file.write_text(text)
    assert text.splitlines() == file.read_text().splitlines()


@pytest.mark.skipif(not CONTRACT.is_file(), reason="the contract is not part of the project")
def test_the_everything_profile_shows_every_family_of_the_contract() -> None:
    """Each family that the contract names is shown where all equipment is there."""
    named = set(re.findall(r"`(enphase_\w+?)`", CONTRACT.read_text()))
    own = {"enphase_exporter_build_info", "enphase_logins_total"}
    own |= {name for name in named if name.startswith("enphase_gateway_request")}
    moving = {name for name in named if MOVING.match(name)}
    # A meter measures the house's consumption or the grid, never both.
    unseen = {"enphase_consumption_energy_joules_total"}
    families = {name for name in named if not name.endswith("_")} - own - moving - unseen
    shown = re.findall(r"^# TYPE (\w+)", (GOLDEN / "everything.txt").read_text(), re.MULTILINE)
    assert len(families) > 60
    assert families - set(shown) == set()


async def test_slow_pages_stay_out_of_the_way(exporting: Exporting) -> None:
    """A gateway with everything, as slow as real ones are, is scraped without waiting for them."""
    slow = {path: seconds for path, seconds in REAL_DELAYS.items() if seconds >= 1}
    assert slow
    with World(profile="everything", clock=Clock(last_noon())) as world:
        async with exporting(world) as client:
            await client.scrape()
            world.gateway.delays.update(dict.fromkeys(slow, 30.0))
            world.gateway.requests.clear()
            for _ in range(3):
                await anyio.sleep(1.05)
                exposed = await client.scrape(seconds=5)
                assert (exposed.value("scrape_duration_seconds") or 9) < 4.5
        asked = {path: count for path, count in world.gateway.requests.items() if path in slow}
        assert sum(asked.values()) <= 1
        assert world.gateway.requests["/ivp/meters/readings"] == 3


async def test_absent_pages_are_not_asked_again(exporting: Exporting) -> None:
    """What a plain gateway does not have is asked for once, not with every scrape."""
    with World(profile="standard", clock=Clock(last_noon())) as world:
        async with exporting(world, ENPHASE_SCRAPE__HEAVY_PAUSE="0") as client:
            for _ in range(3):
                await client.scrape()
                await anyio.sleep(0.05)
        absent = {
            path: count
            for path, count in world.gateway.requests.items()
            if path != "/auth/check_jwt" and world.source.answer(path, MIDDAY).status == 404
        }
    assert absent
    assert set(absent.values()) == {1}


async def test_an_installers_token_opens_more(exporting: Exporting) -> None:
    """Pages for installers are read with an installer's token, and cause no login without one."""
    with World(profile="everything", clock=Clock(last_noon())) as world:
        async with exporting(world) as client:
            owner = await client.scrape()
        assert "installer_devices" not in owner
        assert owner.value("up") == 1
        assert world.cloud.logins.total() == 1
        token = world.token(role="installer", life=172_800)  # the last noon may be a day ago
        async with exporting(world, ENPHASE_TOKEN=token) as client:
            installer = await client.scrape()
    assert installer.labels("token_info") == [{"role": "installer"}]
    assert "installer_devices" in installer


async def test_live_data_that_stands_still_is_not_shown(exporting: Exporting) -> None:
    """Live data is shown while it is live; the exporter never switches it on."""
    with World(profile="everything", clock=Clock(last_noon())) as world:
        async with exporting(world) as client:
            assert "live_power_watts" in await client.scrape()
    with World(profile="everything", clock=Clock(last_noon())) as world:
        world.gateway.faults["/ivp/livedata/status"] = Fault.UNAVAILABLE
        async with exporting(world) as client:
            assert "live_power_watts" not in await client.scrape()
    assert all(not path.startswith("/ivp/livedata/stream") for path in world.gateway.requests)


async def test_an_ac_battery_is_storage_enough(exporting: Exporting) -> None:
    """Where no IQ Battery is listed, an AC battery opens the storage's pages."""
    with World(profile="everything", clock=Clock(last_noon())) as world:
        world.gateway.faults["/ivp/ensemble/inventory"] = 404
        async with exporting(world) as client:
            exposed = await client.scrape()
    assert "storage_soc_ratio" in exposed
    assert "storage_mode" in exposed
    success = exposed.of("collector_success", "collector")
    assert success["storage"] == success["storage_settings"] == 1


async def test_where_iq_batteries_are_no_ac_battery_is_looked_for(exporting: Exporting) -> None:
    """With an IQ Battery, the storage does not need the list in which AC batteries stand."""
    with World(profile="battery", clock=Clock(last_noon())) as world:
        world.gateway.faults["/api/v1/production/inverters"] = Fault.UNAVAILABLE
        async with exporting(world) as client:
            exposed = await client.scrape()
    assert "storage_soc_ratio" in exposed
    assert exposed.value("collector_success", collector="storage") == 1


async def test_what_makes_no_sense_is_counted(exporting: Exporting) -> None:
    """A document with the wrong kinds of values says so in a counter, and costs only those."""
    with World(clock=Clock(last_noon())) as world:
        answer = world.source.answer

        def twisted(target: str, moment: float) -> object:
            answered = answer(target, moment)
            if target != "/api/v1/production/inverters":
                return answered
            body = answered.body.replace(
                b'"maxReportWatts": ', b'"maxReportWatts": "high", "x": ', 1
            )
            return type(answered)(answered.status, answered.headers, body)

        world.source.answer = twisted  # type: ignore[method-assign,assignment]  # one odd gateway
        async with exporting(world) as client:
            exposed = await client.scrape()
    assert exposed.value("document_surprises_total", gateway="home", collector="inverters") == 1
    assert len(exposed.labels("inverter_max_power_watts")) == 23
    assert len(exposed.labels("inverter_power_watts")) == 24
