"""Reads the gateway's JSON without trusting its shape: what has another shape is not there."""

from collections.abc import Iterator
from typing import Any

Json = Any
Record = dict[str, Any]


def record(value: Json) -> Record:
    """Return the object itself, or an empty one."""
    return value if isinstance(value, dict) else {}


def records(value: Json) -> Iterator[Record]:
    """Yield the objects in a list, and nothing for anything else."""
    if isinstance(value, list):
        yield from (item for item in value if isinstance(item, dict))


def texts(value: Json) -> Iterator[str]:
    """Yield the strings in a list."""
    if isinstance(value, list):
        yield from (item for item in value if isinstance(item, str))


def text(value: Json) -> str | None:
    """Return a string that is not empty."""
    return value if isinstance(value, str) and value else None
