"""What a scrape says of itself: how each collector fared, and what holds for the gateway."""

import logging
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from exporter.exposition import Fragment
from exporter.metric import Sample, gauge, info
from exporter.site import Site

log = logging.getLogger(__name__)

UP = gauge("up", "Whether the gateway answers and lets us in (1) or not (0).")
DURATION = gauge("scrape_duration_seconds", "How long this scrape took.")
SUCCESS = gauge(
    "collector_success", "Whether the collector got what it reads (1) or not (0).", "collector"
)
COLLECTOR_DURATION = gauge(
    "collector_duration_seconds", "How long the collector waited and worked.", "collector"
)
AGE = gauge("document_age_seconds", "How old the page's answer is that is shown.", "path")
TOKEN_ENDS = gauge("token_expiry_timestamp_seconds", "When the gateway's token ends.")
TOKEN = info("token_info", "The role that the gateway's token gives.", "role")
CERTIFICATE_ENDS = gauge(
    "certificate_expiry_timestamp_seconds", "When the gateway's TLS certificate ends."
)
CERTIFICATE = info("certificate_info", "Fingerprint of the gateway's certificate.", "sha256")


@dataclass(frozen=True, slots=True)
class Outcome:
    """How one collector fared: its samples, if any, and what failed, if anything."""

    collector: str
    seconds: float
    fragment: Fragment | None = None
    error: str | None = None


def account(site: Site, outcomes: Sequence[Outcome], seconds: float) -> Iterator[Sample]:
    """Tell how the scrape went, and how long token and certificate last."""
    yield from UP(int(site.session.up))
    yield from DURATION(seconds)
    for outcome in outcomes:
        yield from SUCCESS(int(outcome.error is None), outcome.collector)
        yield from COLLECTOR_DURATION(outcome.seconds, outcome.collector)
    for path, age in site.documents.ages():
        yield from AGE(age, path)
    if token := site.tokens.held:
        yield from TOKEN_ENDS(token.ends)
        yield from TOKEN(1, token.role)
    if certificate := site.trust.certificate:
        yield from CERTIFICATE_ENDS(certificate.not_after)
        yield from CERTIFICATE(1, certificate.sha256)


def tell(site: Site, outcomes: Sequence[Outcome]) -> None:
    """Log what changed: a failure once, not with every scrape, and its end."""
    now = {outcome.collector: outcome.error for outcome in outcomes if outcome.error is not None}
    changed: dict[str, list[str]] = {}
    for collector in now.keys() | site.complaints.keys():
        if now.get(collector) != site.complaints.get(collector):
            changed.setdefault(now.get(collector, ""), []).append(collector)
    for error, collectors in changed.items():
        what = f"error={error!r}" if error else "event=recovered"
        log.warning("gateway=%s collectors=%s %s", site.name, ",".join(sorted(collectors)), what)
    site.complaints = now
