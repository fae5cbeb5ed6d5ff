"""Settings change while the exporter runs: what stays as it is notices nothing."""

import json
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import anyio
import anyio.lowlevel
import httpx
import pytest
from harness import Client, Configure
from starlette.applications import Starlette

from exporter.demo.faults import Fault
from exporter.demo.world import World
from exporter.settings_source import load
from exporter.web import application

OFF = {"host": "127.0.0.1:1"}
COUNTERS = "production_energy_joules_total"


class Reloading:
    """An exporter whose settings stand in a file that can be changed."""

    def __init__(self, world: World, folder: Path) -> None:
        self.file = folder / "exporter.yaml"
        self.state = folder / "state"
        self.password_file = folder / "password"
        self.password_file.write_text(world.password)
        self.roof: dict[str, Any] = {
            "host": world.gateway_server.address,
            "username": world.username,
            "password_file": str(self.password_file),
        }
        self.says(roof=self.roof)

    def says(self, *, top: dict[str, Any] | None = None, **gateways: Any) -> None:
        """Write the file; JSON is YAML."""
        self.file.write_text(json.dumps((top or {}) | {"gateways": gateways}))

    @asynccontextmanager
    async def running(self) -> AsyncIterator[Client]:
        """Run the real application in-process."""
        app = self.app()
        transport = httpx.ASGITransport(app)
        async with (
            app.router.lifespan_context(app),
            httpx.AsyncClient(transport=transport, base_url="http://exporter") as http,
        ):
            yield Client(http)

    def app(self) -> Starlette:
        """Make the application."""
        return application(load([]), lambda: load([]))


@pytest.fixture
def reloading(
    world: World, configure: Configure, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> Reloading:
    """Return an exporter whose settings can be read again on request."""
    configure(world, ENPHASE_WEB__ENABLE_LIFECYCLE="true")
    for name in ("HOST", "USERNAME", "PASSWORD"):
        monkeypatch.delenv(f"ENPHASE_{name}")
    reloading = Reloading(world, tmp_path)
    monkeypatch.setenv("ENPHASE_CONFIG__FILE", str(reloading.file))
    return reloading


async def reload(client: Client, method: str = "POST") -> httpx.Response:
    """Ask for a reload."""
    return await client.http.request(method, "/-/reload")


@pytest.mark.parametrize("method", ["POST", "PUT"])
async def test_nobody_may_reload_unless_it_is_allowed(
    reloading: Reloading, monkeypatch: pytest.MonkeyPatch, method: str
) -> None:
    """Without --web.enable-lifecycle, /-/reload is refused and does nothing."""
    monkeypatch.delenv("ENPHASE_WEB__ENABLE_LIFECYCLE")
    async with reloading.running() as client:
        reloading.says(barn=OFF)
        response = await reload(client, method)
        assert response.status_code == 403
        assert "--web.enable-lifecycle" in response.text
        assert "roof" in (await client.http.get("/probe")).text


async def test_a_look_is_no_reload(reloading: Reloading) -> None:
    """GET, which browsers and crawlers send unasked, reloads nothing."""
    async with reloading.running() as client:
        assert (await reload(client, "GET")).status_code == 405


async def test_a_gateway_that_stays_notices_nothing(world: World, reloading: Reloading) -> None:
    """Its token, session and pages stay; another one comes and goes beside it."""
    async with reloading.running() as client:
        await client.scrape(path="/probe?target=roof")
        asked = world.gateway.requests.copy()
        reloading.says(roof=reloading.roof, barn=OFF)
        assert (await reload(client, "PUT")).status_code == 200
        assert (await client.scrape(path="/probe?target=barn")).value("up") == 0
        exposed = await client.scrape(path="/probe?target=roof")
        assert exposed.value("up") == 1
        reloading.says(roof=reloading.roof)
        assert (await reload(client)).status_code == 200
        assert (await client.http.get("/probe?target=barn")).status_code == 400
        assert (await client.scrape()).value("up") == 1  # the only one is on /metrics again
    again = world.gateway.requests - asked
    assert set(again) <= {"/ivp/meters/readings"}  # these count as old after a second
    assert world.cloud.logins == {"enlighten:ok": 1}


async def test_a_gateway_that_changes_keeps_token_and_counters(
    world: World, reloading: Reloading
) -> None:
    """Other limits for its requests cost a new session, but no login and no counter's past."""
    async with reloading.running() as client:
        told = (await client.scrape()).value(COUNTERS)
        kept = reloading.state / "roof.counters.json"
        assert not kept.exists()
        reloading.says(top={"scrape": {"in_flight": 3}}, roof=reloading.roof)
        assert (await reload(client)).status_code == 200
        rows = {row[0]: row[3] for row in json.loads(kept.read_text())["counters"]}
        assert rows[f"enphase_{COUNTERS}"] == told
        assert (await client.scrape()).value("up") == 1
    assert world.gateway.requests["/auth/check_jwt"] == 2
    assert world.cloud.logins == {"enlighten:ok": 1}


async def test_a_removed_gateways_counters_are_kept(reloading: Reloading) -> None:
    """What is taken out of the settings can be put back, and its counters go on."""
    async with reloading.running() as client:
        await client.scrape()
        reloading.says(barn=OFF)
        await reload(client)
        assert COUNTERS in (reloading.state / "roof.counters.json").read_text()


async def test_a_new_password_in_its_file_ends_the_wait(world: World, reloading: Reloading) -> None:
    """After a refused password, a right one in the same file logs in with the next scrape."""
    reloading.password_file.write_text("not-the-password")
    async with reloading.running() as client:
        assert (await client.scrape()).value("up") == 0
        await reload(client)
        assert (await client.scrape()).value("up") == 0
        assert world.cloud.logins == {"enlighten:refused": 1}
        reloading.password_file.write_text(world.password)
        await reload(client)
        assert (await client.scrape()).value("up") == 1


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("gateways: {roof: {hots: hunter2}}", "gateways.roof.hots is no setting"),
        ("gateways: [", "ENPHASE_CONFIG__FILE is no YAML file"),
        ("password: hunter2\ngateways: {roof: {host: x}}", "gateways.roof.username is missing"),
        (None, "ENPHASE_CONFIG__FILE should be a file that can be read"),
    ],
)
async def test_wrong_settings_are_told_and_not_taken(
    world: World,
    reloading: Reloading,
    caplog: pytest.LogCaptureFixture,
    text: str | None,
    why: str,
) -> None:
    """A mistake is one line in the log and in the answer; the settings in force stay, and mend."""
    async with reloading.running() as client:
        before = await client.scrape()
        assert before.value("config_last_reload_successful") == 1
        since = before.value("config_last_reload_success_timestamp_seconds")
        caplog.clear()
        reloading.file.unlink() if text is None else reloading.file.write_text(text)
        response = await reload(client)
        after = await client.scrape()
        assert response.status_code == 500
        assert why in response.text
        assert len(response.text.splitlines()) == len(caplog.records) == 1
        assert why in caplog.text
        assert "hunter2" not in response.text + caplog.text
        assert after.value("up") == 1
        assert after.value("config_last_reload_successful") == 0
        assert after.value("config_last_reload_success_timestamp_seconds") == since
        reloading.says(roof=reloading.roof)
        assert (await reload(client)).status_code == 200
        mended = await client.scrape()
        assert mended.value("config_last_reload_successful") == 1
        assert mended.value("config_last_reload_success_timestamp_seconds") != since
    assert world.cloud.logins == {"enlighten:ok": 1}


@pytest.mark.parametrize("error", [PermissionError(13, "hunter2"), RuntimeError("hunter2")])
async def test_no_failure_of_a_reload_ends_the_process(
    reloading: Reloading, error: Exception
) -> None:
    """A file that vanishes while it is read, or a mistake of ours: scrapes go on."""

    def read() -> Any:
        raise error

    app = application(load([]), read)
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://exporter") as http,
    ):
        response = await reload(Client(http))
        assert response.status_code == 500
        assert type(error).__name__ in response.text
        assert "hunter2" not in response.text
        assert (await Client(http).scrape()).value("up") == 1


async def test_what_takes_a_restart_is_said(
    reloading: Reloading, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """Another listen address or path is spoken of and left for the next start."""
    async with reloading.running() as client:
        monkeypatch.setenv("ENPHASE_WEB__LISTEN_ADDRESS", ":9999")
        monkeypatch.setenv("ENPHASE_WEB__TELEMETRY_PATH", "/solar")
        monkeypatch.setenv("ENPHASE_WEB__ENABLE_LIFECYCLE", "false")
        assert (await reload(client)).status_code == 200
        for name in ("listen_address", "telemetry_path", "enable_lifecycle"):
            assert f"web.{name} has changed: that takes a restart" in caplog.text
        assert 'href="/metrics"' in (await client.http.get("/")).text
        assert (await reload(client)).status_code == 200


async def test_the_log_level_is_followed(
    reloading: Reloading, monkeypatch: pytest.MonkeyPatch
) -> None:
    """More is logged from the reload on: a problem can be looked at while it lasts."""
    logger = logging.getLogger("exporter")
    monkeypatch.setattr(logger, "level", logging.INFO)
    async with reloading.running() as client:
        monkeypatch.setenv("ENPHASE_LOG__LEVEL", "debug")
        await reload(client)
        assert logger.getEffectiveLevel() == logging.DEBUG


async def test_a_reload_in_the_middle_of_a_scrape(
    world: World, reloading: Reloading, caplog: pytest.LogCaptureFixture
) -> None:
    """A scrape of a gateway that is just being replaced is answered, and nothing breaks."""
    world.gateway.faults["*"] = Fault.HANG
    async with reloading.running() as client, anyio.create_task_group() as tasks:
        for _ in range(3):
            tasks.start_soon(client.scrape, 60)
        while not world.gateway.requests:
            await anyio.lowlevel.checkpoint()
        world.gateway.faults.clear()
        reloading.says(roof=reloading.roof | {"serial": world.source.serial})
        assert (await reload(client)).status_code == 200
        assert (await client.scrape()).value("up") == 1
    assert not [record for record in caplog.records if record.exc_info]


async def test_reloads_and_scrapes_at_once(
    world: World, reloading: Reloading, caplog: pytest.LogCaptureFixture
) -> None:
    """However often settings change while Prometheus asks, each name that stays is found."""
    async with reloading.running() as client:
        await client.scrape()

        async def change(number: int) -> None:
            serial = {"serial": world.source.serial} if number % 2 else {}
            reloading.says(roof=reloading.roof | serial)
            assert (await reload(client)).status_code == 200

        async with anyio.create_task_group() as tasks:
            for number in range(5):
                tasks.start_soon(change, number)
                for _ in range(5):
                    tasks.start_soon(client.scrape, 10, "/probe?target=roof")
        assert (await client.scrape()).value("up") == 1
    assert not [record for record in caplog.records if record.exc_info]
    assert world.cloud.logins == {"enlighten:ok": 1}
    assert list(reloading.state.glob("*.tmp")) == []
