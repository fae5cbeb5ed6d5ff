"""Reads the settings from flags, environment and YAML file, and says in one line what is wrong."""

import os
import re
from argparse import ArgumentError, ArgumentParser
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from pydantic import ValidationError
from pydantic_settings import (
    BaseSettings,
    CliSettingsSource,
    InitSettingsSource,
    PydanticBaseSettingsSource,
    SettingsError,
)

from exporter import yaml_text
from exporter.setting_values import UNKNOWN, told
from exporter.settings import PREFIX, Settings

STRANGE = re.compile(r"(arguments)(?:(: -[\w.-]*)|:).*", re.DOTALL)
"""What is said of arguments that nobody knows; only the first one's name may be repeated."""

SECRET_FLAGS = {
    "--password": "--password-file",
    "--token": "--token-file",
    "--digest": "--digest.password-file",
    "--digest.password": "--digest.password-file",
    "--gateways": "--config.file",
}
"""Flags that might hold a secret, and what to use in their place."""


class WrongSettingError(Exception):
    """A setting is wrong or missing; the text names it and says what it should be."""


def load(arguments: Sequence[str], given: Mapping[str, Any] | None = None) -> Settings:
    """Read all settings; raises ``WrongSettingError``.

    ``given`` are settings that win over all others, in the shape of the YAML file.
    """
    for flag in (argument.partition("=")[0] for argument in arguments):
        if flag in SECRET_FLAGS:
            raise WrongSettingError(
                f"{flag} is no flag, since a process list shows flags: use {SECRET_FLAGS[flag]}"
            )
    in_file = _in_file(arguments)

    class Sources(Settings):
        @classmethod
        def settings_customise_sources(
            cls,
            settings_cls: type[BaseSettings],
            init_settings: PydanticBaseSettingsSource,
            env_settings: PydanticBaseSettingsSource,
            dotenv_settings: PydanticBaseSettingsSource,
            file_secret_settings: PydanticBaseSettingsSource,
        ) -> tuple[PydanticBaseSettingsSource, ...]:
            del dotenv_settings, file_secret_settings
            flags = CliSettingsSource[Any](settings_cls, cli_parse_args=list(arguments))
            file = InitSettingsSource(settings_cls, in_file)
            return init_settings, flags, env_settings, file

    try:
        return Sources(**(given or {}))
    except RecursionError:
        raise WrongSettingError("the settings are nested too deep") from None
    except RuntimeError:  # Path.home's
        raise WrongSettingError(
            f"{PREFIX}STATE_DIR is missing: this user has no home directory"
        ) from None
    except ValidationError as error:
        raise WrongSettingError(_line(error)) from None
    except SettingsError as error:
        # An argument that nobody knows may be a misspelt secret: its value is not repeated.
        text = str(error).removeprefix("error parsing CLI: ")
        raise WrongSettingError(STRANGE.sub(r"\1\2", text)) from None


def unknown(environment: Mapping[str, str]) -> Iterator[str]:
    """Find variables with our prefix that mean nothing: most likely misspelt.

    Kubernetes sets some for a service called enphase-exporter; those are passed over.
    """
    known = set(Settings.model_fields)
    for name in environment:
        if name.startswith(PREFIX) and not name.startswith(f"{PREFIX}EXPORTER_"):
            top = name.removeprefix(PREFIX).partition("__")[0].lower()
            if top not in known:
                yield name


def _in_file(arguments: Sequence[str]) -> dict[str, Any]:
    """Read the settings in the file that is named, if one is."""
    parser = ArgumentParser(add_help=False, allow_abbrev=False, exit_on_error=False)
    parser.add_argument("--config.file", dest="file")
    try:
        flag = parser.parse_known_args(arguments)[0].file
    except ArgumentError as error:
        raise WrongSettingError(str(error)) from None
    found = flag or os.environ.get(f"{PREFIX}CONFIG__FILE")
    try:
        return yaml_text.load(Path(found)) if found else {}
    except ValueError as error:
        raise WrongSettingError(f"{PREFIX}CONFIG__FILE {error}") from None


def _line(error: ValidationError) -> str:
    parts, what = told(error)
    if what == UNKNOWN or parts[0].startswith("gateways"):
        return f"{'.'.join(parts)} {what}"
    return f"{PREFIX}{'__'.join(parts).upper()} {what}"
