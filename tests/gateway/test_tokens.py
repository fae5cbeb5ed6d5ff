"""The token that serves now, and how the next one comes."""

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager, suppress
from copy import copy
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import anyio
import anyio.lowlevel
import pytest
from anyio.abc import TaskGroup
from harness import NOW, Clock

from exporter.demo.authority import Authority
from exporter.gateway.errors import CloudTrouble, GatewayError, LoginError, Rejected
from exporter.gateway.given import Given
from exporter.gateway.jwt import DAY, Token
from exporter.gateway.state import StateFile
from exporter.gateway.tokens import LogIn, Tokens

SERIAL, OTHER = "122300000000", "122300000001"
YEAR = 365 * DAY
HALF_DAY = 43_200.0
AUTHORITY = Authority()


def issue(life: float = YEAR, now: float = NOW, serial: str = SERIAL) -> str:
    """Write a token's text."""
    return AUTHORITY.issue(serial, "owner", life, now)


@dataclass
class Cloud:
    """A cloud that gives tokens, or not, and counts."""

    clock: Clock
    life: float = YEAR
    serial: str = SERIAL
    trouble: LoginError | None = None
    logins: int = 0
    gate: anyio.Event = field(default_factory=anyio.Event)
    """Opens the way out of a login."""

    async def __call__(self, serial: str) -> Token:
        """Log in."""
        assert serial == SERIAL
        self.logins += 1
        await self.gate.wait()
        if self.trouble is not None:
            raise copy(self.trouble)
        return Token.parse(issue(self.life, self.clock(), self.serial))


def put(file: Path, content: str | bytes) -> None:
    """Write a file, and its folder."""
    file.parent.mkdir(exist_ok=True)
    file.write_bytes(content.encode() if isinstance(content, str) else content)


def kept(file: Path) -> str:
    """Read a file; empty where there is none."""
    return file.read_text() if file.exists() else ""


@pytest.fixture
def clock() -> Clock:
    """Return a clock that is set by hand."""
    return Clock()


@pytest.fixture
async def cloud(clock: Clock) -> Cloud:
    """Return a cloud that works."""
    cloud = Cloud(clock)
    cloud.gate.set()
    return cloud


@pytest.fixture
def cache(tmp_path: Path) -> Path:
    """Return where the token is kept from one process to the next."""
    return tmp_path / "state" / "home.token"


Keeping = Callable[..., AbstractAsyncContextManager[Tokens]]


@pytest.fixture
def keeping(cache: Path, clock: Clock) -> Keeping:
    """Return a process's beginning: a keeper of tokens that remembers what the last one kept."""

    @asynccontextmanager
    async def keeping(log_in: LogIn | None = None, given: Given | None = None) -> Any:
        async with anyio.create_task_group() as tasks:
            yield Tokens(given or Given(), log_in, StateFile(cache), tasks, clock)
            tasks.cancel_scope.cancel()

    return keeping


@pytest.fixture
def restless(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let keepers look at clock and file all the time, rather than once a minute."""
    monkeypatch.setattr("exporter.gateway.tokens.RENEWAL_CHECK", 0.0)


def tokens_of(tasks: TaskGroup, cloud: Cloud, cache: Path) -> Tokens:
    """Make a keeper in a task group at hand."""
    return Tokens(Given(), cloud, StateFile(cache), tasks, cloud.clock)


async def test_a_given_token_is_used(keeping: Keeping) -> None:
    """A token from the settings needs no login."""
    text = issue()
    async with keeping(given=Given(text)) as tokens:
        assert (await tokens.current(SERIAL)).text == text


async def test_a_token_file_is_read_again(keeping: Keeping, tmp_path: Path) -> None:
    """A token that is put into the file later is used without a restart."""
    file = tmp_path / "token"
    put(file, f"{issue()}\n")
    async with keeping(given=Given(file=file)) as tokens:
        first = await tokens.current(SERIAL)
        assert await tokens.current(SERIAL) is first
        put(file, issue())
        second = await tokens.current(SERIAL)
        assert second.text == kept(file)
        assert second != first


@pytest.mark.parametrize("content", [None, b"\xff\xfe"], ids=["missing", "no text"])
async def test_a_token_file_that_cannot_be_read_is_named(
    keeping: Keeping, tmp_path: Path, content: bytes | None
) -> None:
    """A missing or unreadable file is an error that names the setting, and heals by itself."""
    file = tmp_path / "token"
    if content is not None:
        put(file, content)
    async with keeping(given=Given(file=file)) as tokens:
        with pytest.raises(LoginError, match="ENPHASE_TOKEN_FILE cannot be read"):
            await tokens.current(SERIAL)
        put(file, issue())
        await tokens.current(SERIAL)


async def test_an_empty_token_file_is_no_token(keeping: Keeping, tmp_path: Path) -> None:
    """A file that still waits for its token says what is missing."""
    file = tmp_path / "token"
    put(file, "\n")
    async with keeping(given=Given(file=file)) as tokens:
        with pytest.raises(LoginError, match="ENPHASE_TOKEN_FILE"):
            await tokens.current(SERIAL)


async def test_garbage_for_a_token_is_named_but_not_shown(keeping: Keeping) -> None:
    """What is no token is an error each time, and the error does not repeat it."""
    async with keeping(given=Given("hunter2")) as tokens:
        for _ in range(2):
            with pytest.raises(LoginError, match="ENPHASE_TOKEN") as caught:
                await tokens.current(SERIAL)
            assert "hunter2" not in str(caught.value)


async def test_a_given_token_for_another_gateway_is_named(keeping: Keeping) -> None:
    """A token that was made for another gateway is not shown to this one."""
    async with keeping(given=Given(issue(serial=OTHER))) as tokens:
        for _ in range(2):
            with pytest.raises(LoginError, match="for another gateway"):
                await tokens.current(SERIAL)


async def test_no_token_and_no_account_says_what_to_set(keeping: Keeping) -> None:
    """Without any way to a token, the settings that would lead to one are named."""
    async with keeping() as tokens:
        with pytest.raises(LoginError, match="set ENPHASE_USERNAME and ENPHASE_PASSWORD"):
            await tokens.current(SERIAL)


async def test_a_kept_token_saves_a_login(keeping: Keeping, cloud: Cloud, cache: Path) -> None:
    """The next process uses the last one's token: a crash loop makes one login."""
    for _ in range(3):
        async with keeping(cloud) as tokens:
            assert (await tokens.current(SERIAL)).text == kept(cache)
    assert cloud.logins == 1


async def test_a_damaged_cache_costs_a_login(
    keeping: Keeping, cloud: Cloud, cache: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """A kept token that cannot be read is spoken of and replaced."""
    put(cache, "half a tok")
    async with keeping(cloud) as tokens:
        await tokens.current(SERIAL)
    assert f"state file {cache} is ignored" in caplog.text
    assert "half a tok" not in caplog.text
    assert Token.parse(kept(cache)).fits(SERIAL)


async def test_a_kept_token_for_another_gateway_is_replaced(
    keeping: Keeping, cloud: Cloud, cache: Path
) -> None:
    """After a gateway was replaced, a login gets the new one's token; the old one fits no more."""
    put(cache, issue(serial=OTHER))
    async with keeping(cloud) as tokens:
        assert (await tokens.current(SERIAL)).serial == SERIAL
    assert cloud.logins == 1


async def test_a_renewal_that_ends_sooner_is_not_taken(
    keeping: Keeping, cloud: Cloud, clock: Clock, cache: Path
) -> None:
    """Where only the way is left that gives tokens of hours, the old one of days goes on."""
    async with keeping(cloud) as tokens:
        first = await tokens.current(SERIAL)
        before = kept(cache)
        clock.moment = first.renewal
        cloud.life = 43_200
        for _ in range(3):
            await tokens.renew_if_due()
        assert await tokens.current(SERIAL) is first
    assert (cloud.logins, kept(cache)) == (2, before)


async def test_a_token_that_another_process_got_is_taken(
    keeping: Keeping, cloud: Cloud, clock: Clock, cache: Path
) -> None:
    """What ``check`` got by hand serves the service that waits for its next login."""
    cloud.trouble = CloudTrouble("down")
    async with keeping(cloud) as tokens:
        with pytest.raises(CloudTrouble):
            await tokens.current(SERIAL)
        put(cache, issue(serial=OTHER))
        with pytest.raises(CloudTrouble):
            await tokens.current(SERIAL)
        put(cache, issue())
        assert (await tokens.current(SERIAL)).serial == SERIAL


async def test_a_damaged_token_file_ends_nothing(
    keeping: Keeping, cloud: Cloud, tmp_path: Path
) -> None:
    """While the user's file is half written or gone, the token at hand or the account serves."""
    file = tmp_path / "token"
    file.write_text(issue())
    async with keeping(None, given=Given(file=file)) as tokens:
        first = await tokens.current(SERIAL)
        for damage in (lambda: file.write_text(issue()[:50]), file.unlink, file.mkdir):
            damage()
            assert await tokens.current(SERIAL) is first
    async with keeping(cloud, given=Given(file=file)) as tokens:
        assert (await tokens.current(SERIAL)).serial == SERIAL


async def test_a_token_is_renewed_when_it_is_due(
    keeping: Keeping, cloud: Cloud, clock: Clock, cache: Path
) -> None:
    """A month before the end there is a new token, and not a day earlier."""
    async with keeping(cloud) as tokens:
        first = await tokens.current(SERIAL)
        clock.moment = first.renewal - 1
        await tokens.renew_if_due()
        assert cloud.logins == 1
        clock.moment = first.renewal
        await tokens.renew_if_due()
        second = await tokens.current(SERIAL)
        assert second.ends == clock.moment + YEAR
        assert kept(cache) == second.text
        await tokens.renew_if_due()
    assert cloud.logins == 2


async def test_installers_tokens_are_renewed_every_nine_hours(
    keeping: Keeping, cloud: Cloud, clock: Clock
) -> None:
    """Tokens of 12 hours never run out: a week makes as many logins as it takes, and no more."""
    cloud.life = HALF_DAY
    async with keeping(cloud) as tokens:
        await tokens.current(SERIAL)
        for _ in range(7 * 24 * 60):
            clock.moment += 60
            await tokens.renew_if_due()
            assert tokens.held is not None
            assert tokens.held.ends > clock.moment
    assert cloud.logins == 1 + 7 * 24 // 9


async def test_the_old_token_serves_while_the_cloud_is_down(
    keeping: Keeping, cloud: Cloud, clock: Clock, caplog: pytest.LogCaptureFixture
) -> None:
    """A renewal that fails is tried again, more and more rarely, and the old token goes on."""
    async with keeping(cloud) as tokens:
        first = await tokens.current(SERIAL)
        clock.moment, cloud.trouble = first.renewal, CloudTrouble("down")
        for _ in range(24 * 60):
            await tokens.renew_if_due()
            clock.moment += 60
            assert await tokens.current(SERIAL) is first
        assert 20 < cloud.logins < 40
        assert "could not be renewed yet: down" in caplog.text
        cloud.trouble = None
        clock.moment += 2 * 3600
        await tokens.renew_if_due()
        assert await tokens.current(SERIAL) is not first


async def test_the_old_token_serves_during_a_renewal(
    keeping: Keeping, cloud: Cloud, clock: Clock
) -> None:
    """Nobody waits for a renewal under way."""
    async with keeping(cloud) as tokens, anyio.create_task_group() as others:
        first = await tokens.current(SERIAL)
        clock.moment, cloud.gate = first.renewal, anyio.Event()
        others.start_soon(tokens.renew_if_due)
        while cloud.logins < 2:
            await anyio.lowlevel.checkpoint()
        assert await tokens.current(SERIAL) is first
        cloud.gate.set()


async def test_a_clock_far_ahead_makes_no_storm(
    keeping: Keeping, cloud: Cloud, clock: Clock, caplog: pytest.LogCaptureFixture
) -> None:
    """Where each new token counts as due at once, logins become rare, and the clock is named."""
    cloud.clock = Clock()
    clock.moment += 2 * YEAR
    async with keeping(cloud) as tokens:
        await tokens.current(SERIAL)
        for _ in range(24 * 60):
            clock.moment += 60
            cloud.clock.moment += 60
            await tokens.renew_if_due()
        assert cloud.logins < 40
    assert "check this machine's clock" in caplog.text


async def test_a_token_that_is_given_is_not_renewed(keeping: Keeping, clock: Clock) -> None:
    """Without an account there is nothing to renew with, and no harm in it."""
    async with keeping(given=Given(issue())) as tokens:
        await tokens.renew_if_due()
        first = await tokens.current(SERIAL)
        clock.moment = first.ends + 1
        await tokens.renew_if_due()
        assert await tokens.current(SERIAL) is first


async def test_a_refused_token_is_replaced_once(
    keeping: Keeping, cloud: Cloud, clock: Clock
) -> None:
    """A gateway that refuses everything causes one login, then one now and then."""
    async with keeping(cloud) as tokens:
        refused = await tokens.current(SERIAL)
        for minute in range(60):
            clock.moment = NOW + 60 * minute
            for _ in range(10):
                try:
                    refused = await tokens.replace(refused, SERIAL)
                except Rejected as error:
                    assert "refuses" in str(error)  # noqa: PT017  it need not be raised each time
        assert cloud.logins <= 8


async def test_a_refusal_is_remembered_in_a_crash_loop(
    keeping: Keeping, cloud: Cloud, clock: Clock
) -> None:
    """A gateway that refuses everything causes few logins, however often the process starts."""
    async with keeping(cloud) as tokens:
        await tokens.current(SERIAL)
    for _ in range(720):
        clock.moment += 5
        async with keeping(cloud) as tokens:
            with suppress(Rejected):
                await tokens.replace(await tokens.current(SERIAL), SERIAL)
    assert cloud.logins <= 8


@pytest.mark.parametrize("waiting", ["", "soon", "1e999 1", "nan 1", "-1 -1", f"9 {'9' * 400}"])
async def test_a_damaged_wait_locks_nobody_out(
    keeping: Keeping, cloud: Cloud, clock: Clock, cache: Path, waiting: str
) -> None:
    """Whatever is kept beside a token, the token serves, and can be replaced within a day."""
    put(cache, f"{issue()}\n\n{waiting}")
    async with keeping(cloud) as tokens:
        held = await tokens.current(SERIAL)
        clock.moment += DAY
        assert await tokens.replace(held, SERIAL) is not held
    assert cloud.logins == 1


async def test_an_admitted_token_ends_the_caution(keeping: Keeping, cloud: Cloud) -> None:
    """Once the gateway has taken a token, the next refusal is a first one again."""
    async with keeping(cloud) as tokens:
        for _ in range(3):
            first = await tokens.current(SERIAL)
            assert await tokens.replace(first, SERIAL) is not first
            tokens.admitted()
    assert cloud.logins == 4


async def test_a_refused_token_may_have_been_replaced_already(
    keeping: Keeping, cloud: Cloud
) -> None:
    """Who complains of a token that is no longer held gets the one that is."""
    async with keeping(cloud) as tokens:
        old = await tokens.current(SERIAL)
        new = await tokens.replace(old, SERIAL)
        assert await tokens.replace(old, SERIAL) is new
    assert cloud.logins == 2


async def test_a_refused_token_that_was_given_says_where_to_get_another(keeping: Keeping) -> None:
    """Who gave the token by hand must give another one by hand."""
    async with keeping(given=Given(issue())) as tokens:
        token = await tokens.current(SERIAL)
        with pytest.raises(Rejected, match="https://entrez"):
            await tokens.replace(token, SERIAL)


async def test_all_wait_for_one_login(cloud: Cloud, cache: Path) -> None:
    """Many who need a token at once cause one login."""
    found: list[Token] = []
    cloud.gate = anyio.Event()

    async def want(tokens: Tokens) -> None:
        found.append(await tokens.current(SERIAL))

    async with anyio.create_task_group() as tasks:
        tokens = tokens_of(tasks, cloud, cache)
        for _ in range(5):
            tasks.start_soon(want, tokens)
        while not cloud.logins:
            await anyio.lowlevel.checkpoint()
        cloud.gate.set()
    assert cloud.logins == 1
    assert len(found) == 5
    assert len(set(found)) == 1


async def test_a_login_outlives_who_asked_for_it(cloud: Cloud, cache: Path) -> None:
    """A scrape that has to end leaves its login under way, for the next scrape."""
    cloud.gate = anyio.Event()
    async with anyio.create_task_group() as tasks:
        tokens = tokens_of(tasks, cloud, cache)
        async with anyio.create_task_group() as scrape:
            scrape.start_soon(tokens.current, SERIAL)
            while not cloud.logins:
                await anyio.lowlevel.checkpoint()
            scrape.cancel_scope.cancel()
        assert tokens.held is None
        cloud.gate.set()
        await tokens.current(SERIAL)
    assert cloud.logins == 1


async def test_a_token_that_is_just_coming_is_kept(cloud: Cloud, cache: Path) -> None:
    """When the process is told to end in the middle of a login, its token is kept for the next."""
    cloud.gate = anyio.Event()

    async def answer() -> None:
        await anyio.lowlevel.checkpoint()
        await anyio.lowlevel.checkpoint()
        cloud.gate.set()

    async with anyio.create_task_group() as others, anyio.create_task_group() as tasks:
        others.start_soon(tokens_of(tasks, cloud, cache).current, SERIAL)
        while not cloud.logins:
            await anyio.lowlevel.checkpoint()
        others.start_soon(answer)
        tasks.cancel_scope.cancel()
    assert Token.parse(kept(cache)).fits(SERIAL)


async def test_a_login_that_hangs_does_not_hold_up_the_end(
    cloud: Cloud, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A login that does not come to its end is given up soon, and leaves nothing."""
    monkeypatch.setattr("exporter.gateway.tokens.LAST_SECONDS", 0.0)
    cloud.gate = anyio.Event()
    async with anyio.create_task_group() as others, anyio.create_task_group() as tasks:
        tokens = tokens_of(tasks, cloud, cache)
        others.start_soon(fails, tokens, "the exporter is ending")
        while not cloud.logins:
            await anyio.lowlevel.checkpoint()
        tasks.cancel_scope.cancel()
    assert tokens.held is None
    assert not kept(cache)


async def fails(tokens: Tokens, why: str) -> None:
    """Want a token in vain."""
    with pytest.raises(GatewayError, match=why):
        await tokens.current(SERIAL)


@pytest.mark.usefixtures("restless")
async def test_a_wrong_token_file_is_said_once(
    cloud: Cloud, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """A file that stays wrong is one line in the log, another mistake another one."""
    file = tmp_path / "token"

    async def rounds() -> None:
        for _ in range(100):
            await anyio.lowlevel.checkpoint()

    async with anyio.create_task_group() as tasks:
        state = StateFile(tmp_path / "home.token")
        tokens = Tokens(Given(file=file), cloud, state, tasks, cloud.clock)
        tasks.start_soon(tokens.keep)
        await rounds()
        for text in ("no token", "no token", issue(), "no token"):
            put(file, text)
            await rounds()
        tasks.cancel_scope.cancel()
    said = [record.getMessage().partition(":")[0] for record in caplog.records]
    wrong = "the token in ENPHASE_TOKEN or its file is no token"
    assert said == ["ENPHASE_TOKEN_FILE cannot be read", wrong, wrong]


@pytest.mark.usefixtures("restless")
async def test_the_keeper_looks_at_the_clock(cloud: Cloud, cache: Path) -> None:
    """While the process lives, a due token is renewed without anybody asking."""
    async with anyio.create_task_group() as tasks:
        tokens = tokens_of(tasks, cloud, cache)
        first = await tokens.current(SERIAL)
        tasks.start_soon(tokens.keep)
        cloud.clock.moment = first.renewal
        while tokens.held is first:
            await anyio.lowlevel.checkpoint()
        tasks.cancel_scope.cancel()
    assert cloud.logins == 2


@pytest.mark.usefixtures("restless")
async def test_a_new_token_file_is_noticed_without_being_asked(
    keeping: Keeping, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """A token put into the file is known, with its end, within the minute; a lost file is told."""
    file = tmp_path / "token"
    put(file, issue())
    async with keeping(given=Given(file=file)) as tokens, anyio.create_task_group() as tasks:
        first = await tokens.current(SERIAL)
        tasks.start_soon(tokens.keep)
        put(file, text := issue(now=NOW + DAY))
        while tokens.held is first:
            await anyio.lowlevel.checkpoint()
        assert tokens.held is not None
        assert tokens.held.text == text
        put(file, "garbage")
        while "is no token" not in caplog.text:
            await anyio.lowlevel.checkpoint()
        assert tokens.held.text == text
        tasks.cancel_scope.cancel()


async def test_a_given_token_that_has_ended_gives_way(
    keeping: Keeping, cloud: Cloud, cache: Path
) -> None:
    """A forgotten old token in the settings does not cost a login with every start."""
    put(cache, fresh := issue())
    async with keeping(cloud, Given(issue(life=1, now=NOW - DAY))) as tokens:
        assert (await tokens.current(SERIAL)).text == fresh
    assert cloud.logins == 0
