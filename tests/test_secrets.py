"""Secrets stay where they belong: in no log, page, metric or error."""

import contextlib
import io
import os
import signal
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from subprocess import PIPE, Popen
from typing import NoReturn

import httpx
import pytest
from harness import Client, Configure, Exporting, free_port, own_logging
from process import ended, fetch, serving

from exporter.demo.faults import Fault
from exporter.demo.world import World
from exporter.gateway import enlighten, exchange
from exporter.gateway.auth import Door, Pass
from exporter.logs import set_up_logging

SURPRISE = "=failed\n"
"""What the log says before the traceback of an error that nobody foresaw."""


@pytest.fixture
def written(monkeypatch: pytest.MonkeyPatch) -> Iterator[io.StringIO]:
    """Log as the process does, at the debug level; return what that writes, tracebacks and all."""
    with own_logging(), io.StringIO() as standard_error:
        monkeypatch.setattr(sys, "stderr", standard_error)
        set_up_logging("debug")
        yield standard_error


def secrets(world: World, state: Path) -> set[str]:
    """Return the password, the token and its signature, and all sessions."""
    token = (state / "home.token").read_text().split()[0]
    sessions = world.gateway.session_ids
    assert sessions
    return {world.password, token, token.split(".")[2], *sessions}


async def shown(client: Client) -> str:
    """Scrape, and return all that there is to be read."""
    return (await client.scrape(seconds=2)).text + (await client.http.get("/")).text


READINGS, CHECK = "/ivp/meters/readings", "/auth/check_jwt"
QUICK = [fault for fault in Fault if fault not in {Fault.HANG, Fault.TRICKLE, Fault.HUGE}]


@pytest.mark.parametrize("fault", QUICK)
async def test_nothing_that_can_be_read_holds_a_secret(
    world: World, exporting: Exporting, written: io.StringIO, tmp_path: Path, fault: Fault
) -> None:
    """Password, token and session stand in no log at any level, in no page and no metric."""
    seen = ""
    for page in ("", READINGS, CHECK, "/info"):
        world.gateway.faults = {page: fault}
        async with exporting(world) as client:
            seen += await shown(client)
    world.gateway.faults, world.cloud.faults = {}, {"*": fault}
    async with exporting(world, ENPHASE_STATE_DIR=str(tmp_path / "another")) as client:
        seen += await shown(client)
    assert written.getvalue().count(" error=") >= 2
    for secret in secrets(world, tmp_path / "state"):
        assert secret not in seen + written.getvalue()


async def test_a_refused_password_is_not_repeated(
    world: World, exporting: Exporting, written: io.StringIO
) -> None:
    """The error about a wrong password does not quote it."""
    wrong = "correct-horse-battery"
    async with exporting(world, ENPHASE_PASSWORD=wrong) as client:
        exposed = await client.scrape()
        page = (await client.http.get("/")).text
    assert "refuses ENPHASE_USERNAME" in written.getvalue()
    assert wrong not in exposed.text + page + written.getvalue()


def broken_off(world: World) -> Iterator[None]:
    """Let an exchange fail that shows the cookie, then one with the token, and the password's."""
    world.gateway.faults = {READINGS: Fault.RESET}
    yield
    world.gateway.drop_sessions()
    world.gateway.faults = {CHECK: Fault.RESET}
    yield
    world.gateway.revoke()
    world.gateway.faults = {}
    world.cloud.faults = {"*": Fault.RESET}
    yield


async def test_what_libraries_raise_shows_no_secret(
    world: World,
    exporting: Exporting,
    written: io.StringIO,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    """An error of theirs that nobody foresaw is logged with its whole chain, and with no secret."""
    monkeypatch.setattr(exchange, "translated", lambda _: contextlib.nullcontext())
    told, seen = [0], ""
    async with exporting(world) as client:
        for _ in broken_off(world):
            seen += await shown(client)
            told.append(written.getvalue().count(SURPRISE))
    assert told == sorted(set(told))
    assert "the direct cause of the following exception" in written.getvalue()
    for secret in secrets(world, tmp_path / "state"):
        assert secret not in seen + written.getvalue()


def tell(*given: object) -> NoReturn:
    """Fail, and say all that one knows."""
    raise RuntimeError(given)


@pytest.mark.parametrize(
    ("user", "name", "what"),
    [(enlighten, "login", tell), (Door, "_check", tell), (Pass, "headers", property(tell))],
)
async def test_what_is_at_hand_shows_no_secret(  # noqa: PLR0913, PLR0917  pytest names them all
    world: World,
    exporting: Exporting,
    written: io.StringIO,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    user: object,
    name: str,
    what: object,
) -> None:
    """An error that prints what was at hand where a secret was used does not print the secret."""
    async with exporting(world) as client:
        await client.scrape()
    hidden = secrets(world, tmp_path / "state")
    world.gateway.revoke()
    monkeypatch.setattr(user, name, what)
    async with exporting(world) as client:
        seen = await shown(client)
    assert SURPRISE in written.getvalue()
    assert "\nRuntimeError: (" in written.getvalue()
    for secret in hidden | secrets(world, tmp_path / "state"):
        assert secret not in seen + written.getvalue()


def test_a_process_writes_no_secret(world: World, tmp_path: Path) -> None:
    """The output of a whole process at debug level, from start to SIGTERM, holds no secret."""
    port = free_port()
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
    everything = text + out.decode() + err.decode()
    assert "enphase_up 1" in text
    for secret in secrets(world, tmp_path):
        assert secret not in everything
    assert process.returncode == 0


UNTRANSLATED = """
import contextlib, runpy, sys
from exporter.gateway import exchange
exchange.translated = lambda what: contextlib.nullcontext()
del sys.argv[1:4]  # the command that this stands for
runpy.run_module("exporter", run_name="__main__", alter_sys=True)
"""


def test_a_process_that_is_surprised_writes_no_secret(world: World, configure: Configure) -> None:
    """What a process writes of errors that nobody foresaw holds no secret."""
    state = configure(world, ENPHASE_LOG__LEVEL="debug").state_dir
    seen, through = "", (sys.executable, "-c", UNTRANSLATED)
    with serving(port := free_port(), through=through) as process:
        for _ in broken_off(world):
            seen += fetch(port) + fetch(port, "/")
        log = ended(process)
    assert log.count(SURPRISE) >= 3
    for secret in secrets(world, state):
        assert secret not in seen + log


def eventually(url: str) -> str:
    """Get a page from a process that is just starting."""
    for _ in range(100):
        try:
            return httpx.get(url, timeout=20).text
        except httpx.ConnectError:
            time.sleep(0.1)
    raise AssertionError(f"{url} never answered")
