"""The web configuration file, in the format of Prometheus's exporter-toolkit.

Users have such files already, so that all keys of the format are known here. What cannot be kept
is an error where passing over it would let somebody in, and a note in the log where it would not.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any, Literal, Self

from pydantic import Field, field_validator, model_validator

from exporter.access.tls import TlsServer
from exporter.access.values import Duration, Hash, Header, Part
from exporter.setting_values import wrong


class Headers(Part):
    """``headers``: those that make browsers careful."""

    content_security_policy: Header | None = Field(None, alias="Content-Security-Policy")
    x_frame_options: Literal["deny", "sameorigin"] | None = Field(None, alias="X-Frame-Options")
    x_content_type_options: Literal["nosniff"] | None = Field(None, alias="X-Content-Type-Options")
    x_xss_protection: Header | None = Field(None, alias="X-XSS-Protection")
    strict_transport_security: Header | None = Field(None, alias="Strict-Transport-Security")


class HttpServer(Part):
    """``http_server_config``: how HTTP is spoken."""

    http2: bool = True
    headers: Headers = Headers()


class RateLimit(Part):
    """``rate_limit``: a request in each interval, and so many at once."""

    interval: Duration = 0.0
    burst: int = Field(0, ge=0, le=1_000_000)

    @model_validator(mode="after")
    def _lets_some_pass(self) -> Self:
        if self.interval and not self.burst:
            raise wrong("burst", "should be at least 1: else no request is ever answered")
        return self


class WebConfig(Part):
    """The whole file."""

    tls_server_config: TlsServer | None = None
    http_server_config: HttpServer = HttpServer()
    basic_auth_users: dict[str, Hash] = Field({})
    rate_limit: RateLimit = RateLimit()

    @field_validator("tls_server_config", mode="before")
    @classmethod
    def _empty_is_none(cls, given: Any) -> Any:
        return None if given == {} else given

    def files(self) -> list[Path]:
        """Return all files that are named."""
        tls = self.tls_server_config
        named = (tls.cert_file, tls.key_file, tls.client_ca_file) if tls is not None else ()
        return [file for file in named if file is not None]

    def protections(self) -> set[str]:
        """Name what keeps strangers out."""
        tls = self.tls_server_config
        named = {
            "TLS": tls is not None,
            "passwords": bool(self.basic_auth_users),
            "client certificates": tls is not None and tls.requires,
            "client_allowed_sans": tls is not None and tls.client_allowed_sans is not None,
        }
        return {name for name, there in named.items() if there}

    def notes(self) -> Iterator[str]:
        """Tell what is passed over, since it does no harm."""
        if self.http_server_config.http2 and "http2" in self.http_server_config.model_fields_set:
            yield "http_server_config.http2: HTTP/1.1 is spoken"
        if (tls := self.tls_server_config) is None:
            return
        if tls.curve_preferences:
            yield "tls_server_config.curve_preferences: OpenSSL's own are taken"
        if tls.min_version < "TLS12":
            yield "tls_server_config.min_version: TLS12 is the lowest"
        if tls.client_auth_type != "NoClientCert" and not tls.verifies:
            yield "tls_server_config.client_auth_type: no certificate is asked for"
