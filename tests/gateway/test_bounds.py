"""What an answer may weigh on the wire: everything is unpacked up to a size, and no further."""

import gzip
import zlib
from collections.abc import AsyncIterator

import httpx
import pytest

from exporter.gateway.bounds import bounded
from exporter.gateway.digest import Digest
from exporter.gateway.errors import GatewayError, Malformed
from exporter.gateway.exchange import Answer, exchange
from exporter.gateway.identity import Identity

SIZE = 1000
FLOOD = 1_000_000
"""Chunks of an endless body; none of ours are read that far."""


class Endless(httpx.AsyncByteStream):
    """A body without an end; it counts what is read of it."""

    def __init__(self, chunk: bytes) -> None:
        self.chunk = chunk
        self.read = 0

    async def __aiter__(self) -> AsyncIterator[bytes]:
        for _ in range(FLOOD):
            self.read += len(self.chunk)
            yield self.chunk


async def asked(response: httpx.Response, auth: httpx.Auth | None = None) -> Answer:
    """Ask a server that always answers this, and follow where it sends us."""
    async with httpx.AsyncClient(
        transport=httpx.MockTransport(lambda _: response),
        follow_redirects=True,
        event_hooks={"response": [bounded(SIZE)]},
    ) as client:
        return await exchange(client, "GET", "http://gateway/page?secret", 60, auth=auth)


def pack(body: bytes, packing: str) -> bytes:
    """Pack a body."""
    if packing == "identity":
        return body
    return zlib.compress(body) if packing == "deflate" else gzip.compress(body)


def packed(body: bytes, *packings: str) -> httpx.Response:
    """Make a response that says how it is packed."""
    headers = {"Content-Encoding": ", ".join(packings)}
    return httpx.Response(200, headers=headers, stream=httpx.ByteStream(body))


@pytest.mark.parametrize("packing", ["gzip", "x-gzip", "GZIP", "deflate", "identity"])
async def test_what_fits_is_unpacked(packing: str) -> None:
    """A packed body up to the size is read as if it had not been packed."""
    assert (await asked(packed(pack(b"a" * SIZE, packing), packing))).body == b"a" * SIZE


@pytest.mark.parametrize("packing", ["gzip", "deflate", "identity"])
async def test_what_unpacks_to_more_is_refused(packing: str) -> None:
    """The size is that of the unpacked body, however small it came."""
    with pytest.raises(Malformed, match="more than 1000 bytes") as caught:
        await asked(packed(pack(bytes(SIZE + 1), packing), packing))
    assert "secret" not in str(caught.value)


async def test_packings_on_top_of_each_other_are_refused() -> None:
    """Each packing multiplies by a thousand: only one is taken."""
    body = gzip.compress(gzip.compress(bytes(100)))
    with pytest.raises(Malformed, match="cannot be unpacked"):
        await asked(packed(body, "gzip", "gzip"))


@pytest.mark.parametrize("status", [302, 401, 200])
@pytest.mark.parametrize("packing", ["", "gzip"])
async def test_no_body_is_read_without_end(status: int, packing: str) -> None:
    """Neither a page nor a redirect nor a challenge fills the memory."""
    endless = Endless(gzip.compress(b"a" * 100) if packing else b"a" * 100)
    headers = {"Location": "/else", "WWW-Authenticate": 'Digest realm="x", nonce="y", qop="auth"'}
    if packing:
        headers["Content-Encoding"] = packing
    response = httpx.Response(status, headers=headers, stream=endless)
    auth = Digest().auth(Identity("122300000000", tokens=False, time=None))
    with pytest.raises(GatewayError):
        await asked(response, auth)
    assert endless.read < 2 * SIZE
