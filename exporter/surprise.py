"""Counts what a document holds that nobody foresaw: text where a number belongs, or such.

Readers of documents note a surprise and go on without the value. Whoever runs them may watch.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any


class Watch:
    """How many surprises there were while watching."""

    def __init__(self) -> None:
        self.count = 0


_watch: ContextVar[Watch | None] = ContextVar("watch", default=None)


@contextmanager
def watching() -> Iterator[Watch]:
    """Count the surprises that are noted inside."""
    watch = Watch()
    token = _watch.set(watch)
    try:
        yield watch
    finally:
        _watch.reset(token)


def unless_absent(value: Any) -> None:
    """Note a surprise: ``value`` is not of the kind it should be; ``None`` is just unknown."""
    if value is not None and (watch := _watch.get()) is not None:
        watch.count += 1
