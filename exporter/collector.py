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
    given: "Gate | None" = None
    """A gate before this one: while it is closed, this one's pages are not asked for."""

    otherwise: "Gate | None" = None
    """A gate beside this one, asked only while this one is closed: one open gate is enough."""


ALWAYS = Gate((), lambda: True)


NOT_HERE: Any = ("not here",)
"""What a collector gets for a page behind a closed gate: there is nothing to ask for."""


@dataclass(frozen=True, slots=True)
class Conditional:
    """A page that a collector reads only where a gate opens; elsewhere it gets ``NOT_HERE``."""

    endpoint: Endpoint
    given: Gate


@dataclass(frozen=True, slots=True)
class Collector:
    """One subject's reader with the pages it reads."""

    name: str
    read: Read
    pages: tuple[Endpoint | Conditional, ...]
    given: Gate = ALWAYS
    partial: bool = False
    """Whether it can read on with ``None`` for a page that failed."""

    background: bool = False
    """Whether it says nothing until its pages have come, rather than let a scrape wait."""

    timed: bool = False
    """Whether it takes ``moment``: the gateway's own clock when the first page was answered."""

    @property
    def endpoints(self) -> tuple[Endpoint, ...]:
        """Every page it may read, its gates' pages aside."""
        return tuple(p.endpoint if isinstance(p, Conditional) else p for p in self.pages)


def collects(
    *pages: Endpoint | Conditional, given: Gate = ALWAYS, **options: bool
) -> Callable[[Read], Collector]:
    """Make a collector of a function; its name becomes the ``collector`` label.

    The options are the collector's: ``partial``, ``background``, ``timed``.
    """

    def declare(read: Read) -> Collector:
        return Collector(getattr(read, "__name__", ""), read, pages, given, **options)

    return declare


def only(endpoint: Endpoint, *, given: Gate) -> Conditional:
    """Let a collector read a page only where the gate opens."""
    return Conditional(endpoint, given)


def fact(
    *endpoints: Endpoint, given: Gate | None = None, otherwise: Gate | None = None
) -> Callable[[Callable[..., bool]], Gate]:
    """Make a gate of a function of documents."""

    def declare(opens: Callable[..., bool]) -> Gate:
        return Gate(endpoints, opens, given, otherwise)

    return declare
