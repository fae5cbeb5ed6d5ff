"""The exporter as a process of its own, as systemd or a container runs it."""

import os
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import pytest
from harness import program

COMMAND = (sys.executable, "-m", "exporter")


@contextmanager
def serving(
    port: int, *arguments: str, through: Sequence[str] = (), **variables: str
) -> Iterator[subprocess.Popen[str]]:
    """Run ``serve`` until the end of the block; it answers when the block begins.

    ``through`` is a command that starts it with fewer rights.
    """
    environment = os.environ | {"ENPHASE_WEB__LISTEN_ADDRESS": f"127.0.0.1:{port}"} | variables
    with subprocess.Popen(
        (*through, *COMMAND, "serve", *arguments),
        stderr=subprocess.PIPE,
        text=True,
        env=environment,
    ) as process:
        try:
            while process.poll() is None and not answers(port):
                time.sleep(0.02)
            yield process
        finally:
            process.kill()


def without_rights(*options: str) -> tuple[str, ...]:
    """Return what takes the right from root to write and to read everything.

    The options are more that ``setpriv`` is to do.
    """
    if os.geteuid() != 0:
        return ()
    return (program("setpriv", "util-linux"), "--bounding-set=-all", "--inh-caps=-all", *options)


def own_mounts(script: str, *arguments: str) -> tuple[str, ...]:
    """Return what mounts something that nobody else sees, and then runs a command.

    ``script`` is the shell's, and the arguments are its ``$1`` and so on.
    """
    unshare = program("unshare", "util-linux")
    if subprocess.run([unshare, "--mount", "true"], capture_output=True, check=False).returncode:
        pytest.skip("only root may give a process mounts of its own")
    then = f'{script} && shift {len(arguments)} && exec "$@"'
    return (unshare, "--mount", "sh", "-c", then, "sh", *arguments)


def ended(process: subprocess.Popen[str]) -> str:
    """Tell a process to end, which it must do well; return all that it logged."""
    process.terminate()
    _, log = process.communicate(timeout=30)
    assert process.returncode == 0, log
    return log


def answers(port: int) -> bool:
    """Tell whether somebody listens."""
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def fetch(port: int, path: str = "/metrics", method: str = "GET") -> str:
    """Get a page."""
    request = urllib.request.Request(f"http://127.0.0.1:{port}{path}", method=method)
    with urllib.request.urlopen(request, timeout=30) as response:
        return str(response.read().decode())
