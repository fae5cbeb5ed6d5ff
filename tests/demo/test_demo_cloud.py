"""The simulated cloud: both logins, what they refuse, and the pages they show."""

import re
import ssl
from collections.abc import Iterator
from typing import Any

import httpx
import jwt
import pytest

from exporter.demo.clock import Clock
from exporter.demo.faults import Fault
from exporter.demo.world import World

JWT = re.compile(r"eyJ[\w-]+\.[\w-]+\.[\w-]+")


@pytest.fixture
def cloud(world: World) -> Iterator[httpx.Client]:
    """Return a client of the cloud, which trusts nothing but the world's CA."""
    context = ssl.create_default_context(cafile=str(world.ca_file))
    with httpx.Client(base_url=world.cloud_server.url, verify=context) as client:
        yield client


def entrez(cloud: httpx.Client, world: World, password: str = "") -> httpx.Response:
    """Log in as a browser does."""
    fields = {"username": world.username, "password": password or world.password}
    return cloud.post("/login", data=fields)


def enlighten(cloud: httpx.Client, world: World, password: str = "") -> httpx.Response:
    """Log in as a program does."""
    fields = {"user[email]": world.username, "user[password]": password or world.password}
    return cloud.post("/login/login.json", data=fields)


def page(cloud: httpx.Client, serial: str) -> httpx.Response:
    """Ask for the page with a token."""
    return cloud.post("/entrez_tokens", data={"Site": "", "serialNum": serial})


def token(cloud: httpx.Client, world: World, session: Any, **headers: str) -> httpx.Response:
    """Ask for a token as text."""
    wanted = {
        "session_id": session,
        "serial_num": world.source.serial,
        "username": world.username,
    }
    return cloud.post("/tokens", json=wanted, headers=headers)


def test_entrez(cloud: httpx.Client, world: World, client: httpx.Client) -> None:
    """The web form leads to a page with a token that the gateway takes."""
    response = entrez(cloud, world)
    assert (response.status_code, response.headers["location"]) == (302, "/")
    assert "SESSION" in cloud.cookies
    assert cloud.get("/").status_code == 200
    found = re.search(
        r'<textarea name="accessToken" id="JWTToken" cols="30" rows="10" >(.*)</textarea>',
        page(cloud, world.source.serial).text,
    )
    assert found
    headers = {"Authorization": f"Bearer {found[1]}"}
    assert client.get("/ivp/meters", headers=headers).status_code == 200
    assert world.cloud.logins == {"entrez:ok": 1}


def test_a_token_is_a_gateways(cloud: httpx.Client, world: World, clock: Clock) -> None:
    """The token carries the claims and the life of a real one, by the world's clock."""
    world.cloud.role, world.cloud.token_life = "installer", 43_200
    entrez(cloud, world)
    found = JWT.search(page(cloud, world.source.serial).text)
    assert found
    claims = jwt.decode(found[0], options={"verify_signature": False})
    assert claims.keys() == {"aud", "iss", "enphaseUser", "exp", "iat", "jti", "username"}
    assert (claims["aud"], claims["enphaseUser"]) == (world.source.serial, "installer")
    assert (claims["iss"], claims["username"]) == ("Entrez", world.username)
    assert (claims["iat"], claims["exp"]) == (int(clock()), int(clock()) + 43_200)
    assert jwt.get_unverified_header(found[0]).keys() == {"alg", "kid", "typ"}


def test_entrez_refuses_with_status_200(cloud: httpx.Client, world: World) -> None:
    """A wrong password shows the form again; and without a session there is no other page."""
    response = entrez(cloud, world, "wrong")
    assert response.status_code == 200
    assert '<input type="password"' in response.text
    assert "wrong" in response.text
    assert not cloud.cookies
    assert '<input type="password"' in page(cloud, world.source.serial).text
    assert '<input type="password"' in cloud.get("/login").text
    assert world.cloud.logins == {"entrez:refused": 1}


def test_the_token_page_can_change(cloud: httpx.Client, world: World) -> None:
    """The token may stand elsewhere on the page, or not at all."""
    entrez(cloud, world)
    world.cloud.page = "renamed"
    text = page(cloud, world.source.serial).text
    assert JWT.search(text)
    assert "JWTToken" not in text
    world.cloud.page = "without"
    text = page(cloud, world.source.serial).text
    assert not JWT.search(text)
    assert "password" not in text


def test_enlighten(cloud: httpx.Client, world: World, client: httpx.Client) -> None:
    """The JSON login leads to a token as text that the gateway takes."""
    login = enlighten(cloud, world)
    assert login.json()["message"] == "success"
    response = token(cloud, world, login.json()["session_id"])
    assert JWT.fullmatch(response.text)
    headers = {"Authorization": f"Bearer {response.text}"}
    assert client.get("/ivp/meters", headers=headers).status_code == 200
    assert world.cloud.logins == {"enlighten:ok": 1}


def test_enlighten_refuses_a_wrong_password(cloud: httpx.Client, world: World) -> None:
    """A wrong password is a 401 that says so, and an unknown user the same."""
    for response in (enlighten(cloud, world, "wrong"), cloud.post("/login/login.json")):
        assert response.status_code == 401
        assert response.json() == {"message": "Invalid email or password"}
    assert world.cloud.logins == {"enlighten:refused": 2}


def test_tokens_have_conditions(cloud: httpx.Client, world: World) -> None:
    """No token without a session, for another's gateway, or to a client that takes no text."""
    session = enlighten(cloud, world).json()["session_id"]
    assert token(cloud, world, "made up").status_code == 401
    assert cloud.post("/tokens", content=b"[").status_code == 401
    assert cloud.post("/tokens", content=b"[]").status_code == 401
    assert token(cloud, world, session, Accept="application/json").status_code == 406
    accepted = token(cloud, world, session, Accept="application/json, text/plain;q=0.9")
    assert accepted.status_code == 200
    world.cloud.serials = {"another"}
    assert token(cloud, world, session).status_code == 403
    entrez(cloud, world)
    assert page(cloud, world.source.serial).status_code == 403


def test_a_second_factor_ends_both_logins(cloud: httpx.Client, world: World) -> None:
    """An account with MFA gets a nonce from one host and a question from the other."""
    world.cloud.mfa = True
    response = enlighten(cloud, world)
    assert response.json() == {"success": True, "isBlocked": False}
    assert "login_otp_nonce" in response.cookies
    response = entrez(cloud, world)
    assert response.status_code == 200
    assert 'name="otp"' in response.text
    assert "password" not in response.text
    assert "SESSION" not in response.cookies
    assert world.cloud.logins == {"enlighten:mfa": 1, "entrez:mfa": 1}


def test_the_cloud_fails_on_demand(cloud: httpx.Client, world: World) -> None:
    """A path, or all of them, can answer any status or fault, and the cloud can be slow."""
    world.cloud.faults.update({"*": 503, "/login": 429, "/tokens": Fault.HTML})
    assert cloud.post("/login").headers["retry-after"] == "120"
    assert cloud.post("/tokens").text.startswith("<!DOCTYPE html>")
    assert cloud.post("/entrez_tokens").status_code == 503
    world.cloud.faults.clear()
    assert cloud.get("/tokens").status_code == 405
    assert cloud.get("/login_main_page").status_code == 404
    world.cloud.delay = 5
    with pytest.raises(httpx.ReadTimeout):
        cloud.get("/", timeout=0.1)
