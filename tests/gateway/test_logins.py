"""Both logins to the cloud, over TLS, against a cloud that behaves in many ways."""

import json
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest

from exporter.demo.certificate import cloud as cloud_certificates
from exporter.demo.faults import Fault
from exporter.demo.serving import Server
from exporter.demo.world import World
from exporter.gateway.account import Account, Login
from exporter.gateway.cloud import Cloud
from exporter.gateway.credentials import Credentials
from exporter.gateway.entrez import token_in
from exporter.gateway.errors import (
    Changed,
    CloudTrouble,
    LoginError,
    NotOurs,
    Refused,
    SecondFactor,
)
from exporter.gateway.jwt import Token
from exporter.gateway.login import logins
from exporter.gateway.state import StateFile

ENLIGHTEN, ENTREZ = "/login/login.json", "/login"
TOKENS, TOKEN_PAGE = "/tokens", "/entrez_tokens"


@pytest.fixture
def cloud(world: World) -> Cloud:
    """Return the world's cloud as the settings name it."""
    return Cloud(world.cloud_server.url, world.cloud_server.url, "enlighten", world.ca_file)


@pytest.fixture
def mine(world: World) -> Credentials:
    """Return credentials that the cloud knows."""
    return Credentials(world.username, world.password)


@pytest.fixture(params=["enlighten", "entrez"])
def way(request: pytest.FixtureRequest, cloud: Cloud) -> Login:
    """Return each of the two logins."""
    return logins(replace(cloud, first=request.param))[0]


@dataclass
class Posted:
    """What an app has been sent."""

    paths: list[str] = field(default_factory=list)
    bodies: list[bytes] = field(default_factory=list)


@dataclass
class App:
    """A small cloud that answers every path with the same, and keeps what it was sent."""

    status: int = 200
    body: bytes = b""
    headers: dict[str, str] = field(default_factory=dict)
    posted: Posted = field(default_factory=Posted)

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Read, then answer."""
        self.posted.paths.append(scope["path"])
        self.posted.bodies.append((await receive())["body"])
        headers = [(name.encode(), value.encode()) for name, value in self.headers.items()]
        headers.append((b"content-length", str(len(self.body)).encode()))
        await send({"type": "http.response.start", "status": self.status, "headers": headers})
        await send({"type": "http.response.body", "body": self.body})


@pytest.fixture
def app() -> App:
    """Return a small cloud."""
    return App()


@pytest.fixture
def small(app: App, tmp_path: Path) -> Iterator[Cloud]:
    """Serve the small cloud over TLS."""
    authority, certificate = cloud_certificates()
    file = tmp_path / "ca.pem"
    file.write_bytes(authority)
    with Server(app, certificate) as server:
        yield Cloud(server.url, server.url, "enlighten", file)


async def test_a_login_brings_a_token(world: World, way: Login, mine: Credentials) -> None:
    """Either login leads to a token for the gateway, with one attempt."""
    token = Token.parse(await way(mine, world.source.serial))
    assert (token.serial, token.role) == (world.source.serial, "owner")
    assert sum(world.cloud.logins.values()) == 1


async def test_a_wrong_password_is_refused(world: World, way: Login, mine: Credentials) -> None:
    """A wrong password is told apart from all else, and not shown."""
    wrong = Credentials(mine.username, "wrong-password")
    with pytest.raises(Refused, match="ENPHASE_PASSWORD") as caught:
        await way(wrong, world.source.serial)
    assert "wrong-password" not in str(caught.value)
    assert mine.username not in str(caught.value)


async def test_a_second_factor_is_told_with_what_to_do(
    world: World, way: Login, mine: Credentials
) -> None:
    """Who protects the account with a code is told how to get a token by hand."""
    world.cloud.mfa = True
    with pytest.raises(SecondFactor) as caught:
        await way(mine, world.source.serial)
    assert "one-time code" in str(caught.value)
    assert "https://entrez.enphaseenergy.com" in str(caught.value)
    assert "ENPHASE_TOKEN_FILE" in str(caught.value)


async def test_a_gateway_of_others_is_told_apart(
    world: World, way: Login, mine: Credentials
) -> None:
    """Where the account may not use the gateway, the serial is what to check."""
    world.cloud.serials = {"122300000099"}
    with pytest.raises(NotOurs, match="ENPHASE_SERIAL"):
        await way(mine, world.source.serial)


async def test_a_renamed_page_still_shows_its_token(
    world: World, cloud: Cloud, mine: Credentials
) -> None:
    """Where Entrez's page has changed, the token is found by its shape."""
    world.cloud.page = "renamed"
    way = logins(replace(cloud, first="entrez"))[0]
    assert Token.parse(await way(mine, world.source.serial)).serial == world.source.serial


async def test_a_page_without_a_token_is_another_page(
    world: World, cloud: Cloud, mine: Credentials
) -> None:
    """Where Entrez's page shows no token at all, it is not the page we know."""
    world.cloud.page = "without"
    way = logins(replace(cloud, first="entrez"))[0]
    with pytest.raises(Changed, match="shows no token"):
        await way(mine, world.source.serial)


def test_the_pages_own_place_for_the_token_comes_first() -> None:
    """Of several tokens on a page, the one in the known place counts."""
    page = '<p>eyJh.eyJi.b2xk</p><textarea id="JWTToken">\n eyJh.eyJi.bmV3 </textarea>'
    assert token_in(page) == "eyJh.eyJi.bmV3"


@pytest.mark.parametrize("page", ["", "\0", "<", '<?xml version="1.0" encoding="utf-8"?><a/>'])
def test_what_is_no_page_shows_no_token(page: str) -> None:
    """A body that cannot be parsed is another page, not a surprise."""
    with pytest.raises(Changed):
        token_in(page)


@pytest.mark.parametrize("fault", [404, 405, 500, 503, Fault.HTML, Fault.GARBAGE, Fault.NULL])
@pytest.mark.parametrize("path", [ENLIGHTEN, TOKENS])
async def test_entrez_stands_in_for_enlighten(
    world: World, cloud: Cloud, tmp_path: Path, fault: Fault | int, path: str
) -> None:
    """Where Enlighten's login is gone, spoilt or out of order, Entrez's gets the token."""
    world.cloud.faults[path] = fault
    credentials = Credentials(world.username, world.password)
    file = StateFile(tmp_path / "account.json")
    account = Account(credentials, logins(cloud), file, lambda: 0.0)
    token = await account.token(world.source.serial)
    assert token.serial == world.source.serial
    assert world.cloud.logins["entrez:ok"] == 1


@pytest.mark.parametrize(
    ("path", "fault"),
    [
        *((ENTREZ, fault) for fault in (400, 403, 404, 405, 500, 503)),
        *((TOKEN_PAGE, fault) for fault in (404, 405, 500, 503, Fault.HTML, Fault.GARBAGE)),
    ],
)
async def test_enlighten_stands_in_for_entrez(
    world: World, cloud: Cloud, tmp_path: Path, fault: Fault | int, path: str
) -> None:
    """The same the other way round: where Entrez's pages fail, Enlighten's login is tried."""
    world.cloud.faults[path] = fault
    credentials = Credentials(world.username, world.password)
    ways = logins(replace(cloud, first="entrez"))
    account = Account(credentials, ways, StateFile(tmp_path / "account.json"), lambda: 0.0)
    await account.token(world.source.serial)
    assert world.cloud.logins["enlighten:ok"] == 1


@pytest.mark.parametrize("fault", [Fault.HTML, Fault.GARBAGE])
async def test_a_login_that_leaves_us_outside_counts_as_refused(
    world: World, cloud: Cloud, mine: Credentials, fault: Fault
) -> None:
    """Where Entrez asks for the password again, caution takes it for wrong: accounts lock."""
    world.cloud.faults[ENTREZ] = fault
    with pytest.raises(Refused):
        await logins(replace(cloud, first="entrez"))[0](mine, world.source.serial)


@pytest.mark.parametrize("fault", [Fault.CUT, Fault.HUGE, 429])
async def test_a_cloud_in_trouble_is_no_other_cloud(
    world: World, way: Login, mine: Credentials, fault: Fault | int
) -> None:
    """A broken answer, or a wish for fewer requests, is the cloud's trouble."""
    world.cloud.faults["*"] = fault
    with pytest.raises(CloudTrouble) as caught:
        await way(mine, world.source.serial)
    assert caught.value.retry_after == (120 if fault == 429 else 0)


async def test_a_cloud_that_is_off_is_trouble(world: World, way: Login, mine: Credentials) -> None:
    """Without an internet there is no login, and that is all."""
    world.cloud_server.stop()
    with pytest.raises(CloudTrouble, match="cannot be reached"):
        await way(mine, world.source.serial)


async def test_a_cloud_that_is_not_the_cloud_learns_nothing(
    world: World, cloud: Cloud, mine: Credentials
) -> None:
    """A cloud whose certificate the public authorities do not vouch for gets no request."""
    for way in logins(replace(cloud, ca_file=None)):
        with pytest.raises(CloudTrouble, match="CERTIFICATE_VERIFY_FAILED"):
            await way(mine, world.source.serial)
    assert not world.cloud.requests


@pytest.mark.parametrize("status", [301, 302, 307, 308])
async def test_nobody_sends_us_on_to_a_line_without_tls(
    small: Cloud, app: App, mine: Credentials, status: int
) -> None:
    """A redirect to plain HTTP ends the login; the password goes nowhere."""
    listener = App()
    with Server(listener) as plain:
        app.status, app.headers = status, {"location": f"{plain.url}/login"}
        for way in logins(small):
            with pytest.raises(CloudTrouble, match="without TLS"):
                await way(mine, "1223")
    assert not listener.posted.paths


async def test_nobody_sends_the_password_on_to_another_host(
    small: Cloud, app: App, mine: Credentials
) -> None:
    """A redirect that would repeat the password to another host ends the login."""
    url = small.entrez_url.replace("127.0.0.1", "localhost")
    app.status, app.headers = 307, {"location": f"{url}/login"}
    for way in logins(small):
        with pytest.raises(CloudTrouble, match="not its own"):
            await way(mine, "1223")
    assert len(app.posted.paths) == 2


@pytest.mark.parametrize(
    ("page", "kind"),
    [
        ({"message": "success"}, Changed),
        ({"session_id": ""}, Changed),
        ({"session_id": 5}, Changed),
        ([], Changed),
        ("text", Changed),
        ({"isBlocked": True, "success": True}, Refused),
        ({"success": True, "isBlocked": False}, SecondFactor),
        ({"requires_mfa": True}, SecondFactor),
    ],
)
async def test_enlightens_answers_without_a_session_are_told_apart(
    small: Cloud, app: App, mine: Credentials, page: Any, kind: type[LoginError]
) -> None:
    """Blocked accounts, second factors and unknown answers each have their own error."""
    app.body = json.dumps(page).encode()
    with pytest.raises(LoginError) as caught:
        await logins(small)[0](mine, "1223")
    assert type(caught.value) is kind


@pytest.mark.parametrize(
    ("status", "kind"), [(400, CloudTrouble), (401, CloudTrouble), (403, NotOurs), (406, Changed)]
)
async def test_entrez_may_refuse_enlightens_session(
    world: World, cloud: Cloud, mine: Credentials, status: int, kind: type[LoginError]
) -> None:
    """A good password without a token for it is never taken for a wrong password."""
    world.cloud.faults[TOKENS] = status
    with pytest.raises(LoginError) as caught:
        await logins(cloud)[0](mine, world.source.serial)
    assert type(caught.value) is kind


@pytest.mark.parametrize("body", ["{}", '{{"generation_time": 1, "token": "{}"}}', "\n{}\n"])
async def test_a_token_may_come_in_wrapping(
    small: Cloud, app: App, mine: Credentials, world: World, body: str
) -> None:
    """Entrez's answer may be the bare token, or JSON around it."""
    app.body = body.format(world.token()).encode()
    other = replace(small, enlighten_url=world.cloud_server.url, ca_file=both(small, world))
    text = await logins(other)[0](mine, world.source.serial)
    assert Token.parse(text).serial == world.source.serial
    (posted,) = app.posted.bodies
    assert json.loads(posted)["serial_num"] == world.source.serial
    assert mine.password.encode() not in posted


def both(small: Cloud, world: World) -> Path:
    """Join the authorities of both clouds."""
    assert small.ca_file is not None
    file = small.ca_file.with_name("both.pem")
    file.write_bytes(small.ca_file.read_bytes() + world.ca_file.read_bytes())
    return file


@pytest.mark.parametrize("value", ["Wed, 21 Oct 2026 07:28:00 GMT", "-1", "1e9", "², soon", ""])
async def test_a_wish_to_wait_that_makes_no_sense_is_passed_over(
    small: Cloud, app: App, mine: Credentials, value: str
) -> None:
    """Whole seconds and dates beside the cloud's own are wishes; all else our back-off decides."""
    app.status, app.headers = 429, {"retry-after": value}
    with pytest.raises(CloudTrouble) as caught:
        await logins(small)[0](mine, "1223")
    assert caught.value.retry_after == 0


async def test_a_wish_to_wait_for_ever_is_not_granted(
    small: Cloud, app: App, mine: Credentials
) -> None:
    """A cloud cannot lock us out for longer than a day."""
    app.status, app.headers = 429, {"retry-after": "9" * 400}
    with pytest.raises(CloudTrouble) as caught:
        await logins(small)[0](mine, "1223")
    assert caught.value.retry_after == 86_400


async def test_a_session_that_cannot_be_sent_back_is_none(
    small: Cloud, app: App, mine: Credentials
) -> None:
    """A session with half a letter, legal in JSON, is another answer than the one we know."""
    app.body = b'{"session_id": "\\ud800"}'
    with pytest.raises(Changed, match="without a session"):
        await logins(small)[0](mine, "1223")


async def test_a_cookie_that_cannot_be_sent_back_is_the_clouds_trouble(
    small: Cloud, app: App, mine: Credentials
) -> None:
    """Who sends us on with a cookie in foreign letters gets it back never, and no traceback."""
    app.status = 307
    app.headers = {"location": "/x", "set-cookie": "SESSION=s\u00e9; path=/; secure"}
    with pytest.raises(CloudTrouble, match="cannot be sent back"):
        await logins(small)[0](mine, "1223")


async def test_another_host_gets_no_cookie_of_the_clouds(
    small: Cloud, app: App, mine: Credentials
) -> None:
    """Where a login sends us on to a page elsewhere, neither password nor session goes along."""
    headers: list[dict[bytes, bytes]] = []

    async def listener(scope: Any, receive: Any, send: Any) -> None:
        headers.append(dict(scope["headers"]))
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b""})

    authority, certificate = cloud_certificates()
    assert small.ca_file is not None
    small.ca_file.write_bytes(small.ca_file.read_bytes() + authority)
    with Server(listener, certificate) as other:
        location = other.url.replace("127.0.0.1", "localhost")
        app.status = 302
        app.headers = {"location": f"{location}/x", "set-cookie": "SESSION=abc; path=/; secure"}
        with pytest.raises(Changed):
            await logins(replace(small, first="entrez"))[0](mine, "1223")
    assert headers
    assert all(b"cookie" not in sent and b"authorization" not in sent for sent in headers)


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("900", 900),
        ("Wed, 21 Oct 2026 07:28:00 GMT", 1800),
        ("Wed, 21 Oct 2026 06:28:00 GMT", 0),
        ("Wed, 21 Oct 2026 07:28:00", 0),
    ],
)
async def test_a_wish_to_wait_may_be_a_date(
    small: Cloud, app: App, mine: Credentials, value: str, seconds: float
) -> None:
    """A date counts from the cloud's own clock, so that ours may be wrong."""
    app.headers = {"retry-after": value, "date": "Wed, 21 Oct 2026 06:58:00 GMT"}
    for app.status in (429, 503):
        with pytest.raises(LoginError) as caught:
            await logins(small)[0](mine, "1223")
        assert caught.value.retry_after == seconds
