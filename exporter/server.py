"""Runs the exporter as a service: logging, listening, and a clean end."""

import logging
import os
import sys
from asyncio import AbstractEventLoop, CancelledError, Event, get_running_loop
from types import FrameType

import uvicorn

from exporter import __version__
from exporter.address import listening
from exporter.live_settings import Read
from exporter.settings import Settings
from exporter.settings_source import unknown
from exporter.shortage import Shortage
from exporter.web import application

log = logging.getLogger(__name__)

GRACE = 1
"""Seconds that running scrapes get to end when the process is told to."""


def serve(settings: Settings, read: Read | None = None) -> int:
    """Serve until SIGTERM or SIGINT; returns the exit code. SIGHUP reads the settings again."""
    set_up_logging(settings.log.level)
    for name in unknown(os.environ):
        log.warning("variable=%s is no setting and does nothing", name)
    host, port = listening(settings.web.listen_address)
    log.info(
        "version=%s listening=%s gateways=%s",
        __version__,
        settings.web.listen_address,
        ",".join(settings.sites()),
    )
    server = _Server(
        uvicorn.Config(
            application(settings, read),
            host=host,
            port=port,
            log_config=None,
            access_log=False,
            server_header=False,
            date_header=False,
            timeout_graceful_shutdown=GRACE,
        )
    )
    logging.getLogger("uvicorn.error").addFilter(_is_news)
    logging.getLogger("asyncio").addFilter(Shortage())
    try:
        server.run()
    except KeyboardInterrupt:
        return 0
    except SystemExit as end:  # uvicorn's own code for an address in use is 3
        return 1 if end.code else 0
    return 0 if server.started else 1


class _Server(uvicorn.Server):
    """Sleeps until it is told to end: uvicorn's own wakes up ten times a second to look."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self._told_to_end = Event()
        self._loop: AbstractEventLoop | None = None

    async def main_loop(self) -> None:
        self._loop = get_running_loop()
        if not self.should_exit:
            await self._told_to_end.wait()

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        super().handle_exit(sig, frame)
        if self._loop is not None:
            self._loop.call_soon_threadsafe(self._told_to_end.set)


def set_up_logging(level: str) -> None:
    """Write lines of ``key=value`` to standard error; libraries only from warnings on."""
    logging.basicConfig(
        stream=sys.stderr,
        level=logging.WARNING,
        format="ts=%(asctime)s level=%(levelname)s logger=%(name)s %(message)s",
        datefmt="%Y-%m-%dT%H:%M:%S%z",
        force=True,
    )
    logging.getLogger("exporter").setLevel(level.upper())


def _is_news(record: logging.LogRecord) -> bool:
    """Pass over the traceback of a scrape that was cancelled because the process ends."""
    return record.exc_info is None or not isinstance(record.exc_info[1], CancelledError)
