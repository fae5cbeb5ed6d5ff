"""One client's connection: TLS where the rules ask for it, and an end to every wait.

Uvicorn by itself waits as long as a client likes: for a handshake's and a request's end, and for
the client to read its answer.
"""

import asyncio
import logging
import ssl
from collections.abc import Collection
from typing import Any

from uvicorn import Config
from uvicorn.protocols.http.h11_impl import H11Protocol
from uvicorn.server import ServerState

from exporter.access.context import vouched
from exporter.access.rules import Access

log = logging.getLogger(__name__)

REQUEST = 10
"""Seconds for the handshake, and for a request from its first byte to its last."""

ANSWER = 30
"""Seconds for a client to read what waits for it."""

IDLE = 75
"""Seconds between requests: longer than most scrape intervals, since handshakes are dear."""

MOST = 256
"""Connections at once. Under TLS each takes a quarter of a megabyte."""

LARGEST = 16 * 1024
"""Bytes of a request that has not come to its end."""


class Connection(H11Protocol):
    """Uvicorn's HTTP connection, in which everything has its time.

    Time is up once and for all: what trickles in does not lengthen it.
    """

    def __init__(
        self,
        access: Access,
        config: Config,
        server_state: ServerState,
        app_state: dict[str, Any],
        _loop: asyncio.AbstractEventLoop | None = None,
    ) -> None:
        super().__init__(config, server_state, app_state, _loop)
        self._access = access
        self._socket: asyncio.Transport
        self._handshake: asyncio.Task[None] | None = None
        self._early = b""
        self._talks = self._lost = self._reads = False
        self._timer: asyncio.TimerHandle | None = None
        self.since = 0.0

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as its parent's
        """Begin with TLS, or at once with HTTP."""
        self._socket = transport
        self.connections.add(self)
        self._allow(REQUEST)
        _make_room(self)
        rules = self._access.rules()
        if transport.is_closing():
            return
        if rules.tls is None:
            self._talk(transport)
        else:
            shaking = self._shake_hands(rules.tls, rules.sans)
            self._handshake = self.loop.create_task(shaking)

    def connection_lost(self, exc: Exception | None) -> None:
        """Forget the client."""
        self._lost = True
        self._allow(None)
        if self._talks:
            super().connection_lost(exc)
        else:
            self.connections.discard(self)

    def data_received(self, data: bytes) -> None:
        """Take in a request, or a piece of one."""
        if not self._talks:
            # The end of the handshake may bring it, a moment before we hear of that end.
            self._early += data
            return
        if not self._reads and not self._answers:
            self._reads = True
            self._allow(REQUEST)
        super().data_received(data)
        if self._answers:
            self._reads = False
            self._allow_what_is_due()

    def on_response_complete(self) -> None:
        """Wait for the answer to be read, and for the next request."""
        super().on_response_complete()
        self._allow_what_is_due()

    def send_400_response(self, msg: str) -> None:
        """Refuse what is no HTTP; a request that it belongs to is not answered as well."""
        super().send_400_response(msg)
        if self._answers:
            cycle: Any = self.cycle
            cycle.disconnected = True

    def pause_writing(self) -> None:
        """Wait for the client to read."""
        super().pause_writing()
        self._allow_what_is_due()

    def resume_writing(self) -> None:
        """Go on: the client has read."""
        super().resume_writing()
        self._allow_what_is_due()

    def shutdown(self) -> None:
        """End when the process does: at once, or after the answer that is being made."""
        if self._talks:
            super().shutdown()
        else:
            self.cut()

    @property
    def _answers(self) -> bool:
        cycle: Any = self.cycle
        return cycle is not None and not cycle.response_complete

    @property
    def waits(self) -> bool:
        """Whether it is the client's turn, and has been since ``since``."""
        return not self._talks or not self._answers or self.flow.write_paused

    async def _shake_hands(self, tls: ssl.SSLContext, sans: Collection[str] | None) -> None:
        if self._socket.is_closing():
            return
        try:
            transport = await self.loop.start_tls(
                self._socket, self, tls, server_side=True, ssl_shutdown_timeout=ANSWER
            )
        except OSError as error:
            log.debug("event=no_handshake reason=%s", getattr(error, "reason", None))
            transport = None
        if transport is None or self._lost or not _is_welcome(transport, sans):
            self.cut()
        else:
            self._talk(transport)

    def _talk(self, transport: asyncio.Transport) -> None:
        super().connection_made(transport)
        self._talks = True
        if self._early:
            self.data_received(self._early)

    def _allow_what_is_due(self) -> None:
        if self.flow.write_paused or self.transport.is_closing():
            self._allow(ANSWER)
        elif self._answers:
            self._allow(None)  # a scrape has its own end
        else:
            self._allow(IDLE)

    def _allow(self, seconds: float | None) -> None:
        """Give the client so much time from now on."""
        self.since = self.loop.time()
        if self._timer is not None:
            self._timer.cancel()
        self._timer = None if seconds is None else self.loop.call_later(seconds, self.cut)

    def cut(self) -> None:
        """Drop the connection, whatever is still to be read or written."""
        log.debug("client=%s event=cut", self._socket.get_extra_info("peername"))
        self._allow(None)
        self.connections.discard(self)
        self._socket.abort()


def _make_room(newcomer: Connection) -> None:
    """Drop the client that has kept us waiting for longest, if there are too many."""
    connections = newcomer.connections
    if len(connections) > MOST:
        others = [other for other in connections if isinstance(other, Connection)]
        waiting = [other for other in others if other.waits and other is not newcomer]
        min(waiting, key=lambda other: other.since, default=newcomer).cut()


def _is_welcome(transport: asyncio.Transport, sans: Collection[str] | None) -> bool:
    shown = transport.get_extra_info("peercert") or {}
    return sans is None or vouched(shown, sans)
