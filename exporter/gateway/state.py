"""Small files that outlive the process: tokens, certificates, refused logins."""

import json
import logging
import os
import tempfile
from pathlib import Path
from typing import Any

from exporter.gateway.jwt import FAR

log = logging.getLogger(__name__)


class StateFile:
    """One file in the state directory, readable by its owner only and replaced atomically.

    A file that cannot be read or written costs a warning, never the process.
    """

    def __init__(self, path: Path) -> None:
        self.path = path

    def read(self) -> str | None:
        """Return the text, or ``None`` where there is none to be had."""
        try:
            return self.path.read_text(encoding="utf-8")
        except FileNotFoundError:
            return None
        except (OSError, UnicodeDecodeError) as error:
            self.ignore(type(error).__name__)
            return None

    def ignore(self, why: str) -> None:
        """Say that what the file holds is of no use."""
        log.warning("state file %s is ignored: %s", self.path, why)

    def write(self, text: str) -> None:
        """Replace the text, so that a reader sees the old one or the new one."""
        try:
            self.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            # A temporary file is born with mode 0600.
            with tempfile.NamedTemporaryFile(
                "w", encoding="utf-8", dir=self.path.parent, suffix=".tmp", delete=False
            ) as file:
                try:
                    file.write(text)
                    file.flush()
                    os.fsync(file.fileno())
                    Path(file.name).replace(self.path)
                except OSError:
                    Path(file.name).unlink()
                    raise
        except OSError as error:
            log.warning("state file %s could not be written: %s", self.path, error.strerror)

    def remove(self) -> None:
        """Forget the text."""
        try:
            self.path.unlink(missing_ok=True)
        except OSError as error:
            log.warning("state file %s could not be removed: %s", self.path, error.strerror)


def document(text: str) -> Any:
    """Read JSON that was kept; raises ``ValueError``, also where it is nested too deep."""
    try:
        return json.loads(text)
    except RecursionError:
        raise ValueError("nested too deep") from None


def moment(kept: Any) -> float:
    """Read a time that was kept, in seconds since 1970; raises ``ValueError`` and ``TypeError``."""
    if not 0 <= kept < FAR:
        raise ValueError("no time")
    return float(kept)
