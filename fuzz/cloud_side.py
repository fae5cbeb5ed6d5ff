"""What the cloud sends: both logins' answers, and the token in them."""

import base64
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import anyio

from exporter.demo.authority import Authority
from exporter.demo.entrez import CODE, LOGIN, PAGE
from exporter.demo.entrez import TOKEN as SHOWN
from exporter.gateway import enlighten, entrez
from exporter.gateway.cloud import Cloud, CloudClient
from exporter.gateway.credentials import Credentials
from exporter.gateway.errors import LoginError
from exporter.gateway.jwt import Token
from fuzz import corpus, wire
from fuzz.mutation import Mutator
from fuzz.target import SECRET, Target, promise

SERIAL = "202312034567"
JWT = Authority().issue(SERIAL, "owner", 43_200, corpus.MIDDAY)
CREDENTIALS = Credentials("you@example.com", SECRET)
LONGEST_PAUSE = 86_400
DATE = "Fri, 31 Dec 9999 23:59:59 GMT"
FILLINGS = [LOGIN, CODE, *SHOWN.values(), "{}" * 3]


@dataclass(frozen=True, slots=True)
class Spoilt(Cloud):
    """A cloud whose replies are given."""

    replies: list[wire.Reply] = field(default_factory=list)

    @asynccontextmanager
    async def client(self) -> AsyncIterator[CloudClient]:
        """Open a client that guards passwords as the real one does."""
        guards = [self._guard]
        async with wire.client(*self.replies, guards=guards, follow_redirects=True) as client:
            yield CloudClient(client)


def _replies(mutator: Mutator) -> list[wire.Reply]:
    headers = [
        ("retry-after", mutator.choice(("120", "9" * 400, "1e9", DATE, "Mon, 99 Foo -1"))),
        ("date", mutator.choice((DATE, "Thu, 01 Jan 1970 00:00:00 GMT", ""))),
        ("set-cookie", f"SESSION={SECRET}; path=/; secure; domain=example.com"),
    ]
    if mutator.random.random() < 0.3:
        headers.append(("location", "https://entrez.example/login"))
    session = {"session_id": mutator.choice(("abc", "\ud800", "é", ["a"], "")), "token": JWT}
    page = PAGE.format(mutator.choice(FILLINGS).replace("{}", JWT)).encode()
    bodies = (json.dumps(session).encode(), page, JWT.encode())
    return [wire.reply(mutator, mutator.choice(bodies), *headers) for _ in range(3)]


def _log_in(replies: list[wire.Reply]) -> None:
    cloud = Spoilt("https://entrez.example", "https://enlighten.example", replies=replies)
    for login in (enlighten.login, entrez.login):
        try:
            text = anyio.run(login, cloud, CREDENTIALS, SERIAL)
        except LoginError as error:
            promise(0 <= error.retry_after <= LONGEST_PAUSE, "the cloud can lock us out for ever")
            raise
        promise(text.isascii(), "a token that cannot be sent")


def _page(mutator: Mutator) -> str:
    tokens = (JWT, "eyJ-" * 20_000, "eyJa." * 20_000, f"{JWT} {JWT}", JWT[:-90], "eyJ.eyJ.x")
    nest = "<div>" * mutator.choice((0, 0, 300, 5000))
    page = nest + PAGE.format(mutator.choice(FILLINGS).replace("{}", mutator.choice(tokens)))
    return mutator.text(page)


def _find(page: str) -> None:
    promise(entrez.token_in(page).isascii(), "a token that cannot be sent")


def _claims(mutator: Mutator) -> str:
    part = mutator.choice(JWT.split("."))
    claims = {"exp": 1_783_105_200, "iat": 0, "aud": SERIAL, "enphaseUser": "owner"}
    payload = base64.urlsafe_b64encode(json.dumps(mutator.document(claims)).encode())
    return mutator.choice((f"eyJh.{payload.decode().rstrip('=')}.x", mutator.text(JWT), JWT + part))


def _read(text: str) -> None:
    token = Token.parse(text)
    promise(0 <= token.renewal <= token.ends, "a token's times make no sense")
    shown = f"{token.role} {token.serial} {token!r}"
    promise(shown.isprintable(), "a token's role cannot be shown")
    promise(token.text.isascii(), "a token that cannot be sent")


TARGETS = (
    Target("cloud logins", _replies, _log_in, (LoginError,)),
    Target("token page", _page, _find, (LoginError,)),
    Target("token", _claims, _read, (ValueError,)),
)
