"""Checks addresses in the settings: each function returns its value or raises ``ValueError``."""

from urllib.parse import SplitResult, urlsplit

import httpx


def host(value: str) -> str:
    """Check a gateway's address: a host, with a port and a scheme if need be, and nothing else."""
    url = value if "://" in value else f"https://{value}"
    parts = _split(url)
    if parts.scheme not in {"http", "https"} or not _leads_somewhere(url) or _has_more(parts):
        raise ValueError("should be like 'envoy.local', '192.0.2.7:8443' or 'http://192.0.2.7'")
    return value.rstrip("/")


def secure_url(value: str) -> str:
    """Check an address that passwords are sent to: it must be TLS."""
    parts = _split(value)
    if parts.scheme != "https" or not _leads_somewhere(value):
        raise ValueError("should be an address that begins with https://")
    return value.rstrip("/")


def listen(value: str) -> str:
    """Check an address to listen on."""
    listening(value)
    return value


def listening(value: str) -> tuple[str, int]:
    """Split ``:9433``, ``127.0.0.1:9433`` or ``[::1]:9433`` into host (``""`` is any) and port."""
    parts = _split(f"//{value}")
    if parts.port is None or _has_more(parts):
        raise ValueError("should be like ':9433' or '127.0.0.1:9433'")
    return parts.hostname or "", parts.port


def _split(value: str) -> SplitResult:
    if not value.isprintable() or set(value) & set(" @?#\\"):
        raise ValueError("is no address")
    try:
        parts = urlsplit(value)
        _ = parts.port
    except ValueError:
        raise ValueError("is no address") from None
    return parts


def _leads_somewhere(url: str) -> bool:
    """Whether there is a host in it that a connection can be tried to."""
    try:
        return bool(httpx.URL(url).host.encode("idna"))
    except (httpx.InvalidURL, ValueError):
        return False


def _has_more(parts: SplitResult) -> bool:
    return bool(parts.path.strip("/"))
