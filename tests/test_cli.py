"""The command line, as a shell sees it: output, exit codes, signals."""

import os
import re
import signal
import socket
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from harness import Exposed, free_port
from process import COMMAND, fetch, serving

from exporter import __version__
from exporter.cli import run
from exporter.demo.faults import Fault
from exporter.demo.world import World
from exporter.settings import Settings

Configure = Callable[..., Settings]


def shell(*arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
    """Run a command to its end."""
    return subprocess.run(
        (*COMMAND, *arguments),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
        env=os.environ | variables,
    )


@pytest.mark.parametrize("flag", ["--help", "-h", "help"])
def test_help_is_a_screen(flag: str, capsys: pytest.CaptureFixture[str]) -> None:
    """``--help`` lists the commands on standard output."""
    assert run([flag]) == 0
    output = capsys.readouterr().out
    assert all(f"\n  {command} " in output for command in ("serve", "check", "trust", "demo"))
    assert len(output.splitlines()) < 25


def test_version(capsys: pytest.CaptureFixture[str]) -> None:
    """``--version`` names the program and its version."""
    assert run(["--version"]) == 0
    assert capsys.readouterr().out == f"enphase-exporter {__version__}\n"


@pytest.mark.parametrize("command", ["serve", "check", "trust", "demo"])
def test_each_command_explains_itself(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    """``COMMAND --help`` lists what it takes, no secrets among it, and ends well."""
    with pytest.raises(SystemExit) as caught:
        run([command, "--help"])
    assert caught.value.code == 0
    output = capsys.readouterr().out
    assert ("--replay" if command == "demo" else "--tls.trust") in output
    assert not re.search(r"--(digest\.)?password[ =]|--token[ =]", output)


@pytest.mark.parametrize("command", ["server", "", "metrics"])
def test_an_unknown_command_is_told_with_the_usage(
    command: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """A command that does not exist ends with 2; the first line says so, the usage follows."""
    assert run([command]) == 2
    output = capsys.readouterr()
    assert output.err.startswith(f"enphase-exporter: there is no command '{command}'\n\nusage: ")
    assert not output.out


@pytest.mark.parametrize("command", [[], ["serve"], ["check"], ["trust"]])
def test_a_wrong_setting_is_one_line(command: list[str]) -> None:
    """Without a host every command ends with 2 and one line on standard error."""
    ended = shell(*command)
    assert ended.returncode == 2
    assert ended.stderr == (
        "enphase-exporter: ENPHASE_HOST is missing: set it to the gateway's host name or address\n"
    )
    assert not ended.stdout


def test_serving_needs_no_gateway(tmp_path: Path) -> None:
    """With a gateway that is off the exporter starts, answers, and says that it is down."""
    port = free_port()
    host, state = f"127.0.0.1:{free_port()}", str(tmp_path / "state")
    with serving(port, ENPHASE_HOST=host, ENPHASE_STATE_DIR=state) as process:
        exposed = Exposed(fetch(port))
        assert exposed.value("up") == 0
        assert exposed.value("exporter_build_info", version=__version__) == 1
        assert "healthy" in fetch(port, "/-/healthy")
        assert process.poll() is None


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_told_to_end_it_ends(tmp_path: Path, number: signal.Signals) -> None:
    """A signal ends the process with exit code 0 and without a traceback."""
    port = free_port()
    host, state = f"127.0.0.1:{free_port()}", str(tmp_path / "state")
    with serving(port, ENPHASE_HOST=host, ENPHASE_STATE_DIR=state) as process:
        process.send_signal(number)
        _, error = process.communicate(timeout=30)
        assert process.returncode == 0
    assert "Traceback" not in error
    assert len(error.splitlines()) == 1
    assert f"version={__version__}" in error


def test_it_ends_in_the_middle_of_a_scrape(world: World, configure: Configure) -> None:
    """A gateway that hangs does not hold up the end."""
    configure(world, ENPHASE_SCRAPE__TIMEOUT="300")
    world.gateway.faults["*"] = Fault.HANG
    port = free_port()
    with serving(port) as process, socket.create_connection(("127.0.0.1", port)) as scrape:
        scrape.sendall(b"GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n")
        while not world.gateway.requests:
            time.sleep(0.02)
        process.send_signal(signal.SIGTERM)
        _, error = process.communicate(timeout=30)
        assert process.returncode == 0
    assert "Traceback" not in error


def test_a_misspelt_variable_is_a_warning(tmp_path: Path) -> None:
    """A variable that does nothing is spoken of, and the exporter runs on."""
    port = free_port()
    host, state = f"127.0.0.1:{free_port()}", str(tmp_path / "state")
    misspelt = {"ENPHASE_HSOT": "x", "ENPHASE_EXPORTER_SERVICE_HOST": "10.0.0.1"}
    with serving(port, ENPHASE_HOST=host, ENPHASE_STATE_DIR=state, **misspelt) as process:
        process.terminate()
        _, error = process.communicate(timeout=30)
    assert "variable=ENPHASE_HSOT is no setting" in error
    assert "SERVICE_HOST" not in error


def test_a_port_in_use_is_told() -> None:
    """Where another program listens already, the exit code is 1 and the log says why."""
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        listen = f"127.0.0.1:{other.getsockname()[1]}"
        ended = shell("serve", ENPHASE_HOST="x", ENPHASE_WEB__LISTEN_ADDRESS=listen)
    assert ended.returncode == 1
    assert "address already in use" in ended.stderr
    assert "Traceback" not in ended.stderr
