"""One scrape: every collector side by side, one deadline, and what is there of the results."""

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import islice

import anyio

from exporter import clock
from exporter.collector import NOT_HERE, Collector, Gate
from exporter.endpoint import Endpoint
from exporter.exposition import Fragment
from exporter.gateway.documents import Asked, Document
from exporter.gateway.errors import GatewayError, Malformed
from exporter.metric import families
from exporter.outcome import Outcome, account, tell
from exporter.site import Reading, Site
from exporter.surprise import watching

log = logging.getLogger(__name__)

MOST = 50_000
"""Values that one collector may tell; 300 inverters, more than any gateway takes, make 5,000."""

CLOSED = Document(NOT_HERE, received=0.0, fresh=0.0, keep=0.0)


@dataclass(frozen=True, slots=True)
class Scrape:
    """The finished thing: what was read, and how it went."""

    fragments: tuple[Fragment, ...]
    outcomes: tuple[Outcome, ...]
    up: bool


async def scrape(site: Site, collectors: Sequence[Collector], deadline: float) -> Scrape:
    """Read a gateway; never raises, and ends by ``deadline``, a time of ``anyio.current_time``.

    What failed or is late is missing from the result; a request that is late goes on and serves
    the next scrape.
    """
    began = clock.elapsed()
    found: dict[str, Outcome] = {}

    async def run(collector: Collector) -> None:
        outcome = await _attempt(site, collector, deadline)
        if outcome is not None:
            found[collector.name] = outcome

    async with anyio.create_task_group() as tasks:
        for collector in collectors:
            tasks.start_soon(run, collector)
    outcomes = tuple(found[c.name] for c in collectors if c.name in found)
    tell(site, outcomes)
    own = Fragment(families(account(site, outcomes, clock.elapsed() - began)))
    read = (outcome.fragment for outcome in outcomes if outcome.fragment is not None)
    return Scrape((own, *read), outcomes, site.session.up)


async def _attempt(site: Site, collector: Collector, deadline: float) -> Outcome | None:
    """Run one collector; ``None`` where the site has nothing for it, or none is known to be."""
    began = clock.elapsed()
    fragment, error = None, None
    try:
        if not await _has(site, collector, deadline):
            return None
        asked = await _ask(site, collector, deadline)
        if collector.background and not all(page.at_hand for page in asked if page):
            return _still_failing(site, collector)
        documents, error = await _documents(collector, asked, deadline)
        if error is None and not any(map(_holds_something, documents)):
            return None
        fragment = _read(site, collector, documents)
    except GatewayError as failure:
        error = str(failure)
    except Exception as surprise:  # a document nobody foresaw costs its own samples, no others
        if collector.name not in site.complaints:
            log.exception("gateway=%s collector=%s", site.name, collector.name)
        error = f"unexpected {type(surprise).__name__}: please report it with the log"
    return Outcome(collector.name, clock.elapsed() - began, fragment, error)


def _holds_something(document: Document | None) -> bool:
    return document is not None and document.data is not None and document is not CLOSED


def _still_failing(site: Site, collector: Collector) -> Outcome | None:
    """Say again what failed, while another try is on its way; else nothing."""
    complaint = site.complaints.get(collector.name)
    return None if complaint is None else Outcome(collector.name, 0.0, error=complaint)


async def _has(site: Site, collector: Collector, deadline: float) -> bool:
    """See whether the site has what the collector reads; what cannot be told is as last time."""
    try:
        opens = await _opens(site, collector.given, deadline)
    except GatewayError:
        if collector.name in site.readings:
            raise
        return False
    if not opens:
        site.readings.pop(collector.name, None)
    return opens


async def _opens(site: Site, gate: Gate, deadline: float) -> bool:
    """See whether the gate is open, or else the one beside it."""
    if await _holds(site, gate, deadline):
        return True
    return gate.otherwise is not None and await _opens(site, gate.otherwise, deadline)


async def _holds(site: Site, gate: Gate, deadline: float) -> bool:
    if gate.given is not None and not await _opens(site, gate.given, deadline):
        return False
    asked = [site.documents.ask(endpoint) for endpoint in gate.endpoints]
    return gate.opens(*[(await page.by(deadline)).data for page in asked])


async def _ask(site: Site, collector: Collector, deadline: float) -> list[Asked | None]:
    """Send for all pages before waiting for the first; ``None`` for one behind a closed gate."""
    asked: list[Asked | None] = []
    for page in collector.pages:
        if isinstance(page, Endpoint):
            asked.append(site.documents.ask(page))
        elif await _opens(site, page.given, deadline):
            asked.append(site.documents.ask(page.endpoint))
        else:
            asked.append(None)
    return asked


async def _documents(
    collector: Collector, asked: list[Asked | None], deadline: float
) -> tuple[tuple[Document | None, ...], str | None]:
    """Get a collector's pages; one that can read on gets ``None`` and the first failure's text."""
    error: str | None = None
    documents: list[Document | None] = []
    for page in asked:
        try:
            documents.append(CLOSED if page is None else await page.by(deadline))
        except GatewayError as failure:
            if not collector.partial:
                raise
            documents.append(None)
            error = error or str(failure)
    return tuple(documents), error


def _read(site: Site, collector: Collector, documents: tuple[Document | None, ...]) -> Fragment:
    """Map the documents, unless they are those of the last time."""
    known = site.readings.get(collector.name)
    if known is not None and known.documents == documents:
        return known.fragment
    pages = [None if document is None else document.data for document in documents]
    options: dict[str, float] = {}
    if collector.timed:
        received = [d.received for d in documents if d is not None] or [clock.elapsed()]
        options["moment"] = site.session.clock(received[0])
    with watching() as surprises:
        samples = list(islice(site.ledger.settle(collector.read(*pages, **options)), MOST + 1))
    if len(samples) > MOST:
        raise Malformed(f"the pages of {collector.name} tell more than any site: {MOST} values")
    site.surprised(collector.name, surprises.count)
    reading = Reading(documents, Fragment(families(samples)))
    site.readings[collector.name] = reading
    return reading.fragment
