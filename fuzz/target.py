"""One parser under attack: how its input is made, how it is fed, and what it may raise."""

import traceback
from collections.abc import Callable
from dataclasses import dataclass
from random import Random
from typing import Any

from fuzz.mutation import Mutator

SECRET = "correct-horse-battery"  # noqa: S105  a made-up one
"""Stands in inputs where a secret may stand; no error may repeat it."""


class Broken(AssertionError):
    """A promise was not kept."""


@dataclass(frozen=True, slots=True)
class Target:
    """A parser; ``feed`` raises ``refusals`` for bad input, ``Broken`` for broken promises."""

    name: str
    make: Callable[[Mutator], Any]
    feed: Callable[[Any], None]
    refusals: tuple[type[Exception], ...] = ()
    share: int = 1
    """How much of the time it gets, as against the others."""

    def input(self, chance: Random) -> Any:
        """Make an input, as chance will have it."""
        return self.make(Mutator(chance))

    def attack(self, chance: Random) -> str | None:
        """Feed one input; return what went wrong, ``None`` where all promises were kept."""
        given = self.input(chance)
        try:
            self.feed(given)
        except self.refusals as error:
            return "a secret stands in an error" if SECRET in str(error) else None
        except Exception:  # whatever it is, it is what this is looking for
            return f"{traceback.format_exc()}input: {given!r:.2000}"
        return None


def promise(kept: object, what: str) -> None:
    """Raise ``Broken`` unless a promise was kept."""
    if not kept:
        raise Broken(what)
