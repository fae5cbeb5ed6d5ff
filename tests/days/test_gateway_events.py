"""What happens to a gateway in its years: restarts, updates, new addresses, new devices.

It all ends by itself, and nobody storms the gateway or the cloud meanwhile.
"""

import datetime as dt
import json
import re
from collections import Counter
from collections.abc import Mapping
from itertools import pairwise

import pytest
from harness import NOW, Exporting, Exposed
from simulation import Altered, Host, Local, asleep, calm_requests, loop, scraping

from exporter.demo.faults import Fault
from exporter.demo.world import World
from exporter.endpoint import ENSEMBLE_INVENTORY, INFO, INVERTERS, METERS, SECONDARY_CONTROL
from exporter.gateway.line import AGAIN

MINUTE, HOUR, DAY = 60, 3600, 86_400

MARGIN = 5
"""Requests that an event costs at the most: a new session, and what was under way once more."""

ONCE_MORE = 1
"""How much of that is one page's."""

MINUTELY = [INFO.path, ENSEMBLE_INVENTORY.path, INVERTERS.path, SECONDARY_CONTROL.path]
"""Pages that are asked for each minute, and while they are answered 503 with each scrape."""


def counters(exposed: Exposed) -> dict[object, float]:
    """Return every energy counter."""
    return {key: value for key, value in exposed.samples.items() if "_joules_total" in key[0]}


def assert_no_fall(rounds: list[Exposed]) -> None:
    """No counter ever shows less than before, whatever was absent in between."""
    shown: dict[object, float] = {}
    for exposed in rounds:
        now = counters(exposed)
        assert {key for key in now if now[key] < shown.get(key, 0)} == set()
        shown |= now
    assert shown


def steps(rounds: list[Exposed], name: str) -> list[float]:
    """Return how much a value of the whole site grew from round to round."""
    values = [value for exposed in rounds if (value := exposed.value(name)) is not None]
    return [after - before for before, after in pairwise(values)]


async def assert_no_storm(
    world: World, exporting: Exporting, calm: float, fault: Mapping[str, int] | None = None
) -> None:
    """One login was made, and the gateway was asked for hardly more than in so long a calm life.

    What the fault itself may cost is given page by page.
    """
    usual = await calm_requests(exporting, calm) + Counter(fault)
    assert world.gateway.requests.total() <= usual.total() + MARGIN
    assert max((world.gateway.requests - usual).values(), default=0) <= ONCE_MORE
    assert world.cloud.logins == {"enlighten:ok": 1}


async def test_the_nightly_hang_is_four_minutes_without_metrics(
    world: World, host: Host, exporting: Exporting
) -> None:
    """At 23:00 all pages hang for minutes: down meanwhile, whole at once afterwards, no fall."""
    asleep(11 * HOUR - MINUTE, host, world)
    async with exporting(world) as client:
        rounds = await scraping(client, MINUTE)
        world.gateway.faults["*"] = Fault.HANG
        rounds += (hung := await scraping(client, 4 * MINUTE))
        world.gateway.faults.clear()
        rounds += (after := await scraping(client, 2 * MINUTE))
    assert hung[-1].value("up") == 0
    assert "grid_import_energy_joules_total" not in hung[-1]
    assert [exposed.value("up") for exposed in after] == [1] * 8
    assert counters(after[0]).keys() == counters(rounds[3]).keys()
    assert_no_fall(rounds)
    knocks = {INFO.path: round(2 * MINUTE / AGAIN), METERS.path: round(2 * MINUTE / AGAIN)}
    await assert_no_storm(world, exporting, calm=3 * MINUTE, fault=knocks)


async def test_a_restart_with_503_and_zeros_is_no_reset(world: World, exporting: Exporting) -> None:
    """Three minutes of 503, then five of zeros: no counter falls, and none jumps afterwards."""
    zeros = re.compile(r'("(?:actEnergy\w+|wattHoursLifetime|joulesProduced|whLifetime)": )[\d.]+')
    whole = world.gateway.source
    async with exporting(world) as client:
        rounds = await scraping(client, 2 * MINUTE)
        world.gateway.faults["*"] = Fault.UNAVAILABLE
        world.gateway.drop_sessions()
        rounds += await scraping(client, 3 * MINUTE)
        world.gateway.faults.clear()
        world.gateway.source = Altered(whole, lambda _, text: zeros.sub(r"\g<1>0", text))
        rounds += (zero := await scraping(client, 5 * MINUTE))
        world.gateway.source = whole
        rounds += (after := await scraping(client, 2 * MINUTE))
    assert zero[1].value("production_energy_joules_total") == pytest.approx(
        rounds[7].value("production_energy_joules_total")
    )
    assert_no_fall(rounds)
    assert max(steps(rounds, "production_energy_joules_total")) < 15_000 * 11 * MINUTE
    assert steps(after, "production_energy_joules_total")[-1] > 0
    each_scrape = dict.fromkeys(MINUTELY, 12 - 3)
    await assert_no_storm(world, exporting, calm=12 * MINUTE, fault=each_scrape)


async def test_a_renewed_certificate_is_taken(world: World, exporting: Exporting) -> None:
    """A certificate that is renewed two months before its end costs no scrape."""

    def day(number: float) -> dt.datetime:
        return dt.datetime.fromtimestamp(NOW + number * DAY, dt.UTC)

    world.new_certificate(day(-300), day(65))
    async with exporting(world) as client:
        before = (await scraping(client, MINUTE))[-1]
        world.new_certificate(day(0), day(365))
        after, *_ = await scraping(client, 2 * MINUTE)
    assert after.value("up") == 1
    assert "production_power_watts" in after
    ends = "certificate_expiry_timestamp_seconds"
    assert (before.value(ends), after.value(ends)) == (NOW + 65 * DAY, NOW + 365 * DAY)
    await assert_no_storm(world, exporting, calm=3 * MINUTE)


async def test_a_firmware_update_needs_nobody(world: World, exporting: Exporting) -> None:
    """New firmware forgets sessions, adds fields, and drops a page: the rest goes on, no login."""

    def updated(target: str, text: str) -> str | None:
        if target == "/ivp/pdm/device_data":
            return None
        text = text.replace("D8.2.4345", "D9.0.1234")
        return text.replace('{"', '{"brandNew": {"nested": [1, null, "x"]}, "')

    async with exporting(world) as client:
        rounds = await scraping(client, 2 * MINUTE)
        world.gateway_server.stop()
        world.gateway.drop_sessions()
        rounds += await scraping(client, 2 * MINUTE)
        world.gateway.source = Altered(world.gateway.source, updated)
        world.gateway_server.start()
        rounds += await scraping(client, 3 * MINUTE)
    last = rounds[-1]
    assert last.value("up") == 1
    assert [labels["firmware"] for labels in last.labels("gateway_info")] == ["D9.0.1234"]
    assert set(last.of("collector_success", "collector").values()) == {1}
    assert "inverter_dc_voltage_volts" not in last
    for name in ("production_power_watts", "inverter_power_watts", "battery_soc_ratio"):
        assert name in last
    assert_no_fall(rounds)
    await assert_no_storm(world, exporting, calm=5 * MINUTE)


@pytest.mark.parametrize("days", [-1, 1])
async def test_a_gateway_whose_clock_is_wrong_shows_the_same(
    world: World, exporting: Exporting, days: int
) -> None:
    """Whatever day the gateway believes in, its values are there: ages count by its own clock."""
    async with exporting(world) as client:
        before = (await scraping(client, MINUTE))[-1]
        world.gateway.skew = days * DAY
        after = (await scraping(client, 3 * MINUTE))[-1]
    assert after.value("up") == 1
    assert after.value("gateway_time_seconds") == pytest.approx(NOW + days * DAY, abs=5 * MINUTE)
    for name in ("production_power_watts", "battery_soc_ratio"):
        assert name in after
    inverters = before.of("inverter_power_watts", "serial").keys()
    assert after.of("inverter_power_watts", "serial").keys() == inverters
    await assert_no_storm(world, exporting, calm=4 * MINUTE)


async def test_a_gateway_that_moves_is_found_by_its_name(
    world: World, exporting: Exporting
) -> None:
    """When the host name leads to another address, the next scrape asks there."""
    server = world.gateway_server
    assert isinstance(server, Local)
    loop().hosts["envoy.test"] = "127.0.0.1"
    async with exporting(world, ENPHASE_HOST=f"envoy.test:{server.port}") as client:
        assert (await scraping(client, 30))[-1].value("up") == 1
        server.stop()
        server.host = "127.0.0.2"
        server.start()
        (lost,) = await scraping(client, 15)
        loop().hosts["envoy.test"] = server.host
        found, *_ = await scraping(client, 2 * MINUTE)
    assert lost.value("up") == 0
    assert found.value("up") == 1
    assert "production_power_watts" in found
    await assert_no_storm(world, exporting, calm=2.5 * MINUTE)


def with_strangers(target: str, text: str) -> str:
    """Add devices of kinds that nobody has seen."""
    if target == "/info":
        return text
    page = json.loads(text)
    if target == "/api/v1/production/inverters":
        page.append(page[0] | {"serialNumber": "999", "devType": 77})
    if target == "/ivp/meters":
        page.append(page[0] | {"eid": 5, "measurementType": "heat-pump", "state": "enabled"})
    if target == "/ivp/meters/readings":
        page.append(page[0] | {"eid": 5})
    if target == "/ivp/ensemble/inventory":
        battery = {"serial_num": "998", "percentFull": "half", "admin_state_str": 5}
        page.append({"type": "FLYWHEEL", "devices": [battery]})
        page[0]["devices"].append(battery)
    if target == "/ivp/pdm/device_data":
        page["999"] = {"devName": "fusion", "sn": "999", "active": True, "channels": "none"}
    return json.dumps(page)


async def test_unknown_devices_change_nothing_for_the_known(
    world: World, exporting: Exporting
) -> None:
    """Beside device types, meters and batteries of unknown kinds, all that was shown still is."""
    async with exporting(world) as client:
        before = (await scraping(client, 3 * MINUTE))[-1]
    world.gateway.requests.clear()
    world.gateway.source = Altered(world.gateway.source, with_strangers)
    async with exporting(world) as client:
        after = (await scraping(client, 3 * MINUTE))[-1]
    own = re.compile("enphase_(?!document|logins)")
    shown = {key for key in before.samples if own.match(key[0])}
    assert shown - after.samples.keys() == set()
    assert set(after.of("collector_success", "collector").values()) == {1}
    assert ("heat-pump", "L1") in after.of("meter_power_watts", "meter", "phase")
    assert "999" not in after.of("inverter_max_power_watts", "serial")
    assert "998" not in after.of("battery_soc_ratio", "serial")
    await assert_no_storm(world, exporting, calm=3 * MINUTE)
