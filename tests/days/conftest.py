"""What the tests of bad days share: a simulated world, and an exporter that lives in its time."""

from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest
import simulation

from exporter import clock
from exporter.demo.profile import DEFAULT
from exporter.demo.world import World
from exporter.gateway import line


@pytest.fixture
def anyio_backend() -> tuple[str, dict[str, Callable[[], Any]]]:
    """Run on a loop whose clock jumps."""
    return "asyncio", {"loop_factory": simulation.Loop}


@pytest.fixture
async def host(monkeypatch: pytest.MonkeyPatch) -> simulation.Host:
    """Let the host's clocks tell the simulated time."""
    host = simulation.Host(simulation.Clock(simulation.loop()))
    monkeypatch.setattr(clock, "wall", host.wall)
    monkeypatch.setattr(clock, "elapsed", host.elapsed)
    return host


@pytest.fixture
async def world(
    host: simulation.Host, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest
) -> AsyncIterator[World]:
    """Start a simulated world at noon; a test may name its profile (``indirect``)."""
    monkeypatch.setattr("anyio.to_thread.run_sync", simulation.at_once)
    with simulation.simulated_world(profile=getattr(request, "param", DEFAULT)) as world:
        yield world


@pytest.fixture(autouse=True)
def patience(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let connections close: a simulated second goes by before they can."""
    monkeypatch.setattr(line, "CLOSING", 3600.0)
