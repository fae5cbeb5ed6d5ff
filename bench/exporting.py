"""An exporter in a process of its own, scraped as Prometheus does, and what it costs."""

import contextlib
import gzip
import http.client
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from sites import Site
from stopwatch import Answer

ROOT = Path(__file__).parents[1]
SERVE = (sys.executable, "-m", "exporter", "serve")
HURRIED = (sys.executable, str(Path(__file__).with_name("hurried.py")))
WATCHED = (sys.executable, str(Path(__file__).with_name("watched.py")))
HEADERS = {
    "Accept": "application/openmetrics-text;version=1.0.0,text/plain;version=0.0.4;q=0.5",
    "Accept-Encoding": "gzip",
    "User-Agent": "Prometheus/3.5.0",
    "X-Prometheus-Scrape-Timeout-Seconds": "10",
}
READY_WITHIN = 20.0
END_WITHIN = 5.0
POLL = 0.002
KEPT = 4.0
"""Seconds for which an idle connection is relied on: the exporter closes it a little later."""

SETTLED = 0.008
"""Seconds without a request after which a scrape has no more to do."""


class Scraped(NamedTuple):
    """One scrape: seconds of wall time and of the exporter's CPU, and what it asked meanwhile."""

    wall: float
    cpu: float
    samples: int
    asked: list[Answer]
    """All that the gateway was asked for, late answers included."""

    answers: list[Answer]
    """What had been answered when the scrape was."""

    @property
    def slowest(self) -> float:
        """How long the slowest of the gateway's answers took; 0 without any."""
        return max((answer.seconds for answer in self.answers), default=0.0)


class Exporter:
    """A running exporter."""

    def __init__(self, site: Site, port: int, pid: int) -> None:
        self.site = site
        self.ready_after = 0.0
        self._port, self._pid = port, pid
        self._connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
        self._asked = 0.0

    @property
    def address(self) -> str:
        """Where it answers."""
        return f"http://127.0.0.1:{self._port}"

    @property
    def cpu(self) -> float:
        """Seconds of CPU that the process has used, all threads, user and system.

        Read from the process's own CPU clock (see clock_getcpuclockid(3)): ``/proc/PID/stat``
        counts in steps of 10 ms, ``/proc/PID/schedstat`` the first thread alone.
        """
        return time.clock_gettime(~self._pid << 3 | 2)

    @property
    def resident(self) -> float:
        """Resident memory now, in MB of 2**20 bytes: ``VmRSS``."""
        status = Path(f"/proc/{self._pid}/status").read_text(encoding="ascii")
        (line,) = (line for line in status.splitlines() if line.startswith("VmRSS:"))
        return int(line.split()[1]) / 1024

    def is_ready(self) -> bool:
        """Whether ``/-/ready`` answers."""
        connection = http.client.HTTPConnection("127.0.0.1", self._port, timeout=5)
        try:
            connection.request("GET", "/-/ready")
            return connection.getresponse().status == http.HTTPStatus.OK
        except OSError:
            return False
        finally:
            connection.close()

    def scrape(self) -> Scraped:
        """Scrape over the connection that is kept; what the scrape sets off is waited for."""
        if time.perf_counter() - self._asked > KEPT:
            self._connection.close()
        cpu, began = self.cpu, time.perf_counter()
        body = self._get()
        ended = self._asked = time.perf_counter()
        time.sleep(SETTLED)
        self.site.watch.settle(SETTLED)
        used = self.cpu - cpu
        asked = self.site.watch.since(began)
        answers = [answer for answer in asked if answer.ended <= ended]
        return Scraped(ended - began, used, _samples(body), asked, answers)

    def later(self) -> Scraped:
        """Let the time of a hurried exporter jump, and scrape over a new connection."""
        self._connection.close()  # the exporter's side would have closed it by then
        os.kill(self._pid, signal.SIGUSR1)
        return self.scrape()

    def rush(self, times: int) -> None:
        """Scrape as fast as it goes."""
        for _ in range(times):
            self._get()

    def close(self) -> None:
        """Close the connection."""
        self._connection.close()

    def _get(self) -> bytes:
        self._connection.request("GET", "/metrics", headers=HEADERS)
        return self._connection.getresponse().read()


@contextlib.contextmanager
def exporting(
    site: Site,
    step: float | None = None,
    state: str | None = None,
    command: tuple[str, ...] = SERVE,
) -> Iterator[Exporter]:
    """Run ``exporter serve`` against a site, hurried by steps of seconds if any; end it after."""
    with tempfile.TemporaryDirectory(prefix="enphase-bench-") as own:
        port = _free_port()
        environment = _environment(site, port, state or own)
        command = command if step is None else (*HURRIED, str(step))
        began = time.perf_counter()
        # A process group of its own: Ctrl-C is for the benchmark, which then ends the exporter.
        process = subprocess.Popen(command, cwd=ROOT, env=environment, process_group=0)
        try:
            exporter = Exporter(site, port, process.pid)
            _await(exporter, process)
            exporter.ready_after = time.perf_counter() - began
            yield exporter
            exporter.close()
        finally:
            _end(process)


def _environment(site: Site, port: int, state: str) -> dict[str, str]:
    others = {name: text for name, text in os.environ.items() if not name.startswith("ENPHASE_")}
    ours = {
        "ENPHASE_STATE_DIR": state,
        "ENPHASE_WEB__LISTEN_ADDRESS": f"127.0.0.1:{port}",
        "ENPHASE_LOG__LEVEL": "error",
    }
    return others | site.world.settings() | ours


def _await(exporter: Exporter, process: "subprocess.Popen[bytes]") -> None:
    until = time.perf_counter() + READY_WITHIN
    while not exporter.is_ready():
        if process.poll() is not None or time.perf_counter() > until:
            sys.exit("the exporter did not become ready")
        time.sleep(POLL)


def _end(process: "subprocess.Popen[bytes]") -> None:
    process.terminate()
    try:
        process.wait(END_WITHIN)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port: int = listener.getsockname()[1]
        return port


def _samples(body: bytes) -> int:
    lines = gzip.decompress(body).splitlines()
    return sum(1 for line in lines if not line.startswith(b"#"))
