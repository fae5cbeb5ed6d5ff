"""A gateway's documents: fetched once for all who want them, and kept as long as they are good."""

from collections import Counter
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

import anyio
import anyio.lowlevel
import pytest
from anyio.abc import TaskGroup
from harness import Clock

from exporter.endpoint import INFO, Endpoint
from exporter.gateway.documents import Document, Documents
from exporter.gateway.errors import Absent, GatewayError, Late, Unavailable, Unreachable

FAST = Endpoint("/fast", fresh=1)
KEPT = Endpoint("/kept", fresh=60, keep=300)
SLOW = Endpoint("/slow", fresh=60, keep=300, slow=True)


@dataclass
class Gateway:
    """A source that answers as it is told, and counts."""

    identity: object | None = "somebody"
    answers: dict[str, Any] = field(default_factory=dict)
    asked: Counter[str] = field(default_factory=Counter)
    closed: set[str] = field(default_factory=set)
    """Pages that do not answer yet."""

    async def get(self, endpoint: Endpoint) -> Any:
        """Answer."""
        self.asked[endpoint.path] += 1
        await anyio.lowlevel.checkpoint()
        while endpoint.path in self.closed:
            await anyio.lowlevel.checkpoint()
        answer = self.answers.get(endpoint.path, endpoint.path)
        if isinstance(answer, Exception):
            raise answer
        if endpoint is INFO:
            self.identity = answer
        return answer


@pytest.fixture
def clock() -> Clock:
    """Return a clock that is set by hand."""
    return Clock(1000)


@pytest.fixture
def gateway() -> Gateway:
    """Return a source."""
    return Gateway()


@pytest.fixture
async def tasks() -> AsyncIterator[TaskGroup]:
    """Return where requests live on."""
    async with anyio.create_task_group() as tasks:
        yield tasks
        tasks.cancel_scope.cancel()


@pytest.fixture
def documents(gateway: Gateway, tasks: TaskGroup, clock: Clock) -> Documents:
    """Return the documents of the source."""
    return Documents(gateway, tasks, clock)


async def read(documents: Documents, endpoint: Endpoint, seconds: float = 10) -> Document:
    """Ask for a page and wait for it, as a scrape does."""
    return await documents.ask(endpoint).by(anyio.current_time() + seconds)


async def land(documents: Documents, gateway: Gateway, endpoint: Endpoint, count: int) -> None:
    """Wait until the page has been asked for this often, and the last answer is in."""
    while gateway.asked[endpoint.path] < count:
        await anyio.lowlevel.checkpoint()
    for _ in range(10):
        await anyio.lowlevel.checkpoint()


async def test_many_scrapes_make_one_request(documents: Documents, gateway: Gateway) -> None:
    """Who asks for a page that is on its way waits for it with the others."""
    asked = [documents.ask(FAST) for _ in range(5)]
    found = {await one.by(anyio.current_time() + 10) for one in asked}
    assert len(found) == 1
    assert gateway.asked == {FAST.path: 1}


async def test_a_fresh_document_needs_no_request(
    documents: Documents, gateway: Gateway, clock: Clock
) -> None:
    """Within its time a document is had at once, even by a scrape that is out of time."""
    first = await read(documents, KEPT)
    clock.moment += 59
    assert await read(documents, KEPT, seconds=-1) is first
    assert gateway.asked[KEPT.path] == 1
    assert (first.received, first.fresh, first.keep) == (1000, 1060, 1300)


async def test_an_older_document_is_shown_while_a_new_one_comes(
    documents: Documents, gateway: Gateway, clock: Clock
) -> None:
    """A stale document is had at once, and sends for its successor."""
    first = await read(documents, KEPT)
    clock.moment += 61
    gateway.answers[KEPT.path] = "new"
    assert await read(documents, KEPT, seconds=-1) is first
    await land(documents, gateway, KEPT, 2)
    second = await read(documents, KEPT, seconds=-1)
    assert second.data == "new"
    assert gateway.asked[KEPT.path] == 2


async def test_the_age_told_is_that_of_what_is_shown(
    documents: Documents, gateway: Gateway, clock: Clock
) -> None:
    """A new answer that comes too late for a scrape does not make the older one young."""
    await read(documents, KEPT)
    clock.moment += 100
    await read(documents, KEPT)
    await land(documents, gateway, KEPT, 2)
    assert dict(documents.ages()) == {KEPT.path: 100}
    await read(documents, KEPT)
    assert dict(documents.ages()) == {KEPT.path: 0}


async def test_a_document_beyond_its_time_is_not_shown(
    documents: Documents, gateway: Gateway, clock: Clock
) -> None:
    """What is too old is absent: the scrape waits for a new one, or does without."""
    await read(documents, KEPT)
    assert list(documents.ages()) == [(KEPT.path, 0.0)]
    clock.moment += 300
    gateway.answers[KEPT.path] = Unreachable("off")
    with pytest.raises(Unreachable, match="off"):
        await read(documents, KEPT)
    assert list(documents.ages()) == []


async def test_a_failure_leaves_the_older_document(
    documents: Documents, gateway: Gateway, clock: Clock
) -> None:
    """As long as an older document is good, a failed request is not the scrape's matter."""
    first = await read(documents, KEPT)
    gateway.answers[KEPT.path] = Unavailable("503")
    for count, moment in enumerate((1061, 1100, 1299), start=2):
        clock.moment = moment
        assert await read(documents, KEPT) is first
        await land(documents, gateway, KEPT, count)


async def test_a_late_page_serves_the_next_scrape(documents: Documents, gateway: Gateway) -> None:
    """At the deadline the scrape ends without the page, whose request goes on."""
    gateway.closed.add(FAST.path)
    with pytest.raises(Late, match="/fast had not answered"):
        await read(documents, FAST, seconds=0.01)
    gateway.closed.clear()
    assert (await read(documents, FAST)).data == FAST.path
    assert gateway.asked[FAST.path] == 1


async def test_an_answer_that_came_too_late_serves_the_next_scrape(
    documents: Documents, gateway: Gateway, clock: Clock
) -> None:
    """A page slower than each scrape is seen all the same: one scrape later, and with its age."""
    gateway.closed.add(FAST.path)
    with pytest.raises(Late):
        await read(documents, FAST, seconds=0.01)
    for count in (1, 2, 3):
        gateway.closed.clear()
        gateway.answers[FAST.path] = count
        await land(documents, gateway, FAST, count)
        gateway.closed.add(FAST.path)
        clock.moment += 15
        assert (await read(documents, FAST, seconds=0.01)).data == count
        assert list(documents.ages()) == [(FAST.path, 15.0)]
    gateway.closed.clear()
    gateway.answers[FAST.path] = "quick again"
    await land(documents, gateway, FAST, 4)
    clock.moment += 15
    assert (await read(documents, FAST)).data == "quick again"
    assert list(documents.ages()) == [(FAST.path, 0.0)]


async def test_an_answer_that_came_too_late_is_not_shown_for_long(
    documents: Documents, gateway: Gateway, clock: Clock
) -> None:
    """After a minute without another answer the page is absent; an error is never covered up."""
    gateway.closed.add(FAST.path)
    with pytest.raises(Late):
        await read(documents, FAST, seconds=0.01)
    gateway.closed.clear()
    await land(documents, gateway, FAST, 1)
    clock.moment += 15
    gateway.answers[FAST.path] = Unavailable("503")
    with pytest.raises(Unavailable):
        await read(documents, FAST)
    gateway.closed.add(FAST.path)
    clock.moment += 45
    with pytest.raises(Late):
        await read(documents, FAST, seconds=0.01)
    assert list(documents.ages()) == []


async def test_what_has_landed_is_had_even_past_the_deadline(
    documents: Documents, gateway: Gateway
) -> None:
    """A page that came while others were waited for is not called late."""
    asked = documents.ask(FAST)
    await land(documents, gateway, FAST, 1)
    assert (await asked.by(anyio.current_time() - 1)).data == FAST.path


async def test_who_the_gateway_is_comes_first(documents: Documents, gateway: Gateway) -> None:
    """Before any page ``/info`` is asked for, once for all."""
    gateway.identity = None
    for asked in [documents.ask(FAST), documents.ask(KEPT), documents.ask(INFO)]:
        await asked.by(anyio.current_time() + 10)
    assert gateway.asked == {INFO.path: 1, FAST.path: 1, KEPT.path: 1}


async def test_nobody_is_asked_where_no_gateway_is(documents: Documents, gateway: Gateway) -> None:
    """While ``/info`` fails, its reason is every page's, and no other page is asked for."""
    gateway.identity = None
    gateway.answers[INFO.path] = Unreachable("nobody there")
    for endpoint in (FAST, KEPT):
        with pytest.raises(Unreachable, match="nobody there"):
            await read(documents, endpoint)
    assert gateway.asked == {INFO.path: 2}


async def test_a_page_that_is_not_there_is_asked_for_hourly(
    documents: Documents, gateway: Gateway, clock: Clock
) -> None:
    """A page that the gateway has never had reads as nothing, and is asked for again in an hour."""
    gateway.answers[FAST.path] = Absent("404")
    for moment in (1000, 1001, 2000, 4599):
        clock.moment = moment
        assert (await read(documents, FAST)).data is None
    assert gateway.asked[FAST.path] == 1
    assert list(documents.ages()) == []
    clock.moment, gateway.answers[FAST.path] = 4600, "there"
    assert (await read(documents, FAST)).data == "there"


async def test_a_page_that_was_there_is_asked_for_soon(
    documents: Documents, gateway: Gateway, clock: Clock
) -> None:
    """A page that has answered before may come back, and is asked for less and less."""
    await read(documents, FAST)
    gateway.answers[FAST.path] = Absent("404")
    clock.moment = began = 2000.0
    times = []
    while clock.moment < began + 4 * 3600:
        before = gateway.asked[FAST.path]
        assert (await read(documents, FAST)).data is None
        if gateway.asked[FAST.path] > before:
            times.append(clock.moment - began)
        clock.moment += 10
    steps = [after - before for before, after in pairwise(times)]
    assert steps == [10, 20, 40, 80, 160, 320, 640, 1280, 2560, 3600, 3600]
    gateway.answers[FAST.path] = "back"
    clock.moment += 3600
    assert (await read(documents, FAST)).data == "back"


async def test_a_slow_page_that_failed_rests(
    documents: Documents, gateway: Gateway, clock: Clock
) -> None:
    """A slow page is not asked for again at once: until its time comes the failure stands."""
    gateway.answers[SLOW.path] = Unavailable("overloaded")
    for moment in (1000, 1010, 1059):
        clock.moment = moment
        with pytest.raises(Unavailable, match="overloaded"):
            await read(documents, SLOW)
    assert gateway.asked[SLOW.path] == 1
    clock.moment = 1060
    gateway.answers[SLOW.path] = "recovered"
    assert (await read(documents, SLOW)).data == "recovered"


async def test_a_slow_page_that_was_never_asked_does_not_rest(
    documents: Documents, gateway: Gateway
) -> None:
    """Where the gateway was off, a slow page is asked for as soon as it is back."""
    gateway.identity = None
    gateway.answers[INFO.path] = Unreachable("off")
    with pytest.raises(Unreachable):
        await read(documents, SLOW)
    gateway.answers[INFO.path] = "back"
    assert (await read(documents, SLOW)).data == SLOW.path


async def test_a_fast_page_that_failed_is_asked_again(
    documents: Documents, gateway: Gateway
) -> None:
    """A quick page's failure is gone with the next scrape."""
    gateway.answers[FAST.path] = Unavailable("503")
    with pytest.raises(Unavailable):
        await read(documents, FAST)
    del gateway.answers[FAST.path]
    assert (await read(documents, FAST)).data == FAST.path


async def test_a_surprise_is_one_pages_matter(
    documents: Documents, gateway: Gateway, caplog: pytest.LogCaptureFixture
) -> None:
    """An error that nobody foresaw is that page's failure, and the next request is made."""
    gateway.answers[FAST.path] = ZeroDivisionError()
    for _ in range(2):
        with pytest.raises(GatewayError, match="unexpected ZeroDivisionError"):
            await read(documents, FAST)
    assert gateway.asked[FAST.path] == 2
    assert "Traceback" in caplog.text
    assert (await read(documents, KEPT)).data == KEPT.path
