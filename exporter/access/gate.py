"""What every request must pass before it is answered: no body, the rate limit, the password."""

import base64
import binascii
from collections.abc import Mapping

from starlette.datastructures import Headers
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from exporter.access.passwords import Passwords, TooManyError
from exporter.access.rules import Access, Rules


class Gate:
    """Stands before an app; what does not pass gets a plain refusal, and the app never sees it."""

    def __init__(self, app: ASGIApp, access: Access) -> None:
        self._app = app
        self._access = access
        self._passwords = Passwords()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request, or let the app do it."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        rules = self._access.rules()

        async def with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [*message.get("headers", ()), *rules.headers]
            await send(message)

        answer = _unfit(scope) or await self._refusal(scope, rules) or self._app
        await answer(scope, receive, with_headers)

    async def _refusal(self, scope: Scope, rules: Rules) -> ASGIApp | None:
        """Return what to answer a client that asks too often, or does not know a password."""
        if rules.bucket is not None and not rules.bucket.take():
            return _too_many()
        if not rules.users:
            return None
        try:
            if await self._knows_password(scope, rules.users):
                return None
        except TooManyError:
            return _too_many()
        return PlainTextResponse("Unauthorized\n", 401, {"WWW-Authenticate": "Basic"})

    async def _knows_password(self, scope: Scope, users: Mapping[bytes, bytes]) -> bool:
        given = _credentials(Headers(scope=scope).get("Authorization", ""))
        client = scope.get("client") or ("",)
        return given is not None and await self._passwords.right(users, *given, str(client[0]))


def _unfit(scope: Scope) -> ASGIApp | None:
    """Return what to answer a request with a body, which nothing here takes."""
    headers = Headers(scope=scope)
    if "Transfer-Encoding" in headers or headers.get("Content-Length", "0") != "0":
        # The connection ends as well: or else all of the body would still be read.
        return PlainTextResponse("No body is taken\n", 413, {"Connection": "close"})
    return None


def _credentials(header: str) -> tuple[bytes, bytes] | None:
    """Read user and password from a header of basic authentication."""
    scheme, _, coded = header.partition(" ")
    try:
        decoded = base64.b64decode(coded, validate=True)
    except (binascii.Error, ValueError):
        return None
    name, colon, password = decoded.partition(b":")
    return (name, password) if scheme.lower() == "basic" and colon else None


def _too_many() -> PlainTextResponse:
    return PlainTextResponse("Too Many Requests\n", 429, {"Retry-After": "1"})
