"""The simulated gateway: who may read it, and what it counts."""

import asyncio
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest

from exporter.demo.clock import Clock
from exporter.demo.world import World

METERS = "/ivp/meters"
CHECK = "/auth/check_jwt"


def bearer(token: str) -> dict[str, str]:
    """Return the header that carries a token."""
    return {"Authorization": f"Bearer {token}"}


def test_info_is_open_and_the_rest_is_not(client: httpx.Client) -> None:
    """Anyone may ask who the gateway is; all else is a 401 page."""
    assert client.get("/info").status_code == 200
    for path in (METERS, CHECK, "/nowhere"):
        response = client.get(path)
        assert response.status_code == 401
        assert response.text.startswith("<html>")
        assert "set-cookie" not in response.headers


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_a_good_token_opens_a_session(client: httpx.Client, world: World, method: str) -> None:
    """The gateway says that a token is valid, and its cookie alone suffices from then on."""
    response = client.request(method, CHECK, headers=bearer(world.token()))
    assert response.text == "<!DOCTYPE html><h2>Valid token.</h2>\n"
    assert response.headers["set-cookie"].endswith("; Secure; HttpOnly; path=/")
    assert client.get(METERS).status_code == 200
    assert "set-cookie" not in client.get(METERS).headers


def test_any_request_of_a_bearer_opens_a_session(client: httpx.Client, world: World) -> None:
    """A bearer needs no check first, and gets a cookie wherever it goes."""
    assert "set-cookie" in client.get(METERS, headers=bearer(world.token())).headers
    assert client.get(METERS).status_code == 200


def test_bad_tokens_are_refused(client: httpx.Client, world: World, clock: Clock) -> None:
    """Another gateway's token, a forged one, nonsense, and one that has ended are no good."""
    ending = world.token(life=60)
    assert client.get(CHECK, headers=bearer(ending)).status_code == 200
    client.cookies.clear()
    clock.advance(61)
    forged = World(source=world.source).token()
    for token in (world.token(serial="another"), forged, "nonsense", "a.b.c", ending):
        assert client.get(CHECK, headers=bearer(token)).status_code == 401


def test_a_session_ends_when_it_rests(client: httpx.Client, world: World, clock: Clock) -> None:
    """A session lives for as long as it is used every ten minutes."""
    client.get(CHECK, headers=bearer(world.token()))
    for _ in range(3):
        clock.advance(590)
        assert client.get(METERS).status_code == 200
    clock.advance(601)
    assert client.get(METERS).status_code == 401


def test_sessions_can_be_dropped(client: httpx.Client, world: World) -> None:
    """A gateway that starts anew forgets its sessions, and its tokens stay good."""
    token = world.token()
    client.get(CHECK, headers=bearer(token))
    world.gateway.drop_sessions()
    assert client.get(METERS).status_code == 401
    assert client.get(METERS, headers=bearer(token)).status_code == 200


def test_tokens_can_be_revoked(client: httpx.Client, world: World) -> None:
    """Tokens issued before are refused with their sessions; one issued after is good."""
    token = world.token()
    client.get(CHECK, headers=bearer(token))
    world.gateway.revoke()
    assert client.get(METERS).status_code == 401
    assert client.get(CHECK, headers=bearer(token)).status_code == 401
    assert client.get(CHECK, headers=bearer(world.token())).status_code == 200


def test_a_role_may_be_too_low(client: httpx.Client, world: World) -> None:
    """A forbidden path is a 401 to a token that is good everywhere else."""
    world.gateway.forbidden.add("/ivp/pdm/device_data")
    headers = bearer(world.token())
    assert client.get("/ivp/pdm/device_data", headers=headers).status_code == 401
    assert client.get(CHECK, headers=headers).status_code == 200


def test_the_gateway_is_read_only(client: httpx.Client, world: World) -> None:
    """No method but GET and HEAD is allowed, save for the token check."""
    headers = bearer(world.token())
    for method in ("POST", "PUT", "DELETE"):
        assert client.request(method, METERS, headers=headers).status_code == 405
    assert client.request("PUT", CHECK, headers=headers).status_code == 405
    head = client.head(METERS, headers=headers)
    assert (head.status_code, head.content) == (200, b"")


def test_what_a_home_lacks_is_a_404(client: httpx.Client, world: World) -> None:
    """Paths this home has nothing for are absent as on a real gateway."""
    response = client.get("/ivp/ensemble/generator", headers=bearer(world.token()))
    assert response.status_code == 404
    assert response.text == '{"error":"404 - Not Found"}'


def test_headers_are_a_gateways(client: httpx.Client, world: World) -> None:
    """The answers carry the web server's headers, and no content type below /ivp."""
    headers = client.get(METERS, headers=bearer(world.token())).headers
    assert headers["server"].startswith("openresty/")
    assert "max-age=63072000" in headers["strict-transport-security"]
    assert "content-type" not in headers
    assert client.get("/info").headers["content-type"] == "text/xml"
    assert client.get("/production.json").headers["content-type"] == "application/json"


def test_requests_are_counted(client: httpx.Client, world: World) -> None:
    """Each target, query included, counts its requests."""
    for target in ("/info", "/info", "/production.json?details=1"):
        client.get(target)
    assert world.gateway.requests == {"/info": 2, "/production.json?details=1": 1}


def test_the_busiest_moment_is_known(world: World) -> None:
    """The most requests in flight at once are remembered."""
    world.gateway.delays["/info"] = 0.2
    url = world.gateway_server.url + "/info"
    with ThreadPoolExecutor(3) as threads:
        calls = [threads.submit(httpx.get, url, verify=False) for _ in range(3)]
    assert [call.result().status_code for call in calls] == [200] * 3
    assert world.gateway.busiest == 3


def test_answers_can_be_slow(world: World) -> None:
    """A delay holds for every target, but for those that have one of their own."""
    world.gateway.delay = 30
    world.gateway.delays["/info"] = 0
    transport = httpx.ASGITransport(world.gateway)

    async def talk() -> httpx.Response:
        async with httpx.AsyncClient(transport=transport, base_url="https://gateway") as client:
            with pytest.raises(TimeoutError):
                await asyncio.wait_for(client.get(METERS), 0.1)
            return await client.get("/info")

    assert asyncio.run(talk()).status_code == 200


@pytest.mark.parametrize("cookie", ["sessionId=made-up", "a@b=c", "sessionId", "="])
def test_made_up_cookies_are_refused(client: httpx.Client, cookie: str) -> None:
    """A cookie that is no session of this gateway, or no cookie at all, opens nothing."""
    assert client.get(METERS, headers={"Cookie": cookie}).status_code == 401
