"""The line to one gateway: its connections, and whether there is any sign of life at the far end.

A gateway that hung, or that lost its power, never answers what it was asked before. So when
requests are given up and nothing was answered since they were sent, the line is mute: what is under
way is dropped, with its connections, and nothing is asked before somebody has answered a knock. A
gateway that hangs is so asked for a small page at times, and one that comes back is seen at once.
"""

import math
import ssl
from collections.abc import Awaitable, Callable
from typing import Any

import anyio
import httpx

from exporter.gateway.bounds import PACKINGS, bounded
from exporter.gateway.decode import SIZE_LIMIT
from exporter.gateway.errors import GatewayError, Malformed, Mute, Silent, Unreachable
from exporter.gateway.exchange import Answer, exchange, forgetful_jar
from exporter.gateway.flight import Flight, Tasks

CONNECT_TIMEOUT = 5.0
KEEP_ALIVE = 75.0
"""Seconds; longer than any usual scrape interval, since a TLS handshake costs more than a page."""

MOST_KEPT = 8
"""Connections that may be kept at once. A gateway closes them when it likes, and a host that slept
has not heard of it."""

GIVEN_UP = 2
"""Requests in a row, with no answer to any since, that mean silence: one may hang for itself."""

PATIENCE = 15.0
"""Seconds that a request waits for a sign of life."""

AGAIN = 7.5
"""Seconds between knocks, while somebody waits. One from before the gateway's return is never
answered; two are under way at the most."""

CLOSING = 1.0
"""Seconds that connections get to close."""


class Line:
    """Asks one gateway, over connections that are kept."""

    def __init__(
        self, context: ssl.SSLContext, knock: Callable[[], Awaitable[Any]], tasks: Tasks
    ) -> None:
        """Take what judges handshakes, and what is asked (with ``ask``) to get a sign of life."""
        self._context = context
        self._knock = knock
        self._tasks = tasks
        self._client = _connections(context)
        self._under_way: set[anyio.CancelScope] = set()
        self._given_up = 0
        self._heard = -math.inf
        self._sign = anyio.Event()
        self._next_knock = 0.0

    @property
    def mute(self) -> bool:
        """Whether there has been no sign of life for some time."""
        return self._given_up >= GIVEN_UP

    async def awake(self) -> None:
        """Return at once; on a mute line, once there is a sign of life. Raises ``Mute``."""
        until = anyio.current_time() + PATIENCE
        while self.mute:
            if anyio.current_time() >= until:
                raise Mute("the gateway does not answer anything: it may hang, or restart")
            self._knock_if_due()
            with anyio.CancelScope(deadline=min(until, self._next_knock)):
                await self._sign.wait()

    async def ask(self, url: str, seconds: float, **options: Any) -> Answer:
        """Get a page; raises ``GatewayError``. What had to be dropped is asked for again."""
        while True:
            with anyio.CancelScope() as attempt:
                self._under_way.add(attempt)
                try:
                    return await self._attempt(url, seconds, options)
                finally:
                    self._under_way.discard(attempt)
            await self.awake()

    async def aclose(self) -> None:
        """Close the connections."""
        await _close(self._client)

    def _knock_if_due(self) -> None:
        now = anyio.current_time()
        if now >= self._next_knock:
            self._next_knock = now + AGAIN
            Flight(self._tasks, self._knock)

    async def _attempt(self, url: str, seconds: float, options: dict[str, Any]) -> Answer:
        began = anyio.current_time()
        try:
            answer = await self._exchange(url, seconds, options)
        except Silent:
            if self._heard < began:
                self._give_up()
            raise
        except GatewayError:  # a sign of life, or that nobody is there at all
            self._hear()
            raise
        self._hear()
        return answer

    async def _exchange(self, url: str, seconds: float, options: dict[str, Any]) -> Answer:
        """Get a page; where a kept connection turns out to have ended, over another one."""
        for _ in range(MOST_KEPT):
            trace = _Trace()
            try:
                extensions = {"trace": trace}
                return await exchange(
                    self._client, "GET", url, seconds, extensions=extensions, **options
                )
            except (Malformed, Unreachable):
                if trace.is_new:
                    raise
        return await exchange(self._client, "GET", url, seconds, **options)

    def _give_up(self) -> None:
        self._given_up += 1
        if self._given_up == GIVEN_UP:
            for attempt in self._under_way:
                attempt.cancel()
            self._sign, self._next_knock = anyio.Event(), 0.0
            old, self._client = self._client, _connections(self._context)
            self._tasks.start_soon(_close, old)

    def _hear(self) -> None:
        self._heard = anyio.current_time()
        self._given_up = 0
        self._sign.set()


class _Trace:
    """Sees whether a request has opened a connection; httpcore calls it."""

    def __init__(self) -> None:
        self.is_new = False

    async def __call__(self, event: str, info: dict[str, Any]) -> None:
        """Take note of an event."""
        del info
        self.is_new = self.is_new or event == "connection.connect_tcp.started"


def _connections(context: ssl.SSLContext) -> httpx.AsyncClient:
    return httpx.AsyncClient(
        verify=context,
        cookies=forgetful_jar(),
        headers=PACKINGS,
        event_hooks={"response": [bounded(SIZE_LIMIT)]},
        timeout=httpx.Timeout(None, connect=CONNECT_TIMEOUT),
        limits=httpx.Limits(max_keepalive_connections=MOST_KEPT, keepalive_expiry=KEEP_ALIVE),
        trust_env=False,
    )


async def _close(client: httpx.AsyncClient) -> None:
    with anyio.move_on_after(CLOSING, shield=True):
        await client.aclose()
