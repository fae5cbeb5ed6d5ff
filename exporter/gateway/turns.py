"""Politeness: when a gateway may be asked for a page, so that it is never overloaded."""

import math
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager

import anyio

from exporter.endpoint import Endpoint

ASIDE = 15.0
"""Seconds for which a slow page keeps pages that hung before from being tried again."""


class Turns:
    """Lets a few requests go at once, slow pages one at a time, and keeps heavy pages apart."""

    def __init__(self, in_flight: int, heavy_pause: float) -> None:
        self._lane = anyio.CapacityLimiter(in_flight)
        self._aside = anyio.CapacityLimiter(1)
        """For slow pages and those that hang: only one at a time, so that a lane is left."""

        self._slow_began = math.inf
        self._hanging: set[Endpoint] = set()
        self._hung_lane = anyio.CapacityLimiter(1)
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
        """Hold one of the lanes; slow pages, and those that hang, leave one to the others.

        A slow page may hang for minutes: only for a while do others that hung wait for it, or the
        gateway's recovery would be seen minutes late.
        """
        async with AsyncExitStack() as lanes:
            if endpoint.slow:
                await lanes.enter_async_context(self._slow())
            elif endpoint in self._hanging:
                await lanes.enter_async_context(self._hung_lane)
                began = min(self._slow_began, anyio.current_time())
                with anyio.CancelScope(deadline=began + ASIDE):
                    await lanes.enter_async_context(self._aside)
            await lanes.enter_async_context(self._lane)
            yield

    @asynccontextmanager
    async def _slow(self) -> AsyncIterator[None]:
        async with self._aside:
            self._slow_began = anyio.current_time()
            try:
                yield
            finally:
                self._slow_began = math.inf

    def note(self, endpoint: Endpoint, *, hangs: bool) -> None:
        """Remember whether the page hung when it was last asked for."""
        if hangs:
            self._hanging.add(endpoint)
        else:
            self._hanging.discard(endpoint)
