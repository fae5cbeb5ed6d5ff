"""What a gateway answers, and the interface of whatever can stand behind the demo's gateway."""

from dataclasses import dataclass
from typing import Protocol

Headers = tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Answer:
    """A finished HTTP answer."""

    status: int
    headers: Headers
    body: bytes


class Source(Protocol):
    """A gateway's answers, whoever makes them: the simulated house, or a folder of captures."""

    serial: str
    tokens: bool

    def answer(self, target: str, moment: float) -> Answer:
        """Answer a GET of a path with its query, as of a moment."""


ABSENT = Answer(404, (), b'{"error":"404 - Not Found"}')
