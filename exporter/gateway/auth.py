"""Gets past a gateway's door: the token opens a session, whose cookie carries the requests.

The cookie is cheaper for the gateway than the token, whose signature it would verify each time. A
session ends ten minutes after its last use, and with every restart of the gateway.
"""

import re
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass, field
from http import HTTPStatus

import anyio

from exporter.gateway.errors import LoginError, Rejected, Unavailable
from exporter.gateway.exchange import Answer
from exporter.gateway.jwt import Token
from exporter.gateway.tokens import Tokens

CHECK = "/auth/check_jwt"

COOKIE = re.compile(r"[!#-+\--:<-\[\]-~]+")
"""What a cookie's value may consist of (RFC 6265): no blanks, quotes, commas or semicolons."""

REFUSAL_HOLDS = 1.0
"""Seconds for which nobody asks again whether a refused token is still refused."""

Ask = Callable[[str, dict[str, str]], Awaitable[Answer]]
"""Asks the gateway for a path with headers."""


@dataclass(frozen=True, slots=True, eq=False)
class Pass:
    """What a request shows to get in: the session's cookie, or the token where there is none."""

    token: Token
    cookie: str | None = field(repr=False)

    @property
    def headers(self) -> dict[str, str]:
        """The headers of a request."""
        if self.cookie is None:
            return {"Authorization": f"Bearer {self.token.text}"}
        return {"Cookie": f"sessionId={self.cookie}"}


class Door:
    """Opens sessions, one at a time, for all requests that need one."""

    def __init__(self, ask: Ask, tokens: Tokens) -> None:
        self._ask = ask
        self._tokens = tokens
        self._pass: Pass | None = None
        self._lock = anyio.Lock()
        self._refusal: Rejected | LoginError | None = None
        self._refused_until = 0.0

    async def enter(self, serial: str, *, stale: Pass | None = None) -> Pass:
        """Return a pass that is not ``stale``; raises ``Rejected`` or ``LoginError``.

        A 401 for a stale pass has one of three causes. The session was lost: the token opens
        another. The token is refused: one login gets another. The page is kept from this login:
        then the new pass meets a 401 too, and no login would help.
        """
        async with self._lock:
            if self._pass is None or self._pass is stale:
                if self._refusal is not None and anyio.current_time() < self._refused_until:
                    raise self._refusal.with_traceback(None)
                self._pass = None
                self._pass = await self._open(serial)
                self._tokens.admitted()
            return self._pass

    async def _open(self, serial: str) -> Pass:
        token = await self._tokens.current(serial)
        with suppress(Rejected):
            return await self._check(token)
        try:
            return await self._check(await self._tokens.replace(token, serial))
        except (Rejected, LoginError) as error:
            # One refusal is for all pages of a scrape.
            self._refusal, self._refused_until = error, anyio.current_time() + REFUSAL_HOLDS
            raise

    async def _check(self, token: Token) -> Pass:
        answer = await self._ask(CHECK, {"Authorization": f"Bearer {token.text}"})
        if answer.status == HTTPStatus.OK:
            return Pass(token, _session_id(answer))
        if answer.status in {HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN}:
            raise Rejected("the gateway refuses the token")
        raise Unavailable(f"{CHECK} answered {answer.status}: the gateway may be starting")


def _session_id(answer: Answer) -> str | None:
    """Find the session's cookie; one that could not be sent back is none."""
    for header in answer.headers.get_list("Set-Cookie"):
        name, _, value = header.partition(";")[0].partition("=")
        session_id = value.strip().strip('"')
        if name.strip() == "sessionId" and COOKIE.fullmatch(session_id):
            return session_id
    return None
