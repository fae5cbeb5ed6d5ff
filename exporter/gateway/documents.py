"""A gateway's documents, each fetched once for all who want it, and kept as long as it is good."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any, Protocol

import anyio

from exporter import clock
from exporter.endpoint import INFO, Endpoint
from exporter.gateway.errors import Absent, Late, Malformed, Mute, Silent, Unavailable
from exporter.gateway.flight import Flight, Tasks

ABSENT_FRESH = 3600.0
"""Seconds until a page that the gateway does not have is asked for again."""

SPARE = 60.0
"""Seconds for which an answer that came too late for one scrape stands in where the next is late
again: a gateway that takes ten seconds for each page would else never be seen."""

COURTESY = 2.0
"""Seconds that a page which nobody waits for leaves to the others."""

ABSENT_FIRST = 10.0
"""The same for a page that has answered before; twice as long each further time."""


@dataclass(frozen=True, slots=True, eq=False)
class Document:
    """A decoded answer, ``None`` for a page that the gateway does not have."""

    data: Any
    received: float
    """When it came, by ``clock.elapsed``."""

    fresh: float
    """Until when it counts as new."""

    keep: float
    """Until when it may be shown while a new one is on its way."""

    spare: float = 0.0
    """Until when it may be shown where the new one is too late."""


class Source(Protocol):
    """Where documents come from: a session."""

    @property
    def identity(self) -> object | None:
        """Who the gateway is, once ``/info`` has told."""

    async def get(self, endpoint: Endpoint) -> Any:
        """Fetch and decode a page; raises ``GatewayError``."""


class Documents:
    """Asks for pages as they grow old; a request outlives the scrape that wanted it."""

    def __init__(
        self, source: Source, tasks: Tasks, now: Callable[[], float] = clock.elapsed
    ) -> None:
        self._source = source
        self._tasks = tasks
        self._now = now
        self._held: dict[Endpoint, Document] = {}
        self._shown: dict[Endpoint, Document] = {}
        self._flights: dict[Endpoint, Flight[Document]] = {}
        self._awaited: dict[Endpoint, Flight[Document]] = {}
        """The flights that a scrape waits for."""

        self._rests: dict[Endpoint, tuple[float, Flight[Document]]] = {}

    def ask(self, endpoint: Endpoint) -> "Asked":
        """Send for the page if it is due; what is still good can be had at once."""
        held, now = self._held.get(endpoint), self._now()
        if held is None or now >= held.keep:
            joined = self._flights.get(endpoint)
            flight = self._send(endpoint)
            if not endpoint.later:
                self._awaited[endpoint] = flight
            spare = held if held is not None and now < held.spare else None
            again = partial(self._send, endpoint) if flight is joined else None
            return Asked(endpoint, spare, flight, self._shown, again)
        if now >= held.fresh:
            self._send(endpoint)
        return Asked(endpoint, held, None, self._shown)

    def ages(self) -> Iterator[tuple[str, float]]:
        """Tell how old each page is that was handed out last, in seconds."""
        now = self._now()
        for endpoint, document in self._shown.items():
            if document.data is not None and now < document.spare:
                yield endpoint.path, now - document.received

    def _send(self, endpoint: Endpoint) -> Flight[Document]:
        """Join the request that is on its way, or start one."""
        rest, failed = self._rests.get(endpoint, (0.0, None))
        if failed is not None and self._now() < rest:
            return failed
        if endpoint not in self._flights:
            self._flights[endpoint] = Flight(self._tasks, lambda: self._fly(endpoint))
        return self._flights[endpoint]

    async def _fly(self, endpoint: Endpoint) -> Document:
        try:
            if endpoint not in self._awaited and endpoint is not INFO:
                await self._let_others_go_first()
            if endpoint is not INFO and self._source.identity is None:
                await self._send(INFO).landed()  # who the gateway is decides how to talk to it
            data = await self._source.get(endpoint)
        except Absent:
            return self._hold_absent(endpoint)
        except Mute:
            raise  # it was not even asked
        except (Silent, Unavailable, Malformed):
            if endpoint.slow and self._source.identity is not None:
                # A slow page that failed is given its time before it is asked for again.
                self._rests[endpoint] = self._now() + endpoint.fresh, self._flights[endpoint]
            raise
        else:
            spare = SPARE if self._flights[endpoint].missed else 0.0
            return self._hold(endpoint, data, endpoint.fresh, spare)
        finally:
            del self._flights[endpoint]
            self._awaited.pop(endpoint, None)

    async def _let_others_go_first(self) -> None:
        """Leave the gateway to pages that a scrape waits for; not for long: one may hang."""
        with anyio.move_on_after(COURTESY):
            for flight in list(self._awaited.values()):
                await flight.ended()

    def _hold(self, endpoint: Endpoint, data: Any, fresh: float, spare: float = 0.0) -> Document:
        now = self._now()
        keep = now + max(fresh, endpoint.keep)
        document = Document(data, now, now + fresh, keep, max(keep, now + spare))
        self._held[endpoint] = document
        return document

    def _hold_absent(self, endpoint: Endpoint) -> Document:
        """Note that there is no such page: for long at once, unless it has answered before."""
        known = self._held.get(endpoint)
        if known is None:
            rest = ABSENT_FRESH
        elif known.data is not None:
            rest = ABSENT_FIRST
        else:
            rest = min(2 * (known.fresh - known.received), ABSENT_FRESH)
        return self._hold(endpoint, None, rest)


@dataclass(frozen=True, slots=True)
class Asked:
    """A page that was asked for: at hand, or on its way."""

    endpoint: Endpoint
    held: Document | None
    flight: Flight[Document] | None
    shown: dict[Endpoint, Document]
    """Where the page is noted that is handed out."""

    again: Callable[[], Flight[Document]] | None = None
    """Asks once more; there for a page that others had asked for before."""

    @property
    def at_hand(self) -> bool:
        """Whether nobody would have to wait for it."""
        return self.flight is None or self.flight.over

    async def by(self, deadline: float) -> Document:
        """Wait for the page; raises its ``GatewayError``, and ``Late`` at the deadline.

        ``deadline`` is a time of ``anyio.current_time``.
        """
        document = self.shown[self.endpoint] = await self._document(deadline)
        return document

    async def _document(self, deadline: float) -> Document:
        if self.flight is not None:
            with anyio.CancelScope(deadline=deadline):
                return await self._landed(self.flight)
        if self.held is not None:
            return self.held
        raise Late(f"{self.endpoint} had not answered when the scrape had to end")

    async def _landed(self, flight: Flight[Document]) -> Document:
        """Wait for the page; one that others have waited for in vain is due a request of ours."""
        try:
            return await flight.landed()
        except Silent:
            if self.again is None:
                raise
            return await self.again().landed()
