"""Answers as the network brings them, without a network: status, headers and body, all mangled."""

import gzip
import zlib
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import httpx

from exporter.gateway.bounds import PACKINGS, bounded
from fuzz.mutation import Mutator

Headers = list[tuple[bytes, bytes]]
SIZE = 100_000
STATUSES = (200, 200, 200, 201, 204, 302, 307, 400, 401, 403, 404, 429, 500, 503, 599)


@dataclass
class Reply:
    """What the other side says."""

    status: int
    headers: Headers
    body: bytes


def reply(mutator: Mutator, body: bytes, *headers: tuple[str, str]) -> Reply:
    """Make a mangled reply of a good one."""
    mangled = body if mutator.random.random() < 0.2 else mutator.json(body)
    packing, mangled = mutator.choice(
        (
            (b"", mangled),
            (b"", mangled),
            (b"gzip", gzip.compress(mangled)),
            (b"deflate", zlib.compress(mangled)),
            (b"gzip, gzip", gzip.compress(gzip.compress(mangled))),
            (b"gzip", gzip.compress(bytes(SIZE * 10))),
            (b"gzip", mangled),
            (b"br", mangled),
        )
    )
    pairs = [(name.encode(), _value(mutator, value)) for name, value in headers]
    return Reply(mutator.choice(STATUSES), [*pairs, (b"content-encoding", packing)], mangled)


def _value(mutator: Mutator, value: str) -> bytes:
    """Mangle a header's value; what HTTP itself forbids never gets through to us."""
    mangled = mutator.raw(value.encode()) if mutator.often() else value.encode()
    return bytes(byte for byte in mangled if byte >= 0x20 and byte != 0x7F).strip()


@asynccontextmanager
async def client(
    *replies: Reply, guards: Sequence[Callable[..., Any]] = (), follow_redirects: bool = False
) -> AsyncIterator[httpx.AsyncClient]:
    """Open a client, bounded as ours are, that gets these replies, the last one for ever."""
    left = list(replies)

    def answer(request: httpx.Request) -> httpx.Response:
        given = left.pop(0) if len(left) > 1 else left[0]
        stream = httpx.ByteStream(given.body)
        return httpx.Response(given.status, headers=given.headers, stream=stream)

    async with httpx.AsyncClient(
        transport=httpx.MockTransport(answer),
        headers=PACKINGS,
        follow_redirects=follow_redirects,
        event_hooks={"request": list(guards), "response": [bounded(SIZE)]},
    ) as opened:
        yield opened
