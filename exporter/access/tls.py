"""``tls_server_config``: the exporter's certificate, and whether its clients must have one."""

from typing import Annotated, Literal, Self

from pydantic import SecretStr, model_validator

from exporter.access.go_tls import CIPHER_SUITES, CIPHER_SUITES_13, CURVES, VERSIONS
from exporter.access.values import File, Part, one_of
from exporter.setting_values import wrong

Version = Annotated[str, one_of(*VERSIONS)]
CipherSuite = Annotated[str, one_of(*CIPHER_SUITES, *CIPHER_SUITES_13)]
Curve = Annotated[str, one_of(*CURVES)]


class TlsServer(Part):
    """What is said of TLS; its values fit each other."""

    cert: str | None = None
    key: SecretStr | None = None
    cert_file: File | None = None
    key_file: File | None = None
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

    @property
    def requires(self) -> bool:
        """Whether each client must show a certificate that the CA vouches for."""
        return self.client_auth_type == "RequireAndVerifyClientCert"

    @property
    def verifies(self) -> bool:
        """Whether a certificate that a client shows must be vouched for.

        Where nobody could vouch for it, and none is required, none is asked for.
        """
        if_given = self.client_auth_type == "VerifyClientCertIfGiven"
        return self.requires or (if_given and self.has_authority)

    @property
    def has_authority(self) -> bool:
        """Whether somebody is named who vouches for the clients' certificates."""
        return self.client_ca_file is not None or self.client_ca is not None

    @property
    def least_version(self) -> str:
        """The lowest version that is spoken.

        Where the suites that are named are all of TLS 1.3, no lower version has any.
        """
        only_13 = bool(self.cipher_suites) and not set(self.cipher_suites) & set(CIPHER_SUITES)
        return max("TLS12", self.min_version, "TLS13" if only_13 else "")

    @model_validator(mode="after")
    def _has_one_certificate(self) -> Self:
        for name in ("cert", "key"):
            text, file = getattr(self, name), getattr(self, f"{name}_file")
            if text is None and file is None:
                raise wrong(f"{name}_file", "is missing")
            if text is not None and file is not None:
                raise wrong(name, f"and {name}_file are both set: keep one")
        return self

    @model_validator(mode="after")
    def _knows_its_clients(self) -> Self:
        if self.client_auth_type in {"RequireClientCert", "RequireAnyClientCert"}:
            raise wrong(
                "client_auth_type",
                "should be RequireAndVerifyClientCert: a certificate for which nobody vouches "
                "says nothing, and is not taken here",
            )
        if self.requires and not self.has_authority:
            raise wrong("client_ca_file", "is missing: it vouches for the clients' certificates")
        if self.has_authority and not self.verifies:
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
