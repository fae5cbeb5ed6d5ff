"""Good input to begin with: what the demo's gateways answer, and what real ones have answered."""

import os
from functools import cache
from pathlib import Path

from exporter import collectors
from exporter.collector import Collector, Gate
from exporter.demo.documents import Documents
from exporter.demo.profile import PROFILES
from exporter.demo.replay import Replay
from exporter.endpoint import Endpoint

MIDDAY = 1_783_105_200.0
CAPTURES = Path(
    os.environ.get("CAPTURES", Path(__file__).parents[1].with_name("shared") / "gateways")
)
"""Captured answers are no part of the project; where there are none, the demo's have to do."""

Answers = dict[Endpoint, tuple[int, bytes]]


@cache
def sites() -> tuple[Answers, ...]:
    """Return what each gateway answers to every page that the exporter reads."""
    folders = sorted(path for path in CAPTURES.glob("*") if path.is_dir())
    gateways: list[Documents | Replay] = [Documents(profile=name) for name in PROFILES]
    gateways += [Replay(folder) for folder in folders]
    return tuple(_answers(gateway) for gateway in gateways)


def _answers(gateway: Documents | Replay) -> Answers:
    found = {endpoint: gateway.answer(endpoint.path, MIDDAY) for endpoint in endpoints()}
    return {endpoint: (answer.status, answer.body) for endpoint, answer in found.items()}


@cache
def endpoints() -> tuple[Endpoint, ...]:
    """Return every page that some collector or its gates read."""
    found = {endpoint for collector in collectors.ALL for endpoint in read_by(collector)}
    return tuple(sorted(found, key=str))


def read_by(collector: Collector) -> set[Endpoint]:
    """Return the pages that a collector and its gates read."""
    gates = [collector.given, *(p.given for p in collector.pages if not isinstance(p, Endpoint))]
    return {*collector.endpoints, *(endpoint for gate in gates for endpoint in _gates(gate))}


def _gates(gate: Gate) -> set[Endpoint]:
    others = (other for other in (gate.given, gate.otherwise) if other is not None)
    return {*gate.endpoints, *(endpoint for other in others for endpoint in _gates(other))}
