"""What a collector is: a pure function from a gateway's documents to samples.

    @collects(METERS, READINGS)
    def meters(meters, readings):
        ...

It gets one decoded document for each page it names, ``None`` where the gateway has no such page.
It does no I/O, has no memory and reads no clock.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from exporter.endpoint import Endpoint
from exporter.metric import Sample

Read = Callable[..., Iterable[Sample]]


@dataclass(frozen=True, slots=True)
class Gate:
    """A fact about a site that decides whether a collector has anything to read there.

    ``opens`` gets the documents of ``endpoints``; while it says no, the collector's own pages are
    not asked for, and the scrape says nothing of that collector.
    """

    endpoints: tuple[Endpoint, ...]
    opens: Callable[..., bool]


ALWAYS = Gate((), lambda: True)


@dataclass(frozen=True, slots=True)
class Collector:
    """One subject's reader with the pages it reads."""

    name: str
    read: Read
    endpoints: tuple[Endpoint, ...]
    given: Gate = ALWAYS
    partial: bool = False
    """Whether it can read on with ``None`` for a page that failed."""

    timed: bool = False
    """Whether it takes ``moment``: the gateway's own clock when the first page was answered."""


def collects(
    *endpoints: Endpoint, given: Gate = ALWAYS, partial: bool = False, timed: bool = False
) -> Callable[[Read], Collector]:
    """Make a collector of a function; its name becomes the ``collector`` label."""

    def declare(read: Read) -> Collector:
        name = getattr(read, "__name__", "")
        return Collector(name, read, endpoints, given, partial, timed)

    return declare


def fact(*endpoints: Endpoint) -> Callable[[Callable[..., bool]], Gate]:
    """Make a gate of a function of documents."""

    def declare(opens: Callable[..., Any]) -> Gate:
        return Gate(endpoints, opens)

    return declare
