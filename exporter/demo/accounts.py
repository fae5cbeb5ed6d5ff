"""The cloud's users: their passwords, their sessions, and the tokens they may have."""

import secrets
from collections import Counter
from collections.abc import Callable

from exporter.demo.authority import Authority

YEAR_SECONDS = 31_536_000.0


class Accounts:
    """What both of the cloud's hosts know of its users, and how they are to behave."""

    def __init__(
        self, authority: Authority, clock: Callable[[], float], users: dict[str, str]
    ) -> None:
        self.users = users
        self.logins: Counter[str] = Counter()
        self.mfa = False
        self.page = "usual"
        self.serials: set[str] | None = None
        self.token_life = YEAR_SECONDS
        self.role = "owner"
        self._authority = authority
        self._clock = clock
        self._sessions: dict[str, str] = {}

    def attempt(self, host: str, username: str, password: str) -> str:
        """Try a login and count it: `ok`, `refused`, or `mfa` where a code would come next."""
        known = username in self.users and secrets.compare_digest(
            self.users[username].encode(), password.encode()
        )
        outcome = "refused" if not known else "mfa" if self.mfa else "ok"
        self.logins[f"{host}:{outcome}"] += 1
        return outcome

    def open(self, username: str) -> str:
        """Open a session of a user."""
        session = secrets.token_hex(16)
        self._sessions[session] = username
        return session

    def user(self, session: str) -> str | None:
        """Return whose session this is."""
        return self._sessions.get(session)

    def token(self, username: str, serial: str) -> str | None:
        """Issue a token, or nothing where the gateway is not one of the user's."""
        if not serial or (self.serials is not None and serial not in self.serials):
            return None
        now = self._clock()
        return self._authority.issue(serial, self.role, self.token_life, now, username)
