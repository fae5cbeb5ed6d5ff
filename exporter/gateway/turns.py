"""Politeness: when a gateway may be asked for a page, so that it is never overloaded."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager

import anyio

from exporter.endpoint import Endpoint


class Turns:
    """Lets a few requests go at once, slow pages one at a time, and keeps heavy pages apart."""

    def __init__(self, in_flight: int, heavy_pause: float) -> None:
        self._lane = anyio.CapacityLimiter(in_flight)
        self._aside = anyio.CapacityLimiter(1)
        """For slow pages and those that hang: only one at a time, so that a lane is left."""

        self._hanging: set[Endpoint] = set()
        self._heavy_pause = heavy_pause
        self._heavy_turn = anyio.Lock()
        self._began = self._next_heavy = anyio.current_time()

    async def pace(self, endpoint: Endpoint) -> None:
        """Wait until a page that costs the gateway seconds of work may be asked for."""
        if not endpoint.heavy:
            return
        if endpoint.later:
            await anyio.sleep_until(self._began + self._heavy_pause)
        async with self._heavy_turn:
            await anyio.sleep_until(self._next_heavy)
            self._next_heavy = anyio.current_time() + self._heavy_pause

    @asynccontextmanager
    async def lane(self, endpoint: Endpoint) -> AsyncIterator[None]:
        """Hold one of the lanes; slow pages, and those that hang, leave one to the others."""
        async with AsyncExitStack() as lanes:
            if endpoint.slow or endpoint in self._hanging:
                await lanes.enter_async_context(self._aside)
            await lanes.enter_async_context(self._lane)
            yield

    def note(self, endpoint: Endpoint, *, hangs: bool) -> None:
        """Remember whether the page hung when it was last asked for."""
        if hangs:
            self._hanging.add(endpoint)
        else:
            self._hanging.discard(endpoint)
