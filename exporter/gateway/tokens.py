"""Keeps one gateway's token fresh: given by the user, kept from the last run, or from the cloud."""

import logging
from collections.abc import Awaitable, Callable
from contextlib import suppress

import anyio
from anyio.abc import TaskGroup

from exporter.gateway.brake import Brake
from exporter.gateway.errors import GatewayError, LoginError, Rejected
from exporter.gateway.flight import Flight
from exporter.gateway.given import Given
from exporter.gateway.jwt import Token
from exporter.gateway.reprieve import reprieved
from exporter.gateway.state import StateFile

log = logging.getLogger(__name__)

RENEWAL_CHECK = 60.0
"""Seconds between looks at the clock; a renewal is due days, at the least hours, before the end."""

LAST_SECONDS = 1.0
"""What a login under way gets when the process is told to end: its token may just be coming."""


LogIn = Callable[[str], Awaitable[Token]]
"""Gets a token for a gateway's serial from the cloud, not too often; raises ``LoginError``."""


class Tokens:
    """Holds the token that serves now, and gets the next one when it is time."""

    def __init__(
        self,
        given: Given,
        log_in: LogIn | None,
        file: StateFile,
        tasks: TaskGroup,
        now: Callable[[], float],
    ) -> None:
        self._given = given
        self._log_in = log_in
        self._file = file
        self._tasks = tasks
        self._now = now
        self._refusals = Brake(now)
        """On while a token that the gateway refused must not be replaced by another login."""

        self._renewals = Brake(now)
        """On while it is too early to try the next renewal."""

        self._trouble: GatewayError | None = None
        """What the last renewal met."""

        self._refused: Token | None = None
        """The token that the gateway refused, until it takes one."""

        self._login: Flight[Token] | None = None
        self._serial = ""
        self.held: Token | None = self._load()

    async def current(self, serial: str) -> Token:
        """Return the token to use now; raises ``LoginError`` where there is none to be had."""
        self._serial = serial
        try:
            self._take_given()
        except LoginError:  # ``keep`` logs it; what is at hand is as good as before
            if self.held is None and self._log_in is None:
                raise
        if self.held is not None and self.held.fits(serial):
            return self.held
        if self.held is not None and self._log_in is None:
            raise LoginError(
                "the token at hand is for another gateway: check ENPHASE_TOKEN or its file"
            )
        return await self._renew(serial)

    async def replace(self, refused: Token, serial: str) -> Token:
        """Return another token than the one the gateway has refused.

        Raises ``Rejected`` where there is none, or where the last one was refused only just now:
        a gateway that refuses everything must not cause a login each time.
        """
        held = await self.current(serial)
        if held is not refused:
            return held
        if self._log_in is None:
            raise Rejected(
                "the gateway refuses the token: get another one at "
                "https://entrez.enphaseenergy.com and give it in ENPHASE_TOKEN or its file"
            )
        if self._refusals.on:
            raise Rejected("the gateway refuses the token, and it is too early for another login")
        self._refused = refused
        return await self._renew(serial)

    def admitted(self) -> None:
        """Note that the gateway has taken the token."""
        self._refused = None
        self._refusals.release()

    async def keep(self) -> None:
        """Renew the token whenever it is due, for ever."""
        said: str | None = None
        while True:
            await anyio.sleep(RENEWAL_CHECK)
            said = self._look_at_given(said)
            await self.renew_if_due()

    async def renew_if_due(self) -> None:
        """Renew the token if its time has come; the old one serves until there is a new one."""
        held = self.held
        if held is None or self._log_in is None or self._now() < held.renewal:
            return
        if self._renewals.on:
            return
        try:
            renewed = await self._renew(self._serial or held.serial)
        except GatewayError as error:
            if error is not self._trouble:  # the account says the same again while it waits
                self._trouble = error
                self._renewals.fail()
                log.warning("the token could not be renewed yet: %s", error)
        else:
            if self._now() >= renewed.renewal:
                self._renewals.fail()
                log.warning("there is no token that lives longer: check this machine's clock")
            else:
                self._renewals.release()

    async def _renew(self, serial: str) -> Token:
        """Join the login under way, or start one; it goes on when its callers are gone."""
        if self._login is None or self._login.over:
            self._login = Flight(
                self._tasks,
                lambda: reprieved(self._tasks, LAST_SECONDS, lambda: self._obtain(serial)),
            )
        return await self._login.landed()

    async def _obtain(self, serial: str) -> Token:
        if self._log_in is None:
            raise LoginError(
                "this gateway wants a token: set ENPHASE_USERNAME and ENPHASE_PASSWORD, "
                "or ENPHASE_TOKEN, or ENPHASE_TOKEN_FILE"
            )
        token = self._left_by_others(serial) or await self._log_in(serial)
        if self._refused is not None:
            self._refusals.fail()
        elif self.held is not None and self._gains_nothing(token, serial):
            return self.held
        self.held, self._refused = token, None
        self._keep(token)
        log.info("token=new role=%s days=%.1f", token.role, (token.ends - self._now()) / 86_400)
        return token

    def _left_by_others(self, serial: str) -> Token | None:
        """Return a better token that is in the file by now, as after a ``check`` by hand."""
        kept = self._kept()
        if kept is None or not kept.fits(serial) or kept.ends <= self._now():
            return None
        return None if self._gains_nothing(kept, serial) else kept

    def _gains_nothing(self, token: Token, serial: str) -> bool:
        """Whether the token at hand serves as long: one way through the cloud gives short ones."""
        held = self.held
        return held is not None and held.fits(serial) and token.ends <= held.ends

    def _look_at_given(self, said: str | None) -> str | None:
        """Take a token that was put into the file; return what is wrong with it, said once."""
        try:
            self._take_given()
        except LoginError as error:
            if str(error) != said:
                log.warning("%s", error)
            return str(error)
        return None

    def _take_given(self) -> None:
        taken = self._given.take()
        if taken is None:
            return
        token, is_new = taken
        if self.held is None or (is_new and self._now() < token.ends):
            self.held = token

    def _keep(self, token: Token) -> None:
        """Keep the token, and how long no other may be got: a crash loop makes no storm."""
        refusals = f"{self._refusals.until:.0f} {self._refusals.failures}"
        waiting = refusals if self._refusals.on else ""
        self._file.write(f"{token.text}\n{self._given.mark}\n{waiting}".strip())

    def _load(self) -> Token | None:
        text = self._file.read()
        if text is None:
            return None
        kept, self._given.mark, waiting = (*text.splitlines(), "", "", "")[:3]
        until, _, failures = waiting.partition(" ")
        with suppress(ValueError):
            self._refusals.resume(float(until), int(failures))
        return self._parsed(kept)

    def _kept(self) -> Token | None:
        text = self._file.read()
        return None if text is None else self._parsed(text.partition("\n")[0])

    def _parsed(self, text: str) -> Token | None:
        try:
            return Token.parse(text)
        except ValueError as error:
            self._file.ignore(str(error))
            return None
