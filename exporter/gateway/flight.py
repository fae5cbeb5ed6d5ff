"""A piece of work that outlives those who wait for it, and that many can wait for at once."""

import logging
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any, Generic, Protocol, TypeVar

import anyio

from exporter.gateway.errors import GatewayError

log = logging.getLogger(__name__)

T = TypeVar("T")

ENDING = "the exporter is ending, or its settings have changed"


class Tasks(Protocol):
    """Where work is started: a task group, or what passes it on to one."""

    def start_soon(
        self, work: Callable[..., Coroutine[Any, Any, Any]], /, *arguments: Any
    ) -> object:
        """Start the work without waiting for it."""


class Flight(Generic[T]):
    """Work under way in a task group; its result, or its ``GatewayError``, is for all who wait."""

    def __init__(self, tasks: Tasks, work: Callable[[], Awaitable[T]]) -> None:
        self.missed = False
        """Whether somebody had to leave before the work had ended."""

        self._landed = anyio.Event()
        self._results: list[T] = []
        self._error: GatewayError | None = None
        try:
            tasks.start_soon(self._fly, work)
        except RuntimeError:  # the group has ended: other settings came in the middle of a scrape
            self._landed.set()

    @property
    def over(self) -> bool:
        """Whether the work has ended, well or not."""
        return self._landed.is_set()

    async def ended(self) -> None:
        """Wait for the work's end, however it ends."""
        await self._landed.wait()

    async def landed(self) -> T:
        """Wait for the work's end; raises its ``GatewayError``. Cancelling ends only the wait."""
        try:
            if not self.over:  # what has landed is had even past a deadline
                await self._landed.wait()
        finally:
            self.missed = self.missed or not self.over
        if self._error is not None:
            raise self._error.with_traceback(None)
        if not self._results:
            raise GatewayError(ENDING)
        return self._results[0]

    async def _fly(self, work: Callable[[], Awaitable[T]]) -> None:
        try:
            self._results.append(await work())
        except GatewayError as error:
            self._error = error
        except Exception as error:  # whoever waits must hear of it, and the others must fly on
            log.exception("flight=failed")
            self._error = GatewayError(f"unexpected {type(error).__name__}, see the log")
        finally:
            self._landed.set()
