"""A gateway and a cloud on their bad days: what the user sees, and how it mends."""

import json
import time
from pathlib import Path

import anyio
import pytest
from harness import Configure, Exporting

from exporter.demo.faults import Fault
from exporter.demo.world import World

PATHS = {
    "/info": "gateway_time_seconds",
    "/ivp/meters": "meter_enabled",
    "/ivp/meters/readings": "production_power_watts",
    "/api/v1/production/inverters": "inverter_max_power_watts",
    "/ivp/pdm/device_data": "inverter_dc_voltage_volts",
}
"""Each page that the demo's gateway is asked for, and a metric that only it gives."""

DEPENDENTS = {"/ivp/meters": {"production_power_watts"}}
"""Readings mean nothing without the list of meters..."""

NO_SUCH_PAGE = {Fault.UNAUTHORIZED, Fault.REDIRECT}
"""...but a gateway that says it has no such list is read by /production.json."""


@pytest.mark.parametrize("path", PATHS)
async def test_a_page_that_hangs_costs_only_its_own_metrics(
    world: World, exporting: Exporting, path: str
) -> None:
    """A scrape ends by its deadline, whichever page hangs, and has all the others' metrics."""
    async with exporting(world) as client:
        if path == "/info":  # without it nobody knows yet how to log in
            await client.scrape()
        world.gateway.faults[path] = Fault.HANG
        began = time.monotonic()
        exposed = await client.scrape(seconds=2)
        assert time.monotonic() - began < 2
    assert exposed.value("up") == 1
    lost = {PATHS[path]} | DEPENDENTS.get(path, set())
    present = {metric for metric in PATHS.values() if metric in exposed}
    # The identity on /info stays good for a minute: nothing is lost in this one scrape.
    assert present == set(PATHS.values()) - (set() if path == "/info" else lost)


@pytest.mark.parametrize("fault", [fault for fault in Fault if fault is not Fault.HANG])
@pytest.mark.parametrize("path", [path for path in PATHS if path != "/info"])
async def test_a_wrong_answer_costs_only_its_own_metrics(
    world: World, exporting: Exporting, path: str, fault: Fault
) -> None:
    """Whatever one page answers, the others' metrics are there and the gateway counts as up."""
    async with exporting(world) as client:
        world.gateway.faults[path] = fault
        exposed = await client.scrape(seconds=2)
        assert exposed.value("up") == 1
        lost = {PATHS[path]} | (set() if fault in NO_SUCH_PAGE else DEPENDENTS.get(path, set()))
        present = {metric for metric in PATHS.values() if metric in exposed}
        assert present == set(PATHS.values()) - lost
        assert sum(world.cloud.logins.values()) == 1


async def test_a_gateway_that_is_off_is_down_and_comes_back(
    world: World, exporting: Exporting
) -> None:
    """While the gateway is off, enphase_up is 0; the next scrape after its return is whole."""
    async with exporting(world) as client:
        assert (await client.scrape()).value("up") == 1
        world.gateway_server.stop()
        await pause()
        exposed = await client.scrape()
        assert exposed.value("up") == 0
        assert "production_power_watts" not in exposed
        world.gateway_server.start()
        exposed = await client.scrape()
        assert exposed.value("up") == 1
        assert "production_power_watts" in exposed
    assert world.cloud.logins == {"enlighten:ok": 1}


async def test_starting_before_the_gateway_does(world: World, exporting: Exporting) -> None:
    """An exporter that starts while its gateway is off answers, and finds it when it is there."""
    world.gateway_server.stop()
    async with exporting(world) as client:
        exposed = await client.scrape()
        assert exposed.value("up") == 0
        assert exposed.value("collector_success", collector="gateway") == 0
        world.gateway_server.start()
        assert (await client.scrape()).value("up") == 1


async def test_lost_sessions_cost_no_login(world: World, exporting: Exporting) -> None:
    """A gateway that restarts and forgets all sessions is entered again with the same token."""
    async with exporting(world) as client:
        await client.scrape()
        world.gateway.drop_sessions()
        await pause()
        exposed = await client.scrape()
    assert exposed.value("up") == 1
    assert "production_power_watts" in exposed
    assert world.cloud.logins == {"enlighten:ok": 1}
    assert world.gateway.requests["/auth/check_jwt"] == 2


async def test_a_storm_of_401_causes_one_login_at_most(world: World, exporting: Exporting) -> None:
    """A gateway that refuses everything gets one more login, however often it is scraped."""
    async with exporting(world) as client:
        await client.scrape()
        world.gateway.faults["*"] = Fault.UNAUTHORIZED
        for _ in range(5):
            await pause()
            exposed = await client.scrape()
            assert exposed.value("up") == 0
        assert world.cloud.logins["enlighten:ok"] <= 2
        del world.gateway.faults["*"]
        await pause()
        assert (await client.scrape()).value("up") == 1
    assert world.cloud.logins["enlighten:ok"] <= 2


async def test_a_revoked_token_is_replaced_within_the_scrape(
    world: World, exporting: Exporting
) -> None:
    """When the gateway refuses the token, one login for all pages gets the next one."""
    async with exporting(world) as client:
        await client.scrape()
        await anyio.sleep(1.1)  # tokens tell their time of issue in whole seconds
        world.gateway.revoke()
        world.gateway.drop_sessions()
        await anyio.sleep(1.1)
        exposed = await client.scrape()
    assert exposed.value("up") == 1
    assert "production_power_watts" in exposed
    assert world.cloud.logins == {"enlighten:ok": 2}


async def test_pages_for_installers_only_cause_no_login(world: World, exporting: Exporting) -> None:
    """A page that answers 401 to a good session is absent, and the gateway stays up."""
    world.gateway.forbidden = {"/ivp/pdm/device_data"}
    async with exporting(world) as client:
        for _ in range(3):
            exposed = await client.scrape()
            await pause()
    assert exposed.value("up") == 1
    assert exposed.value("collector_success", collector="inverters") == 1
    assert "inverter_max_power_watts" in exposed
    assert "inverter_dc_voltage_volts" not in exposed
    assert world.cloud.logins == {"enlighten:ok": 1}


async def test_the_cloud_is_not_missed_while_the_token_is_good(
    world: World, exporting: Exporting
) -> None:
    """With a token on disk the exporter starts and runs without any cloud."""
    async with exporting(world) as client:
        await client.scrape()
    world.cloud_server.stop()
    async with exporting(world) as client:
        exposed = await client.scrape()
    assert exposed.value("up") == 1
    assert "production_power_watts" in exposed


async def test_a_cloud_that_is_down_is_named_and_its_return_noticed(
    world: World, exporting: Exporting, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without a token and without the cloud, the page says so; later it mends by itself."""
    monkeypatch.setattr("exporter.gateway.brake.FIRST", 0.2)
    world.cloud_server.stop()
    async with exporting(world) as client:
        exposed = await client.scrape()
        assert exposed.value("up") == 0
        assert "cannot be reached" in (await client.http.get("/")).text
        world.cloud_server.start()
        await anyio.sleep(0.5)
        assert (await client.scrape()).value("up") == 1


async def test_a_wrong_password_is_tried_once(world: World, exporting: Exporting) -> None:
    """A refused password is not tried again, by later scrapes or by a new process."""
    for _ in range(2):
        async with exporting(world, ENPHASE_PASSWORD="not-the-password") as client:
            for _ in range(3):
                exposed = await client.scrape()
                assert exposed.value("up") == 0
            page = (await client.http.get("/")).text
            assert "refuses ENPHASE_USERNAME with ENPHASE_PASSWORD" in page
    assert world.cloud.logins == {"enlighten:refused": 1}
    async with exporting(world, ENPHASE_PASSWORD=world.password) as client:
        assert (await client.scrape()).value("up") == 1


async def test_an_account_with_a_second_factor_is_told_the_steps(
    world: World, exporting: Exporting
) -> None:
    """An MFA account gets one attempt, and a page that says how to paste a token."""
    world.cloud.mfa = True
    async with exporting(world) as client:
        for _ in range(2):
            assert (await client.scrape()).value("up") == 0
        page = (await client.http.get("/")).text
    assert "ENPHASE_TOKEN" in page
    assert "https://entrez.enphaseenergy.com" in page
    assert sum(world.cloud.logins.values()) == 1


@pytest.mark.parametrize("first", ["enlighten", "entrez"])
async def test_a_changed_login_page_is_got_round(
    world: World, exporting: Exporting, first: str
) -> None:
    """Where the first login answers 405, as an old one does since 2023, the other one serves."""
    path = {"enlighten": "/login/login.json", "entrez": "/login"}[first]
    world.cloud.faults[path] = 405
    async with exporting(world, ENPHASE_CLOUD__FIRST=first) as client:
        exposed = await client.scrape()
    assert exposed.value("up") == 1


@pytest.mark.parametrize("page", ["renamed", "without"])
async def test_a_changed_token_page(world: World, exporting: Exporting, page: str) -> None:
    """A token elsewhere in the page is found; a page without one leads to the other login."""
    world.cloud.page = page
    async with exporting(world, ENPHASE_CLOUD__FIRST="entrez") as client:
        exposed = await client.scrape()
    assert exposed.value("up") == 1
    assert ("enlighten:ok" in world.cloud.logins) == (page == "without")


async def test_a_changed_certificate_gets_no_token(world: World, exporting: Exporting) -> None:
    """A certificate that changes early is refused before a word is said, with what to do."""
    async with exporting(world) as client:
        assert (await client.scrape()).value("up") == 1
        asked = world.gateway.requests.total()
        world.new_certificate()
        await pause()
        exposed = await client.scrape()
        page = (await client.http.get("/")).text
    assert exposed.value("up") == 0
    assert "enphase-exporter trust" in page
    assert world.gateway.requests.total() == asked


async def test_two_scrapers_at_once_cost_the_gateway_one(
    world: World, exporting: Exporting
) -> None:
    """Two Prometheus servers that scrape together ask for each page once, two at a time."""
    world.gateway.delay = 0.05
    async with exporting(world) as client, anyio.create_task_group() as tasks:
        for path in ("/metrics", "/probe?target=home", "/metrics"):
            tasks.start_soon(client.scrape, 10, path)
    assert set(world.gateway.requests.values()) == {1}
    assert world.gateway.busiest <= 2


@pytest.mark.parametrize("damage", [b"", b"\x00\xff\xfe", b"{}", b"eyJ.eyJ.x"])
async def test_damaged_state_files_are_survived(
    world: World,
    configure: Configure,
    exporting: Exporting,
    caplog: pytest.LogCaptureFixture,
    damage: bytes,
) -> None:
    """Whatever is left of the state files after a crash, one login later all are whole again.

    The log names what is ignored, and counters are there at once, as the gateway shows them.
    """
    async with exporting(world) as client:
        before = await client.scrape()
    kept = {file.name: file for file in files_in(configure(world).state_dir)}
    assert kept.keys() == {"home.token", "home.certificate.json", "home.counters.json"}
    certificate = kept["home.certificate.json"].read_bytes()
    for file in kept.values():
        file.write_bytes(damage)
    async with exporting(world) as client:
        after = await client.scrape()
    assert after.value("up") == 1
    assert {key for key in before.samples if "_joules_total" in key[0]} <= after.samples.keys()
    assert world.cloud.logins == {"enlighten:ok": 2}
    for name in ("home.token", "home.certificate.json"):
        assert f"state file {kept[name]} is ignored" in caplog.text
    unread = f"state file {kept['home.counters.json']} is ignored"
    assert unread in caplog.text or "of the counters is damaged, and ignored" in caplog.text
    assert kept["home.certificate.json"].read_bytes() == certificate
    assert json.loads(kept["home.counters.json"].read_bytes())["ended"]
    async with exporting(world) as client:
        assert (await client.scrape()).value("up") == 1
    assert world.cloud.logins == {"enlighten:ok": 2}


async def test_a_damaged_reason_breaks_no_page(
    world: World, configure: Configure, exporting: Exporting
) -> None:
    """A kept refusal whose text has no UTF-8 form, as JSON allows it, is passed over."""
    wrong = {"ENPHASE_PASSWORD": "not-the-password"}
    async with exporting(world, **wrong) as client:
        await client.scrape()
    (record,) = configure(world).state_dir.glob("account-*.json")
    record.write_text(json.dumps(json.loads(record.read_text()) | {"why": "broken \ud800"}))
    async with exporting(world, **wrong) as client:
        assert (await client.scrape()).value("up") == 0
        response = await client.http.get("/")
    assert response.status_code == 200
    assert "broken" not in response.text


def files_in(folder: Path) -> list[Path]:
    """List a folder."""
    return list(folder.iterdir())


async def pause() -> None:
    """Wait until the readings count as old, so that a scrape asks the gateway again."""
    await anyio.sleep(1.05)
