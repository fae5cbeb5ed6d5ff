"""Work that outlives those who wait for it."""

import anyio
import anyio.lowlevel
import pytest

from exporter.gateway.errors import GatewayError, Unreachable
from exporter.gateway.flight import Flight


async def test_a_result_is_for_all_who_wait() -> None:
    """The work is done once, and who asks later has its result too."""
    calls: list[int] = []
    results: list[str] = []

    async def work() -> str:
        await anyio.lowlevel.checkpoint()
        calls.append(1)
        return "done"

    async def wait(flight: Flight[str]) -> None:
        results.append(await flight.landed())

    async with anyio.create_task_group() as tasks:
        flight = Flight(tasks, work)
        assert not flight.over
        for _ in range(3):
            tasks.start_soon(wait, flight)
    assert flight.over
    assert await flight.landed() == "done"
    assert (calls, results) == ([1], ["done"] * 3)


async def test_an_error_is_for_all_who_wait() -> None:
    """A failure reaches everyone, and ends nobody else's work."""

    async def work() -> str:
        raise Unreachable("no way")

    async with anyio.create_task_group() as tasks:
        flight = Flight(tasks, work)
        for _ in range(2):
            with pytest.raises(Unreachable, match="no way"):
                await flight.landed()


async def test_a_surprise_is_logged_and_told(caplog: pytest.LogCaptureFixture) -> None:
    """An error that nobody foresaw is logged with its traceback, and ends nobody else's work."""

    async def work() -> str:
        raise ZeroDivisionError("secret")

    async with anyio.create_task_group() as tasks:
        with pytest.raises(GatewayError, match=r"^unexpected ZeroDivisionError, see the log$"):
            await Flight(tasks, work).landed()
    assert "Traceback" in caplog.text


async def test_who_waits_may_leave() -> None:
    """The work goes on when the one who started it is cancelled."""
    go = anyio.Event()

    async def work() -> str:
        await go.wait()
        return "done"

    async with anyio.create_task_group() as tasks:
        flight = Flight(tasks, work)
        with anyio.CancelScope() as scope:
            scope.cancel()
            await flight.landed()
        assert not flight.over
        go.set()
        assert await flight.landed() == "done"


async def test_work_broken_off_is_an_error_like_others() -> None:
    """Who still waits when the exporter ends is told so."""
    async with anyio.create_task_group() as tasks:
        flight = Flight(tasks, anyio.sleep_forever)
        await anyio.lowlevel.checkpoint()
        tasks.cancel_scope.cancel()
    with pytest.raises(GatewayError):
        await flight.landed()


async def test_no_work_begins_after_the_end() -> None:
    """Who asks a gateway that was let go in the middle of a scrape hears of it at once."""

    async def work() -> str:
        raise AssertionError

    async with anyio.create_task_group() as tasks:
        pass
    with pytest.raises(GatewayError, match="its settings have changed"):
        await Flight(tasks, work).landed()
