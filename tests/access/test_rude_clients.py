"""Slow, silent, greedy and odd clients: they are cut off, and others are served meanwhile."""

import re
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

import anyio
import anyio.abc
import pytest
from anyio.streams.tls import TLSStream
from guarded import HEALTHY, TLS, Guarded, Guarding, ended, hashed, until

from exporter.access import connection
from exporter.demo.faults import Fault
from exporter.demo.world import World

GET = b"GET /-/healthy HTTP/1.1\r\nHost: x\r\n\r\n"
SCRAPE = b"GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n"

pytestmark = pytest.mark.parametrize("tls", [False, True], ids=["http", "https"])


@asynccontextmanager
async def talking(exporter: Guarded, *, tls: bool) -> AsyncIterator[anyio.abc.ByteStream]:
    """Connect, and let the test say what it likes."""
    stream: anyio.abc.ByteStream = await exporter.connect()
    if tls:
        stream = await TLSStream.wrap(
            stream, hostname="127.0.0.1", ssl_context=exporter.context(), standard_compatible=False
        )
    try:
        yield stream
    finally:
        await anyio.aclose_forcefully(stream)


async def healthy(stream: anyio.abc.ByteStream, count: int = 1) -> None:
    """Read the answers to so many requests."""
    said = b""
    while said.count(b"is healthy\n") < count:
        said += await stream.receive()
    assert said.count(b"HTTP/1.1 200 OK") == count


async def refused(stream: anyio.abc.ByteStream, said: bytes, pause: float = 0) -> None:
    """Say the same on and on, until the other side breaks off."""
    with suppress(anyio.BrokenResourceError):
        while True:
            await stream.send(said)
            await anyio.sleep(pause)


def scrape_within(seconds: int) -> bytes:
    """Ask for the metrics as a Prometheus that gives this many seconds does."""
    return SCRAPE[:-2] + b"X-Prometheus-Scrape-Timeout-Seconds: %d\r\n\r\n" % seconds


async def served(exporter: Guarded, *, tls: bool, path: str = HEALTHY) -> int:
    """Get a page as a well-behaved client does."""
    return await exporter.get(exporter.https() if tls else exporter.http(), path)


@pytest.fixture
def hanging(world: World) -> dict[str, str]:
    """Return the settings of an exporter whose gateway never answers."""
    world.gateway.faults["*"] = Fault.HANG
    return world.settings()


@pytest.mark.parametrize("said", [b"", b"GET", GET[:-2], GET + GET[:-2]])
async def test_a_request_has_its_time(
    guarding: Guarding, monkeypatch: pytest.MonkeyPatch, said: bytes, *, tls: bool
) -> None:
    """Whoever says nothing, or does not come to an end, is cut off; others are served."""
    monkeypatch.setattr(connection, "REQUEST", 0.3)
    monkeypatch.setattr(connection, "IDLE", 0.3)
    async with guarding(TLS if tls else "") as exporter:
        async with talking(exporter, tls=tls) as stream:
            if said:
                await stream.send(said)
            assert await served(exporter, tls=tls) == 200
            answers = await ended(stream.receive)
        assert answers.count(b"200 OK") == said.count(GET)
        await until(lambda: exporter.connections == 0)


@pytest.mark.parametrize(
    "body", [b"Transfer-Encoding: chunked\r\n\r\nZZ\r\n", b"Content-Length: 1\r\n\r\nab"]
)
async def test_nonsense_fills_no_log(
    guarding: Guarding, caplog: pytest.LogCaptureFixture, body: bytes, *, tls: bool
) -> None:
    """A request that goes wrong after its head is refused without a word in the log."""
    async with guarding(TLS if tls else "") as exporter:
        for _ in range(3):
            async with talking(exporter, tls=tls) as stream:
                await stream.send(b"POST / HTTP/1.1\r\nHost: x\r\n" + body)
                assert (await ended(stream.receive)).startswith(b"HTTP/1.1 4")
    assert [record for record in caplog.records if record.levelname == "ERROR"] == []


async def test_trickling_does_not_lengthen_it(
    guarding: Guarding, monkeypatch: pytest.MonkeyPatch, *, tls: bool
) -> None:
    """A byte now and then is no excuse, neither in the first request nor in a later one."""
    monkeypatch.setattr(connection, "REQUEST", 0.3)
    for before in (b"", GET):
        async with (
            guarding(TLS if tls else "") as exporter,
            talking(exporter, tls=tls) as stream,
        ):
            if before:
                await stream.send(before)
                await healthy(stream)
            await refused(stream, b"a", 0.02)


async def test_connections_are_kept_for_the_next_scrape(
    guarding: Guarding, monkeypatch: pytest.MonkeyPatch, *, tls: bool
) -> None:
    """A connection serves many requests, also at once, and ends when none comes for long."""
    monkeypatch.setattr(connection, "IDLE", 0.5)
    async with (
        guarding(TLS if tls else "") as exporter,
        talking(exporter, tls=tls) as stream,
    ):
        for _ in range(3):
            await stream.send(GET)
            await healthy(stream)
        await stream.send(GET * 2)
        await healthy(stream, 2)
        assert await ended(stream.receive) == b""
        assert exporter.connections == 0


async def test_whoever_does_not_read_is_cut_off(
    guarding: Guarding, monkeypatch: pytest.MonkeyPatch, *, tls: bool
) -> None:
    """A client that asks and asks, and reads no answer, is cut off; others are served."""
    monkeypatch.setattr(connection, "ANSWER", 0.5)
    async with (
        guarding(TLS if tls else "") as exporter,
        talking(exporter, tls=tls) as stream,
        anyio.create_task_group() as tasks,
    ):
        asking = anyio.Event()

        async def ask() -> None:
            await stream.send(SCRAPE * 100)
            asking.set()
            await refused(stream, SCRAPE * 100)

        tasks.start_soon(ask)
        await asking.wait()
        assert await served(exporter, tls=tls, path="/metrics") == 200
        await until(lambda: exporter.connections == 0)
        assert await served(exporter, tls=tls) == 200
        tasks.cancel_scope.cancel()  # the client's system may find out only a minute later


async def test_whoever_reads_slowly_gets_it_all(guarding: Guarding, *, tls: bool) -> None:
    """Answers that fill the connection wait for the client, and none is lost."""
    async with (
        guarding(TLS if tls else "") as exporter,
        talking(exporter, tls=tls) as stream,
        anyio.create_task_group() as tasks,
    ):
        count = 60
        tasks.start_soon(stream.send, SCRAPE * count)
        said = b""
        while said.count(b"enphase_exporter_build_info{") < count:
            said += await stream.receive(4096)
        assert said.count(b"HTTP/1.1 200 OK") == count


@pytest.mark.parametrize(
    "header", [b"Content-Length: 1000000000\r\n", b"Transfer-Encoding: chunked\r\n"]
)
@pytest.mark.parametrize("method", [b"GET", b"POST"])
async def test_no_body_is_taken(
    guarding: Guarding, header: bytes, method: bytes, *, tls: bool
) -> None:
    """A request with a body is refused before the body has come, and the connection ends."""
    async with (
        guarding(TLS if tls else "") as exporter,
        talking(exporter, tls=tls) as stream,
    ):
        await stream.send(method + b" /metrics HTTP/1.1\r\nHost: x\r\n" + header + b"\r\n")
        answer = await ended(stream.receive)
        assert answer.startswith(b"HTTP/1.1 413")
        assert b"connection: close" in answer.lower()


async def test_a_body_is_not_read(guarding: Guarding, *, tls: bool) -> None:
    """A client that sends its gigabyte all the same loses its connection."""
    async with (
        guarding(TLS if tls else "") as exporter,
        talking(exporter, tls=tls) as stream,
    ):
        await stream.send(b"GET / HTTP/1.1\r\nHost: x\r\nContent-Length: 1000000000\r\n\r\n")
        await refused(stream, bytes(1 << 16))
        assert await served(exporter, tls=tls) == 200


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "OPTIONS", "TRACE", "CONNECT", "ODD"])
async def test_only_reading_is_allowed(guarding: Guarding, method: str, *, tls: bool) -> None:
    """Pages know GET and HEAD; who has no password learns not even that."""
    ask = f"{method} /metrics HTTP/1.1\r\nHost: x\r\n\r\n".encode()
    for users, status in (("", b"405"), (f"basic_auth_users: {{me: {hashed('sunny')}}}\n", b"401")):
        async with (
            guarding((TLS if tls else "") + users) as exporter,
            talking(exporter, tls=tls) as stream,
        ):
            await stream.send(ask)
            assert (await stream.receive()).startswith(b"HTTP/1.1 " + status)


async def test_head_is_answered_without_a_body(guarding: Guarding, *, tls: bool) -> None:
    """HEAD gets what GET gets, but for the page."""
    async with (
        guarding(TLS if tls else "") as exporter,
        talking(exporter, tls=tls) as stream,
    ):
        await stream.send(GET.replace(b"GET", b"HEAD"))
        answer = await stream.receive()
        assert answer.startswith(b"HTTP/1.1 200")
        assert answer.endswith(b"\r\n\r\n")


@pytest.mark.parametrize(
    "said",
    [
        b"GET / HTTP/1.1\r\nHost: x\r\nCookie: " + b"a" * 20_000,
        b"GET /" + b"a" * 20_000,
        b"nonsense\r\n\r\n",
        bytes(range(256)),
    ],
)
async def test_what_is_no_request_is_refused(
    guarding: Guarding, caplog: pytest.LogCaptureFixture, said: bytes, *, tls: bool
) -> None:
    """Requests without measure and bytes that are none end the connection."""
    async with (
        guarding(TLS if tls else "") as exporter,
        talking(exporter, tls=tls) as stream,
    ):
        await stream.send(said)
        answer = await ended(stream.receive)
        assert re.match(rb"HTTP/1.1 4\d\d|$", answer)
        assert await served(exporter, tls=tls) == 200


async def test_the_idlest_makes_room(
    guarding: Guarding, monkeypatch: pytest.MonkeyPatch, *, tls: bool
) -> None:
    """When there are too many connections, the one that did nothing for longest ends."""
    monkeypatch.setattr(connection, "MOST", 2)
    async with (
        guarding(TLS if tls else "") as exporter,
        talking(exporter, tls=tls) as first,
        talking(exporter, tls=tls) as second,
    ):
        await second.send(GET)
        await healthy(second)
        await first.send(GET)
        await healthy(first)
        assert await served(exporter, tls=tls) == 200
        assert await ended(second.receive) == b""
        await first.send(GET)
        await healthy(first)


async def test_those_who_are_answered_stay(
    guarding: Guarding, monkeypatch: pytest.MonkeyPatch, hanging: dict[str, str], *, tls: bool
) -> None:
    """When all connections wait for their scrape, a further one finds no place."""
    monkeypatch.setattr(connection, "MOST", 1)
    async with (
        guarding(TLS if tls else "", **hanging) as exporter,
        talking(exporter, tls=tls) as first,
    ):
        await first.send(scrape_within(100))
        await until(lambda: bool(exporter.server.server_state.tasks))
        async with await exporter.connect() as second:
            assert await ended(second.receive) == b""
        assert exporter.connections == 1


async def test_a_scrape_has_its_own_time(
    guarding: Guarding, monkeypatch: pytest.MonkeyPatch, hanging: dict[str, str], *, tls: bool
) -> None:
    """However long an answer takes to be made, the client that waits for it is not cut off."""
    for name in ("REQUEST", "ANSWER", "IDLE"):
        monkeypatch.setattr(connection, name, 0.3)
    async with (
        guarding(TLS if tls else "", **hanging) as exporter,
        talking(exporter, tls=tls) as stream,
    ):
        await stream.send(scrape_within(2))
        answer = await ended(stream.receive)
    assert b"enphase_up 0" in answer


async def test_whoever_breaks_off_leaves_nothing(
    guarding: Guarding, hanging: dict[str, str], *, tls: bool
) -> None:
    """Clients that go away at any moment are forgotten."""
    async with guarding(TLS if tls else "", **hanging) as exporter:
        for said in (b"", GET[:9], GET, scrape_within(1)):
            async with talking(exporter, tls=tls) as stream:
                if said:
                    await stream.send(said)
        async with await exporter.connect() as silent:
            await silent.send(b"\x16")
        await until(lambda: exporter.connections == 0)
        await until(lambda: not exporter.server.server_state.tasks)


async def test_the_end_drops_who_says_nothing(guarding: Guarding, *, tls: bool) -> None:
    """A process that is told to end does not wait for the next request of anybody."""
    async with (
        guarding(TLS if tls else "") as exporter,
        talking(exporter, tls=tls) as stream,
    ):
        await stream.send(GET)
        await healthy(stream)
        exporter.server.end()
        with pytest.raises((anyio.EndOfStream, anyio.BrokenResourceError, ssl.SSLError)):
            await stream.receive()
