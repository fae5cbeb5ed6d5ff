"""Whom the exporter trusts to be the gateway, decided in the TLS handshake, before a word is said.

Gateways sign their certificates themselves, for a name that is not their host name, and renew them
about yearly, some two months before the end. So the default is to pin: the first certificate seen
is kept, and another one is taken only in the last quarter of the old one's life.
"""

import hashlib
import json
import logging
import re
import ssl
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from exporter.gateway.state import StateFile, document, moment

log = logging.getLogger(__name__)

RENEWAL_SHARE = 0.75
"""The share of a certificate's life after which another one is expected."""


@dataclass(frozen=True, slots=True)
class Certificate:
    """What is kept of a certificate: its SHA-256 fingerprint and its life in seconds since 1970."""

    sha256: str
    not_before: float
    not_after: float

    @classmethod
    def of(cls, der: bytes) -> "Certificate":
        """Read a certificate as the handshake shows it; raises ``ValueError``."""
        # Costs 9 MB: paid only by a process that meets a certificate which it does not know yet.
        from cryptography import x509  # noqa: PLC0415

        try:
            parsed = x509.load_der_x509_certificate(der)
        except x509.InvalidVersion as error:
            raise ValueError(str(error)) from None
        return cls(
            fingerprint(der),
            parsed.not_valid_before_utc.timestamp(),
            parsed.not_valid_after_utc.timestamp(),
        )

    @property
    def renewal(self) -> float:
        """From when on the gateway may show a successor."""
        return self.not_before + RENEWAL_SHARE * (self.not_after - self.not_before)


FINGERPRINT = re.compile("[0-9a-f]{64}")


class CertificateChanged(ssl.SSLCertVerificationError):
    """The gateway shows a certificate that nobody expects."""

    def __init__(self, pinned: Certificate, shown: Certificate) -> None:
        super().__init__(
            f"the gateway shows another certificate (SHA-256 {shown.sha256[:16]}...) than the one "
            f"pinned ({pinned.sha256[:16]}...), earlier than it renews them; if you replaced or "
            f"reset the gateway, run 'enphase-exporter trust', else find out who answers there"
        )

    def __str__(self) -> str:
        """Say what to do, without OpenSSL's numbers."""
        return str(self.args[0])


class Trust:
    """The certificate that a gateway last showed, and the rule by which it is believed."""

    def __init__(self) -> None:
        self.certificate: Certificate | None = None

    @property
    def knows_tls(self) -> bool:
        """Whether the gateway must speak TLS, so that nobody can answer without it."""
        return False

    def context(self) -> ssl.SSLContext:
        """Make a context whose handshakes this trust judges."""
        context = _JudgedContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
        context.judge = self.judge
        return context

    def judge(self, der: bytes) -> None:
        """Believe the certificate, or raise ``ssl.SSLError``."""
        if self.certificate is None or fingerprint(der) != self.certificate.sha256:
            try:
                shown = Certificate.of(der)
            except ValueError:
                raise ssl.SSLError("the gateway's certificate cannot be read") from None
            self.meet(shown)

    def meet(self, shown: Certificate) -> None:
        """Decide about a certificate that was not the last one."""
        self.certificate = shown


class Unverified(Trust):
    """Believes anybody: ``ENPHASE_TLS__TRUST=off``."""

    def __init__(self, gateway: str) -> None:
        super().__init__()
        log.warning(
            "gateway=%s ENPHASE_TLS__TRUST=off: whoever can redirect the connection can read "
            "the gateway's token, and answer in its place",
            gateway,
        )


class AuthorityTrust(Trust):
    """Believes what a certificate file vouches for: ``ENPHASE_TLS__TRUST=ca``.

    The name in the certificate is not compared: a gateway's own never matches its host name.
    """

    def __init__(self, ca_file: Path) -> None:
        super().__init__()
        self._ca_file = ca_file

    @property
    def knows_tls(self) -> bool:
        """It must: without TLS there is nothing to vouch for."""
        return True

    def context(self) -> ssl.SSLContext:
        """Make a context that verifies against the file alone."""
        context = super().context()
        context.verify_mode = ssl.CERT_REQUIRED
        context.load_verify_locations(self._ca_file)
        return context


class Pin(Trust):
    """Believes the first certificate, then only that one and its due successor."""

    def __init__(self, file: StateFile, now: Callable[[], float]) -> None:
        super().__init__()
        self._file = file
        self._now = now
        self._anew = False
        self.certificate = self._load()

    @property
    def knows_tls(self) -> bool:
        """It must once it has: firmware does not go back."""
        return self.certificate is not None

    def meet(self, shown: Certificate) -> None:
        """Take the first certificate or a due successor, refuse any other."""
        # The file may know more: 'enphase-exporter trust' writes it from another process.
        pinned = None if self._anew else self._load() or self.certificate
        if pinned is None or pinned.sha256 != shown.sha256:
            if pinned is not None and self._now() < pinned.renewal:
                raise CertificateChanged(pinned, shown)
            log.warning(
                "certificate=%s event=%s", shown.sha256, "pinned" if pinned is None else "renewed"
            )
            self._file.write(json.dumps(asdict(shown)))
        self.certificate, self._anew = shown, False

    def take_next(self) -> None:
        """Trust whoever answers next; until then, the pin that is kept stays as it is."""
        self.certificate = None
        self._anew = True

    def _load(self) -> Certificate | None:
        text = self._file.read()
        if text is None:
            return None
        try:
            kept = document(text)
            return Certificate(
                _fingerprint(kept["sha256"]), moment(kept["not_before"]), moment(kept["not_after"])
            )
        except (ValueError, TypeError, KeyError):
            self._file.ignore("it holds no certificate's fingerprint")
            return None


def fingerprint(der: bytes) -> str:
    """Hash a certificate as ``openssl x509 -fingerprint -sha256`` does, in lower case."""
    return hashlib.sha256(der).hexdigest()


def _fingerprint(kept: Any) -> str:
    if not isinstance(kept, str) or not FINGERPRINT.fullmatch(kept):
        raise ValueError("no fingerprint")
    return kept


class _JudgedHandshake(ssl.SSLObject):
    def do_handshake(self) -> None:
        super().do_handshake()
        context: Any = self.context
        context.judge(self.getpeercert(binary_form=True) or b"")


class _JudgedContext(ssl.SSLContext):
    sslobject_class = _JudgedHandshake
    judge: Callable[[bytes], None]
