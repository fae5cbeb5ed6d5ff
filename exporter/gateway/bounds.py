"""Bounds what an answer may weigh: httpx unpacks without end, and reads all of a redirect.

A page of a few kilobytes can be packed so that it unpacks to gigabytes, several packings on top of
each other to any size. So each answer is unpacked here, before httpx reads it for whatever reason.
"""

import zlib
from collections.abc import AsyncIterator, Awaitable, Callable

import httpx

from exporter.gateway.errors import Malformed

PACKINGS = {"Accept-Encoding": "gzip, deflate"}
"""The header that says which packings are taken."""


def bounded(size: int) -> Callable[[httpx.Response], Awaitable[None]]:
    """Make a response hook for a client: more than ``size`` bytes of a body raise ``Malformed``."""

    async def bound(response: httpx.Response) -> None:
        what = f"{response.url.copy_with(query=None)}"
        packing = response.headers.pop("Content-Encoding", "identity").strip().lower()
        if packing not in {"identity", "gzip", "x-gzip", "deflate"}:
            raise Malformed(f"{what} sent a body that cannot be unpacked")
        if isinstance(response.stream, httpx.AsyncByteStream):
            response.stream = _Bounded(response.stream, size, what, packed=packing != "identity")

    return bound


class _Bounded(httpx.AsyncByteStream):
    """A body, unpacked up to a size."""

    def __init__(
        self, stream: httpx.AsyncByteStream, size: int, what: str, *, packed: bool
    ) -> None:
        self._stream = stream
        self._unpacker = zlib.decompressobj(zlib.MAX_WBITS | 32) if packed else None
        self._size = size
        self._what = what

    async def __aiter__(self) -> AsyncIterator[bytes]:
        received, room = 0, self._size
        async for chunk in self._stream:
            received += len(chunk)
            body = self._unpacked(chunk, room + 1)
            room -= len(body)
            if room < 0 or received > self._size:
                raise Malformed(f"{self._what} answered more than {self._size} bytes")
            yield body

    async def aclose(self) -> None:
        await self._stream.aclose()

    def _unpacked(self, chunk: bytes, most: int) -> bytes:
        if self._unpacker is None:
            return chunk
        try:
            return self._unpacker.decompress(chunk, most)
        except zlib.error:
            raise Malformed(f"{self._what} sent a body that cannot be unpacked") from None
