"""What decides how an input is spoilt: a number that can be given again, or a fuzzer's bytes."""

from random import Random


def seeded(seed: str) -> Random:
    """Return chance that falls the same way for the same seed."""
    return Random(seed)  # noqa: S311  it guards nothing


class Steered(Random):
    """No chance at all: each choice is read from bytes, so that a fuzzer can steer it.

    A fuzzer that keeps the bytes which reached new code, and changes them a little, so keeps and
    changes an input that makes sense. Where the bytes end, every choice is the first one.
    """

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._at = 0
        super().__init__(0)

    def getrandbits(self, k: int, /) -> int:
        """Read the next ``k`` bits, of whole bytes."""
        size = (k + 7) // 8
        part = self._data[self._at : self._at + size]
        self._at += size
        return int.from_bytes(part) >> (8 * size - k) if len(part) == size else 0

    def random(self) -> float:
        """Read a number from 0 to 1 from two bytes."""
        return self.getrandbits(16) / 2**16
