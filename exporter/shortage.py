"""Says once a minute that file descriptors have run out: asyncio says it 2,000 times a second."""

import errno
import logging
import time

PAUSE = 60.0
"""Seconds between two lines about the same shortage."""

SHORTAGES = {errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM}


class Shortage(logging.Filter):
    """Lets one record about a shortage through now and then, in one line; all others as they are.

    Until Python 3.13, asyncio logs a traceback for each place in the queue of connections
    that it cannot take, every second.
    """

    def __init__(self) -> None:
        super().__init__()
        self._quiet_until = 0.0

    def filter(self, record: logging.LogRecord) -> bool:
        """Tell whether the record is to be written."""
        error = record.exc_info[1] if record.exc_info else None
        if isinstance(error, ValueError) and "_start_serving" in record.getMessage():
            return False  # asyncio comes back to the shortage when its socket is closed already
        if not isinstance(error, OSError) or error.errno not in SHORTAGES:
            return True
        if time.monotonic() < self._quiet_until:
            return False
        self._quiet_until = time.monotonic() + PAUSE
        record.msg, record.args = "no connection can be taken: %s", (error.strerror,)
        record.exc_info = None
        return True
