"""Who may read a gateway of firmware 7 or later: bearers of a good token, and their sessions."""

from collections.abc import Callable
from dataclasses import dataclass

from starlette.datastructures import Headers

from exporter.demo.authority import Authority
from exporter.demo.sessions import Sessions


@dataclass(frozen=True)
class Pass:
    """What a request may do: a bearer's opens a session, whose cookie the answer carries."""

    bearer: bool
    role: str
    cookie: str = ""


class Guard:
    """Checks tokens and sessions against the gateway's own clock."""

    def __init__(self, serial: str, authority: Authority, clock: Callable[[], float]) -> None:
        self.sessions = Sessions()
        self._serial = serial
        self._authority = authority
        self._clock = clock
        self._revoked: set[str] = set()

    def admit(self, headers: Headers) -> Pass | None:
        """Let a request in by its bearer token or its session, or not at all."""
        now = self._clock()
        scheme, _, token = headers.get("authorization", "").partition(" ")
        if scheme.lower() == "bearer" and (role := self._role(token.strip(), now)) is not None:
            return Pass(bearer=True, role=role, cookie=self.sessions.open(now, role))
        session = self.sessions.use(headers.get("cookie", ""), now)
        return None if session is None else Pass(bearer=False, role=session)

    def revoke(self) -> None:
        """Refuse every token issued until now, and end the sessions they opened."""
        self._revoked.update(self._authority.issued)
        self.sessions.drop()

    def _role(self, token: str, now: float) -> str | None:
        """Return the role of a token that is good, else None."""
        claims = self._authority.check(token, self._serial, now)
        if claims is None or claims["jti"] in self._revoked:
            return None
        return str(claims["enphaseUser"])
