"""Whether a gateway counts as up, by what it answers, and what shuts us out of it."""

from exporter import clock
from exporter.gateway.errors import GatewayError, LoginError, Rejected, Unreachable

SHUT_OUT = (LoginError, Rejected)

SILENCE = 90.0
"""Seconds without a good answer after which the gateway counts as down."""


class Health:
    """What the answers to all requests together say of a gateway."""

    def __init__(self) -> None:
        self.trouble: GatewayError | None = None
        """What shuts us out of the gateway as a whole, until it answers again."""

        self._has_answered = False
        self._waiting_since: float | None = None
        """Since when we ask without any good answer."""

    @property
    def up(self) -> bool:
        """Whether the gateway has answered, and nothing has shut us out since."""
        return self._has_answered and self.trouble is None and not self._is_silent()

    def asked(self, at: float) -> None:
        """Note a request, and when (``clock.elapsed``) it began."""
        if self._waiting_since is None:
            self._waiting_since = at

    def answered(self, *, proves_login: bool) -> None:
        """Note a good answer; one that anybody gets does not end the trouble with a login."""
        self._has_answered, self._waiting_since = True, None
        if proves_login or not isinstance(self.trouble, SHUT_OUT):
            self.trouble = None

    def failed(self, error: GatewayError) -> None:
        """Note what a request came to."""
        if isinstance(error, (Unreachable, *SHUT_OUT)) or self._is_silent():
            self.trouble = error

    def _is_silent(self) -> bool:
        """Whether no page at all has had a good answer for some time."""
        since = self._waiting_since
        return not self._has_answered or (since is not None and clock.elapsed() - since > SILENCE)
