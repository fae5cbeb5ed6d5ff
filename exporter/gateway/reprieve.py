"""A short reprieve for work that must not be lost when the process is told to end."""

from collections.abc import Awaitable, Callable
from typing import TypeVar

import anyio
from anyio.abc import TaskGroup

from exporter.gateway.errors import GatewayError
from exporter.gateway.flight import ENDING

T = TypeVar("T")


async def reprieved(tasks: TaskGroup, seconds: float, work: Callable[[], Awaitable[T]]) -> T:
    """Do the work; when its task group is cancelled it gets that many seconds more."""
    done = anyio.Event()
    with anyio.CancelScope(shield=True) as scope:

        async def watch() -> None:
            try:
                await done.wait()
            finally:
                scope.deadline = anyio.current_time() + seconds

        tasks.start_soon(watch)
        try:
            return await work()
        finally:
            done.set()
    raise GatewayError(ENDING)
