"""The login of firmware below 7: HTTP Digest, for the few pages that ask for it."""

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
        return httpx.DigestAuth(self.username, self.password or identity.serial[-6:])
