"""A Prometheus by hand: scrapes the exporter, and reads what it exposes."""

import contextlib
import logging
import os
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest
from prometheus_client.parser import text_string_to_metric_families

from exporter.demo import days
from exporter.settings import Settings

ROOT = Path(__file__).parents[1]
NOW = 1_783_105_200.0
CAPTURES = ROOT.parent / "shared" / "gateways"


def last_noon() -> float:
    """Return when it last was noon at the demo's home: its panels have power then, day by day."""
    noon = days.midnight(time.time()) + 12 * 3600
    return noon if noon < time.time() else noon - days.DAY


@dataclass
class Clock:
    """A clock that is set by hand."""

    moment: float = NOW

    def __call__(self) -> float:
        """Tell the time."""
        return self.moment


class Exposed:
    """An exposition, to be asked for values."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.samples = {
            (sample.name, frozenset(sample.labels.items())): sample.value
            for family in text_string_to_metric_families(text)
            for sample in family.samples
        }

    def value(self, name: str, **labels: str) -> float | None:
        """Return the value of just this series, ``None`` where it is absent."""
        return self.samples.get((f"enphase_{name}", frozenset(labels.items())))

    def labels(self, name: str) -> list[dict[str, str]]:
        """Return the labels of every series of a name."""
        return [dict(labels) for found, labels in self.samples if found == f"enphase_{name}"]

    def of(self, name: str, *labels: str) -> dict[Any, float]:
        """Return every value of a name by its label's value, by a tuple of them if several."""
        return {
            found[labels[0]] if len(labels) == 1 else tuple(found[label] for label in labels): value
            for (metric, pairs), value in self.samples.items()
            if metric == f"enphase_{name}" and (found := dict(pairs)) is not None
        }

    def __contains__(self, name: str) -> bool:
        return any(found == f"enphase_{name}" for found, _ in self.samples)


class Client:
    """A Prometheus that scrapes by hand."""

    def __init__(self, http: httpx.AsyncClient) -> None:
        self.http = http

    async def scrape(self, seconds: float = 10, path: str = "/metrics") -> Exposed:
        """Scrape as a Prometheus that gives this many seconds does."""
        headers = {"X-Prometheus-Scrape-Timeout-Seconds": str(seconds)}
        response = await self.http.get(path, headers=headers)
        assert response.status_code == 200
        return Exposed(response.text)


Configure = Callable[..., Settings]
"""Reads the settings of an exporter for a world."""

Exporting = Callable[..., AbstractAsyncContextManager[Client]]
"""Runs an exporter in front of a world."""


def program(name: str, package: str) -> str:
    """Find a program, or skip the test; in CI it must be there."""
    path = shutil.which(name)
    if path is None:
        why = f"{name} is missing: install it, for example with 'apt-get install {package}'"
        assert "CI" not in os.environ, why
        pytest.skip(why)
    return path


@contextlib.contextmanager
def running(command: list[str]) -> Iterator[None]:
    """Run a process, and end it; it must end by itself when told to."""
    environment = {name: value for name, value in os.environ.items() if "ENPHASE" not in name}
    process = subprocess.Popen(command, env=environment, cwd=ROOT, stderr=subprocess.DEVNULL)
    try:
        yield
        assert process.poll() is None, f"{command[0]} ended early"
    finally:
        process.send_signal(signal.SIGTERM)
        code = process.wait(timeout=30)
    assert code == 0


@contextlib.contextmanager
def own_logging() -> Iterator[None]:
    """Undo in the end what is done to this process's logging."""
    root, ours = logging.getLogger(), logging.getLogger("exporter")
    handlers, levels = root.handlers[:], (root.level, ours.level)
    yield
    root.handlers[:] = handlers
    root.setLevel(levels[0])
    ours.setLevel(levels[1])


def free_port() -> int:
    """Find a port that nobody uses."""
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        port: int = found.getsockname()[1]
        return port
