"""From an answer to a document: judged by status and body, since content types lie."""

import contextlib
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from exporter.collectors.gateway import gateway
from exporter.endpoint import INFO, METERS
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


def test_a_gateway_cannot_make_us_read_files() -> None:
    """An entity that names a file of ours is not resolved."""
    body = (
        b'<!DOCTYPE x [<!ENTITY file SYSTEM "file:///etc/passwd">]>'
        b"<envoy_info><device><sn>&file;</sn></device></envoy_info>"
    )
    with contextlib.suppress(Malformed):
        assert b"root" not in etree.tostring(decode(INFO, answer(body)))


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
