"""``tls_server_config``: the exporter's certificate, and whether its clients must have one."""

from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, SecretStr, model_validator

from exporter.access.go_tls import CIPHER_SUITES, CIPHER_SUITES_13, CURVES, VERSIONS
from exporter.access.values import File, Part, one_of
from exporter.setting_values import wrong

Version = Annotated[str, one_of(*VERSIONS)]
CipherSuite = Annotated[str, one_of(*CIPHER_SUITES, *CIPHER_SUITES_13)]
Curve = Annotated[str, one_of(*CURVES)]


def _refused(_: SecretStr) -> SecretStr:
    raise ValueError("should stand in a file of its own: name that one in cert_file or key_file")


Inline = Annotated[SecretStr, AfterValidator(_refused)]


class TlsServer(Part):
    """What is said of TLS; its values fit each other."""

    cert: Inline | None = None
    key: Inline | None = None
    cert_file: File
    key_file: File
    client_auth_type: Literal[
        "NoClientCert",
        "RequestClientCert",
        "RequireClientCert",
        "RequireAnyClientCert",
        "VerifyClientCertIfGiven",
        "RequireAndVerifyClientCert",
    ] = "NoClientCert"
    client_ca_file: File | None = None
    client_ca: str | None = None
    client_allowed_sans: frozenset[str] | None = None
    min_version: Version = "TLS12"
    max_version: Version = "TLS13"
    cipher_suites: tuple[CipherSuite, ...] = ()
    prefer_server_cipher_suites: bool = True
    curve_preferences: tuple[Curve, ...] = ()

    def files(self) -> list[Path]:
        """Return all files that are named."""
        named = (self.cert_file, self.key_file, self.client_ca_file)
        return [file for file in named if file is not None]

    @property
    def requires(self) -> bool:
        """Whether each client must show a certificate that the CA vouches for."""
        return self.client_auth_type == "RequireAndVerifyClientCert"

    @property
    def verifies(self) -> bool:
        """Whether a certificate that a client shows must be vouched for."""
        return self.requires or self.client_auth_type == "VerifyClientCertIfGiven"

    @property
    def least_version(self) -> str:
        """The lowest version that is spoken.

        Where the suites that are named are all of TLS 1.3, no lower version has any.
        """
        only_13 = bool(self.cipher_suites) and not set(self.cipher_suites) & set(CIPHER_SUITES)
        return max("TLS12", self.min_version, "TLS13" if only_13 else "")

    @model_validator(mode="after")
    def _knows_its_clients(self) -> Self:
        authority = self.client_ca_file is not None or self.client_ca is not None
        if self.client_auth_type in {"RequireClientCert", "RequireAnyClientCert"}:
            raise wrong(
                "client_auth_type",
                "should be RequireAndVerifyClientCert: a certificate for which nobody vouches "
                "says nothing, and is not taken here",
            )
        if self.verifies and not authority:
            raise wrong("client_ca_file", "is missing: it vouches for the clients' certificates")
        if authority and not self.verifies:
            raise wrong("client_auth_type", "should be RequireAndVerifyClientCert: a CA is set")
        if self.client_ca_file is not None and self.client_ca is not None:
            raise wrong("client_ca", "and client_ca_file are both set: keep one")
        if self.client_allowed_sans is not None and not self.requires:
            raise wrong("client_auth_type", "should be RequireAndVerifyClientCert: SANs are set")
        return self

    @model_validator(mode="after")
    def _leaves_a_version(self) -> Self:
        if self.max_version < self.least_version:
            raise wrong("max_version", f"should be {self.least_version} or higher")
        return self
