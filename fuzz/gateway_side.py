"""What a gateway sends: its pages, a session's cookie, a challenge, a certificate."""

import math
import ssl
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import anyio
import h11
import httpx
from lxml import etree
from prometheus_client import Metric
from prometheus_client.openmetrics.parser import text_string_to_metric_families as openmetrics
from prometheus_client.parser import text_string_to_metric_families as plain

from exporter import collectors
from exporter.demo.authority import Authority
from exporter.endpoint import INFO, Endpoint
from exporter.exposition import Format, Fragment, page
from exporter.gateway.auth import Door
from exporter.gateway.decode import decode
from exporter.gateway.digest import Digest
from exporter.gateway.documents import Documents
from exporter.gateway.errors import Absent, GatewayError
from exporter.gateway.exchange import Answer, exchange
from exporter.gateway.identity import Identity
from exporter.gateway.jwt import Token
from exporter.gateway.tls import Pin
from exporter.ledger import Ledger
from exporter.scrape import scrape
from exporter.site import Site
from fuzz import corpus, wire
from fuzz.mutation import Mutator
from fuzz.target import SECRET, Target, promise

XML = (
    f'<!DOCTYPE x [<!ENTITY a "{SECRET}"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">'
    '<!ENTITY c "&b;&b;&b;&b;&b;&b;&b;&b;"><!ENTITY f SYSTEM "file:///etc/passwd">'
    '<!ENTITY % p SYSTEM "http://127.0.0.1:1/x">]>'
).encode()
SERIAL = "202312034567"
TOKEN = Token.parse(Authority().issue(SERIAL, "owner", 43_200, corpus.MIDDAY))


class Pages:
    """A session whose gateway answers with given pages."""

    identity = object()

    def __init__(self, answers: corpus.Answers) -> None:
        self.answers = answers

    async def get(self, endpoint: Endpoint) -> Any:
        """Decode the page, as a session does."""
        if endpoint not in self.answers:
            raise Absent(endpoint.path)
        status, body = self.answers[endpoint]
        return decode(endpoint, Answer(status, httpx.Headers(), body, httpx.URL("https://x/")))


@dataclass
class Seen:
    """A gateway before and after: two rounds of answers, and the pages in which they differ."""

    rounds: tuple[corpus.Answers, corpus.Answers]
    changed: set[Endpoint]


def _seen(mutator: Mutator) -> Seen:
    good = mutator.choice(corpus.sites())
    count = mutator.random.randint(1, 2)
    changed = {mutator.choice(corpus.endpoints()) for _ in range(count)}
    first, second = ({**good, **_spoilt(mutator, good, changed)} for _ in range(2))
    return Seen((mutator.choice((good, first)), second), changed)


def _spoilt(mutator: Mutator, good: corpus.Answers, changed: set[Endpoint]) -> corpus.Answers:
    spoilt = {}
    for endpoint in changed:
        other = mutator.choice(corpus.sites()).get(endpoint, (200, b"[]"))
        status, body = good.get(endpoint, other) if mutator.often() else other
        bad = mutator.json(body) if endpoint.form == "json" else mutator.raw(body)
        spoilt[endpoint] = (200 if mutator.often() else status, bad)
    return spoilt


def _scrape(seen: Seen) -> None:
    """Scrape twice, with the time between that a counter's fall must last."""
    concerned = [c for c in collectors.ALL if corpus.read_by(c) & seen.changed]
    moments = [corpus.MIDDAY]
    ledger = Ledger(now=lambda: moments[-1])

    async def run() -> None:
        for answers in (*seen.rounds, seen.rounds[1]):
            async with anyio.create_task_group() as tasks:
                one: Any = SimpleNamespace(up=True, clock=lambda _: moments[-1], held=None)
                one.certificate, documents = None, Documents(Pages(answers), tasks)
                site = Site("home", "host", one, documents, one, one, ledger)
                result = await scrape(site, concerned, math.inf)
            odd = [o.error for o in result.outcomes if "unexpected" in (o.error or "")]
            promise(not odd, f"{odd}")
            _check(result.fragments)
            moments.append(moments[-1] + 700)

    anyio.run(run)
    Ledger(ledger.page())


def _check(fragments: Iterable[Fragment]) -> None:
    """Hold an exposition to both formats: each series once, each value a number."""
    every = list(fragments)
    text = page(every, Format.accepted("")).decode()
    lines = [line.rpartition(" ")[0] for line in text.split("\n") if line and line[0] != "#"]
    promise(len(lines) == len(set(lines)), "a series stands twice")
    promise(len(text) < 50_000_000, "an exposition of unbounded size")
    read: list[Metric] = list(plain(text))
    strict = page(every, Format.accepted("application/openmetrics-text;version=1.0.0")).decode()
    read += openmetrics(strict)  # type: ignore[no-untyped-call]  # the library's
    values = (sample.value for family in read for sample in family.samples)
    promise(all(map(math.isfinite, values)), "a value is no number")


def _decode(given: tuple[Endpoint, int, bytes]) -> None:
    endpoint, status, body = given
    document = decode(endpoint, Answer(status, httpx.Headers(), body, httpx.URL("https://x/")))
    promise(document is not None, "no document")


def _page(mutator: Mutator) -> tuple[Endpoint, int, bytes]:
    endpoint = mutator.choice(corpus.endpoints())
    _, body = mutator.choice(corpus.sites()).get(endpoint, (200, b"[]"))
    return endpoint, mutator.choice(wire.STATUSES), mutator.raw(body)


def _info(mutator: Mutator) -> bytes:
    _, body = mutator.choice(corpus.sites())[INFO]
    root = body.find(b"<envoy_info")
    entities = (b"", b"&a;", b"&c;", b"&f;", b"<b x='&f;'/>", b"9" * 400, b"<time>9</time>")
    filled = body[root:].replace(b"<sn>", b"<sn>" + mutator.choice(entities))
    whole = mutator.choice((b"", XML, XML, body[:root])) + filled
    return mutator.raw(whole) if mutator.often() else whole


def _identify(body: bytes) -> None:
    answer = Answer(200, httpx.Headers(), body, httpx.URL("https://x/"))
    info = decode(INFO, answer)
    identity = Identity.of(info)
    promise(identity.time is None or math.isfinite(identity.time), "a time that is none")
    promise(len(identity.serial) <= len(body), "an entity unfolded")
    promise(b"root:x:" not in etree.tostring(info), "a file of ours was read")


def _cookie(mutator: Mutator) -> wire.Reply:
    value = mutator.choice(("abc", '"abc"', "é", "\\" * 40_000))
    good = f"sessionId={value}; path=/; secure"
    return wire.reply(mutator, b"valid", ("set-cookie", good))


def _enter(reply: wire.Reply) -> None:
    """Go through the door, and see that what we show there can be sent."""

    async def ask(path: str, headers: dict[str, str]) -> Answer:
        async with wire.client(reply) as client:
            return await exchange(client, "GET", "https://gateway/", 9, headers=headers)

    async def enter() -> None:
        shown = await Door(ask, cast("Any", _Tokens())).enter(SERIAL)
        h11.Request(method="GET", target="/", headers=[("Host", "x"), *shown.headers.items()])

    anyio.run(enter)


class _Tokens:
    """Has one token."""

    async def current(self, serial: str) -> Token:
        return TOKEN

    async def replace(self, refused: Token, serial: str) -> Token:
        return TOKEN

    def admitted(self) -> None:
        pass


def _challenge(mutator: Mutator) -> wire.Reply:
    good = f'Digest realm="enphaseenergy.com", nonce="{"1" * 16}", qop="auth", algorithm=MD5'
    reply = wire.reply(mutator, b"<html>", ("www-authenticate", good))
    reply.status = 401
    return reply


def _answer_challenge(reply: wire.Reply) -> None:
    auth = Digest(password=SECRET).auth(Identity(SERIAL, tokens=False, time=None))

    async def ask() -> None:
        async with wire.client(reply) as client:
            answer = await exchange(client, "GET", "http://gateway/x", 9, auth=auth)
            promise(len(answer.body) <= wire.SIZE, "a body beyond its bound")

    anyio.run(ask)


def _reply(mutator: Mutator) -> wire.Reply:
    location = ("location", "https://elsewhere.example/x")
    return wire.reply(mutator, b'{"a": [1, 2, 3]}', location)


def _meet(der: bytes) -> None:
    kept = SimpleNamespace(read=lambda: None, write=lambda _: None)
    pin = Pin(cast("Any", kept), lambda: corpus.MIDDAY)
    pin.judge(der)
    promise(pin.certificate is not None, "nothing is pinned")


DER = ssl.PEM_cert_to_DER_cert(Path(__file__).with_name("certificate.pem").read_text())

TARGETS = (
    Target("collectors", _seen, _scrape, share=8),
    Target("pages", _page, _decode, (GatewayError,)),
    Target("info", _info, _identify, (GatewayError,)),
    Target("session cookie", _cookie, _enter, (GatewayError,)),
    Target("digest challenge", _challenge, _answer_challenge, (GatewayError,)),
    Target("packed bodies", _reply, _answer_challenge, (GatewayError,)),
    Target("certificate", lambda mutator: mutator.raw(DER), _meet, (ssl.SSLError,)),
)
