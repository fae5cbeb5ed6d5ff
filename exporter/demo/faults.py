"""What can go wrong with an HTTP answer, on demand: silence, errors, nonsense, half a body."""

import hashlib
from collections.abc import AsyncIterator
from enum import StrEnum

import anyio
from starlette.types import Receive, Scope, Send

from exporter.demo.answer import Answer
from exporter.demo.pages import LANDING, UNAUTHORIZED, page

TRICKLE_SECONDS = 0.25
HTML = (("content-type", "text/html"),)
JSON = (("content-type", "application/json"),)
PIECE = b'{"serialNumber":"122300000000","lastReportDate":0,"lastReportWatts":0},'


class Fault(StrEnum):
    """A way to fail."""

    HANG = "hang"
    """Never answers."""
    UNAUTHORIZED = "unauthorized"
    """The gateway's 401 page."""
    UNAVAILABLE = "unavailable"
    """503, as while a gateway starts."""
    HTML = "html"
    """200 with an HTML page."""
    GARBAGE = "garbage"
    """200 with bytes that mean nothing, the same ones each time."""
    CUT = "cut"
    """A body that ends, with its connection, before its Content-Length."""
    RESET = "reset"
    """The connection is reset in place of an answer."""
    TRICKLE = "trickle"
    """One byte every 250 ms, for a quarter of an hour."""
    REDIRECT = "redirect"
    """301 to the landing page."""
    EMPTY = "empty"
    """200 with no body."""
    HUGE = "huge"
    """200 with a body that never ends."""
    NULL = "null"
    """200 with a JSON null."""


FINISHED = {
    Fault.UNAUTHORIZED: Answer(401, HTML, UNAUTHORIZED),
    Fault.UNAVAILABLE: Answer(503, HTML, page("503 Service Temporarily Unavailable")),
    Fault.HTML: Answer(200, HTML, LANDING),
    Fault.GARBAGE: Answer(
        200, JSON, b"".join(hashlib.sha256(bytes([n])).digest() for n in range(64))
    ),
    Fault.REDIRECT: Answer(301, (*HTML, ("location", "/home")), page("301 Moved Permanently")),
    Fault.EMPTY: Answer(200, JSON, b""),
    Fault.NULL: Answer(200, JSON, b"null"),
}


async def fail(fault: Fault | int, scope: Scope, receive: Receive, send: Send) -> None:
    """Answer a request as the fault says; a number is an HTTP status with a page to match."""
    if isinstance(fault, int):
        retry = (("retry-after", "120"),) if fault == 429 else ()  # noqa: PLR2004 - a status
        await respond(Answer(fault, (*HTML, *retry), page(str(fault))), send)
    elif fault in FINISHED:
        await respond(FINISHED[fault], send)
    elif fault == Fault.CUT:
        await _start(send, length=len(PIECE) * 2)
        await send({"type": "http.response.body", "body": PIECE, "more_body": True})
    else:
        if fault == Fault.RESET:
            scope["state"]["reset"]()
        await _until_gone(fault, receive, send)


async def respond(answer: Answer, send: Send) -> None:
    """Send a finished answer."""
    headers = [
        (name.encode(), value.encode("latin-1", "replace")) for name, value in answer.headers
    ]
    headers.append((b"content-length", str(len(answer.body)).encode()))
    await send({"type": "http.response.start", "status": answer.status, "headers": headers})
    await send({"type": "http.response.body", "body": answer.body})


async def _until_gone(fault: Fault, receive: Receive, send: Send) -> None:
    """Go on failing for as long as the client listens."""
    async with anyio.create_task_group() as tasks:
        if fault not in {Fault.HANG, Fault.RESET}:
            tasks.start_soon(_stream, fault, send)
        while (await receive())["type"] != "http.disconnect":
            pass
        tasks.cancel_scope.cancel()


async def _stream(fault: Fault, send: Send) -> None:
    trickle = fault == Fault.TRICKLE
    await _start(send, length=4000 if trickle else None)
    async for body in _drops() if trickle else _flood():
        await send({"type": "http.response.body", "body": body, "more_body": True})
    await send({"type": "http.response.body", "body": b""})


async def _drops() -> AsyncIterator[bytes]:
    for _ in range(4000):
        await anyio.sleep(TRICKLE_SECONDS)
        yield b" "


async def _flood() -> AsyncIterator[bytes]:
    yield b"["
    while True:
        await anyio.sleep(0.001)
        yield PIECE * 1000


async def _start(send: Send, length: int | None) -> None:
    headers = [(b"content-type", b"application/json")]
    if length is not None:
        headers.append((b"content-length", str(length).encode()))
    await send({"type": "http.response.start", "status": 200, "headers": headers})
