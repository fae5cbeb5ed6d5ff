"""The login of firmware below 7: HTTP Digest, for the few pages that ask for it."""

from collections.abc import Generator
from dataclasses import dataclass, field

import httpx

from exporter.gateway.identity import Identity


@dataclass(frozen=True, slots=True)
class Digest:
    """A local user; the password is by default the last six characters of the serial."""

    username: str = "envoy"
    password: str = field(default="", repr=False)

    def auth(self, identity: Identity) -> httpx.Auth:
        """Answer the gateway's challenges; a page that makes none is read as it is."""
        return _Careful(self.username, self.password or identity.serial[-6:])


class _Careful(httpx.DigestAuth):
    """Leaves a challenge that makes no sense unanswered: some firmware sends garbage."""

    def auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response, None]:
        flow = super().auth_flow(request)
        response = yield next(flow)
        try:
            answer = flow.send(response)
        except (StopIteration, httpx.ProtocolError, LookupError, ValueError, NotImplementedError):
            return
        yield answer
