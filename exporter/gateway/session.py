"""The one way to talk to a gateway: over the right protocol, logged in, politely, and in time."""

import itertools
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

import httpx

from exporter import clock
from exporter.endpoint import INFO, METERS, Endpoint
from exporter.gateway.auth import Door
from exporter.gateway.decode import decode
from exporter.gateway.digest import Digest
from exporter.gateway.errors import (
    Absent,
    GatewayError,
    Malformed,
    Rejected,
    Silent,
    Unreachable,
    Untrusted,
)
from exporter.gateway.exchange import Answer
from exporter.gateway.flight import Tasks
from exporter.gateway.health import Health
from exporter.gateway.identity import Identity
from exporter.gateway.line import Line
from exporter.gateway.tls import Trust
from exporter.gateway.tokens import Tokens
from exporter.gateway.turns import Turns

Observe = Callable[[str, str, float], None]
"""Told of each request: path, outcome, seconds."""

KNOCKS = INFO, METERS
"""Small pages, of different processes of the gateway, that show whether it is alive."""


@dataclass(frozen=True, slots=True)
class Address:
    """Where a gateway is, and how hard it may be asked."""

    host: str
    """Host name or address, with a port and a scheme where they are not the usual ones."""

    serial: str | None = None
    """The serial that must answer there, if given."""

    in_flight: int = 2
    """How many requests at once."""

    heavy_pause: float = 60.0
    """Seconds between the starts of two pages that cost the gateway seconds of work."""

    @property
    def urls(self) -> tuple[str, ...]:
        """The addresses to try: firmware 7 and later speaks TLS, older firmware plain HTTP."""
        if "://" in self.host:
            return (self.host.rstrip("/"),)
        return f"https://{self.host}", f"http://{self.host}"


@dataclass(frozen=True, slots=True)
class Keys:
    """What opens a gateway: a token since firmware 7, a local user before."""

    tokens: Tokens
    digest: Digest


class Session:
    """Asks one gateway for its pages."""

    def __init__(
        self,
        address: Address,
        trust: Trust,
        keys: Keys,
        tasks: Tasks,
        observe: Observe = lambda *_: None,
    ) -> None:
        self.identity: Identity | None = None
        self._address = address
        self._observe = observe
        self._trust = trust
        self._digest = keys.digest
        self._line = Line(trust.context(), self._knock, tasks)
        self._knocks = itertools.cycle(KNOCKS)
        self._door = Door(self._ask, keys.tokens)
        self._turns = Turns(address.in_flight, address.heavy_pause)
        self.url = ""
        self._identified_at = 0.0
        self._health = Health()

    async def aclose(self) -> None:
        """Close the connections."""
        await self._line.aclose()

    async def get(self, endpoint: Endpoint) -> Any:
        """Fetch and decode one page; ``/info`` has to come first. Raises ``GatewayError``."""
        await self._line.awake()
        await self._turns.pace(endpoint)
        return await self._get(endpoint)

    async def _knock(self) -> None:
        """Ask for a small page, each time for another one: one may hang for itself."""
        page = next(self._knocks)
        await self._get(INFO if self.identity is None else page)

    async def _get(self, endpoint: Endpoint) -> Any:
        began, outcome = clock.elapsed(), "ok"
        self._health.asked(began)
        try:
            document = await (self._identify() if endpoint is INFO else self._fetch(endpoint))
        except GatewayError as error:
            outcome = error.outcome
            self._note(endpoint, error)
            raise
        else:
            self._note(endpoint, None)
            return document
        finally:
            self._observe(endpoint.path, outcome, clock.elapsed() - began)

    @property
    def up(self) -> bool:
        """Whether the gateway has answered, and nothing has shut us out since."""
        return self._health.up

    @property
    def trouble(self) -> GatewayError | None:
        """What shuts us out of the gateway as a whole, until it answers again."""
        return self._health.trouble

    def clock(self, at: float) -> float:
        """Return the gateway's own time at a moment of ``clock.elapsed``."""
        if self.identity is None or self.identity.time is None:
            return clock.wall() - (clock.elapsed() - at)
        return self.identity.time + (at - self._identified_at)

    async def _identify(self) -> Any:
        """Find the gateway at one of its addresses, and see who it is."""
        first: GatewayError | None = None
        for url in (self.url,) if self.url else self._address.urls:
            if self._trust.knows_tls and not url.startswith("https:"):
                continue  # it would lead around the certificate
            try:
                return await self._introduce(url)
            except Unreachable as error:
                first = first or error
                if isinstance(error, Untrusted):
                    break
        self.url, self.identity = "", None
        raise first or Unreachable("no address")

    async def _introduce(self, url: str) -> Any:
        try:
            info = decode(INFO, await self._request(INFO, url + INFO.path))
        except Absent as error:
            raise Malformed(f"{url}: no gateway seems to live here: {error}") from None
        identity = Identity.of(info, self._address.serial)
        if identity.tokens and not url.startswith("https://"):
            raise Rejected(
                f"{url}: this gateway wants a token, which never goes over a line without TLS: "
                "give ENPHASE_HOST without http://"
            )
        self.identity = identity
        self.url, self._identified_at = url, clock.elapsed()
        return info

    async def _fetch(self, endpoint: Endpoint) -> Any:
        identity = self.identity
        if identity is None:
            raise self.trouble or Silent("the gateway has not said yet who it is")
        url = self.url + endpoint.path
        if not identity.tokens:
            return decode(endpoint, await self._request(endpoint, url, self._digest.auth(identity)))
        shown = await self._door.enter(identity.serial)
        answer = await self._request(endpoint, url, headers=shown.headers)
        if answer.status == httpx.codes.UNAUTHORIZED:
            shown = await self._door.enter(identity.serial, stale=shown)
            answer = await self._request(endpoint, url, headers=shown.headers)
        return decode(endpoint, answer)

    async def _ask(self, path: str, headers: dict[str, str]) -> Answer:
        if not self.url.startswith("https:"):  # it may have changed during a login
            raise Rejected("the token is not sent without TLS")
        return await self._request(Endpoint(path, fresh=0), self.url + path, headers=headers)

    async def _request(
        self,
        endpoint: Endpoint,
        url: str,
        auth: httpx.Auth | None = None,
        headers: dict[str, str] | None = None,
    ) -> Answer:
        ask = partial(self._line.ask, url, endpoint.patience, auth=auth, headers=headers)
        if endpoint in KNOCKS and self._line.mute:
            return await ask()  # a knock: nothing else is asked, but lanes may be held
        async with self._turns.lane(endpoint):
            await self._line.awake()
            return await ask()

    def _note(self, endpoint: Endpoint, error: GatewayError | None) -> None:
        self._turns.note(endpoint, hangs=isinstance(error, Silent))
        if error is None or isinstance(error, Absent):
            # Anybody may read /info, which so proves no login.
            self._health.answered(proves_login=endpoint is not INFO)
        else:
            self._health.failed(error)
