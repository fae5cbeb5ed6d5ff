"""Who knows a password: bcrypt, so seldom and so few at a time that nobody can wear it out."""

import hashlib
import hmac
import secrets
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

import anyio
import anyio.to_thread

REMEMBERED = 100
"""Right passwords that are kept in mind."""

WAITING = 32
WAITING_FROM_ONE = 4
"""Checks that wait for their turn: of all clients, and of one address."""


class TooManyError(Exception):
    """So many passwords wait to be checked that this one is not."""


class Passwords:
    """Checks passwords, one at a time, and remembers those that were right.

    Bcrypt takes a tenth of a second by intent. So it runs in a thread; a right password is checked
    once; and one client's many wrong ones leave other clients their turn.
    """

    def __init__(self) -> None:
        self._secret = secrets.token_bytes(32)
        self._right: dict[bytes, None] = {}
        self._turn = anyio.Lock()
        self._waiting: Counter[str] = Counter()

    async def right(
        self, users: Mapping[bytes, bytes], name: bytes, password: bytes, address: str
    ) -> bool:
        """Tell whether the password is the user's; raises ``TooManyError``."""
        hashed = users.get(name) or self._stand_in(users, name)
        key = self._digest(name, hashed, password)
        if key in self._right:
            return True
        with self._place(address):
            async with self._turn:
                # Another request may have brought the same one meanwhile.
                if key in self._right:
                    return True
                began = anyio.current_time()
                right = await _matches(password, hashed) and name in users
                if right:
                    self._remember(key)
                else:
                    # It rests as long as it worked: floods cost half a processor at most.
                    await anyio.sleep(anyio.current_time() - began)
        return right

    def _stand_in(self, users: Mapping[bytes, bytes], name: bytes) -> bytes:
        """Choose some user's hash for a name that nobody has: it takes as long to be refused."""
        hashes = sorted(users.values())
        return hashes[int.from_bytes(self._digest(name)) % len(hashes)]

    def _digest(self, *parts: bytes) -> bytes:
        """Hash with a secret, so that nobody can make two alike, nor time how they differ."""
        text = b":".join(part.hex().encode() for part in parts)
        return hmac.digest(self._secret, text, hashlib.sha256)

    def _remember(self, key: bytes) -> None:
        self._right[key] = None
        if len(self._right) > REMEMBERED:
            del self._right[next(iter(self._right))]

    @contextmanager
    def _place(self, address: str) -> Iterator[None]:
        if self._waiting.total() >= WAITING or self._waiting[address] >= WAITING_FROM_ONE:
            raise TooManyError
        self._waiting[address] += 1
        try:
            yield
        finally:
            self._waiting -= Counter([address])


async def _matches(password: bytes, hashed: bytes) -> bool:
    from bcrypt import checkpw  # noqa: PLC0415  only for those who set passwords

    try:
        return await anyio.to_thread.run_sync(checkpw, password, hashed)
    except ValueError:  # longer than bcrypt's 72 bytes
        return False
