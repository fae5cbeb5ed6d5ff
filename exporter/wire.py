"""Reads the gateway's JSON without trusting its shape: what has another shape is not there."""

from collections.abc import Iterator
from typing import Any

from exporter import surprise

Json = Any
Record = dict[str, Any]

REMOVED = 3
"""The ``admin_state`` of a device that has been taken out of service."""


def record(value: Json) -> Record:
    """Return the object itself, or an empty one."""
    if isinstance(value, dict):
        return value
    surprise.unless_absent(value)
    return {}


def records(value: Json) -> Iterator[Record]:
    """Yield the objects in a list, and nothing for anything else."""
    yield from _each(value, dict)


def devices(inventory: Json, kind: str) -> list[Record]:
    """List the devices of one kind in an inventory, without those that have been removed."""
    return [
        device
        for group in records(inventory)
        if group.get("type") == kind
        for device in records(group.get("devices"))
        if device.get("admin_state") != REMOVED
    ]


def rows(value: Json) -> Iterator[list[Json]]:
    """Yield the lists in a list."""
    yield from _each(value, list)


def texts(value: Json) -> Iterator[str]:
    """Yield the strings in a list."""
    yield from _each(value, str)


def text(value: Json) -> str | None:
    """Return a string that is not empty."""
    if isinstance(value, str):
        return value or None
    surprise.unless_absent(value)
    return None


def _each(value: Json, kind: type) -> Iterator[Any]:
    if not isinstance(value, list):
        surprise.unless_absent(value)
        return
    for item in value:
        if isinstance(item, kind):
            yield item
        else:
            surprise.unless_absent(item)
