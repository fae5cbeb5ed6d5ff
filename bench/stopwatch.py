"""Times a gateway's answers where they are made: how long the delay was in truth."""

import time
from collections.abc import Iterable
from typing import NamedTuple

from starlette.types import ASGIApp, Receive, Scope, Send


class Answer(NamedTuple):
    """One answer of the gateway; times are those of ``time.perf_counter``."""

    path: str
    began: float
    ended: float

    @property
    def seconds(self) -> float:
        """How long the gateway took."""
        return self.ended - self.began


class Stopwatch:
    """An ASGI app in front of another, which keeps when each answer began and ended."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        self._busy = 0
        self._answers: list[Answer] = []
        self.last = time.perf_counter()
        """When a request last came or was answered."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, and time it."""
        self._busy += 1
        began = self.last = time.perf_counter()
        try:
            await self._app(scope, receive, send)
        finally:
            self.last = time.perf_counter()
            self._answers.append(Answer(scope["path"], began, self.last))
            self._busy -= 1

    def since(self, moment: float) -> list[Answer]:
        """Return the answers to requests that came after a moment, and have ended."""
        return [answer for answer in list(self._answers) if answer.began >= moment]

    def settle(self, seconds: float) -> None:
        """Wait until the gateway has had nothing to do for so long."""
        while not self.rests(seconds):
            time.sleep(seconds / 4)

    def rests(self, seconds: float) -> bool:
        """Whether the gateway has had nothing to do for so long."""
        return not self._busy and time.perf_counter() - self.last >= seconds


def occupied(answers: Iterable[Answer]) -> float:
    """Return for how many seconds at least one of the answers was under way."""
    total, until = 0.0, float("-inf")
    for answer in sorted(answers, key=lambda each: each.began):
        total += max(0.0, answer.ended - max(answer.began, until))
        until = max(until, answer.ended)
    return total
