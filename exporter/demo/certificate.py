"""The demo's certificates: a gateway's self-signed one, and a small CA with the cloud's."""

import datetime as dt
import ipaddress
import ssl
import tempfile
from dataclasses import dataclass
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

YEAR = dt.timedelta(days=365)
HOUR = dt.timedelta(hours=1)


@dataclass(frozen=True)
class Certificate:
    """A certificate and its private key, both PEM."""

    certificate: bytes
    key: bytes

    def context(self) -> ssl.SSLContext:
        """Return what a TLS server serves this certificate with."""
        # Python's ssl reads a key from a file only; the file is gone before this returns.
        with tempfile.TemporaryDirectory(prefix="enphase-demo-") as folder:
            pem = Path(folder, "server.pem")
            pem.touch(mode=0o600)
            pem.write_bytes(self.certificate + self.key)
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(pem)
        return context


def self_signed(
    name: str,
    not_before: dt.datetime | None = None,
    not_after: dt.datetime | None = None,
) -> Certificate:
    """Make a gateway's certificate: named after its serial number, so it matches no host."""
    key = ec.generate_private_key(ec.SECP256R1())
    start = not_before or dt.datetime.now(dt.UTC) - HOUR
    builder = _builder(name, name, key.public_key(), (start, not_after or start + YEAR))
    return _certificate(builder.sign(key, hashes.SHA256()), key)


def cloud() -> tuple[bytes, Certificate]:
    """Make a CA (PEM) and a certificate of it for localhost, as strict verification wants them."""
    start = dt.datetime.now(dt.UTC) - HOUR
    ca_key, key = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
    name = "Demo certificate authority"
    ca = _certificate(_authority(name, ca_key, start).sign(ca_key, hashes.SHA256()), ca_key)
    signer = x509.AuthorityKeyIdentifier.from_issuer_public_key(ca_key.public_key())
    hosts = [x509.DNSName("localhost"), x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]
    server = (
        _builder("localhost", name, key.public_key(), (start, start + YEAR))
        .add_extension(x509.SubjectAlternativeName(hosts), critical=False)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .add_extension(signer, critical=False)
    )
    return ca.certificate, _certificate(server.sign(ca_key, hashes.SHA256()), key)


def _authority(
    name: str, key: ec.EllipticCurvePrivateKey, start: dt.datetime
) -> x509.CertificateBuilder:
    usage = {
        "digital_signature": False,
        "content_commitment": False,
        "key_encipherment": False,
        "data_encipherment": False,
        "key_agreement": False,
        "key_cert_sign": True,
        "crl_sign": True,
        "encipher_only": False,
        "decipher_only": False,
    }
    return (
        _builder(name, name, key.public_key(), (start, start + YEAR))
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(x509.KeyUsage(**usage), critical=True)
    )


def _builder(
    subject: str,
    issuer: str,
    key: ec.EllipticCurvePublicKey,
    valid: tuple[dt.datetime, dt.datetime],
) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(_name(subject))
        .issuer_name(_name(issuer))
        .public_key(key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(valid[0])
        .not_valid_after(valid[1])
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key), critical=False)
    )


def _name(common: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common[:64])])


def _certificate(signed: x509.Certificate, key: ec.EllipticCurvePrivateKey) -> Certificate:
    pem = serialization.Encoding.PEM
    private = key.private_bytes(
        pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    return Certificate(signed.public_bytes(pem), private)
