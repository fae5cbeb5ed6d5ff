"""HTTP Digest, as gateways of old firmware ask for it."""

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from exporter.demo.digest import Digest
from exporter.demo.replay import Replay
from exporter.demo.world import World

PATH = "/api/v1/production/inverters"
LOGIN = ("envoy", "123456")


@pytest.fixture
def url(tmp_path: Path) -> Iterator[str]:
    """Return a gateway of old firmware, which wants to see a login."""
    (tmp_path / "info").write_text("<envoy_info><device><sn>1</sn></device></envoy_info>")
    (tmp_path / "api_v1_production").write_text("{}")
    (tmp_path / "api_v1_production_inverters").write_text("[]")
    with World(Replay(tmp_path)) as world:
        world.gateway.digest = LOGIN
        yield world.gateway_server.url


def test_the_right_password_opens(url: str) -> None:
    """A client that answers the challenge is let in, and other paths are open to all."""
    assert httpx.get(url + PATH, auth=httpx.DigestAuth(*LOGIN)).text == "[]"
    assert httpx.get(url + PATH + "?a=b", auth=httpx.DigestAuth(*LOGIN)).status_code == 404
    assert httpx.get(url + "/api/v1/production").status_code == 200


def test_a_wrong_login_is_refused(url: str) -> None:
    """No login, a wrong name or a wrong password is a 401 with a new challenge."""
    for login in (None, httpx.DigestAuth("envoy", "wrong"), httpx.DigestAuth("you", LOGIN[1])):
        response = httpx.get(url + PATH, auth=login)
        assert (response.status_code, response.text) == (401, "Error: 401")
        challenge = response.headers["www-authenticate"]
        assert challenge.startswith('Digest qop="auth", realm="enphaseenergy.com", nonce="')


def test_an_answer_is_good_for_its_own_challenge_only() -> None:
    """Anything but a proof for this nonce and this target is refused."""
    digest = Digest()
    assert not digest.accepts("", LOGIN, "GET", PATH)
    assert not digest.accepts("Basic ZW52b3k6MTIzNDU2", LOGIN, "GET", PATH)
    fields = f'username="envoy", realm="enphaseenergy.com", uri="{PATH}", qop=auth'
    assert not digest.accepts(f'Digest {fields}, nonce="made up"', LOGIN, "GET", PATH)
    nonce = digest.challenge().rpartition("nonce=")[2]
    assert not digest.accepts(f"Digest {fields}, nonce={nonce}", LOGIN, "GET", PATH)
    assert not digest.accepts(f"Digest {fields}, nonce={nonce}", LOGIN, "GET", "/elsewhere")


def test_old_firmware_may_forbid_too(tmp_path: Path) -> None:
    """A forbidden path is a 401 on firmware below 7 as well, and a write is not allowed."""
    (tmp_path / "info").write_text("<envoy_info/>")
    with World(Replay(tmp_path)) as world:
        world.gateway.forbidden.add("/info")
        assert httpx.get(world.gateway_server.url + "/info").status_code == 401
        assert httpx.put(world.gateway_server.url + "/info").status_code == 405
