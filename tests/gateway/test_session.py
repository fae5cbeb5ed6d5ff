"""One gateway's pages: logged in over TLS where it wants that, politely, and in time."""

from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from typing import Any

import anyio
import pytest

from exporter.demo.answer import ABSENT, Answer
from exporter.demo.faults import Fault
from exporter.demo.serving import Server
from exporter.demo.world import World
from exporter.endpoint import DEVICE_DATA, INFO, INVERTERS, METERS, PRODUCTION, READINGS, Endpoint
from exporter.fleet import Fleet
from exporter.gateway.errors import (
    Absent,
    Forbidden,
    GatewayError,
    LoginError,
    Malformed,
    Refused,
    Rejected,
    Silent,
    Unavailable,
    Unreachable,
)
from exporter.settings import Settings
from exporter.site import Site
from exporter.telemetry import Telemetry

Configure = Callable[..., Settings]
CHECK = "/auth/check_jwt"
LEGACY_SERIAL = "121700123456"


@asynccontextmanager
async def entering(settings: Settings) -> AsyncIterator[Site]:
    """Start a process with one gateway that has said who it is."""
    async with Fleet(settings, Telemetry()) as fleet:
        (site,) = fleet.sites.values()
        await site.session.get(INFO)
        yield site


@asynccontextmanager
async def starting(settings: Settings) -> AsyncIterator[Site]:
    """Start a process with one gateway that has not been asked yet."""
    async with Fleet(settings, Telemetry()) as fleet:
        (site,) = fleet.sites.values()
        yield site


def logins(world: World) -> int:
    """Return how many attempts at a login the cloud has seen."""
    return sum(world.cloud.logins.values())


def up(site: Site) -> bool:
    """Tell whether the gateway is up now."""
    return site.session.up


class Legacy:
    """A gateway with firmware below 7, and its list of inverters."""

    serial = LEGACY_SERIAL
    tokens = False

    def __init__(self, inverters: Answer | None = None) -> None:
        self._inverters = inverters or Answer(200, (), b"[]")

    def answer(self, target: str, moment: float) -> Answer:  # noqa: ARG002  it stands still
        """Answer two pages."""
        if target == INFO.path:
            info = f"<envoy_info><device><sn>{self.serial}</sn></device></envoy_info>"
            return Answer(200, (("content-type", "application/json"),), info.encode())
        return self._inverters if target == INVERTERS.path else ABSENT


@pytest.fixture
def legacy() -> Iterator[World]:
    """Start a world with a gateway of firmware below 7."""
    with World(Legacy()) as world:
        world.gateway.digest = ("envoy", LEGACY_SERIAL[-6:])
        yield world


async def test_one_session_carries_all_requests(world: World, configure: Configure) -> None:
    """The token is shown once, and its session's cookie serves all that follows."""
    async with entering(configure(world)) as site:
        for endpoint in (METERS, READINGS, INVERTERS, METERS):
            assert await site.session.get(endpoint)
        assert site.session.identity is not None
        assert site.session.identity.serial == world.source.serial
    assert (world.gateway.requests[CHECK], logins(world)) == (1, 1)


async def test_a_lost_session_costs_no_login(world: World, configure: Configure) -> None:
    """After a restart of the gateway, the token opens another session."""
    async with entering(configure(world)) as site:
        await site.session.get(METERS)
        world.gateway.drop_sessions()
        await site.session.get(METERS)
    assert (world.gateway.requests[CHECK], logins(world)) == (2, 1)


async def test_requests_that_lose_their_session_together_open_one(
    world: World, configure: Configure
) -> None:
    """Many requests that meet a 401 at once cost one new session."""
    async with entering(configure(world, ENPHASE_SCRAPE__IN_FLIGHT="4")) as site:
        await site.session.get(METERS)
        world.gateway.drop_sessions()
        world.gateway.delay = 0.05
        async with anyio.create_task_group() as tasks:
            for endpoint in (METERS, READINGS, INVERTERS):
                tasks.start_soon(site.session.get, endpoint)
    assert (world.gateway.requests[CHECK], logins(world)) == (2, 1)


async def test_a_revoked_token_is_replaced_by_one_login(world: World, configure: Configure) -> None:
    """Where the gateway refuses the token, one login gets another, and the page is read."""
    async with entering(configure(world)) as site:
        await site.session.get(METERS)
        world.gateway.revoke()
        async with anyio.create_task_group() as tasks:
            for endpoint in (METERS, READINGS, INVERTERS):
                tasks.start_soon(site.session.get, endpoint)
        assert up(site)
    assert logins(world) == 2


async def test_a_refusal_is_for_all_pages_of_a_scrape(world: World, configure: Configure) -> None:
    """While the gateway refuses the token, it is not asked about it once for each page."""
    async with entering(configure(world)) as site:
        await site.session.get(METERS)
        world.gateway.revoke()
        world.cloud.faults["*"] = 503
        world.gateway.faults[CHECK] = Fault.UNAUTHORIZED
        world.gateway.requests.clear()
        for endpoint in (METERS, READINGS, INVERTERS):
            with pytest.raises((Rejected, LoginError)):
                await site.session.get(endpoint)
        assert world.gateway.requests[CHECK] == 1


async def test_a_storm_of_401_is_one_login(
    world: World, configure: Configure, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A gateway that refuses every token causes one login, and is spoken of."""
    monkeypatch.setattr("exporter.gateway.auth.REFUSAL_HOLDS", 0.0)
    async with entering(configure(world)) as site:
        await site.session.get(METERS)
        for path in (CHECK, METERS.path, READINGS.path):
            world.gateway.faults[path] = Fault.UNAUTHORIZED
        for _ in range(5):
            for endpoint in (METERS, READINGS):
                with pytest.raises(Rejected, match="refuses the token"):
                    await site.session.get(endpoint)
        assert not up(site)
        assert isinstance(site.session.trouble, Rejected)
        world.gateway.faults.clear()
        await site.session.get(METERS)
        assert up(site)
    assert logins(world) == 2


async def test_a_forbidden_page_costs_no_login(world: World, configure: Configure) -> None:
    """A page that is kept from our role is absent; the session is proved good, not renewed."""
    world.gateway.forbidden.add(INVERTERS.path)
    async with entering(configure(world)) as site:
        await site.session.get(METERS)
        with pytest.raises(Forbidden, match=INVERTERS.path):
            await site.session.get(INVERTERS)
        assert up(site)
        await site.session.get(METERS)
    assert logins(world) == 1


async def test_a_gateway_without_cookies_gets_the_token_each_time(
    world: World, configure: Configure
) -> None:
    """Where no session is opened, the token itself is shown."""

    async def cookieless(scope: Any, receive: Any, send: Any) -> None:
        async def pass_on(message: Any) -> None:
            headers = message.get("headers", [])
            message["headers"] = [pair for pair in headers if pair[0] != b"set-cookie"]
            await send(message)

        await world.gateway(scope, receive, pass_on)

    with Server(cookieless, world.gateway_server.certificate) as server:
        async with entering(configure(world, ENPHASE_HOST=server.address)) as site:
            assert await site.session.get(METERS)
            assert await site.session.get(READINGS)
    assert world.gateway.requests[CHECK] == 1


async def test_a_starting_gateway_keeps_its_token(world: World, configure: Configure) -> None:
    """503 while the gateway starts says nothing against the token."""
    async with entering(configure(world)) as site:
        world.gateway.faults[CHECK] = Fault.UNAVAILABLE
        with pytest.raises(Unavailable, match="may be starting"):
            await site.session.get(METERS)
        world.gateway.faults.clear()
        await site.session.get(METERS)
    assert logins(world) == 1


async def test_a_login_that_fails_says_why_the_gateway_is_down(
    world: World, configure: Configure
) -> None:
    """With a wrong password there is no way in, and the reason is kept for who asks."""
    async with entering(configure(world, ENPHASE_PASSWORD="wrong")) as site:
        for _ in range(3):
            with pytest.raises(Refused, match="ENPHASE_PASSWORD"):
                await site.session.get(METERS)
        assert not up(site)
        assert isinstance(site.session.trouble, Refused)
    assert logins(world) == 1


async def test_another_gateway_at_the_address_is_told(world: World, configure: Configure) -> None:
    """Where another gateway answers than the one named, it gets no token."""
    async with starting(configure(world, ENPHASE_SERIAL="122300000099")) as site:
        with pytest.raises(Rejected, match="ENPHASE_SERIAL"):
            await site.session.get(INFO)
        with pytest.raises(Rejected, match="ENPHASE_SERIAL"):
            await site.session.get(METERS)
        assert not up(site)
    assert world.gateway.requests == Counter({INFO.path: 1})
    assert logins(world) == 0


async def test_a_page_before_the_first_is_told_so(world: World, configure: Configure) -> None:
    """Before ``/info`` has told who the gateway is, no other page is asked for."""
    async with starting(configure(world)) as site:
        with pytest.raises(Silent, match="has not said yet who it is"):
            await site.session.get(METERS)
    assert not world.gateway.requests


async def test_old_firmware_is_found_without_tls(legacy: World, configure: Configure) -> None:
    """Where nobody speaks TLS, plain HTTP is tried, and needs neither account nor token."""
    host = legacy.gateway_server.address
    async with entering(configure(legacy, ENPHASE_HOST=host)) as site:
        assert site.session.url == f"http://{host}"
        assert await site.session.get(INVERTERS) == []
        assert up(site)
        with pytest.raises(Absent):
            await site.session.get(PRODUCTION)
    assert logins(legacy) == 0


async def test_old_firmware_takes_its_own_password(legacy: World, configure: Configure) -> None:
    """The local user's password is the end of the serial, or the one that was set."""
    legacy.gateway.digest = ("installer", "changed")
    async with entering(configure(legacy)) as site:
        with pytest.raises(Forbidden):
            await site.session.get(INVERTERS)
    settings = {"ENPHASE_DIGEST__USERNAME": "installer", "ENPHASE_DIGEST__PASSWORD": "changed"}
    async with entering(configure(legacy, **settings)) as site:
        assert await site.session.get(INVERTERS) == []


@pytest.mark.parametrize(
    "challenge",
    ["Digest", "Digest \u00ff=", 'Digest realm="x", nonce="y", qop="auth-int"', "Basic"],
)
async def test_old_firmware_may_challenge_in_nonsense(configure: Configure, challenge: str) -> None:
    """A challenge that nobody can answer is that page's error, not the whole gateway's."""
    garbled = Answer(401, (("www-authenticate", challenge),), b"")
    with World(Legacy(garbled)) as world:
        async with entering(configure(world)) as site:
            with pytest.raises(GatewayError):
                await site.session.get(INVERTERS)
            assert up(site)


@pytest.mark.parametrize("scheme", ["http://", ""])
async def test_no_token_goes_over_a_line_without_tls(
    world: World, configure: Configure, scheme: str
) -> None:
    """Who answers without TLS and wants a token does not get one."""
    with Server(world.gateway) as server:
        async with starting(configure(world, ENPHASE_HOST=f"{scheme}{server.address}")) as site:
            with pytest.raises(Rejected, match="without TLS"):
                await site.session.get(INFO)
            with pytest.raises(Rejected, match="without TLS"):
                await site.session.get(METERS)
    assert world.gateway.requests == Counter({INFO.path: 1})
    assert logins(world) == 0


async def test_what_is_packed_wrongly_is_told(configure: Configure) -> None:
    """A body that cannot be unpacked is that page's error."""
    packed = Answer(200, (("content-encoding", "gzip"),), b"not packed at all")
    with World(Legacy(packed)) as world:
        async with entering(configure(world)) as site:
            with pytest.raises(Malformed, match="cannot be unpacked"):
                await site.session.get(INVERTERS)
            assert up(site)


@pytest.mark.parametrize("fault", [Fault.REDIRECT, Fault.UNAUTHORIZED, 404])
async def test_where_no_gateway_lives_is_told(
    world: World, configure: Configure, fault: Fault | int
) -> None:
    """An address without ``/info`` is most likely a wrong one."""
    world.gateway.faults[INFO.path] = fault
    async with starting(configure(world)) as site:
        with pytest.raises(Malformed, match="no gateway seems to live here"):
            await site.session.get(INFO)


async def test_redirects_are_not_followed(world: World, configure: Configure) -> None:
    """A page that sends us elsewhere is not there."""
    async with entering(configure(world)) as site:
        world.gateway.faults[METERS.path] = Fault.REDIRECT
        with pytest.raises(Absent, match="redirect"):
            await site.session.get(METERS)
    assert "/home" not in world.gateway.requests


@pytest.mark.parametrize(
    ("fault", "kind", "match"),
    [
        (Fault.HUGE, Malformed, "more than"),
        (Fault.CUT, Malformed, "broke off"),
        (Fault.EMPTY, Malformed, "no JSON"),
        (Fault.NULL, Malformed, "no JSON"),
        (Fault.HTML, Malformed, "web page"),
        (Fault.UNAVAILABLE, Unavailable, "503"),
    ],
)
async def test_a_spoilt_page_leaves_the_gateway_up(
    world: World, configure: Configure, fault: Fault, kind: type[GatewayError], match: str
) -> None:
    """What is wrong with one page is said of that page, and nothing else suffers."""
    async with entering(configure(world)) as site:
        world.gateway.faults[METERS.path] = fault
        with pytest.raises(kind, match=match):
            await site.session.get(METERS)
        assert up(site)
        assert await site.session.get(READINGS)


@pytest.mark.parametrize("fault", [Fault.HANG, Fault.TRICKLE])
async def test_a_page_is_given_up_in_the_end(
    world: World, configure: Configure, fault: Fault
) -> None:
    """Neither silence nor a byte now and then is waited for without end."""
    async with entering(configure(world)) as site:
        world.gateway.faults[METERS.path] = fault
        with pytest.raises(Silent, match="did not answer in time"):
            await site.session.get(Endpoint(METERS.path, fresh=0, patience=0.4))
        assert await site.session.get(READINGS)


async def test_a_gateway_that_is_off_is_down_until_it_is_back(
    world: World, configure: Configure
) -> None:
    """Switched off, the gateway is down with a reason; switched on, it is found again."""
    async with entering(configure(world)) as site:
        await site.session.get(METERS)
        assert up(site)
        world.gateway_server.stop()
        with pytest.raises(Unreachable, match="cannot be reached"):
            await site.session.get(INFO)
        assert not up(site)
        assert isinstance(site.session.trouble, Unreachable)
        with pytest.raises(Unreachable):
            await site.session.get(METERS)
        world.gateway_server.start()
        await site.session.get(INFO)
        assert await site.session.get(METERS)
        assert up(site)


async def test_up_fades_when_nothing_is_answered(
    world: World, configure: Configure, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A gateway that only hangs is down once its last answer is too old."""
    async with entering(configure(world)) as site:
        assert up(site)
        world.gateway.faults[METERS.path] = Fault.HANG
        with pytest.raises(Silent):
            await site.session.get(Endpoint(METERS.path, fresh=0, patience=0.1))
        assert up(site)
        monkeypatch.setattr("exporter.gateway.health.SILENCE", 0.0)
        with pytest.raises(Silent):
            await site.session.get(Endpoint(METERS.path, fresh=0, patience=0.1))
        assert not up(site)


async def test_the_gateway_is_asked_politely(world: World, configure: Configure) -> None:
    """No more requests are in flight than the settings allow, and only one for slow pages."""
    async with entering(configure(world)) as site:
        await site.session.get(METERS)
        world.gateway.delay, world.gateway.busiest = 0.02, 0
        async with anyio.create_task_group() as tasks:
            for endpoint in (METERS, READINGS, INVERTERS, METERS, READINGS):
                tasks.start_soon(site.session.get, endpoint)
        assert world.gateway.busiest == 2
        world.gateway.busiest = 0
        async with anyio.create_task_group() as tasks:
            for _ in range(3):
                tasks.start_soon(site.session.get, DEVICE_DATA)
        assert world.gateway.busiest == 1


async def test_requests_are_watched(world: World, configure: Configure) -> None:
    """Each page is counted with how it ended."""
    telemetry = Telemetry()
    world.gateway.forbidden.add(INVERTERS.path)
    async with Fleet(configure(world), telemetry) as fleet:
        session = fleet.sites["home"].session
        await session.get(INFO)
        with pytest.raises(Forbidden):
            await session.get(INVERTERS)
    (fragment,) = telemetry.fragments()
    counted = {
        (sample.labels["path"], sample.labels["outcome"]): sample.value
        for family in fragment.families
        for sample in family.samples
        if sample.name == "enphase_gateway_requests_total"
    }
    assert counted == {("/info", "ok"): 1.0, (INVERTERS.path, "forbidden"): 1.0}


async def test_the_gateways_clock_is_known(world: World, configure: Configure) -> None:
    """Times that the gateway tells are compared with its own clock, whatever ours says."""
    world.clock.set(1_783_105_200.0)
    async with entering(configure(world)) as site:
        earlier, later = site.session.clock(100.0), site.session.clock(160.0)
        assert later - earlier == pytest.approx(60)
        assert site.session.identity is not None
        assert site.session.identity.time is not None
        assert 0 <= site.session.identity.time - 1_783_105_200.0 < 60


@pytest.mark.parametrize("value", ['"\\377"', '"a\\015\\012X: y"', "", '"', "é", "\\" * 20_000])
async def test_a_cookie_that_cannot_be_sent_back_opens_no_session(
    world: World, configure: Configure, value: str
) -> None:
    """Where the session's cookie is nonsense, the token itself is shown, and nothing is told."""

    async def garbled(scope: Any, receive: Any, send: Any) -> None:
        async def pass_on(message: Any) -> None:
            headers = message.get("headers", [])
            cookie = (b"set-cookie", f"sessionId={value}; path=/".encode("latin-1"))
            named = [(name, given) for name, given in headers if name != b"set-cookie"]
            await send(message | {"headers": [*named, cookie]} if headers else message)

        await world.gateway(scope, receive, pass_on)

    with Server(garbled, world.gateway_server.certificate) as server:
        async with entering(configure(world, ENPHASE_HOST=server.address)) as site:
            assert await site.session.get(METERS)
    assert world.gateway.requests[CHECK] == 1


async def test_a_flood_of_headers_is_that_pages_error(configure: Configure) -> None:
    """A page with a hundred thousand headers is broken off, and the gateway stays up."""
    flood = Answer(200, (("x-more", "and more"),) * 100_000, b"[]")
    with World(Legacy(flood)) as world:
        async with entering(configure(world)) as site:
            with pytest.raises(Malformed, match="broke off"):
                await site.session.get(INVERTERS)
            assert up(site)


@pytest.mark.parametrize("status", [301, 302, 307, 308])
async def test_nobody_else_gets_the_cookie(world: World, configure: Configure, status: int) -> None:
    """A gateway that sends us to another host is not followed: token and cookie stay with it."""
    elsewhere: list[Any] = []

    async def listener(scope: Any, receive: Any, send: Any) -> None:
        elsewhere.append(scope)

    async def sending_on(scope: Any, receive: Any, send: Any) -> None:
        if scope["path"] == METERS.path:
            headers = [(b"location", f"{plain.url}/x".encode()), (b"content-length", b"0")]
            await send({"type": "http.response.start", "status": status, "headers": headers})
            await send({"type": "http.response.body", "body": b""})
        else:
            await world.gateway(scope, receive, send)

    with Server(listener) as plain, Server(sending_on, world.gateway_server.certificate) as server:
        async with entering(configure(world, ENPHASE_HOST=server.address)) as site:
            with pytest.raises(Absent, match="redirect"):
                await site.session.get(METERS)
    assert not elsewhere
