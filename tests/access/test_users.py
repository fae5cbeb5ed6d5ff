"""Users and passwords: who is answered, at what cost, and what an attacker learns."""

import base64
import threading

import anyio
import bcrypt
import pytest
from guarded import HEALTHY, Guarding, hashed, until

from exporter.access import passwords

WRONG = "no-such-password"


def users(**known: str) -> str:
    """Write a file with these users' passwords."""
    lines = [f"  {name}: {hashed(password)}\n" for name, password in known.items()]
    return "basic_auth_users:\n" + "".join(lines)


async def test_only_who_knows_a_password_is_answered(guarding: Guarding) -> None:
    """Every page wants a user with its password, health and unknown paths too."""
    async with guarding(users(me="sunny", you="rainy")) as exporter:
        for path in ("/metrics", "/", HEALTHY, "/-/ready", "/probe?target=home"):
            assert await exporter.get(exporter.http("me", "sunny"), path) == 200
            assert await exporter.get(exporter.http("you", "rainy"), path) == 200
            assert await exporter.get(exporter.http(), path) == 401
        assert await exporter.get(exporter.http(), "/nowhere") == 401
        for name, password in [("me", "rainy"), ("you", "sunny"), ("she", "sunny"), ("", "sunny")]:
            assert await exporter.get(exporter.http(name, password)) == 401


async def test_a_refusal_tells_nothing(guarding: Guarding) -> None:
    """Whoever is refused learns that a password is wanted, and no more."""
    async with guarding(users(me="sunny")) as exporter:
        answers = []
        for name in ("me", "nobody"):
            async with exporter.http(name, WRONG) as http:
                response = await http.get(HEALTHY)
                answers.append((response.status_code, response.text, dict(response.headers)))
    assert answers[0] == answers[1]
    assert answers[0][2]["www-authenticate"] == "Basic"


@pytest.mark.parametrize(
    "header",
    [
        "",
        "Basic",
        "Basic !!!",
        "Basic bWU=",
        "Basic bWU6c3Vubnk",
        "Bearer bWU6c3Vubnk=",
        "bWU6c3Vubnk=",
        "Basic " + base64.b64encode(b"me:" + b"sunny" * 20).decode(),
        "Basic " + base64.b64encode(b"me:sunny\0").decode(),
        "Basic " + base64.b64encode(b"\xff\xfe:\xff").decode(),
    ],
)
async def test_what_is_no_password_is_refused(guarding: Guarding, header: str) -> None:
    """Headers that are cut, of another kind, too long or no text are wrong passwords."""
    async with guarding(users(me="sunny")) as exporter, exporter.http() as http:
        assert (await http.get(HEALTHY, headers={"Authorization": header})).status_code == 401
        answer = await http.get(HEALTHY, headers={"Authorization": "basic bWU6c3Vubnk="})
        assert answer.status_code == 200


async def test_names_and_passwords_may_be_of_any_letters(guarding: Guarding) -> None:
    """UTF-8, colons in a password, numbers as a name, and hashes of all three kinds are taken."""
    hashes = {"jörg": hashed("grün:blau"), "7": hashed("x").replace("$2b$", "$2y$")}
    text = "basic_auth_users:\n" + "".join(f"  {name}: {one}\n" for name, one in hashes.items())
    async with guarding(text) as exporter:
        assert await exporter.get(exporter.http("jörg", "grün:blau")) == 200
        assert await exporter.get(exporter.http("7", "x")) == 200


async def test_changed_users_hold_for_the_next_request(guarding: Guarding) -> None:
    """Users who are added, changed or removed are so without a restart, on open connections too."""
    async with guarding(users(me="sunny")) as exporter, exporter.http("me", "sunny") as http:
        assert (await http.get(HEALTHY)).status_code == 200
        exporter.write(users(me="stormy", you="rainy"))
        assert (await http.get(HEALTHY)).status_code == 401
        assert (await http.get(HEALTHY, auth=("me", "stormy"))).status_code == 200
        exporter.write(users(you="rainy"))
        assert (await http.get(HEALTHY, auth=("me", "stormy"))).status_code == 401
        assert (await http.get(HEALTHY, auth=("you", "rainy"))).status_code == 200


class Checks:
    """Bcrypt's checks, of which the wrong ones can be made to last."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.made: list[tuple[bytes, bytes]] = []
        self.may_end = threading.Event()
        self.may_end.set()
        self._check = bcrypt.checkpw
        monkeypatch.setattr(bcrypt, "checkpw", self)

    def __call__(self, password: bytes, hashed: bytes) -> bool:
        """Check a password."""
        self.made.append((password, hashed))
        right = self._check(password, hashed)
        if not right:
            assert self.may_end.wait(60)
        return right


async def test_a_right_password_is_checked_once(
    guarding: Guarding, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Bcrypt runs for the first of many requests, and for each wrong one."""
    checks = Checks(monkeypatch)
    async with guarding(users(me="sunny")) as exporter, anyio.create_task_group() as tasks:
        for _ in range(3):
            tasks.start_soon(exporter.get, exporter.http("me", "sunny"))
        await until(lambda: bool(checks.made))
        assert await exporter.get(exporter.http("me", "sunny")) == 200
        assert len(checks.made) == 1
        for count in (2, 3):
            assert await exporter.get(exporter.http("me", WRONG)) == 401
            assert len(checks.made) == count


async def test_a_name_that_nobody_has_costs_the_same(
    guarding: Guarding, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An unknown name is measured against some user's hash, always the same, and never right."""
    checks = Checks(monkeypatch)
    async with guarding(users(me="sunny")) as exporter:
        for name in ("me", "nobody", "nobody"):
            assert await exporter.get(exporter.http(name, WRONG)) == 401
        assert len({one for _, one in checks.made}) == 1
        assert len(checks.made) == 3
        for _ in range(2):
            assert await exporter.get(exporter.http("nobody", "sunny")) == 401


async def test_what_is_remembered_has_an_end(
    guarding: Guarding, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With more users than are remembered, the oldest is checked again."""
    monkeypatch.setattr(passwords, "REMEMBERED", 1)
    checks = Checks(monkeypatch)
    async with guarding(users(me="sunny", you="rainy")) as exporter:
        for name, password in [("me", "sunny"), ("you", "rainy"), ("you", "rainy")] * 2:
            assert await exporter.get(exporter.http(name, password)) == 200
    assert len(checks.made) == 4


async def test_a_flood_of_wrong_passwords_leaves_others_served(
    guarding: Guarding, monkeypatch: pytest.MonkeyPatch
) -> None:
    """While a flood waits, a known client is answered at once and a new one gets its turn."""
    checks = Checks(monkeypatch)
    async with guarding(users(me="sunny", you="rainy")) as exporter:
        assert await exporter.get(exporter.http("me", "sunny")) == 200
        checks.may_end.clear()
        answers: list[int] = []

        async def ask(name: str, password: str, source: str) -> None:
            answers.append(await exporter.get(exporter.http(name, password, source)))

        async with anyio.create_task_group() as tasks:
            for number in range(20):
                tasks.start_soon(ask, "me", f"{WRONG}{number}", "127.0.0.1")
            # All but those that may wait are sent away.
            await until(lambda: len(answers) == 20 - passwords.WAITING_FROM_ONE)
            assert set(answers) == {429}
            assert await exporter.get(exporter.http("me", "sunny")) == 200
            assert await exporter.get(exporter.http()) == 401
            tasks.start_soon(ask, "you", "rainy", "127.0.0.2")
            await until(lambda: exporter.connections > passwords.WAITING_FROM_ONE)
            checks.may_end.set()
        assert answers.count(200) == 1
        assert answers.count(401) == passwords.WAITING_FROM_ONE


async def test_floods_from_everywhere_have_an_end_too(
    guarding: Guarding, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of all clients together, no more than so many wait."""
    monkeypatch.setattr(passwords, "WAITING", 2)
    checks = Checks(monkeypatch)
    checks.may_end.clear()
    answers: list[int] = []
    async with guarding(users(me="sunny")) as exporter, anyio.create_task_group() as tasks:

        async def ask(source: str) -> None:
            answers.append(await exporter.get(exporter.http("me", WRONG, source)))

        for number in range(5):
            tasks.start_soon(ask, f"127.0.0.{number + 1}")
        await until(lambda: len(answers) == 3)
        assert set(answers) == {429}
        checks.may_end.set()


async def test_the_rate_limit_holds_for_all(guarding: Guarding) -> None:
    """More requests than the file allows are told to come later, and others after them pass."""
    async with guarding("rate_limit: {interval: 1h, burst: 2}") as exporter:
        answers = [await exporter.get(exporter.http()) for _ in range(3)]
        assert answers == [200, 200, 429]
        exporter.write("rate_limit: {interval: 1ms, burst: 1}")
        assert await exporter.get(exporter.http()) == 200
        exporter.write("rate_limit: {interval: 0, burst: 0}")
        assert [await exporter.get(exporter.http()) for _ in range(3)] == [200] * 3


async def test_headers_are_set(guarding: Guarding) -> None:
    """Headers from the file stand in every answer, refusals too; blank ones do not."""
    text = (
        "http_server_config:\n"
        "  headers:\n"
        "    X-Frame-Options: deny\n"
        "    X-XSS-Protection: 0\n"
        "    Content-Security-Policy: ''\n"
    )
    async with guarding(text + users(me="sunny")) as exporter, exporter.http() as http:
        for auth, status in [(("me", "sunny"), 200), (None, 401)]:
            response = await http.get(HEALTHY, auth=auth)
            assert response.status_code == status
            assert response.headers["X-Frame-Options"] == "deny"
            assert response.headers["X-XSS-Protection"] == "0"
            assert "Content-Security-Policy" not in response.headers
