"""One configured gateway, with all that is kept of it between scrapes."""

from collections.abc import Callable
from dataclasses import dataclass, field

from exporter.exposition import Fragment
from exporter.gateway.documents import Document, Documents
from exporter.gateway.session import Session
from exporter.gateway.tls import Trust
from exporter.gateway.tokens import Tokens
from exporter.ledger import Ledger


@dataclass(frozen=True, slots=True)
class Reading:
    """What a collector made of its documents; good as long as they are."""

    documents: tuple[Document | None, ...]
    fragment: Fragment


@dataclass(slots=True)
class Site:
    """A gateway by its name in the settings."""

    name: str
    host: str
    session: Session
    documents: Documents
    tokens: Tokens
    trust: Trust
    ledger: Ledger = field(default_factory=Ledger)
    readings: dict[str, Reading] = field(default_factory=dict)
    """By collector."""

    surprised: Callable[[str, int], None] = lambda *_: None
    """Told how many values of a collector's documents made no sense."""

    complaints: dict[str, str] = field(default_factory=dict)
    """What each failing collector says, as long as it fails."""
