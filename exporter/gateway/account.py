"""An Enphase account: gets tokens for its gateways, and stops where another try would do harm.

A refused password is not tried again for hours, since accounts lock; trouble of the cloud is met
with longer and longer waits. Both are kept on disk, so that a crash loop makes no logins.
"""

import hashlib
import json
import logging
import os
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar

import anyio

from exporter.gateway.brake import Brake
from exporter.gateway.errors import (
    Changed,
    CloudTrouble,
    LoginError,
    NotOurs,
    Refused,
    SecondFactor,
)
from exporter.gateway.jwt import Token
from exporter.gateway.state import StateFile, document, moment

log = logging.getLogger(__name__)

REFUSAL_PAUSE = 6 * 3600.0
"""Seconds without an attempt after the cloud has refused the password."""

Observe = Callable[[str], None]
"""Told how each attempt at a login ended."""


@dataclass(frozen=True, slots=True)
class Credentials:
    """A user's name and password."""

    username: str = field(repr=False)
    password: str = field(repr=False)


Login = Callable[[Credentials, str], Awaitable[str]]
"""One way through the cloud: credentials and a gateway's serial in, a token's text out."""


class Account:
    """Logs in, one attempt at a time, by the first of several ways that still works."""

    def __init__(
        self,
        credentials: Credentials,
        logins: Sequence[Login],
        file: StateFile,
        now: Callable[[], float],
    ) -> None:
        self._credentials = credentials
        self._logins = logins
        self._record = _Record(file, credentials, now)
        self._brake = Brake(now)
        self._reason: LoginError | None = None
        self._lock = anyio.Lock()
        self._brake.until, self._reason = self._record.load()

    async def token(self, serial: str, *, observe: Observe = lambda _: None) -> Token:
        """Get a token for one gateway; raises ``LoginError``."""
        async with self._lock:
            if self._reason is not None and self._brake.on:
                raise self._reason.with_traceback(None)
            try:
                token = await self._attempt(serial)
            except LoginError as error:
                observe(error.outcome)
                self._hold_back(error)
                raise
            observe("ok")
            self._go_on()
            return token

    def insist(self) -> None:
        """Let the next attempt be made at once: a person asks for it."""
        self._brake.release()

    async def _attempt(self, serial: str) -> Token:
        """Try the ways in turn; the next one only where the page, not the password, was wrong."""
        for login in self._logins[:-1]:
            try:
                return _parsed(await login(self._credentials, serial))
            except Changed as error:
                log.warning("login=%s trying the other way", error)
        return _parsed(await self._logins[-1](self._credentials, serial))

    def _hold_back(self, error: LoginError) -> None:
        if isinstance(error, NotOurs):
            return  # one gateway's matter; its own token keeper waits, the account's others do not
        if isinstance(error, Refused | SecondFactor):
            self._brake.fail(at_least=REFUSAL_PAUSE)
        else:
            self._brake.fail(getattr(error, "retry_after", 0.0))
        self._reason = error
        self._record.save(self._brake.until, error)

    def _go_on(self) -> None:
        if self._reason is not None:
            self._record.forget()
        self._reason = None
        self._brake.release()


def _parsed(text: str) -> Token:
    try:
        return Token.parse(text)
    except ValueError as error:
        raise Changed(f"the cloud's token is of no use: {error}") from None


def _line(kept: Any) -> str:
    if not isinstance(kept, str) or not kept.isprintable():
        raise ValueError("no line of text")
    return kept


class _Record:
    """Until when an account must wait, and why, kept for these very credentials."""

    KINDS: ClassVar[dict[str, type[LoginError]]] = {
        kind.__name__: kind for kind in (Refused, SecondFactor, Changed, CloudTrouble)
    }

    def __init__(self, file: StateFile, credentials: Credentials, now: Callable[[], float]) -> None:
        self._now = now
        self._file = file
        self._credentials = credentials

    def load(self) -> tuple[float, LoginError | None]:
        """Return until when to wait, and why; other credentials wait for nothing."""
        text = self._file.read()
        if text is None:
            return 0.0, None
        try:
            kept = document(text)
            if kept["key"] != self._key(bytes.fromhex(kept["salt"])):
                return 0.0, None
            latest = self._now() + 2 * REFUSAL_PAUSE  # a clock that was ahead must not lock us out
            return min(moment(kept["until"]), latest), self.KINDS[kept["kind"]](_line(kept["why"]))
        except (ValueError, TypeError, KeyError):
            self._file.ignore("it holds no refused login")
            return 0.0, None

    def save(self, until: float, why: LoginError) -> None:
        salt = os.urandom(16)
        self._file.write(
            json.dumps(
                {
                    "until": until,
                    "kind": type(why).__name__,
                    "why": str(why),
                    "salt": salt.hex(),
                    "key": self._key(salt),
                }
            )
        )

    def forget(self) -> None:
        self._file.remove()

    def _key(self, salt: bytes) -> str:
        """Tell these credentials from others without keeping them."""
        text = f"{self._credentials.username}\0{self._credentials.password}".encode()
        return hashlib.scrypt(text, salt=salt, n=2**14, r=8, p=1, dklen=16).hex()
