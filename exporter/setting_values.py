"""What a setting may be: checks of single values, each naming what it should be instead."""

import os
import re
import ssl
from pathlib import Path
from typing import Annotated

from pydantic import AfterValidator, Field, SecretStr, ValidationError
from pydantic_core import PydanticCustomError
from pydantic_settings import CliSuppress

from exporter import address

Host = Annotated[str, AfterValidator(address.host)]
SecureUrl = Annotated[str, AfterValidator(address.secure_url)]
Name = Annotated[str, Field(pattern=r"^\w[\w.-]*$")]
UNKNOWN = "is no setting"
NO_KEY = re.compile(r"[^\w.-].*", re.DOTALL)


def text(value: str) -> str:
    """Check a text that is sent or hashed; raises ``ValueError`` for broken letters."""
    if value != value.encode(errors="replace").decode():
        raise ValueError("should be a text in UTF-8")
    return value


def hidden(value: SecretStr) -> SecretStr:
    """Check a secret text; raises ``ValueError``."""
    text(value.get_secret_value())
    return value


def possible(path: Path) -> Path:
    """Check a path that may come to be later; raises ``ValueError``."""
    if "\0" in text(str(path)):
        raise ValueError("should be a path")
    return path


Text = Annotated[str, AfterValidator(text)]
Secret = CliSuppress[Annotated[SecretStr, AfterValidator(hidden)] | None]
Place = Annotated[Path, AfterValidator(possible)]


def readable(file: Path) -> Path:
    """Check a file that is read later; raises ``ValueError``."""
    try:
        # A pipe would be empty when it is read for the second time.
        is_good = possible(file).is_file() and os.access(file, os.R_OK)
    except OSError:  # a name that is too long: most likely the secret itself
        is_good = False
    if not is_good:
        raise ValueError("should be a file that can be read")
    return file


def holds_secret(file: Path) -> Path:
    """Check a file that holds a secret; raises ``ValueError``."""
    try:
        text = readable(file).read_text(encoding="utf-8")
    except UnicodeDecodeError:
        raise ValueError("should be a file of UTF-8 text") from None
    if not text.strip():
        raise ValueError("should be a file that is not empty")
    return file


def certificates(file: Path) -> Path:
    """Check a file of certificates; raises ``ValueError``."""
    try:
        ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT).load_verify_locations(possible(file))
    except OSError:
        raise ValueError("should be a file of certificates (PEM)") from None
    return file


SecretFile = Annotated[Path, AfterValidator(holds_secret)]
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


def told(error: ValidationError) -> tuple[list[str], str]:
    """Return where the first error is, and what should be there; no value is repeated."""
    first = error.errors(include_input=False, include_url=False)[0]
    parts = [name for part in first["loc"] if (name := key(str(part)))]
    if first["type"] == "extra_forbidden":
        return parts, UNKNOWN
    if first["type"] == "missing":
        return parts, "is missing"
    if first["type"] == "section":
        parts.append(first["ctx"]["name"])
    return parts, str(first["msg"]).removeprefix("Value error, ").removeprefix("Input ")


def key(given: str) -> str:
    """Return of a key what may be repeated: ``name:secret``, without a blank, is one in YAML."""
    return NO_KEY.sub("", given)


def secret(text: SecretStr | None, file: Path | None) -> str:
    """Return a secret given as a text or in a file; empty where there is none."""
    if text is not None:
        return text.get_secret_value()
    return file.read_text(encoding="utf-8").strip() if file is not None else ""
