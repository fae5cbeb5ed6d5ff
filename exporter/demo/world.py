"""The whole demo world, switched on and off as one: a home, its gateway, and the cloud."""

import datetime as dt
import tempfile
from pathlib import Path
from typing import Self

from exporter.demo.accounts import YEAR_SECONDS
from exporter.demo.answer import Source
from exporter.demo.authority import Authority
from exporter.demo.certificate import Certificate, self_signed
from exporter.demo.certificate import cloud as cloud_certificates
from exporter.demo.clock import Clock
from exporter.demo.cloud import Cloud
from exporter.demo.documents import Documents
from exporter.demo.faults import Fault
from exporter.demo.gateway import Gateway
from exporter.demo.profile import DEFAULT, Profile
from exporter.demo.serving import Server

DEMO_USERNAME = "demo@example.com"
DEMO_PASSWORD = "sunny-side-up-42"  # noqa: S105 - opens nothing but this demo


class World:
    """A gateway and a cloud on ports of this machine, and the settings that lead there.

    The gateway shows the simulated home, equipped as the profile says, unless a source is given.
    """

    def __init__(
        self,
        source: Source | None = None,
        clock: Clock | None = None,
        faults: dict[str, Fault | int] | None = None,
        profile: str = DEFAULT,
    ) -> None:
        self.clock = clock or Clock()
        self.username, self.password = DEMO_USERNAME, DEMO_PASSWORD
        self.source = source or Documents(profile=profile)
        self.authority = Authority()
        self.gateway = Gateway(self.source, self.authority, self.clock)
        self.cloud = Cloud(self.authority, self.clock, {self.username: self.password})
        if isinstance(self.source, Documents):
            self._furnish(self.source.profile)
        self.gateway.faults.update(faults or {})
        own = self._certificate() if self.source.tokens else None
        self._ca, certificate = cloud_certificates()
        self.gateway_server = Server(self.gateway, own)
        self.cloud_server = Server(self.cloud, certificate)
        self._folder: tempfile.TemporaryDirectory[str] | None = None

    def start(self) -> None:
        """Switch everything on."""
        if self._folder is None:
            self._folder = tempfile.TemporaryDirectory(prefix="enphase-demo-")
            self.ca_file.write_bytes(self._ca)
        self.gateway_server.start()
        self.cloud_server.start()

    def stop(self) -> None:
        """Switch everything off; the ports are kept for the next start."""
        self.gateway_server.stop()
        self.cloud_server.stop()
        if self._folder is not None:
            self._folder.cleanup()
            self._folder = None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *error: object) -> None:
        self.stop()

    @property
    def ca_file(self) -> Path:
        """The CA that the cloud's certificate is to be verified with, while the world is on."""
        return Path(self._folder.name if self._folder else "", "cloud-ca.pem")

    def settings(self) -> dict[str, str]:
        """Return the environment of an exporter of this world; ask once it is on."""
        server = self.gateway_server
        return {
            "ENPHASE_HOST": server.address if self.source.tokens else server.url,
            "ENPHASE_USERNAME": self.username,
            "ENPHASE_PASSWORD": self.password,
            "ENPHASE_CLOUD__ENTREZ_URL": self.cloud_server.url,
            "ENPHASE_CLOUD__ENLIGHTEN_URL": self.cloud_server.url,
            "ENPHASE_CLOUD__CA_FILE": str(self.ca_file),
        }

    def new_certificate(
        self,
        not_before: dt.datetime | None = None,
        not_after: dt.datetime | None = None,
    ) -> None:
        """Renew the gateway's certificate, as firmware updates do, and start it again."""
        self.gateway_server.stop()
        self.gateway_server.start(self._certificate(not_before, not_after))

    def token(self, role: str = "owner", life: float = YEAR_SECONDS, serial: str = "") -> str:
        """Issue a token for the gateway, or for another."""
        audience = serial or self.source.serial
        return self.authority.issue(audience, role, life, self.clock(), self.username)

    def _furnish(self, profile: Profile) -> None:
        """Guard the gateway as this kind of site does."""
        self.gateway.installer_only |= profile.installer
        if profile.digest:
            self.gateway.digest = profile.login
            self.gateway.digest_paths = set(profile.digest)

    def _certificate(
        self, not_before: dt.datetime | None = None, not_after: dt.datetime | None = None
    ) -> Certificate:
        return self_signed(self.source.serial or "gateway", not_before, not_after)
