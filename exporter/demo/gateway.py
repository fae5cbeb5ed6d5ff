"""The gateway that is not there: an ASGI app that guards a source's answers as a real one does."""

from collections import Counter
from collections.abc import Callable
from email.utils import formatdate

import anyio
from starlette.datastructures import Headers
from starlette.types import Receive, Scope, Send

from exporter.demo.answer import Answer, Source
from exporter.demo.authority import Authority
from exporter.demo.digest import Digest
from exporter.demo.faults import FINISHED, HTML, Fault, fail, respond
from exporter.demo.guard import Guard
from exporter.demo.pages import VALID, page

CHECK = "/auth/check_jwt"
INFO = "/info"
INSTALLER = "installer"
REFUSED = FINISHED[Fault.UNAUTHORIZED]
NOT_ALLOWED = Answer(405, HTML, page("405 Not Allowed"))
READS = ("GET", "HEAD")
SERVER_HEADERS = (
    ("server", "openresty/1.17.8.1"),
    ("strict-transport-security", "max-age=63072000; includeSubdomains"),
    ("x-frame-options", "DENY"),
    ("x-content-type-options", "nosniff"),
)


class Gateway:
    """A gateway whose requests can be counted and whose answers can be delayed and spoilt."""

    def __init__(self, source: Source, authority: Authority, clock: Callable[[], float]) -> None:
        self.source = source
        self.requests: Counter[str] = Counter()
        self.busiest = 0
        self.delay = 0.0
        self.delays: dict[str, float] = {}
        self.faults: dict[str, Fault | int] = {}
        self.forbidden: set[str] = set()
        self.installer_only: set[str] = set()
        self.skew = 0.0
        """Seconds by which its clock is ahead."""

        self.digest: tuple[str, str] | None = None
        self.digest_paths = {"/api/v1/production/inverters", "/admin/lib/tariff"}
        self._world_clock = clock
        self._guard = Guard(source.serial, authority, self._clock)
        self._challenges = Digest()
        self._busy = 0

    @property
    def session_ids(self) -> set[str]:
        """Every session id that was ever handed out."""
        return self._guard.sessions.issued

    def drop_sessions(self) -> None:
        """Forget all sessions; tokens stay good."""
        self._guard.sessions.drop()

    def revoke(self) -> None:
        """Refuse every token issued until now, and end the sessions they opened."""
        self._guard.revoke()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Count the request, wait, then fail or answer."""
        target = _target(scope)
        self.requests[target] += 1
        self._busy += 1
        self.busiest = max(self.busiest, self._busy)
        try:
            await anyio.sleep(self._delay(target))
            fault = self._fault(target)
            if fault is None:
                await respond(self._dressed(self._answer(scope, target)), send)
            else:
                await fail(fault, scope, receive, send)
        finally:
            self._busy -= 1

    def _clock(self) -> float:
        return self._world_clock() + self.skew

    def _delay(self, target: str) -> float:
        return self.delays.get(target, self.delays.get(_path(target), self.delay))

    def _fault(self, target: str) -> Fault | int | None:
        return self.faults.get(target, self.faults.get(_path(target), self.faults.get("*")))

    def _answer(self, scope: Scope, target: str) -> Answer:
        path, method = _path(target), scope["method"]
        if method not in READS and (path, method) != (CHECK, "POST"):
            return NOT_ALLOWED
        if not self.source.tokens:
            return self._legacy(scope, target)
        if path == INFO:
            return self.source.answer(target, self._clock())
        admitted = self._guard.admit(Headers(scope=scope))
        if admitted is None or (path == CHECK and not admitted.bearer):
            return REFUSED
        answer = self._admitted(target, admitted.role)
        cookie = (("set-cookie", admitted.cookie),) if admitted.bearer else ()
        return Answer(answer.status, (*answer.headers, *cookie), answer.body)

    def _admitted(self, target: str, role: str) -> Answer:
        path = _path(target)
        if path == CHECK:
            return Answer(200, HTML, VALID)
        closed = self.forbidden if role == INSTALLER else self.forbidden | self.installer_only
        if {target, path} & closed:
            return REFUSED
        return self.source.answer(target, self._clock())

    def _legacy(self, scope: Scope, target: str) -> Answer:
        """Firmware below 7: open but for the paths that ask for a digest."""
        path = _path(target)
        if {target, path} & self.forbidden:
            return REFUSED
        if self.digest is None or path not in self.digest_paths:
            return self.source.answer(target, self._clock())
        proof = Headers(scope=scope).get("authorization", "")
        if self._challenges.accepts(proof, self.digest, scope["method"], target):
            return self.source.answer(target, self._clock())
        challenge = ("www-authenticate", self._challenges.challenge())
        return Answer(401, (("content-type", "text/plain"), challenge), b"Error: 401")

    def _dressed(self, answer: Answer) -> Answer:
        """Add what the gateway's web server puts on every answer."""
        extra: list[tuple[str, str]] = [("date", formatdate(self._clock(), usegmt=True))]
        extra += SERVER_HEADERS if self.source.tokens else [("connection", "close")]
        names = {name.lower() for name, _ in answer.headers}
        missing = (header for header in extra if header[0] not in names)
        return Answer(answer.status, (*answer.headers, *missing), answer.body)


def _target(scope: Scope) -> str:
    query = scope["query_string"].decode("latin-1")
    return f"{scope['path']}?{query}" if query else str(scope["path"])


def _path(target: str) -> str:
    return target.partition("?")[0]
