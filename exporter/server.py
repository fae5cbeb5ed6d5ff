"""Runs the exporter as a service: listening behind all that guards it, and a clean end."""

import logging
import os
from asyncio import AbstractEventLoop, Event, get_running_loop
from functools import partial
from types import FrameType
from typing import cast

import uvicorn

from exporter import __version__
from exporter.access import connection
from exporter.access.connection import Connection
from exporter.access.gate import Gate
from exporter.access.rules import Access
from exporter.address import listening
from exporter.live_settings import Read
from exporter.logs import set_up_logging
from exporter.settings import Settings
from exporter.settings_source import unknown
from exporter.web import application

log = logging.getLogger(__name__)

GRACE = 1
"""Seconds that running scrapes get to end when the process is told to."""


def serve(settings: Settings, read: Read | None = None) -> int:
    """Serve until SIGTERM or SIGINT; returns the exit code. SIGHUP reads the settings again."""
    set_up_logging(settings.log.level)
    access = Access(settings.web.config.file)
    _tell(settings)
    access.tell()
    return _run(server_of(settings, access, read))


def server_of(settings: Settings, access: Access, read: Read | None = None) -> "Server":
    """Make the server of an exporter, behind all that guards it."""
    host, port = listening(settings.web.listen_address)
    return Server(
        uvicorn.Config(
            Gate(application(settings, read), access),
            host=host,
            port=port,
            http=cast("type[Connection]", partial(Connection, access)),
            ws="none",
            h11_max_incomplete_event_size=connection.LARGEST,
            timeout_keep_alive=connection.IDLE,
            proxy_headers=False,
            log_config=None,
            access_log=False,
            server_header=False,
            date_header=False,
            timeout_graceful_shutdown=GRACE,
        )
    )


class Server(uvicorn.Server):
    """Sleeps until it is told to end: uvicorn's own wakes up ten times a second to look."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self._told_to_end = Event()
        self._loop: AbstractEventLoop | None = None

    async def main_loop(self) -> None:
        """Wait to be told to end."""
        self._loop = get_running_loop()
        if not self.should_exit:
            await self._told_to_end.wait()

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """End on a signal."""
        super().handle_exit(sig, frame)
        self.end()

    def end(self) -> None:
        """Let the server end, from whatever thread."""
        self.should_exit = True
        if self._loop is not None:
            self._loop.call_soon_threadsafe(self._told_to_end.set)


def _tell(settings: Settings) -> None:
    """Log what begins, and which variables are most likely misspelt."""
    for name in unknown(os.environ):
        log.warning("variable=%s is no setting and does nothing", name)
    log.info(
        "version=%s listening=%s gateways=%s",
        __version__,
        settings.web.listen_address,
        ",".join(settings.sites()),
    )


def _run(server: Server) -> int:
    """Serve until the end; returns the exit code."""
    try:
        server.run()
    except KeyboardInterrupt:
        return 0
    except SystemExit as end:  # uvicorn's own code for an address in use is 3
        return 1 if end.code else 0
    return 0 if server.started else 1
