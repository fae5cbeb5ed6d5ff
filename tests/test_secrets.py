"""Secrets stay where they belong: in no log, page, metric or error."""

import logging
import os
import signal
import sys
import time
from pathlib import Path
from subprocess import PIPE, Popen

import httpx
import pytest
from harness import Exporting

from exporter.demo.faults import Fault
from exporter.demo.world import World


async def test_nothing_that_can_be_read_holds_a_secret(
    world: World, exporting: Exporting, caplog: pytest.LogCaptureFixture, tmp_path: Path
) -> None:
    """Password, token and session stand in no log at any level, in no page and no metric."""
    caplog.set_level(logging.DEBUG, logger="exporter")
    seen = []
    async with exporting(world, ENPHASE_LOG__LEVEL="debug") as client:
        for fault in (None, *Fault):
            if fault not in {Fault.HANG, Fault.TRICKLE, Fault.HUGE}:
                world.gateway.faults = {"*": fault} if fault else {}
                exposed = await client.scrape(seconds=2)
                seen += [exposed.text, (await client.http.get("/")).text]
    token = (tmp_path / "state" / "home.token").read_text().split()[0]
    for secret in (world.password, token, token.split(".")[2], *world.gateway.session_ids):
        assert secret
        for text in (*seen, *(record_text(record) for record in caplog.records)):
            assert secret not in text


async def test_a_refused_password_is_not_repeated(
    world: World, exporting: Exporting, caplog: pytest.LogCaptureFixture
) -> None:
    """The error about a wrong password does not quote it."""
    caplog.set_level(logging.DEBUG, logger="exporter")
    wrong = "correct-horse-battery"
    async with exporting(world, ENPHASE_PASSWORD=wrong) as client:
        exposed = await client.scrape()
        page = (await client.http.get("/")).text
    assert wrong not in exposed.text + page + "".join(map(record_text, caplog.records))


def test_a_process_writes_no_secret(world: World, tmp_path: Path) -> None:
    """The output of a whole process at debug level, from start to SIGTERM, holds no secret."""
    port = "29433"
    environment = {
        **os.environ,
        **world.settings(),
        "ENPHASE_STATE_DIR": str(tmp_path),
        "ENPHASE_WEB__LISTEN_ADDRESS": f"127.0.0.1:{port}",
        "ENPHASE_LOG__LEVEL": "debug",
    }
    process = Popen(
        [sys.executable, "-m", "exporter", "serve"], env=environment, stdout=PIPE, stderr=PIPE
    )
    try:
        text = eventually(f"http://127.0.0.1:{port}/metrics")
        world.gateway.faults["*"] = Fault.GARBAGE
        text += eventually(f"http://127.0.0.1:{port}/metrics")
    finally:
        process.send_signal(signal.SIGTERM)
        out, err = process.communicate(timeout=20)
    token = (tmp_path / "home.token").read_text().split()[0]
    everything = text + out.decode() + err.decode()
    assert "enphase_up 1" in text
    for secret in (world.password, token, *world.gateway.session_ids):
        assert secret not in everything
    assert process.returncode == 0


def record_text(record: logging.LogRecord) -> str:
    """Return all that any handler could write of a record."""
    return f"{record.getMessage()} {record.exc_info} {record.args}"


def eventually(url: str) -> str:
    """Get a page from a process that is just starting."""
    for _ in range(100):
        try:
            return httpx.get(url, timeout=20).text
        except httpx.ConnectError:
            time.sleep(0.1)
    raise AssertionError(f"{url} never answered")
