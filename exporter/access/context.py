"""Makes what TLS connections are made with, and looks at the certificates that clients show."""

import ipaddress
import os
import ssl
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from exporter.access.go_tls import CIPHER_SUITES, VERSIONS
from exporter.access.tls import TlsServer
from exporter.setting_values import certificates, readable


def context(tls: TlsServer) -> ssl.SSLContext:
    """Make a server's context; raises ``ValueError`` where a file that is named is wrong."""
    made = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    made.set_alpn_protocols(["http/1.1"])
    made.minimum_version = VERSIONS[tls.least_version]
    made.maximum_version = VERSIONS[tls.max_version]
    _choose_suites(made, tls)
    _show_certificate(made, tls)
    _ask_for_certificates(made, tls)
    return made


def vouched(certificate: Mapping[str, Any], sans: Collection[str]) -> bool:
    """Tell whether a client's certificate is for one of these names."""
    return any(name in sans for name in _names(certificate))


def _names(certificate: Mapping[str, Any]) -> Iterator[str]:
    for kind, name in certificate.get("subjectAltName", ()):
        # OpenSSL writes ::1 at its full length.
        yield str(ipaddress.ip_address(name.strip())) if kind == "IP Address" else name


def _choose_suites(made: ssl.SSLContext, tls: TlsServer) -> None:
    if not tls.prefer_server_cipher_suites:
        made.options &= ~ssl.OP_CIPHER_SERVER_PREFERENCE
    # Nobody chooses among those of TLS 1.3: they are always all there.
    suites = [CIPHER_SUITES[name] for name in tls.cipher_suites if name in CIPHER_SUITES]
    try:
        if suites:
            made.set_ciphers(":".join(suites))
    except ssl.SSLError:
        raise ValueError(
            "tls_server_config.cipher_suites should have one that this machine's OpenSSL takes"
        ) from None


def _show_certificate(made: ssl.SSLContext, tls: TlsServer) -> None:
    key_text = None if tls.key is None else tls.key.get_secret_value()
    with (
        _pem("cert", tls.cert, tls.cert_file) as (cert, cert_file),
        _pem("key", key_text, tls.key_file) as (key, key_file),
    ):
        _check(cert, certificates, cert_file)
        _check(key, readable, key_file)
        try:
            # With a password at hand, a key that wants one is an error and not a question.
            made.load_cert_chain(cert_file, key_file, password="")
        except OSError as error:
            reason = str(getattr(error, "reason", None) or "").replace("_", " ").lower()
            raise ValueError(
                f"tls_server_config.{key} should be the private key (PEM, without a passphrase) "
                f"of the certificate in {cert}{reason and f' ({reason})'}"
            ) from None


@contextmanager
def _pem(name: str, text: str | None, file: Path | None) -> Iterator[tuple[str, Path]]:
    """Lend a file with what is in the file that is named, or else with the text; say which.

    Python reads certificates from files only: a text gets one in memory, which no disk ever sees.
    """
    if file is not None:
        yield f"{name}_file", file
        return
    try:
        descriptor = os.memfd_create(name)
    except (AttributeError, OSError):  # Linux alone has such files
        raise ValueError(f"tls_server_config.{name} should stand in a file of its own") from None
    with open(descriptor, "w", encoding="utf-8") as memory:  # noqa: PTH123  it has no path
        memory.write(text or "")
        memory.flush()
        yield name, Path(f"/dev/fd/{descriptor}")


def _ask_for_certificates(made: ssl.SSLContext, tls: TlsServer) -> None:
    if not tls.verifies:
        return
    made.verify_mode = ssl.CERT_REQUIRED if tls.requires else ssl.CERT_OPTIONAL
    # As in Go, whatever stands in the file is believed, be it no root.
    made.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN
    if tls.client_ca_file is not None:
        _check("client_ca_file", certificates, tls.client_ca_file)
        made.load_verify_locations(tls.client_ca_file)
    if tls.client_ca is not None:
        try:
            made.load_verify_locations(cadata=tls.client_ca)
        except (ssl.SSLError, ValueError, TypeError):
            raise ValueError("tls_server_config.client_ca should be certificates (PEM)") from None


def _check(name: str, check: Callable[[Path], Path], file: Path) -> None:
    try:
        check(file)
    except ValueError as error:
        raise ValueError(f"tls_server_config.{name} {error}") from None
