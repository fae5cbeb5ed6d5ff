"""Turns an answer into a document, judged by its status and body: content types lie.

Firmware sends JSON without a type, XML as JSON, and pages that say "not found" with status 200.
"""

import json
from http import HTTPStatus
from typing import Any

from lxml import etree, html

from exporter.endpoint import INFO, Endpoint
from exporter.gateway.errors import Absent, Forbidden, GatewayError, Malformed, Unavailable
from exporter.gateway.exchange import Answer

SIZE_LIMIT = 4 * 1024 * 1024
"""Bytes; the largest answer known, an inventory of 300 devices, has some 300 kB."""


def decode(endpoint: Endpoint, answer: Answer) -> Any:
    """Decode JSON into Python values and ``/info`` into an lxml element.

    Raises ``Absent``, ``Forbidden``, ``Unavailable`` or ``Malformed``.
    """
    _judge_status(endpoint, answer.status, answer.body)
    text = answer.body.lstrip()
    if endpoint.form == "xml":
        return _xml(text)
    if endpoint.form == "html":
        return _html(endpoint, text)
    if text.startswith(b"<"):
        raise _web_page(endpoint, text)
    try:
        document = json.loads(text.decode(errors="replace"), parse_constant=lambda _: None)
    except (ValueError, RecursionError):
        document = None
    if document is None:
        raise Malformed(f"{endpoint} answered {len(text)} bytes that are no JSON document")
    return document


def _judge_status(endpoint: Endpoint, status: int, body: bytes) -> None:
    if status == HTTPStatus.OK:
        return
    if status in {HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN}:
        raise Forbidden(f"{endpoint} is kept from this login ({status})")
    if status == HTTPStatus.NOT_FOUND or b"no longer supported" in body:
        raise Absent(f"{endpoint} is not on this gateway")
    if HTTPStatus.MULTIPLE_CHOICES <= status < HTTPStatus.BAD_REQUEST:
        # Some firmware sends a missing page's reader to an error page.
        raise Absent(f"{endpoint} answered with a redirect ({status})")
    raise Unavailable(f"{endpoint} answered {status}: the gateway may be starting or overloaded")


def _xml(body: bytes) -> "etree._Element":
    parser = etree.XMLParser(resolve_entities=False, no_network=True, recover=False)
    try:
        root = etree.fromstring(body, parser)
    except (etree.XMLSyntaxError, ValueError):
        root = None
    if root is None or root.tag != "envoy_info":
        raise Malformed(f"{INFO} is not a gateway's: is this the right host?")
    return root


def _html(endpoint: Endpoint, body: bytes) -> "etree._Element":
    try:
        return html.document_fromstring(body, parser=html.HTMLParser(no_network=True))
    except (etree.ParserError, etree.XMLSyntaxError, ValueError):
        raise Malformed(f"{endpoint} answered no web page") from None


def _web_page(endpoint: Endpoint, body: bytes) -> GatewayError:
    if b"not found" in body.lower():
        return Absent(f"{endpoint} is not on this gateway")
    return Malformed(f"{endpoint} answered with a web page in place of data")
