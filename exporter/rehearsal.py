"""Scrapes of the demo's past: the exporter as it would have been, without network and waiting.

Collectors, gates, ledger and the freshness of documents are the real ones. A stand-in is session
and tokens, and what takes time is given the time that real gateways take.
"""

import hashlib
import math
import zlib
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from typing import Any, cast

import anyio
import httpx
from anyio.abc import TaskGroup
from prometheus_client import Metric

from exporter import collectors
from exporter.demo.delays import QUICK, REAL_DELAYS
from exporter.demo.noise import noise
from exporter.demo.past import Past
from exporter.endpoint import Endpoint
from exporter.exposition import Fragment
from exporter.gateway.decode import decode
from exporter.gateway.documents import Documents
from exporter.gateway.errors import Forbidden, GatewayError, Unreachable
from exporter.gateway.exchange import Answer
from exporter.gateway.jwt import Token
from exporter.gateway.line import CONNECT_TIMEOUT
from exporter.gateway.session import Session
from exporter.gateway.tls import Certificate, Trust
from exporter.gateway.tokens import Tokens
from exporter.ledger import Ledger
from exporter.outcome import COLLECTOR_DURATION, DURATION
from exporter.scrape import Scrape, scrape
from exporter.site import Site
from exporter.telemetry import Telemetry

DAY = 86_400.0
ISSUED_BEFORE = 100 * DAY
"""Before the past's end: when the token was issued, and the certificate."""

LIFE = 365 * DAY
SITE = "home"
AT_ONCE = 2
LONGEST = 9.5
"""Seconds that a scrape may take, as by default."""

WORK = 0.004
"""Seconds that a collector takes for documents at hand."""

PREFIX = "enphase_"


class Gateway:
    """What a scrape sees of a gateway, as session and token keeper in one."""

    def __init__(self, past: Past, end: float) -> None:
        issued = end - ISSUED_BEFORE
        digest = hashlib.sha256(past.serial.encode()).hexdigest()
        self.identity = object()
        self.up = False
        self.moment = 0.0
        self.took: dict[Endpoint, float] = {}
        self.telemetry = Telemetry()
        self.telemetry.configured(issued)
        self.held: Token | None = None
        self.trust = Trust()
        if past.tokens:
            self.held = Token("", past.serial, "owner", issued, issued + LIFE)
            self.trust.certificate = Certificate(digest, issued, issued + LIFE)
        self._past = past

    def now(self) -> float:
        """Tell the time of the past; the exporter's clocks all show it."""
        return self.moment

    def clock(self, at: float) -> float:
        """Return the gateway's own time at a moment of the exporter's clock."""
        return at

    async def get(self, endpoint: Endpoint) -> Any:
        """Fetch a page, and note how long that took."""
        outcome = "ok"
        try:
            return self._get(endpoint)
        except GatewayError as error:
            outcome = error.outcome
            raise
        finally:
            self.telemetry.request(SITE, endpoint.path, outcome, self.took[endpoint])

    def _get(self, endpoint: Endpoint) -> Any:
        self.up = self._past.mishaps.reachable(self.moment)
        if not self.up:
            self.took[endpoint] = CONNECT_TIMEOUT
            raise Unreachable("the gateway does not answer")
        self.took[endpoint] = self._delay(endpoint)
        if endpoint.role == "installer":
            raise Forbidden(f"{endpoint} is kept from this login")
        answer = self._past.answer(endpoint.path, self.moment)
        return decode(endpoint, Answer(answer.status, httpx.Headers(), answer.body, httpx.URL()))

    def _delay(self, endpoint: Endpoint) -> float:
        subject = zlib.crc32(endpoint.path.encode())
        usual = REAL_DELAYS.get(endpoint.path, QUICK)
        return usual * (0.7 + 0.6 * noise(int(self.moment), subject))


class Rehearsal:
    """An exporter that scrapes the past moment by moment, onwards only."""

    def __init__(self, past: Past, end: float) -> None:
        self._gateway = Gateway(past, end)
        self._tasks: TaskGroup
        gateway, now = self._gateway, self._gateway.now
        self._site = Site(
            name=SITE,
            host="",
            session=cast("Session", gateway),  # it has what a scrape looks at, and no more
            documents=Documents(gateway, self, now),
            tokens=cast("Tokens", gateway),  # the same
            trust=gateway.trust,
            ledger=Ledger(now=now, elapsed=now),
            surprised=partial(gateway.telemetry.surprise, SITE),
        )

    def start_soon(self, work: Callable[..., Any], *arguments: Any) -> None:
        """Run a request, which outlives no moment: the next one may be minutes away."""
        self._tasks.start_soon(work, *arguments)

    async def scrape(self, moment: float) -> Iterator[Fragment]:
        """Return what a scrape at a moment tells, the exporter's own metrics included."""
        self._gateway.moment = moment
        self._gateway.took = {}
        async with anyio.create_task_group() as self._tasks:
            result = await scrape(self._site, collectors.ALL, math.inf)
        return self._told(result)

    def _told(self, result: Scrape) -> Iterator[Fragment]:
        own, *read = result.fragments
        seconds = self._seconds()
        _time(own, seconds, self._took())
        yield from (own, *read)
        for fragment in self._gateway.telemetry.fragments():
            yield Fragment(list(_ours(fragment.families)))
        yield Fragment(list(_prometheus(seconds, _count((own, *read)))))

    def _seconds(self) -> float:
        """Return how long the scrape took that waited for all quick pages."""
        waited = (took for page, took in self._gateway.took.items() if not page.slow)
        return min(sum(waited) / AT_ONCE + WORK, LONGEST)

    def _took(self) -> dict[str, float]:
        """Return how long each collector waited and worked."""
        took = self._gateway.took
        return {
            each.name: min(max(took.get(page, 0.0) for page in each.endpoints) + WORK, LONGEST)
            for each in collectors.ALL
        }


def _time(own: Fragment, seconds: float, took: dict[str, float]) -> None:
    """Replace what was measured here and now by what it would have been there and then."""
    for family in own.families:
        for number, sample in enumerate(family.samples):
            if sample.name == DURATION.name:
                family.samples[number] = sample._replace(value=seconds)
            elif sample.name == COLLECTOR_DURATION.name:
                value = took[sample.labels["collector"]]
                family.samples[number] = sample._replace(value=value)


def _ours(families: Iterable[Metric]) -> Iterator[Metric]:
    """Leave out what is told of this process: it is not the one of the past."""
    return (family for family in families if family.name.startswith(PREFIX))


def _count(fragments: Iterable[Fragment]) -> int:
    return sum(len(family.samples) for each in fragments for family in each.families)


def _prometheus(seconds: float, count: int) -> Iterator[Metric]:
    """Yield what Prometheus itself notes of a scrape."""
    for name, value in (
        ("up", 1),
        ("scrape_duration_seconds", seconds + WORK),
        ("scrape_samples_scraped", count),
    ):
        family = Metric(name, "Noted by Prometheus.", "gauge")
        family.add_sample(name, {}, value)
        yield family
