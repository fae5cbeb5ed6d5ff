"""One exchange over httpx: limited in time, its errors told in our own words."""

import contextlib
import ssl
from collections.abc import Iterator
from dataclasses import dataclass
from http.cookiejar import CookieJar, DefaultCookiePolicy
from typing import Any

import anyio
import httpx

from exporter.gateway.errors import Malformed, Silent, Unreachable, Untrusted


@dataclass(frozen=True, slots=True)
class Answer:
    """A response, read to its end."""

    status: int
    headers: httpx.Headers
    body: bytes
    url: httpx.URL

    @property
    def text(self) -> str:
        """The body as text, whatever bytes it holds."""
        return self.body.decode(errors="replace")


async def exchange(
    client: httpx.AsyncClient, method: str, url: str, seconds: float, **options: Any
) -> Answer:
    """Send a request and read the answer within the time; raises ``GatewayError``.

    Its size is the client's matter (see ``bounds``).
    """
    with translated(url.partition("?")[0]), anyio.fail_after(seconds):
        response = await client.request(method, url, **options)
    return Answer(response.status_code, response.headers, response.content, response.url)


@contextlib.contextmanager
def translated(what: str) -> Iterator[None]:
    """Raise httpx's errors, and the deadline's, as ours; ``what`` says who failed to answer."""
    try:
        yield
    except httpx.ConnectTimeout:
        raise Unreachable(f"{what} cannot be reached: no connection in time") from None
    except (TimeoutError, httpx.TimeoutException):
        raise Silent(f"{what} did not answer in time") from None
    except (httpx.RemoteProtocolError, httpx.ReadError):
        raise Malformed(f"{what} broke off its answer") from None
    except (httpx.LocalProtocolError, UnicodeError):
        # Its text shows what was to be sent, cookies and all; or a host's name is none.
        raise Malformed(f"{what} gave what cannot be sent back") from None
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        if (refusal := _refused_certificate(error)) is not None:
            raise Untrusted(f"{what}: {refusal}") from None
        raise Unreachable(
            f"{what} cannot be reached: {str(error) or type(error).__name__}"
        ) from None


def forgetful_jar() -> CookieJar:
    """Make a cookie jar that keeps nothing."""
    return CookieJar(DefaultCookiePolicy(allowed_domains=[]))


def _refused_certificate(error: BaseException | None) -> ssl.SSLError | None:
    while error is not None:
        if isinstance(error, ssl.SSLCertVerificationError):
            return error
        error = error.__cause__ or error.__context__
    return None
