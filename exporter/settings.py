"""The settings: the same names as environment variable, as flag, and in a YAML file.

``ENPHASE_TLS__TRUST=ca``, ``--tls.trust=ca`` and ``tls: {trust: ca}`` say the same. A flag wins
over a variable, a variable over the file. Secrets have no flag: a process list shows flags.
"""

from typing import Any, Self

from pydantic import Field, model_validator
from pydantic_settings import BaseSettings, CliSuppress, SettingsConfigDict

from exporter.setting_groups import Cloud, Config, Digest, Log, Scrape, Section, Tls, Web
from exporter.setting_values import (
    Host,
    Name,
    Place,
    Secret,
    SecretFile,
    Text,
    secret,
    state_dir,
    wrong,
)

PREFIX = "ENPHASE_"
TWINS = (("password", "password_file"), ("token", "token_file"))
"""Two names for one thing: who sets one of them wants no other's twin."""


class Gateway(Section):
    """One gateway: where it is, and how to get in."""

    host: Host | None = Field(None, description="the gateway's host name or address")
    serial: str | None = Field(None, pattern=r"^\w+$", description="default: the one on /info")
    username: Text | None = Field(None, description="e-mail address of the Enphase account")
    password: Secret = Field(None, description="password of the Enphase account")
    password_file: SecretFile | None = Field(None, description="file that holds the password")
    token: Secret = Field(None, description="a token, in place of the account")
    token_file: Place | None = Field(None, description="file with a token, read when it changes")
    tls: Tls = Tls()
    digest: Digest = Digest()

    @model_validator(mode="after")
    def _one_of_each(self) -> Self:
        for name, file in TWINS:
            if getattr(self, name) is not None and getattr(self, file) is not None:
                raise wrong(name, "and its file are both set: keep one")
        return self

    def lacks(self) -> tuple[str, str] | None:
        """Name the setting that is missing, and say why; ``None`` where all is there."""
        has_password = self.password is not None or self.password_file is not None
        has_token = self.token is not None or self.token_file is not None
        if self.host is None:
            return "host", "is missing: set it to the gateway's host name or address"
        if self.username and not has_password and not has_token:
            return "password", "is missing, or its file: a username is set"
        if has_password and not self.username:
            return "username", "is missing: a password is set"
        return None

    def over(self, top: "Gateway") -> "Gateway":
        """Return this gateway with what it leaves out taken from another."""
        own = {name: _joined(self, top, name) for name in self.model_fields_set}
        shadowed = {twin for pair in TWINS for twin in pair if own.keys() & set(pair)}
        rest = {
            name: getattr(top, name) for name in top.model_fields_set & set(Gateway.model_fields)
        }
        return Gateway.model_construct(
            **{name: value for name, value in rest.items() if name not in shadowed} | own
        )


def _joined(own: Gateway, top: Gateway, name: str) -> Any:
    """Return a setting; of a group, what it leaves out comes from the same group at the top."""
    mine, theirs = getattr(own, name), getattr(top, name)
    if not isinstance(mine, Section):
        return mine
    return type(mine).model_validate(
        theirs.model_dump(exclude_unset=True) | mine.model_dump(exclude_unset=True)
    )


class Settings(Gateway, BaseSettings):
    """All settings; those of a gateway stand at the top, for one, or under ``gateways``."""

    model_config = SettingsConfigDict(
        env_prefix=PREFIX,
        env_nested_delimiter="__",
        env_ignore_empty=True,
        extra="forbid",
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
    state_dir: Place = Field(
        default_factory=state_dir, description="where tokens and certificates are kept"
    )
    cloud: Cloud = Cloud()
    scrape: Scrape = Scrape()
    web: Web = Web()
    log: Log = Log()
    config: Config = Config()

    def sites(self) -> dict[str, Gateway]:
        """Return every gateway by its name, with what it takes from the top."""
        if not self.gateways:
            return {self.name: Gateway().over(self)}
        return {name: gateway.over(self) for name, gateway in self.gateways.items()}

    @model_validator(mode="after")
    def _complete(self) -> Self:
        for name, site in self.sites().items():
            if (lack := site.lacks()) is not None:
                setting, why = lack
                raise wrong(f"gateways.{name}.{setting}" if self.gateways else setting, why)
        return self

    @model_validator(mode="after")
    def _one_password_each(self) -> Self:
        """See that an account has one password: by its username is kept that it was refused."""
        known: dict[str, str] = {}
        for name, site in self.sites().items():
            password = secret(site.password, site.password_file)
            if site.username and password and known.setdefault(site.username, password) != password:
                raise wrong(f"gateways.{name}.password", "is another one than its username has")
        return self
