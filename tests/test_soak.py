"""The soak: days of troubles leave nothing behind, and what does leave something is found."""

import re
import subprocess
import sys
from pathlib import Path

import pytest
from harness import ROOT

BENCH = ROOT / "bench"
WARM_UP = ["--warm-up=1", "--profile=standard", "--minutes=9"]

LEAKY = f"""
import asyncio, os, socket, sys
sys.path.insert(0, {str(BENCH)!r})
import watched
from exporter.web import Exporter

kept = []
metrics = Exporter.metrics

async def leaking(self, request):
    kept.append(asyncio.create_task(asyncio.sleep(1e9)))
    kept.append(socket.socket())
    kept.append(b"x" * 2**20)
    return await metrics(self, request)

Exporter.metrics = leaking
watched.main()
"""
"""An exporter that loses a task, a connection and some memory with each scrape."""

IDLE = f"""
import sys
sys.path.insert(0, {str(BENCH)!r})
import watched
from exporter import clock

clock.elapsed = lambda: 0.0
watched.main()
"""
"""An exporter for which no answer ever grows old, so that it asks no more."""


LOOKING_AT = "import sys, soak; soak.WATCHED = sys.executable, sys.argv[1]; "
LOOKING_AT += "sys.exit(soak.main(sys.argv[2:]))"


def run(*command: str) -> tuple[int, str]:
    """Run Python beside the soak; return its exit code, and what it said."""
    done = subprocess.run(
        [sys.executable, *command], check=False, capture_output=True, text=True, cwd=BENCH
    )
    return done.returncode, done.stdout + done.stderr


def test_troubles_leave_nothing_behind() -> None:
    """Two days of each fault: no task, descriptor or connection more, and each evening is well."""
    code, said = run("soak.py", "--days=2", "--step=1800", *WARM_UP)
    assert code == 0, said
    assert "2 of 2 days played" in said


def test_leaks_are_found(tmp_path: Path) -> None:
    """Whatever grows is named, and ends the soak with 1."""
    leaky = tmp_path / "leaky.py"
    leaky.write_text(LEAKY)
    code, said = run("-c", LOOKING_AT, str(leaky), "--days=2", "--step=3600", *WARM_UP)
    assert code == 1
    for name in ("resident", "descriptors", "connections", "tasks"):
        assert f"FAIL: {name} grew from" in said


def test_an_exporter_that_does_nothing_is_no_success(tmp_path: Path) -> None:
    """Where the gateway is hardly asked, nothing was tried, and the soak says so."""
    idle = tmp_path / "idle.py"
    idle.write_text(IDLE)
    code, said = run("-c", LOOKING_AT, str(idle), "--days=2", "--step=3600", *WARM_UP)
    assert code == 1
    assert re.search(r"FAIL: \d+ requests for 2\d scrapes on day 2", said)


@pytest.mark.parametrize("days", [["--days=1"], ["--days=3", "--minutes=0"]])
def test_too_little_time_is_no_success(days: list[str]) -> None:
    """A soak that ends in its warm-up, or before its last day, has not seen enough."""
    code, said = run("soak.py", "--step=3600", *WARM_UP, *days)
    assert code == 1
    assert "give it more" in said
