"""Small files that outlive the process: tokens, certificates, refused logins."""

import json
import logging
import os
import tempfile
from contextlib import suppress
from pathlib import Path
from typing import Any

from exporter.gateway.jwt import FAR

log = logging.getLogger(__name__)


class StateFile:
    """One file in the state directory, readable by its owner only and replaced atomically.

    A file that cannot be read or written costs a warning, never the process. Trouble that lasts is
    said once, until it changes or a write mends it.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._said: dict[str, str | None] = {}
        """The last reason by what it was the reason of."""

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
        self._warn("is ignored", why)

    def write(self, text: str) -> bool:
        """Replace the text, so that a reader sees the old one or the new one; tell whether done."""
        try:
            self._replace(text)
        except OSError as error:
            self._warn("could not be written", error.strerror)
            return False
        if self._said:
            log.warning("state file %s is written again", self.path)
            self._said.clear()
        return True

    def remove(self) -> None:
        """Forget the text."""
        try:
            self.path.unlink(missing_ok=True)
        except OSError as error:
            self._warn("could not be removed", error.strerror)

    def _replace(self, text: str) -> None:
        self.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        # A temporary file is born with mode 0600.
        with tempfile.NamedTemporaryFile(
            "w", encoding="utf-8", dir=self.path.parent, suffix=".tmp", delete=False
        ) as file:
            try:
                self._give(file.fileno())
                file.write(text)
                file.flush()
                os.fsync(file.fileno())
                Path(file.name).replace(self.path)
            except BaseException:  # a signal that ends the process leaves no half file either
                Path(file.name).unlink()
                raise

    def _give(self, descriptor: int) -> None:
        """Leave a file that root writes by hand to the service whose folder it is."""
        folder = self.path.parent.stat()
        if os.geteuid() == 0:
            with suppress(PermissionError):  # root without rights, as in a container
                os.fchown(descriptor, folder.st_uid, folder.st_gid)

    def _warn(self, what: str, why: str | None) -> None:
        if what not in self._said or self._said[what] != why:
            self._said[what] = why
            log.warning("state file %s %s: %s", self.path, what, why)


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
