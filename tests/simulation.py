"""Days in seconds: the exporter, a gateway and a cloud on one event loop whose clock jumps ahead.

Everything is real (TLS, HTTP, the whole application) but for the time: where nothing is left to be
done, the loop's clock goes to the next timer at once, and nobody waits.
"""

import asyncio
import itertools
import selectors
import socket
import tempfile
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import anyio
from harness import NOW, Client, Exporting, Exposed

from exporter.demo import clock as demo_clock
from exporter.demo.answer import ABSENT, Answer, Source
from exporter.demo.certificate import Certificate
from exporter.demo.serving import Connection, Server
from exporter.demo.world import World


class _Selector(selectors.DefaultSelector):
    """Waits for no timer: it tells the loop how far to jump."""

    def __init__(self, jump: Callable[[float], None]) -> None:
        super().__init__()
        self._jump = jump

    def select(self, timeout: float | None = None) -> Any:
        if timeout is None:
            return super().select(None)
        ready = super().select(0)
        if not ready and timeout > 0:
            self._jump(timeout)
        return ready


class Loop(asyncio.SelectorEventLoop):
    """An event loop with a clock of its own, and a network of its own.

    Connections are Unix sockets: what one end sends, the other one has at once. Over TCP there may
    be a moment in which all is quiet because the kernel still carries it.
    """

    def __init__(self) -> None:
        self.moment = 0.0
        self.hosts: dict[str, str] = {}
        self.ports = itertools.count(40_001)
        self._folder = tempfile.TemporaryDirectory(prefix="days-")
        super().__init__(_Selector(self._jump))

    def time(self) -> float:
        """Tell the time since the simulation's beginning."""
        return self.moment

    def close(self) -> None:
        """Take the network down."""
        super().close()
        self._folder.cleanup()

    def path(self, host: str, port: int) -> Path:
        """Return the Unix socket that stands for an address."""
        return Path(self._folder.name, f"{host}:{port}")

    async def create_connection(self, *arguments: Any, **_options: Any) -> Any:
        """Connect to an address."""
        protocol, host, port = arguments
        connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        connection.settimeout(0)
        try:
            connection.connect(str(self.path(host, port)))
        except OSError:
            connection.close()
            raise
        return await super().create_connection(protocol, sock=connection)

    async def getaddrinfo(self, host: Any, port: Any, **_options: Any) -> Any:
        """Resolve a name."""
        host = host.decode() if isinstance(host, bytes) else host
        if host not in self.hosts:
            raise socket.gaierror(socket.EAI_NONAME, "unknown name")
        kind, protocol = socket.SOCK_STREAM, socket.IPPROTO_TCP
        return [(socket.AF_INET, kind, protocol, "", (self.hosts[host], port))]

    def _jump(self, seconds: float) -> None:
        self.moment += max(seconds, 1e-6)


async def at_once(work: Callable[..., Any], *arguments: Any, **_options: Any) -> Any:
    """Do here what would be done in a thread, for which the loop's clock would not wait."""
    return work(*arguments)


def loop() -> Loop:
    """Return the loop of this simulation."""
    running = asyncio.get_running_loop()
    assert isinstance(running, Loop)
    return running


class Clock(demo_clock.Clock):
    """The simulated moment in seconds since 1970; it can be set, as any wall clock."""

    def __init__(self, simulated: Loop) -> None:
        super().__init__()
        self.ahead = 0.0
        self._loop = simulated

    def __call__(self) -> float:
        """Tell the time."""
        return NOW + self._loop.time() + self.ahead

    def set(self, moment: float) -> None:
        """Go on from a moment."""
        self.advance(moment - self())

    def advance(self, seconds: float) -> None:
        """Jump ahead, or back where the seconds are negative."""
        self.ahead += seconds


@dataclass
class Host:
    """The host's clocks; each may be moved by hand."""

    wall: Clock
    slept: float = 0.0

    def elapsed(self) -> float:
        """Tell the time that has gone by, in sleep too."""
        return loop().time() + self.slept


class Local(Server):
    """A server on the simulation's own loop."""

    host = "127.0.0.1"
    _listening: "asyncio.Task[asyncio.Server] | None" = None

    def start(self, certificate: Certificate | None = None) -> None:
        """Serve."""
        self.certificate = certificate or self.certificate
        # As a gateway's web server does; no multiple of what scrapes and deadlines take.
        self._config.timeout_keep_alive = 64
        context = self.certificate.context() if self.certificate else None
        self.port = self.port or next(loop().ports)
        listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        listener.bind(str(loop().path(self.host, self.port)))
        listener.listen(100)
        self._listening = loop().create_task(self._serving(listener, context))

    def stop(self) -> None:
        """Drop every connection, answered or not, and free the port."""
        if self._listening is not None:
            loop().path(self.host, self.port).unlink()
            if self._listening.done():
                self._listening.result().close()
            self._listening = None
        for connection in list(self._state.connections):
            connection.transport.abort()

    def forget(self) -> None:
        """Know no connection any more: who asks on one gets no answer, and is not told its end."""
        for connection in list(self._state.connections):
            assert isinstance(connection, Connection)
            if connection.timeout_keep_alive_task is not None:
                connection.timeout_keep_alive_task.cancel()
            connection.transport.pause_reading()


def simulated_world(**options: Any) -> World:
    """Return a world whose servers and clock are the simulation's."""
    clock = Clock(loop())
    world = World(clock=clock, **options)
    world.gateway_server = Local(world.gateway, world.gateway_server.certificate)
    world.cloud_server = Local(world.cloud, world.cloud_server.certificate)
    return world


def asleep(seconds: float, host: Host, world: World) -> None:
    """Let time go by while the host sleeps: nothing runs, and every clock is ahead afterwards."""
    host.wall.advance(seconds)
    host.slept += seconds
    world.clock.advance(seconds)


async def scraping(
    client: Client, lasting: float, interval: float = 15, scrapers: int = 1
) -> list[Exposed]:
    """Scrape for some time, as several Prometheus servers do; return what each round showed."""
    rounds: list[Exposed] = []
    for _ in range(round(lasting / interval)):
        began = loop().time()
        found: list[Exposed] = []
        async with anyio.create_task_group() as tasks:
            for _ in range(scrapers):
                tasks.start_soon(_scrape, client, min(interval, 10), found)
        rounds.append(found[0])
        await anyio.sleep_until(began + interval)
    return rounds


async def calm_requests(exporting: Exporting, lasting: float) -> Counter[str]:
    """Count what a gateway is asked for in the first stretch of a life in which nothing happens."""
    with simulated_world() as calm, tempfile.TemporaryDirectory(prefix="calm-") as state:
        async with exporting(calm, ENPHASE_STATE_DIR=state) as client:
            await scraping(client, lasting)
    return calm.gateway.requests


async def _scrape(client: Client, seconds: float, found: list[Exposed]) -> None:
    began = loop().time()
    found.append(await client.scrape(seconds))
    assert loop().time() - began < seconds


@dataclass
class Altered:
    """A source whose answers are changed on their way: target and text in, text out.

    ``None`` in a text's place is a page that is not there.
    """

    source: Source
    change: Callable[[str, str], str | None]

    def __post_init__(self) -> None:
        self.serial, self.tokens = self.source.serial, self.source.tokens

    def answer(self, target: str, moment: float) -> Answer:
        """Answer."""
        answer = self.source.answer(target, moment)
        if answer.status != 200:
            return answer
        text = self.change(target, answer.body.decode())
        return ABSENT if text is None else Answer(200, answer.headers, text.encode())
