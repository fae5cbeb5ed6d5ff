"""An Enphase account: which login is tried when, and when none is."""

import json
import math
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import anyio
import pytest
from harness import NOW, Clock

from exporter.demo.authority import Authority
from exporter.gateway.account import REFUSAL_PAUSE, Account, Login
from exporter.gateway.credentials import Credentials
from exporter.gateway.errors import (
    Changed,
    CloudTrouble,
    LoginError,
    NotOurs,
    Refused,
    SecondFactor,
)
from exporter.gateway.state import StateFile

SERIAL = "122300000000"
CREDENTIALS = Credentials("me@example.com", "sunny-side-up")
AUTHORITY = Authority()
TOKEN = AUTHORITY.issue(SERIAL, "owner", 31_536_000, NOW)
OTHER = "122300000001"
OTHER_TOKEN = AUTHORITY.issue(OTHER, "owner", 31_536_000, NOW)


@dataclass
class Way:
    """A way through the cloud that ends as it is told, and counts who takes it."""

    ending: Exception | str = TOKEN
    taken: list[str] = field(default_factory=list)

    async def __call__(self, credentials: Credentials, serial: str) -> str:
        """Log in."""
        assert credentials.username == CREDENTIALS.username
        self.taken.append(serial)
        if isinstance(self.ending, Exception):
            raise self.ending
        return self.ending


@pytest.fixture
def clock() -> Clock:
    """Return a clock that is set by hand."""
    return Clock()


@pytest.fixture
def start(tmp_path: Path, clock: Clock) -> Callable[..., Account]:
    """Return a process's beginning: an account that remembers what the last one kept."""

    def start(*ways: Login, credentials: Credentials = CREDENTIALS) -> Account:
        return Account(credentials, ways, StateFile(tmp_path / "account.json"), clock)

    return start


Start = Callable[..., Account]


async def fails(account: Account, kind: type[LoginError], match: str = ".") -> None:
    """Ask for a token that is not to be had."""
    with pytest.raises(kind, match=match):
        await account.token(SERIAL)


async def test_the_first_way_that_works_is_the_only_one(start: Start) -> None:
    """A login that succeeds is one attempt, seen by who watches."""
    first, second = Way(), Way()
    seen: list[str] = []
    token = await start(first, second).token(SERIAL, observe=seen.append)
    assert token.text == TOKEN
    assert (first.taken, second.taken, seen) == ([SERIAL], [], ["ok"])


@pytest.mark.parametrize("ending", [Changed("another page"), "no token", "eyJh.eyJi.c2ln"])
async def test_another_way_is_for_a_page_that_changed(
    start: Start, caplog: pytest.LogCaptureFixture, ending: LoginError | str
) -> None:
    """Where the cloud answers otherwise than we know it, the other login is tried, and said so."""
    first, second = Way(ending), Way()
    token = await start(first, second).token(SERIAL)
    assert token.text == TOKEN
    assert (len(first.taken), len(second.taken)) == (1, 1)
    assert "trying the other way" in caplog.text
    assert "eyJ" not in caplog.text


@pytest.mark.parametrize(
    "error", [Refused("wrong"), SecondFactor("code"), NotOurs("403"), CloudTrouble("down")]
)
async def test_no_other_way_after_a_plain_answer(start: Start, error: LoginError) -> None:
    """A refused password is tried once only, and so is whatever another login cannot mend."""
    first, second = Way(error), Way()
    await fails(start(first, second), type(error))
    assert (len(first.taken), len(second.taken)) == (1, 0)


async def test_when_every_way_has_changed_the_last_one_says_so(start: Start) -> None:
    """Two pages that nobody knows are one failure."""
    account = start(Way(Changed("first")), Way("no token either"))
    await fails(account, Changed, "the cloud's token is of no use")


@pytest.mark.parametrize("error", [Refused("wrong password"), SecondFactor("put the token there")])
async def test_a_refused_password_rests_for_hours(
    start: Start, clock: Clock, error: LoginError
) -> None:
    """One attempt in six hours, whoever asks how often, and each time the same reason."""
    way = Way(error)
    account = start(way)
    for _ in range(5):
        await fails(account, type(error), str(error))
        clock.moment += (REFUSAL_PAUSE - 1) / 4
    assert len(way.taken) == 1
    clock.moment += 2
    await fails(account, type(error))
    assert len(way.taken) == 2


async def test_a_refused_password_rests_across_restarts(
    start: Start, clock: Clock, tmp_path: Path
) -> None:
    """A crash loop makes no attempts: the next process knows why, and what is kept is no secret."""
    way = Way(Refused("correct them"))
    await fails(start(way), Refused)
    for _ in range(5):
        clock.moment += 60
        await fails(start(way), Refused, "^correct them$")
    assert len(way.taken) == 1
    kept = (tmp_path / "account.json").read_text()
    assert CREDENTIALS.password not in kept
    assert CREDENTIALS.username not in kept
    clock.moment += REFUSAL_PAUSE
    way.ending = TOKEN
    assert (await start(way).token(SERIAL)).text == TOKEN
    assert not (tmp_path / "account.json").exists()


async def test_another_password_is_tried_at_once(start: Start) -> None:
    """Who corrects the password need not wait."""
    way = Way(Refused("correct them"))
    await fails(start(way), Refused)
    way.ending = TOKEN
    corrected = Credentials(CREDENTIALS.username, "another")
    assert (await start(way, credentials=corrected).token(SERIAL)).text == TOKEN


async def test_a_person_may_insist(start: Start) -> None:
    """Where a person asks for it, the next attempt is made at once."""
    way = Way(Refused("wrong"))
    await fails(start(way), Refused)
    account = start(way)
    account.insist()
    way.ending = TOKEN
    assert (await account.token(SERIAL)).text == TOKEN


async def test_the_cloud_is_asked_less_and_less(start: Start, clock: Clock) -> None:
    """Each failure in a row doubles the wait, up to about an hour, and a success ends that."""
    way = Way(CloudTrouble("down"))
    account = start(way)
    await fails(account, CloudTrouble)
    for least in (60, 120, 240, 480, 960, 1920, 3600, 3600):
        attempts, began = len(way.taken), clock.moment
        while len(way.taken) == attempts:
            clock.moment += 4
            await fails(account, CloudTrouble)
        assert least <= clock.moment - began <= least * 1.2 + 4
    way.ending = TOKEN
    clock.moment += 7200
    await account.token(SERIAL)
    way.ending = CloudTrouble("down again")
    await fails(account, CloudTrouble, "down again")
    attempts = len(way.taken)
    clock.moment += 73
    await fails(account, CloudTrouble)
    assert len(way.taken) == attempts + 1


async def test_the_cloud_may_say_when_to_come_back(start: Start, clock: Clock) -> None:
    """Where the cloud names a time to wait, that is what we wait at least."""
    way = Way(CloudTrouble("wants us to wait", retry_after=900))
    account = start(way)
    await fails(account, CloudTrouble)
    clock.moment += 899
    await fails(account, CloudTrouble)
    assert len(way.taken) == 1
    clock.moment += 1
    await fails(account, CloudTrouble)
    assert len(way.taken) == 2


async def test_one_gateways_trouble_is_not_the_others(start: Start) -> None:
    """A gateway that the account may not use does not hold back the account's others."""
    way = Way(NotOurs("check ENPHASE_SERIAL"))
    account = start(way)
    await fails(account, NotOurs)
    way.ending = OTHER_TOKEN
    assert (await account.token(OTHER)).text == OTHER_TOKEN
    await fails(account, NotOurs)
    assert way.taken == [SERIAL, OTHER]


async def test_a_gateway_that_is_not_ours_is_asked_for_less_and_less(
    start: Start, clock: Clock
) -> None:
    """A denial is no storm, whoever asks how often, in one process or in many; it heals by itself.

    A day has the waits of 1, 2, 4, 8, 16, 32 minutes and then one attempt an hour.
    """
    way = Way(NotOurs("check ENPHASE_SERIAL"))
    account = start(way)
    for minute in range(24 * 60):
        clock.moment += 60
        if minute % 90 == 0:
            account = start(way)
        await fails(account, NotOurs, "^check ENPHASE_SERIAL$")
    assert 20 < len(way.taken) < 32
    way.ending = TOKEN
    clock.moment += 2 * 3600
    assert (await start(way).token(SERIAL)).text == TOKEN


async def test_a_token_for_another_gateway_is_a_denial(start: Start) -> None:
    """Where the cloud gives another gateway's token, it is not used, nor asked for again."""
    way = Way(OTHER_TOKEN)
    for _ in range(5):
        await fails(start(way), NotOurs, "check ENPHASE_SERIAL")
    assert len(way.taken) == 1


async def test_an_attempt_that_nobody_lived_to_see_counts(start: Start, clock: Clock) -> None:
    """A process that is killed during each login, every ten minutes, makes fewer of them."""

    async def login(credentials: Credentials, serial: str) -> str:
        attempts.append(clock.moment)
        raise KeyboardInterrupt

    attempts: list[float] = []
    for _ in range(6 * 6):
        try:
            await start(login).token(SERIAL)
        except KeyboardInterrupt:
            pass
        except CloudTrouble as error:
            assert "in the middle of its last login" in str(error)  # noqa: PT017  or it is killed
        clock.moment += 600
    assert 5 < len(attempts) < 12


@pytest.mark.parametrize("days", [-365, -1])
async def test_a_clock_that_is_set_back_locks_nobody_out(
    start: Start, clock: Clock, days: int
) -> None:
    """When the host's clock is set back, an attempt is made after the usual wait at the latest."""
    way = Way(Refused("wrong"))
    account = start(way)
    await fails(account, Refused)
    clock.moment += days * 86_400
    await fails(account, Refused)
    clock.moment += REFUSAL_PAUSE + 1
    way.ending = TOKEN
    assert (await account.token(SERIAL)).text == TOKEN


async def test_gateways_of_one_account_log_in_one_after_another(start: Start) -> None:
    """Of two gateways that ask at once, the second one's login begins when the first has ended."""
    events: list[str] = []

    async def login(credentials: Credentials, serial: str) -> str:
        events.append(f"begin {serial}")
        await anyio.sleep(0.01)
        events.append(f"end {serial}")
        return TOKEN if serial == SERIAL else OTHER_TOKEN

    account = start(login)
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(account.token, SERIAL)
        tasks.start_soon(account.token, OTHER)
    assert events == [f"begin {SERIAL}", f"end {SERIAL}", f"begin {OTHER}", f"end {OTHER}"]


async def test_two_gateways_make_one_attempt_with_a_wrong_password(start: Start) -> None:
    """What the first one's attempt has shown, the second one need not try."""
    way = Way(Refused("wrong"))
    account = start(way)
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(fails, account, Refused)
        tasks.start_soon(fails, account, Refused)
    assert len(way.taken) == 1


@pytest.mark.parametrize(
    "text",
    [
        "",
        "no JSON",
        "[]",
        "null",
        "{}",
        '{"key": "x", "salt": "no hex"}',
        '{"key": "x", "salt": 1}',
        pytest.param("[" * 100_000, id="deep"),
    ],
)
async def test_a_damaged_record_is_no_record(
    start: Start, tmp_path: Path, caplog: pytest.LogCaptureFixture, text: str
) -> None:
    """A record that cannot be read is spoken of and holds nobody back."""
    (tmp_path / "account.json").write_text(text)
    assert (await start(Way()).token(SERIAL)).text == TOKEN
    assert "is ignored: it holds no refused login" in caplog.text


@pytest.mark.parametrize(
    ("name", "value"),
    [
        *(("kind", "GatewayError"), ("kind", []), ("until", "soon"), ("until", 10**400)),
        *(("failures", "2"), ("failures", -math.inf)),
    ],
)
async def test_an_unknown_record_is_no_record(
    start: Start, tmp_path: Path, name: str, value: object
) -> None:
    """What another version has kept otherwise holds nobody back."""
    way = Way(Refused("wrong"))
    await fails(start(way), Refused)
    file = tmp_path / "account.json"
    kept = json.loads(file.read_text())
    kept["waits"][""][name] = value
    file.write_text(json.dumps(kept))
    way.ending = TOKEN
    assert (await start(way).token(SERIAL)).text == TOKEN


def test_credentials_keep_themselves_to_themselves() -> None:
    """Neither name nor password is shown where credentials are printed."""
    assert CREDENTIALS.username not in repr(CREDENTIALS)
    assert CREDENTIALS.password not in repr(CREDENTIALS)


@pytest.mark.parametrize(
    "change",
    [{"until": 10**400}, {"until": math.nan}, {"why": "\ud800"}, {"why": "a\nb"}, {"kind": []}],
)
def test_a_damaged_record_is_passed_over(tmp_path: Path, change: dict[str, Any]) -> None:
    """What no process wrote, such as a time without end, keeps nobody from logging in."""
    file = StateFile(tmp_path / "account.json")
    credentials, now = Credentials("you", "secret"), lambda: 0.0
    first = Account(credentials, [_refuse], file, now)
    with pytest.raises(Refused):
        anyio.run(first.token, "1223")
    file.write(json.dumps(json.loads(file.read() or "") | change))
    with pytest.raises(Refused, match="asked"):
        anyio.run(Account(credentials, [_refuse], file, now).token, "1223")
    file.write("[" * 100_000)
    with pytest.raises(Refused, match="asked"):
        anyio.run(Account(credentials, [_refuse], file, now).token, "1223")


async def test_whatever_goes_wrong_in_a_login_holds_the_next_one_back(
    start: Start, clock: Clock, caplog: pytest.LogCaptureFixture
) -> None:
    """An error that nobody foresaw is told as any other, and is no storm of logins."""
    way, seen = Way(UnicodeError("odd")), list[str]()
    account = start(way)
    for _ in range(9):
        with pytest.raises(CloudTrouble, match="unexpected UnicodeError"):
            await account.token(SERIAL, observe=seen.append)
        clock.moment += 5
    assert (len(way.taken), seen) == (1, ["cloud"])
    assert caplog.text.count("Traceback") == 1


async def test_a_gateway_that_fails_leaves_the_others_their_turn(
    start: Start, clock: Clock
) -> None:
    """Of several gateways, one that the cloud has no token for keeps no other one down for long."""

    async def login(credentials: Credentials, serial: str) -> str:
        if serial == SERIAL:
            raise CloudTrouble("422")
        return OTHER_TOKEN

    account, waited = start(login), 0
    await fails(account, CloudTrouble)
    with pytest.raises(CloudTrouble):
        await account.token(OTHER)
    for _ in range(200):
        clock.moment += 15
        waited += 15
        for serial in (SERIAL, OTHER):
            with suppress(CloudTrouble):
                await account.token(serial)
                assert waited < 300
                return
    pytest.fail("the other one never had its turn")


async def test_a_cloud_that_denies_every_gateway_is_not_stormed(start: Start, clock: Clock) -> None:
    """Where not one but all gateways are denied, they wait together, not each for itself."""
    way = Way(NotOurs("403"))
    account = start(way)
    for _ in range(4 * 60):
        for number in range(20):
            with pytest.raises(NotOurs):
                await account.token(f"{SERIAL}{number}")
        clock.moment += 15
    assert len(way.taken) < 12


async def test_the_longer_wish_of_both_ways_counts(start: Start, clock: Clock) -> None:
    """Where the first way asks us to wait and the second just fails, the wish is kept."""
    first, second = Way(Changed("503", 7200)), Way(CloudTrouble("down"))
    account = start(first, second)
    await fails(account, CloudTrouble)
    clock.moment += 7199
    await fails(account, CloudTrouble)
    assert len(first.taken) == 1


async def test_nothing_is_tried_at_once_where_nothing_can_be_kept(
    tmp_path: Path, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A process that lives for seconds makes no login that the next one would not know of."""
    blocked = tmp_path / "file"
    blocked.touch()
    monkeypatch.setattr("exporter.clock.elapsed", clock)
    way = Way()
    account = Account(CREDENTIALS, [way], StateFile(blocked / "account.json"), clock)
    await fails(account, CloudTrouble, "the state directory cannot be written")
    assert way.taken == []
    clock.moment += 60
    assert (await account.token(SERIAL)).text == TOKEN
    hurried = Account(CREDENTIALS, [way], StateFile(blocked / "account.json"), clock)
    hurried.insist()
    assert (await hurried.token(SERIAL)).text == TOKEN


async def _refuse(credentials: Credentials, serial: str) -> str:
    raise Refused("asked")
