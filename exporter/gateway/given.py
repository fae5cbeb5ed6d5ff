"""A token that the user gives, as a text or in a file that is read again when it changes."""

import hashlib
from pathlib import Path

from exporter.gateway.errors import LoginError
from exporter.gateway.jwt import Token


class Given:
    """Hands out the user's token, and again whenever it is another one."""

    def __init__(self, text: str = "", file: Path | None = None) -> None:
        self.mark = ""
        """Tells the token that was last handed out from another, also after a restart."""

        self._text = text
        self._file = file
        self._last: str | None = None

    def take(self) -> tuple[Token, bool] | None:
        """Return the token, and whether it is new after a restart too; ``None`` for the last one.

        Raises ``LoginError`` for a file that cannot be read, and for a text that is no token.
        """
        given = self._read()
        if given is None or given == self._last:
            return None
        try:
            token = Token.parse(given)
        except ValueError as error:
            raise LoginError(
                f"the token in ENPHASE_TOKEN or its file is no token: {error}"
            ) from None
        self._last = given
        known, self.mark = self.mark, hashlib.sha256(given.encode()).hexdigest()[:16]
        return token, self.mark != known

    def _read(self) -> str | None:
        if self._file is None:
            return self._text or None
        try:
            if self._file.exists() and not self._file.is_file():
                raise LoginError("ENPHASE_TOKEN_FILE should be a file: a pipe cannot be read again")
            return self._file.read_text(encoding="utf-8").strip() or None
        except (OSError, UnicodeDecodeError) as error:
            raise LoginError(f"ENPHASE_TOKEN_FILE cannot be read: {type(error).__name__}") from None
