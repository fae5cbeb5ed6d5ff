"""The cloud that is not there: both of Enphase's hosts that turn a login into a gateway token."""

from collections import Counter
from collections.abc import Awaitable, Callable

import anyio
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from exporter.demo import enlighten, entrez
from exporter.demo.accounts import Accounts
from exporter.demo.authority import Authority
from exporter.demo.faults import Fault, fail

ROUTES: dict[tuple[str, str], Callable[[Accounts, Request], Awaitable[Response]]] = {
    ("GET", "/"): entrez.home,
    ("GET", "/login"): entrez.form,
    ("POST", "/login"): entrez.login,
    ("POST", "/entrez_tokens"): entrez.tokens,
    ("POST", "/login/login.json"): enlighten.login,
    ("POST", "/tokens"): enlighten.tokens,
}


class Cloud(Accounts):
    """Entrez and Enlighten on one port, an ASGI app with faults per path."""

    def __init__(
        self, authority: Authority, clock: Callable[[], float], users: dict[str, str]
    ) -> None:
        super().__init__(authority, clock, users)
        self.requests: Counter[str] = Counter()
        self.faults: dict[str, int | Fault] = {}
        self.delay = 0.0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Wait, then fail or answer."""
        path = scope["path"]
        self.requests[path] += 1
        await anyio.sleep(self.delay)
        fault = self.faults.get(path, self.faults.get("*"))
        if fault is not None:
            await fail(fault, scope, receive, send)
            return
        response = await self._response(Request(scope, receive))
        await response(scope, receive, send)

    async def _response(self, request: Request) -> Response:
        route = ROUTES.get((request.method, request.url.path))
        if route is not None:
            return await route(self, request)
        known = any(path == request.url.path for _, path in ROUTES)
        return Response(status_code=405 if known else 404)
