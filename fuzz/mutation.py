"""Makes bad input of good: cut, repeated, spliced, and with values that nobody should send."""

import json
import math
from collections.abc import Sequence
from random import Random
from typing import Any, TypeVar

T = TypeVar("T")

VALUES: tuple[Any, ...] = (
    *(None, True, False, "", "0", "true", [], {}, [[]], [{}], {"": {}}, [None], [1, "a"]),
    *(0, -1, 0.5, 3, 2**32 - 4, 2**63, 10**308, -(10**308), 10**4000, 1e308, -1.7e308, 5e-324),
    *(math.nan, math.inf, -math.inf),
    *("9" * 400, "9" * 5000, "\ud800", 'a\nb"c\\', "\0", "\u2028", "x" * 3000),
)
"""What may stand where another value belongs."""

PIECES: tuple[bytes, ...] = (
    *(b"", b"\0", b"\xff", b"\xed\xa0\x80", b"\xc3\xa9", b"\xef\xbb\xbf", b"\r\n", b"\n"),
    *(b'"', b"\\", b"{", b"[", b"<", b">", b";", b",", b"=", b"%", b": ", b"@", b"::", b"../"),
    *(b"\\ud800", b"\\015\\012", b"&amp;", b"*a", b"&a ", b"!!python/object:os.system "),
    *(b"1e999", b"NaN", b"-Infinity", b"null", b"inf", b"-1", b"1" * 400, b"9" * 5000),
    *(b"[" * 2000, b"<a>" * 300, b"\\" * 500, b"eyJ-" * 200, b" " * 500),
)
"""What may stand anywhere."""


class Mutator:
    """What can be done with chance; one mutator makes one input."""

    def __init__(self, random: Random) -> None:
        self.random = random

    def choice(self, choices: Sequence[T]) -> T:
        """Return one of several."""
        return self.random.choice(choices)

    def often(self) -> bool:
        """Return true in three cases of four."""
        return self.random.random() < 0.75

    def document(self, value: Any) -> Any:
        """Replace, drop or repeat parts of a JSON document."""
        for _ in range(self.random.randint(1, 4)):
            value = self._changed(value)
        return value

    def json(self, body: bytes) -> bytes:
        """Mangle a JSON document: mostly its values, at times its bytes."""
        try:
            document = json.loads(body)
        except ValueError:
            return self.raw(body)
        mangled = json.dumps(self.document(document)).encode()
        return mangled if self.often() else self.raw(mangled)

    def text(self, text: str) -> str:
        """Mangle a text."""
        return self.raw(text.encode()).decode(errors="replace")

    def raw(self, body: bytes) -> bytes:
        """Mangle bytes."""
        for _ in range(self.random.randint(1, 4)):
            start, end = sorted(self.random.randint(0, len(body)) for _ in range(2))
            part = self.choice((b"", self.choice(PIECES), body[start:end] * 2, self._noise()))
            cut = self.choice((start, end, min(start + 8, len(body))))
            body = body[:start] + part + body[cut:]
        return body

    def _noise(self) -> bytes:
        return self.random.randbytes(self.random.randint(0, 8))

    def _changed(self, value: Any) -> Any:
        if not isinstance(value, list | dict) or not value or self.random.random() < 0.05:
            return self.choice(VALUES)
        key = self.choice(range(len(value)) if isinstance(value, list) else list(value))
        copy: Any = value.copy()
        if self.often():
            copy[key] = self._changed(value[key])
        elif isinstance(copy, list):
            copy.insert(key, self.choice((value[key], self.choice(VALUES))))
        else:
            other = self.choice(list(copy))
            copy[other] = copy.pop(key)
        return copy
