"""Runs an ASGI app in a thread of its own, so that a demo or a test can switch it off and on."""

import asyncio
import contextlib
import logging
import socket
import ssl
import struct
import threading
from collections.abc import Coroutine
from typing import Any, Self

from uvicorn import Config
from uvicorn.protocols.http.h11_impl import H11Protocol
from uvicorn.server import ServerState

from exporter.demo.certificate import Certificate

# A cut or hanging answer is what the demo was asked for: no news, in no log.
SILENCE = logging.getLogger(f"{__name__}.silence")
SILENCE.propagate = False
SILENCE.setLevel(logging.CRITICAL + 1)


class Connection(H11Protocol):
    """Uvicorn's HTTP connection, without its logs."""

    def __init__(self, config: Config, state: ServerState) -> None:
        super().__init__(config, state, app_state={"reset": self.reset})
        self.logger = self.access_logger = SILENCE
        self.access_log = False

    def reset(self) -> None:
        """End the connection with a reset; an app finds this in its scope's state."""
        at_once = struct.pack("ii", 1, 0)
        self.transport.get_extra_info("socket").setsockopt(
            socket.SOL_SOCKET, socket.SO_LINGER, at_once
        )
        self.transport.abort()


class Server:
    """One app on one port of this machine; stops at once, and starts again on the same port."""

    def __init__(self, app: Any, certificate: Certificate | None = None) -> None:
        self.certificate = certificate
        self.port = 0
        self._config = Config(
            app, http="h11", ws="none", lifespan="off", proxy_headers=False, log_config=None
        )
        self._state = ServerState()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread: threading.Thread | None = None

    @property
    def address(self) -> str:
        """Host and port."""
        return f"127.0.0.1:{self.port}"

    @property
    def url(self) -> str:
        """Scheme, host and port."""
        return f"{'https' if self.certificate else 'http'}://{self.address}"

    def start(self, certificate: Certificate | None = None) -> None:
        """Serve, with another certificate if one is given; return once connections are taken."""
        if self._thread:
            return
        self.certificate = certificate or self.certificate
        context = self.certificate.context() if self.certificate else None
        listener = _listener(self.port)
        self.port = listener.getsockname()[1]
        self._state = ServerState()
        self._loop = asyncio.new_event_loop()
        # A client that breaks off a handshake would be reported on stderr.
        self._loop.set_exception_handler(lambda _loop, _context: None)
        ready = threading.Event()
        serving = self._serving(listener, context)
        self._thread = threading.Thread(
            target=_run, args=(self._loop, serving, self._state, ready), name="demo", daemon=True
        )
        self._thread.start()
        ready.wait()

    def stop(self) -> None:
        """Drop every connection, answered or not, and free the port."""
        if not self._thread or not self._loop:
            return
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._thread = self._loop = None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *error: object) -> None:
        self.stop()

    async def _serving(
        self, listener: socket.socket, context: ssl.SSLContext | None
    ) -> asyncio.Server:
        def connection() -> Connection:
            return Connection(self._config, self._state)

        return await asyncio.get_running_loop().create_server(
            connection, sock=listener, ssl=context
        )


def _listener(port: int) -> socket.socket:
    # Asyncio sends small answers without delay only where the socket names its protocol.
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind(("127.0.0.1", port))
    except OSError:
        listener.close()
        raise
    listener.listen(100)
    return listener


def _run(
    loop: asyncio.AbstractEventLoop,
    serving: Coroutine[Any, Any, asyncio.Server],
    state: ServerState,
    ready: threading.Event,
) -> None:
    asyncio.set_event_loop(loop)
    server = loop.run_until_complete(serving)
    loop.call_soon(ready.set)
    try:
        loop.run_forever()
    finally:
        server.close()
        loop.run_until_complete(_drop(state))
        loop.close()


async def _drop(state: ServerState) -> None:
    """Break off what is open: connections first, so that what they waited for sees them gone."""
    for connection in list(state.connections):
        connection.transport.abort()
    await asyncio.sleep(0)
    others = asyncio.all_tasks() - {asyncio.current_task()}
    for task in others:
        task.cancel()
    with contextlib.suppress(TimeoutError):
        await asyncio.wait_for(asyncio.gather(*others, return_exceptions=True), 1)
    await asyncio.sleep(0)
