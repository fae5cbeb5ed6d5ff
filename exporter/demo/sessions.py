"""The gateway's sessions: a cookie for a token, good until it rests for ten minutes."""

import secrets
from http.cookies import CookieError, SimpleCookie

REST_SECONDS = 600.0
COOKIE = "sessionId"


class Sessions:
    """The sessions a gateway has open, each with the moment of its last use."""

    def __init__(self) -> None:
        self._used: dict[str, float] = {}
        self._roles: dict[str, str] = {}
        self.issued: set[str] = set()
        """Every session there ever was."""

    def open(self, now: float, role: str) -> str:
        """Open a session for a role and return the `Set-Cookie` header that carries it."""
        self._used = {name: used for name, used in self._used.items() if _fresh(used, now)}
        name = secrets.token_hex(16)
        self._used[name] = now
        self._roles[name] = role
        self.issued.add(name)
        return f"{COOKIE}={name}; Secure; HttpOnly; path=/"

    def use(self, cookies: str, now: float) -> str | None:
        """Return whose session a `Cookie` header names; if it is open, it then rests anew."""
        try:
            morsel = SimpleCookie(cookies).get(COOKIE)
        except CookieError:
            return None
        if morsel is None or not _fresh(self._used.get(morsel.value, float("-inf")), now):
            return None
        self._used[morsel.value] = now
        return self._roles[morsel.value]

    def drop(self) -> None:
        """Forget every session, as a gateway does that starts anew."""
        self._used.clear()


def _fresh(used: float, now: float) -> bool:
    return now - used <= REST_SECONDS
