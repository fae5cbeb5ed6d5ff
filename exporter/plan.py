"""What a gateway's site is made from: its settings, with the secrets and files that they name."""

from dataclasses import dataclass, field
from pathlib import Path

from exporter import settings as config
from exporter.gateway.state import StateFile
from exporter.setting_groups import Cloud
from exporter.setting_values import secret
from exporter.settings import Settings


@dataclass(frozen=True, slots=True)
class Plan:
    """All that a site is made from; equal plans make equal sites."""

    name: str
    gateway: config.Gateway = field(repr=False)
    password: str = field(repr=False)
    digest_password: str = field(repr=False)
    authorities: bytes = field(repr=False)
    """What the file holds that vouches for the gateway: it may change under its name."""

    cloud: Cloud
    state_dir: Path
    in_flight: int
    heavy_pause: float

    def file(self, name: str) -> StateFile:
        """Return a file of the state directory."""
        return StateFile(self.state_dir / name)


def plans(settings: Settings) -> dict[str, Plan]:
    """Plan every gateway by its name; raises ``OSError`` or ``ValueError`` of a file it reads."""
    return {name: _plan(name, gateway, settings) for name, gateway in settings.sites().items()}


def _plan(name: str, gateway: config.Gateway, settings: Settings) -> Plan:
    digest, ca_file = gateway.digest, gateway.tls.ca_file
    return Plan(
        name,
        gateway,
        password=secret(gateway.password, gateway.password_file),
        digest_password=secret(digest.password, digest.password_file),
        authorities=b"" if ca_file is None else ca_file.read_bytes(),
        cloud=settings.cloud,
        state_dir=settings.state_dir,
        in_flight=settings.scrape.in_flight,
        heavy_pause=settings.scrape.heavy_pause,
    )
