"""What is logged, and how: lines of ``key=value`` on standard error."""

import logging
import sys
from asyncio import CancelledError

from exporter.shortage import Shortage


def set_up_logging(level: str) -> None:
    """Write our own records from a level on; those of libraries from warnings on, where new."""
    logging.basicConfig(
        stream=sys.stderr,
        level=logging.WARNING,
        format="ts=%(asctime)s level=%(levelname)s logger=%(name)s %(message)s",
        datefmt="%Y-%m-%dT%H:%M:%S%z",
        force=True,
    )
    logging.getLogger("exporter").setLevel(level.upper())
    logging.getLogger("uvicorn.error").addFilter(_is_news)
    logging.getLogger("asyncio").addFilter(Shortage())


def _is_news(record: logging.LogRecord) -> bool:
    """Pass over clients that speak no HTTP, and scrapes that were cancelled by the end."""
    if record.exc_info is not None and isinstance(record.exc_info[1], CancelledError):
        return False
    return record.levelno != logging.WARNING
