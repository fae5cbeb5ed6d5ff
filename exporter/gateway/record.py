"""Until when logins must wait, and why: kept on disk for these very credentials."""

import hashlib
import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from exporter.gateway.credentials import Credentials
from exporter.gateway.errors import (
    Changed,
    CloudTrouble,
    LoginError,
    NotOurs,
    Refused,
    SecondFactor,
)
from exporter.gateway.state import StateFile, document, moment

KINDS: dict[str, type[LoginError]] = {
    kind.__name__: kind for kind in (Refused, SecondFactor, NotOurs, Changed, CloudTrouble)
}


@dataclass(frozen=True, slots=True)
class Wait:
    """Until when, in seconds since 1970, after how many failures in a row, and why."""

    until: float
    failures: int
    why: LoginError


class Record:
    """The waits of one account: each gateway's by its serial, and its own."""

    def __init__(self, file: StateFile, credentials: Credentials) -> None:
        self._file = file
        self._credentials = credentials

    def load(self) -> dict[str, Wait]:
        """Return what an earlier process has kept; other credentials wait for nothing."""
        text = self._file.read()
        if text is None:
            return {}
        try:
            kept = document(text)
            if kept["key"] != self._key(bytes.fromhex(kept["salt"])):
                return {}
            return {serial: _wait(**wait) for serial, wait in kept["waits"].items()}
        except (ValueError, TypeError, KeyError, AttributeError):
            self._file.ignore("it holds no refused login")
            return {}

    def save(self, waits: Mapping[str, Wait]) -> bool:
        """Keep the waits, and tell whether that was possible; with none left, nothing is kept."""
        if not waits:
            self._file.remove()
            return True
        salt, key = self._seal
        rows = {
            serial: {
                "until": wait.until,
                "failures": wait.failures,
                "kind": type(wait.why).__name__,
                "why": str(wait.why),
            }
            for serial, wait in waits.items()
        }
        return self._file.write(json.dumps({"salt": salt.hex(), "key": key, "waits": rows}))

    @cached_property
    def _seal(self) -> tuple[bytes, str]:
        salt = os.urandom(16)
        return salt, self._key(salt)

    def _key(self, salt: bytes) -> str:
        """Tell these credentials from others without keeping them."""
        text = f"{self._credentials.username}\0{self._credentials.password}".encode()
        return hashlib.scrypt(text, salt=salt, n=2**14, r=8, p=1, dklen=16).hex()


def _wait(until: Any, failures: Any, kind: Any, why: Any) -> Wait:
    return Wait(moment(until), _count(failures), KINDS[kind](_line(why)))


def _count(kept: Any) -> int:
    if not isinstance(kept, int):
        raise ValueError("no number of failures")  # noqa: TRY004  one error for all damage
    return kept


def _line(kept: Any) -> str:
    if not isinstance(kept, str) or not kept.isprintable():
        raise ValueError("no line of text")
    return kept
