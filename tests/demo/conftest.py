"""What the demo's tests share: a world that is on, clients that talk to it, captures to compare."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

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


Shape = dict[str, set[type]]


@pytest.fixture
def shape() -> Callable[[Any], Shape]:
    """Return what tells each path of a document with the types found there."""
    return _shape


def _shape(value: Any, path: str = "") -> Shape:
    """Ids used as keys are one path."""
    if isinstance(value, dict):
        keys = {key: "#" if key.isdigit() else key for key in value}
        parts = [_shape(value[key], f"{path}.{name}") for key, name in keys.items()]
    elif isinstance(value, list):
        parts = [_shape(each, f"{path}[]") for each in value]
    else:
        return {path: {type(value)}}
    merged: Shape = {}
    for part in parts:
        for where, types in part.items():
            merged.setdefault(where, set()).update(types)
    return merged


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
