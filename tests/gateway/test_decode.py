"""From an answer to a document: judged by status and body, since content types lie."""

import contextlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree
from starlette.types import Receive, Scope, Send

from exporter.collectors.gateway import gateway
from exporter.demo.answer import ABSENT
from exporter.demo.faults import respond
from exporter.demo.serving import Server
from exporter.endpoint import INFO, METERS, PRODUCTION_PAGE, Endpoint
from exporter.gateway.decode import decode
from exporter.gateway.errors import Absent, Forbidden, GatewayError, Malformed, Unavailable
from exporter.gateway.exchange import Answer
from exporter.gateway.identity import Identity


def answer(body: bytes, status: int = 200) -> Answer:
    """Make an answer whose content type lies."""
    headers = httpx.Headers({"Content-Type": "application/octet-stream"})
    return Answer(status, headers, body, httpx.URL("https://gateway/"))


@pytest.mark.parametrize(
    ("body", "document"),
    [
        (b"[]", []),
        (b' \n{"a": -0.0}', {"a": 0}),
        (b'{"devices:": [1, 2.5, true, null]}', {"devices:": [1, 2.5, True, None]}),
        (b'{"a": NaN, "b": Infinity}', {"a": None, "b": None}),
        (b'{"a": "\xff"}', {"a": "\N{REPLACEMENT CHARACTER}"}),
    ],
)
def test_json_is_read_whatever_its_type(body: bytes, document: Any) -> None:
    """JSON is read by its body; numbers that are none, and broken letters, cost nothing else."""
    assert decode(METERS, answer(body)) == document


@pytest.mark.parametrize(
    ("status", "body", "kind"),
    [
        (200, b"", Malformed),
        (200, b"hello", Malformed),
        (200, b"[" * 100_000, Malformed),
        (200, b"1" * 5000, Malformed),
        (200, b"<html>Welcome</html>", Malformed),
        (200, b"<html><h1>Page Not Found</h1></html>", Absent),
        (301, b"", Absent),
        (401, b"<h2>401 Unauthorized</h2>", Forbidden),
        (403, b"", Forbidden),
        (404, b'{"error":"404 - Not Found"}', Absent),
        (500, b"", Unavailable),
        (503, b'{"informational":"tpm API no longer supported"}', Absent),
        (503, b"starting", Unavailable),
    ],
)
def test_what_is_no_document_says_why(status: int, body: bytes, kind: type[GatewayError]) -> None:
    """Each way of firmware to say no is told apart, and names the page."""
    with pytest.raises(GatewayError, match="/ivp/meters") as caught:
        decode(METERS, answer(body, status))
    assert type(caught.value) is kind


@pytest.mark.parametrize(
    "body", [b"", b"{}", b"[]", b"<html></html>", b"<envoy_info>", b"\x00", b"<?xml version='9'?>"]
)
def test_another_device_is_no_gateway(body: bytes) -> None:
    """Whoever answers ``/info`` otherwise than a gateway is not taken for one."""
    with pytest.raises(Malformed, match="is this the right host"):
        decode(INFO, answer(body))


NAMING = """<!DOCTYPE envoy_info SYSTEM "PLACE/dtd" [
    <!ENTITY entity SYSTEM "PLACE/entity"> <!ENTITY % part SYSTEM "PLACE/part"> %part; ]>"""
XML = f"{NAMING}<envoy_info><device><sn>&entity;</sn></device></envoy_info>"
HTML = f"""{NAMING}<html><head><link rel="stylesheet" href="PLACE/style"></head>
    <body>&entity;<img src="PLACE/image"><iframe src="PLACE/frame"></iframe></body></html>"""
PAGES = [(INFO, XML), (PRODUCTION_PAGE, HTML)]
"""Documents that name something else in each way that there is."""


@pytest.mark.parametrize(("endpoint", "text"), PAGES)
def test_a_gateway_cannot_make_us_read_files(endpoint: Endpoint, text: str, tmp_path: Path) -> None:
    """A file of ours that a document names is not read: neither shown nor found to be wrong."""
    for name in ("dtd", "entity", "part"):
        (tmp_path / name).write_text("<our own> & no DTD")
    document = decode(endpoint, answer(text.replace("PLACE", tmp_path.as_uri()).encode()))
    assert b"our own" not in etree.tostring(document.getroottree())


@contextlib.contextmanager
def listening(asked: list[str]) -> Iterator[str]:
    """Listen at an address, and note who is asked for what there."""

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        asked.append(scope["path"])
        await respond(ABSENT, send)

    with Server(app) as server:
        yield server.url


@pytest.mark.parametrize(("endpoint", "text"), PAGES)
def test_a_gateway_cannot_make_us_call_out(endpoint: Endpoint, text: str) -> None:
    """Nobody at an address that a document names hears of us."""
    asked: list[str] = []
    with listening(asked) as url:
        decode(endpoint, answer(text.replace("PLACE", url).encode()))
        httpx.get(f"{url}/heard")
    assert asked == ["/heard"]


def test_a_parser_that_followed_names_would_not_call_out(monkeypatch: pytest.MonkeyPatch) -> None:
    """Even if entities were resolved, an address in the network would be refused."""
    parser, asked = etree.XMLParser, list[str]()

    def obliging(**options: Any) -> etree.XMLParser:
        return parser(**options | {"resolve_entities": True, "load_dtd": True})

    monkeypatch.setattr(etree, "XMLParser", obliging)
    with listening(asked) as url, pytest.raises(Malformed):
        decode(INFO, answer(XML.replace("PLACE", url).encode()))
    assert asked == []


@given(st.binary(), st.integers(100, 599), st.sampled_from([INFO, METERS]))
def test_no_answer_surprises(body: bytes, status: int, endpoint: Any) -> None:
    """Whatever comes is a document or an error of ours."""
    with contextlib.suppress(GatewayError):
        document = decode(endpoint, answer(body, status))
        assert document is not None


def info(xml: str) -> Identity:
    """Read an identity."""
    body = f"<envoy_info>{xml}</envoy_info>".encode()
    return Identity.of(decode(INFO, answer(body)))


@pytest.mark.parametrize(
    ("xml", "expected"),
    [
        (
            "<time>1783105200</time><device><sn>1223</sn></device><web-tokens>true</web-tokens>",
            Identity("1223", tokens=True, time=1_783_105_200.0),
        ),
        (
            "<time>now</time><device><sn>1223</sn></device><web-tokens>false</web-tokens>",
            Identity("1223", tokens=False, time=None),
        ),
        ("<device/>", Identity("", tokens=False, time=None)),
        ("", Identity("", tokens=False, time=None)),
    ],
)
def test_a_gateway_says_who_it_is(xml: str, expected: Identity) -> None:
    """Serial, kind of login and clock are read; what is missing is unknown, not an error."""
    assert info(xml) == expected


@pytest.mark.parametrize("time", ["9" * 400, "9" * 5000, "-1", "1e9", "²"])
def test_a_clock_that_is_none_is_unknown(time: str) -> None:
    """A time with hundreds of digits is no time, and no error either."""
    assert info(f"<time>{time}</time>").time is None
    root = decode(INFO, answer(f"<envoy_info><time>{time}</time></envoy_info>".encode()))
    assert [sample.family.name for sample in gateway.read(root)] == ["enphase_gateway_info"]


def test_entities_do_not_unfold() -> None:
    """A few bytes of entities within entities do not become gigabytes."""
    levels = "".join(
        f'<!ENTITY {name} "{f"&{inner};" * 10}">'
        for name, inner in zip("bcdefghij", "abcdefghi", strict=True)
    )
    unfolding = "<envoy_info><device><sn>&j;</sn></device></envoy_info>"
    body = f'<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa">{levels}]>{unfolding}'
    with contextlib.suppress(Malformed):
        assert len(Identity.of(decode(INFO, answer(body.encode()))).serial) < 100
