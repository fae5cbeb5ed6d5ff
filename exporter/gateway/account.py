"""An Enphase account: gets tokens for its gateways, and stops where another try would do harm.

A refused password is not tried again for hours, since accounts lock; trouble of the cloud is met
with longer and longer waits. Both are kept on disk, so that a crash loop makes no logins.
"""

import logging
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

import anyio

from exporter import clock
from exporter.gateway.brake import FIRST, Brake
from exporter.gateway.credentials import Credentials
from exporter.gateway.errors import (
    Changed,
    CloudTrouble,
    LoginError,
    NotOurs,
    Refused,
    SecondFactor,
)
from exporter.gateway.jwt import Token
from exporter.gateway.record import Record, Wait
from exporter.gateway.state import StateFile

log = logging.getLogger(__name__)

REFUSAL_PAUSE = 6 * 3600.0
"""Seconds without an attempt after the cloud has refused the password."""

ALL = ""
"""Stands in a serial's place for what holds back every gateway of the account."""

CUT_OFF = CloudTrouble("the exporter ended in the middle of its last login; the next one is soon")
UNKEPT = CloudTrouble(
    "the state directory cannot be written: until that is mended, the exporter logs in a minute "
    "after its start, lest restarts lock the account"
)

Observe = Callable[[str], None]
"""Told how each attempt at a login ended."""


Login = Callable[[Credentials, str], Awaitable[str]]
"""One way through the cloud: credentials and a gateway's serial in, a token's text out."""


@dataclass(slots=True)
class Hold:
    """What keeps from another attempt, and why; no reason, no hold."""

    brake: Brake
    why: LoginError | None = None


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
        self._record = Record(file, credentials)
        self._now = now
        self._lock = anyio.Lock()
        self._asked: set[str] = set()
        self._denied: set[str] = set()
        """Gateways that are not ours, since the last login that was well."""

        self._patient_until = clock.elapsed() + FIRST
        """Until when no login is made whose failure could not be kept."""

        self._holds: dict[str, Hold] = {}
        for serial, wait in self._record.load().items():
            hold = self._hold(serial)
            hold.why = wait.why
            hold.brake.resume(wait.until, wait.failures)

    async def token(self, serial: str, *, observe: Observe = lambda _: None) -> Token:
        """Get a token for one gateway; raises ``LoginError``."""
        async with self._lock:
            self._asked.add(serial)
            for hold in (self._hold(ALL), self._hold(serial)):
                if hold.why is not None and hold.brake.on:
                    raise hold.why.with_traceback(None)
            self._begin()
            try:
                token = await self._attempt(serial)
            except LoginError as error:
                observe(error.outcome)
                self._hold_back(serial, error)
                raise
            observe("ok")
            self._go_on(serial)
            return token

    def insist(self) -> None:
        """Let the next attempt be made at once: a person asks for it."""
        self._patient_until = 0.0
        for hold in self._holds.values():
            hold.brake.release()

    async def _attempt(self, serial: str) -> Token:
        """Try the ways in turn; the next one only where the page, not the password, was wrong."""
        wish = 0.0
        for login in self._logins[:-1]:
            try:
                return await self._try(login, serial)
            except Changed as error:
                wish = error.retry_after
                log.warning("login=%s trying the other way", error)
        try:
            return await self._try(self._logins[-1], serial)
        except LoginError as error:
            error.retry_after = max(error.retry_after, wish)
            raise

    async def _try(self, login: Login, serial: str) -> Token:
        """Log in; whatever goes wrong is a ``LoginError``, which holds the next attempt back."""
        try:
            return _parsed(await login(self._credentials, serial), serial)
        except LoginError:
            raise
        except Exception as error:
            log.exception("login=failed")
            kind = type(error).__name__
            raise CloudTrouble(f"unexpected {kind}: please report it with the log") from None

    def _begin(self) -> None:
        """Keep a wait for the case that the process does not live to see how the attempt ends."""
        brake = Brake(self._now)
        brake.resume(0.0, self._hold(ALL).brake.failures)
        brake.fail()
        cut_off = Wait(brake.until, brake.failures, CUT_OFF)
        is_kept = self._record.save(self._waits() | {ALL: cut_off})
        if not is_kept and clock.elapsed() < self._patient_until:
            raise UNKEPT.with_traceback(None)

    def _hold_back(self, serial: str, error: LoginError) -> None:
        """Wait: all of the account's gateways, or just one that the account may not use.

        Of several gateways the one that failed waits for longer than the others, so that they get
        their turn; and where two are denied, it is rather the account, or the cloud.
        """
        if isinstance(error, NotOurs):
            self._denied.add(serial)
            if len(self._denied) == 1:
                self._holds.pop(ALL)
                self._delay(serial, error, 0.0)
                return
        is_refusal = isinstance(error, Refused | SecondFactor)
        wait = self._delay(ALL, error, REFUSAL_PAUSE if is_refusal else error.retry_after)
        if len(self._asked) > 1 and not is_refusal:
            self._delay(serial, error, 2 * wait)

    def _delay(self, serial: str, error: LoginError, at_least: float) -> float:
        hold = self._hold(serial)
        hold.why = error
        wait = hold.brake.fail(at_least)
        self._record.save(self._waits())
        return wait

    def _go_on(self, serial: str) -> None:
        self._denied.clear()
        del self._holds[ALL], self._holds[serial]
        self._record.save(self._waits())

    def _hold(self, serial: str) -> Hold:
        return self._holds.setdefault(serial, Hold(Brake(self._now)))

    def _waits(self) -> dict[str, Wait]:
        return {
            serial: Wait(hold.brake.until, hold.brake.failures, hold.why)
            for serial, hold in self._holds.items()
            if hold.why is not None
        }


def _parsed(text: str, serial: str) -> Token:
    try:
        token = Token.parse(text)
    except ValueError as error:
        raise Changed(f"the cloud's token is of no use: {error}") from None
    if not token.fits(serial):
        raise NotOurs("the cloud gave a token for another gateway: check ENPHASE_SERIAL")
    return token
