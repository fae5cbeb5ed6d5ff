"""The settings that go together: each class is a group, such as ``tls`` or ``web``."""

from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator
from pydantic_settings import CliImplicitFlag

from exporter import address
from exporter.access.rules import usable
from exporter.setting_values import (
    Certificates,
    Place,
    Secret,
    SecretFile,
    SecureUrl,
    Text,
    wrong,
)


class Section(BaseModel):
    """A group of settings; an unknown name in it is an error."""

    model_config = ConfigDict(extra="forbid")


class Tls(Section):
    """How the gateway's certificate is believed."""

    trust: Literal["pin", "ca", "off"] = Field(
        "pin",
        description="pin: the first certificate seen, and its due successors; "
        "ca: what ca_file vouches for; off: anybody",
    )
    ca_file: Certificates | None = Field(
        None, description="certificates to verify with, for trust=ca"
    )

    @model_validator(mode="after")
    def _complete(self) -> Self:
        if self.trust == "ca" and self.ca_file is None:
            raise wrong("ca_file", "should be a file of certificates (PEM), for trust=ca")
        return self


class Digest(Section):
    """The local login of firmware below 7."""

    username: Text = Field("envoy", description="local user")
    password: Secret = Field(None, description="default: last six characters of the serial")
    password_file: SecretFile | None = Field(None, description="file that holds the password")


class Cloud(Section):
    """Where tokens come from."""

    model_config = ConfigDict(frozen=True)

    entrez_url: SecureUrl = Field("https://entrez.enphaseenergy.com", description="token service")
    enlighten_url: SecureUrl = Field(
        "https://enlighten.enphaseenergy.com", description="account service"
    )
    ca_file: Certificates | None = Field(None, description="authorities to verify these two with")
    first: Literal["enlighten", "entrez"] = Field(
        "enlighten", description="which login is tried first"
    )


class WebConfig(Section):
    """Who may talk to the exporter."""

    file: Annotated[Path, AfterValidator(usable)] | None = Field(
        None, description="file with certificate and users, in the exporter-toolkit's format"
    )


class Web(Section):
    """The exporter's own HTTP side."""

    listen_address: Annotated[str, AfterValidator(address.listen)] = Field(
        ":9433", description="address and port to listen on"
    )
    telemetry_path: str = Field(
        "/metrics", pattern=r"^/[\w/.-]+$", description="path of the metrics"
    )
    enable_lifecycle: CliImplicitFlag[bool] = Field(
        default=False, description="let POST and PUT to /-/reload read the settings again"
    )
    config: WebConfig = WebConfig()


class Scrape(Section):
    """How scrapes and requests are held in bounds."""

    timeout: float = Field(
        10, gt=0, le=300, description="seconds for a scrape that brings no timeout of its own"
    )
    timeout_offset: float = Field(
        0.5,
        ge=0,
        allow_inf_nan=False,
        description="seconds by which a scrape ends before Prometheus gives up",
    )
    in_flight: int = Field(2, ge=2, le=8, description="requests at once to one gateway")
    heavy_pause: float = Field(
        60,
        ge=0,
        allow_inf_nan=False,
        description="seconds between pages that cost the gateway seconds of work",
    )


class Log(Section):
    """What is written to standard error."""

    level: Literal["debug", "info", "warning", "error"] = Field(
        "info", description="least severity"
    )


class Config(Section):
    """Where settings are read from."""

    file: Place | None = Field(None, description="YAML file with these settings")
