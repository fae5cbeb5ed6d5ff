"""What the demo's tests share: a world that is on, and clients that talk to it."""

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from exporter.demo.clock import Clock
from exporter.demo.world import World

CAPTURES = Path(__file__).parents[2].parent / "shared" / "gateways"
NOON = 1_783_105_200.0
"""Noon in Phoenix, on the third of July 2026."""


@pytest.fixture
def captures() -> Path:
    """Return the folder of captured gateways, where this machine has it."""
    if not CAPTURES.is_dir():
        pytest.skip("no captured gateways here")
    return CAPTURES


@pytest.fixture
def clock() -> Clock:
    """Return a clock that stands at noon until it is moved."""
    return Clock(start=NOON, speed=0)


@pytest.fixture
def world(clock: Clock) -> Iterator[World]:
    """Return a world that is on."""
    with World(clock=clock) as world:
        yield world


@pytest.fixture
def client(world: World) -> Iterator[httpx.Client]:
    """Return a client of the gateway with neither token nor session."""
    url = world.gateway_server.url
    with httpx.Client(base_url=url, verify=False) as client:  # noqa: S501 - self-signed, as real
        yield client
