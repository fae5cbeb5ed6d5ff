"""The settings: the same names as environment variable, as flag, and in a YAML file.

``ENPHASE_TLS__TRUST=ca``, ``--tls.trust=ca`` and ``tls: {trust: ca}`` say the same. A flag wins
over a variable, a variable over the file. Secrets have no flag: a process list shows flags.
"""

import os
import ssl
from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    SecretStr,
    model_validator,
)
from pydantic_core import PydanticCustomError
from pydantic_settings import BaseSettings, CliSuppress, SettingsConfigDict

from exporter import address

PREFIX = "ENPHASE_"

Host = Annotated[str, AfterValidator(address.host)]
SecureUrl = Annotated[str, AfterValidator(address.secure_url)]
Name = Annotated[str, Field(pattern=r"^\w[\w.-]*$")]
Secret = CliSuppress[SecretStr | None]


def readable(file: Path) -> Path:
    """Check a file that is read later; raises ``ValueError``."""
    if file.is_dir() or not os.access(file, os.R_OK):
        raise ValueError("should be a file that can be read")
    return file


def certificates(file: Path) -> Path:
    """Check a file of certificates; raises ``ValueError``."""
    try:
        ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT).load_verify_locations(file)
    except OSError:
        raise ValueError("should be a file of certificates (PEM)") from None
    return file


SecretFile = Annotated[Path, AfterValidator(readable)]
Certificates = Annotated[Path, AfterValidator(certificates)]


def state_dir() -> Path:
    """Follow systemd where it sets one, else the user's own place for such files."""
    if from_systemd := os.environ.get("STATE_DIRECTORY"):
        return Path(from_systemd.partition(":")[0])
    base = os.environ.get("XDG_STATE_HOME") or Path.home() / ".local" / "state"
    return Path(base) / "enphase-exporter"


def wrong(name: str, what: str) -> PydanticCustomError:
    """Make the error of a check that concerns several settings, but is mended in one."""
    return PydanticCustomError("section", "{what}", {"name": name, "what": what})


def secret(text: SecretStr | None, file: Path | None) -> str:
    """Return a secret given as a text or in a file; empty where there is none."""
    if text is not None:
        return text.get_secret_value()
    return file.read_text(encoding="utf-8").strip() if file is not None else ""


class Section(BaseModel):
    """A group of settings; an unknown name in it is an error."""

    model_config = ConfigDict(extra="forbid", coerce_numbers_to_str=True)


class Tls(Section):
    """How the gateway's certificate is believed."""

    trust: Annotated[
        Literal["pin", "ca", "off"],
        BeforeValidator(lambda value: "off" if value is False else value),  # YAML reads off as no
    ] = Field(
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

    username: str = Field("envoy", description="local user")
    password: Secret = Field(None, description="default: last six characters of the serial")
    password_file: SecretFile | None = Field(None, description="file that holds the password")


class Cloud(Section):
    """Where tokens come from."""

    entrez_url: SecureUrl = Field("https://entrez.enphaseenergy.com", description="token service")
    enlighten_url: SecureUrl = Field(
        "https://enlighten.enphaseenergy.com", description="account service"
    )
    ca_file: Certificates | None = Field(None, description="authorities to verify these two with")
    first: Literal["enlighten", "entrez"] = Field(
        "enlighten", description="which login is tried first"
    )


class Web(Section):
    """The exporter's own HTTP side."""

    listen_address: Annotated[str, AfterValidator(address.listen)] = Field(
        ":9433", description="address and port to listen on"
    )
    telemetry_path: str = Field(
        "/metrics", pattern=r"^/[\w/.-]+$", description="path of the metrics"
    )


class Scrape(Section):
    """How scrapes and requests are held in bounds."""

    timeout: float = Field(
        10, gt=0, le=300, description="seconds for a scrape that brings no timeout of its own"
    )
    timeout_offset: float = Field(
        0.5, ge=0, description="seconds by which a scrape ends before Prometheus gives up"
    )
    in_flight: int = Field(2, ge=1, le=8, description="requests at once to one gateway")
    heavy_pause: float = Field(
        60, ge=0, description="seconds between pages that cost the gateway seconds of work"
    )


class Log(Section):
    """What is written to standard error."""

    level: Literal["debug", "info", "warning", "error"] = Field(
        "info", description="least severity"
    )


class Config(Section):
    """Where settings are read from."""

    file: Path | None = Field(None, description="YAML file with these settings")


class Gateway(BaseModel):
    """One gateway: where it is, and how to get in."""

    model_config = ConfigDict(extra="forbid", coerce_numbers_to_str=True)

    host: Host | None = Field(None, description="the gateway's host name or address")
    serial: str | None = Field(None, pattern=r"^\w+$", description="default: the one on /info")
    username: str | None = Field(None, description="e-mail address of the Enphase account")
    password: Secret = Field(None, description="password of the Enphase account")
    password_file: SecretFile | None = Field(None, description="file that holds the password")
    token: Secret = Field(None, description="a token, in place of the account")
    token_file: Path | None = Field(None, description="file with a token, read when it changes")
    tls: Tls = Tls()
    digest: Digest = Digest()

    @model_validator(mode="after")
    def _sane(self) -> Self:
        for name in ("password", "token"):
            if getattr(self, name) is not None and getattr(self, f"{name}_file") is not None:
                raise wrong(name, "and its file are both set: keep one")
        has_password = self.password is not None or self.password_file is not None
        if self.username and not has_password and not self.token and not self.token_file:
            raise wrong("password", "is missing, or its file: a username is set")
        if has_password and not self.username:
            raise wrong("username", "is missing: a password is set")
        return self


class Settings(Gateway, BaseSettings):
    """All settings; those of a gateway stand at the top, for one, or under ``gateways``."""

    model_config = SettingsConfigDict(
        env_prefix=PREFIX,
        env_nested_delimiter="__",
        env_ignore_empty=True,
        extra="forbid",
        coerce_numbers_to_str=True,
        hide_input_in_errors=True,
        nested_model_default_partial_update=True,
        cli_kebab_case=True,
        cli_prog_name="enphase-exporter",
        cli_exit_on_error=False,
        cli_hide_none_type=True,
        cli_avoid_json=True,
    )

    name: Name = Field("home", description="what to call the gateway")
    gateways: CliSuppress[dict[Name, Gateway]] = Field(
        {}, description="several gateways by name; what one leaves out, it takes from the top"
    )
    state_dir: Path = Field(
        default_factory=state_dir, description="where tokens and certificates are kept"
    )
    cloud: Cloud = Cloud()
    scrape: Scrape = Scrape()
    web: Web = Web()
    log: Log = Log()
    config: Config = Config()

    def sites(self) -> dict[str, Gateway]:
        """Return every gateway by its name, with what it takes from the top."""
        given = self.model_fields_set
        top = {name: getattr(self, name) for name in Gateway.model_fields if name in given}
        if not self.gateways:
            return {self.name: Gateway.model_validate(top)}
        return {
            name: Gateway.model_validate(
                top | {field: getattr(one, field) for field in one.model_fields_set}
            )
            for name, one in self.gateways.items()
        }

    @model_validator(mode="after")
    def _somewhere(self) -> Self:
        if any(site.host is None for site in self.sites().values()):
            raise wrong("host", "is missing: set it to the gateway's host name or address")
        return self
