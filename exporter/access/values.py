"""What a value in the web configuration file may be; each check names what it should be instead."""

import re
from pathlib import Path
from typing import Annotated, Any

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    SecretStr,
    ValidationInfo,
    model_validator,
)

from exporter.setting_values import possible

UNITS = {"ns": 1e-9, "us": 1e-6, "µs": 1e-6, "ms": 1e-3, "s": 1.0, "m": 60.0, "h": 3600.0}
DURATION = re.compile(rf"(\d+(?:\.\d*)?)({'|'.join(UNITS)})")
BCRYPT = re.compile(r"\$2[aby]\$(0[4-9]|[12]\d|3[01])\$[./A-Za-z0-9]{21}[.Oeu][./A-Za-z0-9]{31}")


class Part(BaseModel):
    """A part of the file; an unknown key is an error, a blank one counts as left out."""

    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)

    @model_validator(mode="before")
    @classmethod
    def _without_blanks(cls, given: Any) -> Any:
        if not isinstance(given, dict):
            return given
        return {key: value for key, value in given.items() if value is not None and value != ""}


def one_of(*names: str) -> AfterValidator:
    """Make the check that a name is one of these."""

    def check(name: str) -> str:
        if name not in names:
            raise ValueError(f"should be one of {', '.join(names)}")
        return name

    return AfterValidator(check)


def _beside(file: Path, info: ValidationInfo) -> Path:
    context: dict[str, Path] = info.context or {}
    return possible(context["folder"] / file)


def _hashed(text: SecretStr) -> SecretStr:
    if not BCRYPT.fullmatch(text.get_secret_value()):
        raise ValueError("should be a bcrypt hash, as 'htpasswd -nBC 10 NAME' prints it")
    return text


def _seconds(given: Any) -> float:
    text = str(given)
    parts = DURATION.findall(text)
    if "".join(number + unit for number, unit in parts) != text and text != "0":
        raise ValueError("should be a duration like 500ms or 1m30s")
    return sum(float(number) * UNITS[unit] for number, unit in parts)


File = Annotated[Path, AfterValidator(_beside)]
"""A path; where it is relative, it begins at the folder of the file that names it."""

Hash = Annotated[SecretStr, AfterValidator(_hashed)]
"""What bcrypt makes of a password."""

Duration = Annotated[float, BeforeValidator(_seconds)]
"""Seconds, written as Go writes durations."""

Header = Annotated[str, Field(pattern=r"^[!-~]([ -~]*[!-~])?$")]
"""What may stand in a header: no blanks around it."""
