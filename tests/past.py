"""A Prometheus that holds a week of simulated homes, which rules and dashboards are tried on.

``home`` has everything, ``shed`` has neither meters nor batteries, ``farm`` three phases of 230 V.
"""

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

import httpx
from harness import ROOT, free_port, program, running

NOON = datetime.fromisoformat("2026-06-20T12:30:00-07:00")
MIDNIGHT = datetime.fromisoformat("2026-06-20T00:15:00-07:00")
STEP = 240
HOMES = {"home": "everything", "shed": "standard", "farm": "three-phase"}
"""By instance, the profile of each."""


@contextmanager
def week(folder: Path) -> Iterator[httpx.Client]:
    """Write the past of all homes, serve it, and return a client of that Prometheus."""
    for instance, profile in HOMES.items():
        _write(folder / "history.om", instance, profile)
        take(folder / "history.om", folder / "data")
    with serving(folder) as client:
        yield client


def take(text: Path, data: Path, longest: str = "720h") -> None:
    """Put OpenMetrics text into a Prometheus's data, in blocks of some length at most."""
    blocks = ["tsdb", "create-blocks-from", "--quiet", f"--max-block-duration={longest}"]
    command = [program("promtool", "prometheus"), *blocks, "openmetrics", str(text), str(data)]
    subprocess.run(command, check=True, capture_output=True)


@contextmanager
def serving(folder: Path) -> Iterator[httpx.Client]:
    """Run a Prometheus on a folder's data, and return a client of it."""
    prometheus = program("prometheus", "prometheus")
    data, configuration = folder / "data", folder / "prometheus.yml"
    configuration.write_text("")
    own = f"127.0.0.1:{free_port()}"
    options = [f"--config.file={configuration}", f"--storage.tsdb.path={data}"]
    options += [f"--web.listen-address={own}", "--storage.tsdb.retention.time=10y"]
    transport = httpx.HTTPTransport(retries=9)
    with (
        running([prometheus, *options]),
        httpx.Client(transport=transport, base_url=f"http://{own}", timeout=60) as client,
    ):
        while client.get("/-/ready").status_code != 200:
            time.sleep(0.1)
        yield client


def _write(output: Path, instance: str, profile: str) -> None:
    command = [sys.executable, "-m", "exporter", "demo", "--history=8d", f"--step={STEP}"]
    options = [f"--profile={profile}", f"--instance={instance}", f"--clock={NOON.isoformat()}"]
    # tests/test_history.py measures coverage of the same, and that takes twice the time.
    environment = {name: value for name, value in os.environ.items() if "COVERAGE" not in name}
    subprocess.run(
        [*command, *options, f"--output={output}"],
        check=True,
        capture_output=True,
        cwd=ROOT,
        env=environment,
    )
