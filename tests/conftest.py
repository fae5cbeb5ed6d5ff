"""What the tests share: a demo world, an exporter in front of it, and what it exposes."""

import os
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import httpx
import past
import pytest
from harness import Client, Configure, Exporting, last_noon

from exporter.demo.clock import Clock
from exporter.demo.world import World
from exporter.settings import Settings
from exporter.settings_source import load
from exporter.web import application


@pytest.fixture
def anyio_backend() -> str:
    """Run on asyncio, as the server does."""
    return "asyncio"


@pytest.fixture(autouse=True)
def clean_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep the settings of the one who runs the tests out of them."""
    for name in [name for name in os.environ if name.startswith("ENPHASE_")]:
        monkeypatch.delenv(name)


@pytest.fixture(scope="session")
def week(tmp_path_factory: pytest.TempPathFactory) -> Iterator[httpx.Client]:
    """Run a Prometheus that holds a week of three homes; return a client of it."""
    with past.week(tmp_path_factory.mktemp("week")) as client:
        yield client


@pytest.fixture
def world() -> Iterator[World]:
    """Start a demo world by day: house, gateway and cloud over TLS."""
    with World(clock=Clock(last_noon())) as running:
        yield running


@pytest.fixture
def configure(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Configure:
    """Read settings as a process would whose environment leads to a world."""

    def configure(world: World, **settings: str) -> Settings:
        environment = {"ENPHASE_STATE_DIR": str(tmp_path / "state")} | world.settings() | settings
        for name, value in environment.items():
            monkeypatch.setenv(name, value)
        return load([])

    return configure


@pytest.fixture
def exporting(configure: Configure) -> Exporting:
    """Run the real application in-process, in front of a world."""

    @asynccontextmanager
    async def exporting(world: World, **settings: str) -> AsyncIterator[Client]:
        app = application(configure(world, **settings))
        transport = httpx.ASGITransport(app)
        async with (
            app.router.lifespan_context(app),
            httpx.AsyncClient(transport=transport, base_url="http://exporter", timeout=60) as http,
        ):
            yield Client(http)

    return exporting
