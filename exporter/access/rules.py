"""Who may come in now: the web configuration file, read again when it changes on disk."""

import logging
import math
import ssl
import time
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Self

from exporter.access.bucket import Bucket
from exporter.access.config import WebConfig
from exporter.access.context import context
from exporter.access.source import read
from exporter.setting_values import possible

log = logging.getLogger(__name__)

RETRY = 10.0
"""Seconds until a wrong file is read again: the host may have been short of something."""


@dataclass(frozen=True, slots=True)
class Rules:
    """The file, as connections and requests need it; without one, all may come in."""

    tls: ssl.SSLContext | None
    sans: frozenset[str] | None
    users: Mapping[bytes, bytes]
    headers: tuple[tuple[bytes, bytes], ...]
    bucket: Bucket | None

    @classmethod
    def of(cls, config: WebConfig) -> Self:
        """Make the rules; raises ``ValueError`` where a file that is named is wrong."""
        tls, rate = config.tls_server_config, config.rate_limit
        headers = config.http_server_config.headers.model_dump(by_alias=True, exclude_none=True)
        return cls(
            tls=context(tls) if tls else None,
            sans=tls.client_allowed_sans if tls else None,
            users={
                name.encode(): hashed.get_secret_value().encode()
                for name, hashed in config.basic_auth_users.items()
            },
            headers=tuple((name.encode(), value.encode()) for name, value in headers.items()),
            bucket=Bucket(rate.interval, rate.burst, time.monotonic) if rate.interval else None,
        )


class Access:
    """The rules that hold now; raises ``ValueError`` where the file is wrong at the start.

    A file that becomes wrong later changes nothing. Nor does one that asks for less than before:
    whoever looks at a file that is being written sees one that lacks its end.
    """

    def __init__(self, file: Path | None) -> None:
        self._file = file
        self._seen: Mapping[Path, object] = {}
        self._config = WebConfig()
        self._rules = Rules.of(self._config)
        self._wrong: str | None = None
        self._again = math.inf
        """When a file that was wrong is read again, even if it is the same."""

        if file is not None:
            self._read(file)

    def rules(self) -> Rules:
        """Return what holds for the next connection or request."""
        has_changed = _stamps(self._seen) != self._seen
        if self._file is not None and (has_changed or time.monotonic() >= self._again):
            self._read_again(self._file)
        return self._rules

    def tell(self) -> None:
        """Log what holds, and what of the file is passed over."""
        if self._file is not None:
            asked = ",".join(sorted(self._config.protections())) or "nothing"
            log.info("web.config.file=%s asks_for=%s", self._file, asked)
            for note in self._config.notes():
                log.info("web.config.file=%s %s", self._file, note)

    def _read_again(self, file: Path) -> None:
        try:
            self._read(file)
        except ValueError as error:
            self._go_on_without(str(error))
        else:
            self._wrong, self._again = None, math.inf
            self.tell()

    def _go_on_without(self, wrong: str) -> None:
        """Stay with the last good file; a certificate that it names may be another one by now."""
        if wrong != self._wrong:
            log.error("%s; the last good one stays in force", wrong)
        self._wrong, self._again = wrong, time.monotonic() + RETRY
        with suppress(ValueError):
            self._rules = replace(Rules.of(self._config), bucket=self._rules.bucket)

    def _read(self, file: Path) -> None:
        try:
            # Looked at before they are read: what changes in between is seen the next time.
            self._seen = _stamps([file, *self._config.files()])
            config = read(file)
            self._seen |= _stamps(config.files())
            _asks_for_no_less(config, self._config)
            self._rules, self._config = Rules.of(config), config
        except ValueError as error:
            raise ValueError(f"{file}: {error}") from None


def usable(file: Path) -> Path:
    """Check a web configuration file, and all that it names; raises ``ValueError``."""
    if not str(possible(file)).isprintable():  # it is named in the log
        raise ValueError("should be a path that can be printed")
    Access(file)
    return file


def _asks_for_no_less(config: WebConfig, before: WebConfig) -> None:
    gone = before.protections() - config.protections()
    if gone:
        what = ", ".join(sorted(gone))
        raise ValueError(f"no longer asks for {what}: restart the exporter if that is meant")


def _stamps(files: Iterable[Path]) -> dict[Path, object]:
    """Return of each file what differs once it was written or replaced."""
    return {file: _stamp(file) for file in files}


def _stamp(file: Path) -> object:
    try:
        found = file.stat()
    except OSError:
        return None
    return found.st_ino, found.st_size, found.st_mtime_ns, found.st_ctime_ns
