"""Enphase's cloud: where it is, and the client that carries the password there."""

import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from pathlib import Path
from typing import Any, Literal

import certifi
import httpx

from exporter.gateway.bounds import PACKINGS, bounded
from exporter.gateway.errors import Changed, CloudTrouble, Malformed, Silent, Unreachable
from exporter.gateway.exchange import Answer, exchange

SECONDS = 30.0
SIZE_LIMIT = 1024 * 1024
LONGEST_WISH = 86_400.0
"""Seconds; who wants us to wait longer is asked again all the same."""


@dataclass(frozen=True, slots=True)
class Cloud:
    """The cloud's two hosts, and which login is tried first."""

    entrez_url: str
    enlighten_url: str
    first: Literal["enlighten", "entrez"] = "enlighten"
    ca_file: Path | None = None
    """Authorities to verify with in place of the public ones."""

    @asynccontextmanager
    async def client(self) -> AsyncIterator["CloudClient"]:
        """Open a client with a cookie jar of its own, for one login."""
        context = ssl.create_default_context(cafile=str(self.ca_file or certifi.where()))
        async with httpx.AsyncClient(
            verify=context,
            follow_redirects=True,
            timeout=None,
            headers={"Accept": "*/*", **PACKINGS},
            event_hooks={"request": [self._guard], "response": [bounded(SIZE_LIMIT)]},
        ) as client:
            yield CloudClient(client)

    async def _guard(self, request: httpx.Request) -> None:
        """Keep passwords and sessions on TLS, and on the two hosts they are meant for."""
        hosts = {httpx.URL(url).host for url in (self.entrez_url, self.enlighten_url)}
        if request.url.scheme != "https":
            raise httpx.UnsupportedProtocol("the cloud sent us on to an address without TLS")
        if request.method == "POST" and request.url.host not in hosts:
            raise httpx.UnsupportedProtocol("the cloud sent us on to a host that is not its own")


class CloudClient:
    """Posts forms and JSON; what every answer of the cloud may mean is judged here."""

    def __init__(self, client: httpx.AsyncClient) -> None:
        self._client = client

    async def post(self, url: str, **options: Any) -> Answer:
        """Post, and raise ``Changed`` or ``CloudTrouble`` for what is no answer to our question.

        400, 401 and 403 are answers: what they mean depends on the page.
        """
        try:
            answer = await exchange(self._client, "POST", url, SECONDS, **options)
        except (Unreachable, Silent, Malformed) as error:
            raise CloudTrouble(str(error)) from None
        if answer.status == HTTPStatus.TOO_MANY_REQUESTS:
            raise CloudTrouble(f"{url} wants us to wait", _seconds(answer))
        if answer.status not in {200, 400, 401, 403}:
            raise Changed(f"{url} answered {answer.status}", _seconds(answer))
        return answer


def _seconds(answer: Answer) -> float:
    """Read how long the cloud wants us to wait, as seconds or as a date by its own clock."""
    value = answer.headers.get("Retry-After", "")
    if value.isascii() and value.isdigit():
        return min(float(value), LONGEST_WISH)
    try:
        now = parsedate_to_datetime(answer.headers.get("Date", ""))
        wish = (parsedate_to_datetime(value) - now).total_seconds()
        return min(max(wish, 0.0), LONGEST_WISH)
    except (ValueError, TypeError, OverflowError):  # no date that is one, or without a time zone
        return 0.0
