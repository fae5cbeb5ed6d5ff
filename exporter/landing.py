"""The page for people: which gateways there are, what works, and what to do about the rest."""

from collections.abc import Iterable
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from exporter import __version__, clock
from exporter.site import Site

if TYPE_CHECKING:
    from jinja2 import Template


def landing(sites: Iterable[Site], telemetry_path: str) -> str:
    """Render the page; names and errors in it are escaped."""
    text = _template().render(
        version=__version__,
        telemetry_path=telemetry_path,
        gateways=[_described(site) for site in sites],
    )
    # A lone surrogate, legal in JSON, has no UTF-8 form and would end the whole page.
    return text.encode(errors="replace").decode()


def _described(site: Site) -> dict[str, object]:
    identity, token, certificate = site.session.identity, site.tokens.held, site.trust.certificate
    return {
        "name": site.name,
        "host": site.host,
        "state": "answers" if site.session.up else "not asked yet" if _untouched(site) else "fails",
        "serial": identity.serial if identity else None,
        "trouble": str(site.session.trouble) if site.session.trouble else None,
        "complaints": dict(sorted(site.complaints.items())),
        "working": sorted(site.readings.keys() - site.complaints.keys()),
        "token_ends": _day(token.ends) if token else None,
        "token_role": token.role if token else None,
        "certificate_ends": _day(certificate.not_after) if certificate else None,
        "certificate": certificate.sha256 if certificate else None,
        "ages": sorted(site.documents.ages()),
    }


def _untouched(site: Site) -> bool:
    return site.session.identity is None and site.session.trouble is None


def _day(moment: float) -> str:
    return f"{datetime.fromtimestamp(moment, UTC):%Y-%m-%d} ({clock.days_until(moment):.0f} days)"


@cache
def _template() -> "Template":
    # Costs 2 MB, and no Prometheus ever asks for this page.
    from jinja2 import Environment  # noqa: PLC0415

    text = Path(__file__).with_name("landing.html").read_text(encoding="utf-8")
    return Environment(autoescape=True, trim_blocks=True, lstrip_blocks=True).from_string(text)
