"""The replay of captured answers."""

import json
from pathlib import Path

import httpx
import pytest

from exporter.demo.replay import Replay
from exporter.demo.world import World

INFO = (
    "<?xml version='1.0'?><envoy_info><time>1700000000</time>"
    "<device><sn>123</sn></device>{}</envoy_info>"
)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return a small capture."""
    (tmp_path / "info").write_text(INFO.format("<web-tokens>true</web-tokens>"))
    (tmp_path / "production.json").write_text('{"production":[]}')
    (tmp_path / "home").write_text("{}")
    (tmp_path / "inventory").write_text("[]")
    (tmp_path / "ivp_meters").write_text("no")
    headers = {
        "Content-Length": "99",
        "Date": "yesterday",
        "Set-Cookie": "sessionId=old",
        "Transfer-Encoding": "chunked",
        "X-Frame-Options": "DENY",
        "www-authenticate": "\u00d8\u00c9\u00c6A",
        "x-odd": "a\nb",
    }
    (tmp_path / "ivp_meters_log.json").write_text(json.dumps({"code": 401, "headers": headers}))
    (tmp_path / "_readme").write_text("none of a gateway's business")
    return tmp_path


def test_who_was_captured(folder: Path) -> None:
    """The capture's own page tells serial, kind of login, and time."""
    replay = Replay(folder)
    assert (replay.serial, replay.tokens, replay.moment) == ("123", True, 1_700_000_000)
    (folder / "info").write_text(INFO.format(""))
    assert not Replay(folder).tokens


def test_answers_are_as_captured(folder: Path) -> None:
    """Status and body are the captured ones, and those headers that describe the document."""
    answer = Replay(folder).answer("/ivp/meters", 0)
    assert (answer.status, answer.body) == (401, b"no")
    assert dict(answer.headers) == {
        "x-frame-options": "DENY",
        "www-authenticate": "\u00d8\u00c9\u00c6A",
    }


def test_what_was_not_captured_is_absent(folder: Path) -> None:
    """Unknown paths, logs and remarks are 404s, and no path leads out of the folder."""
    replay = Replay(folder)
    for target in ("/nowhere", "/ivp_meters_log.json", "/_readme", "/../info", "/", ""):
        assert replay.answer(target, 0).status == 404


def test_one_file_stands_in_for_another(folder: Path) -> None:
    """Pages that differ by name or query only are served by what there is."""
    replay = Replay(folder)
    for target in ("/production.json?details=1", "/home.json", "/inventory.json"):
        assert replay.answer(target, 0).status == 200
    assert replay.answer("/inventory.json?deleted=1", 0).status == 404
    (folder / "production.json_details_1").write_text("own")
    assert Replay(folder).answer("/production.json?details=1", 0).body == b"own"


def test_every_capture_is_served(captures: Path) -> None:
    """Each captured file of each gateway comes through a served gateway byte for byte."""
    for folder in sorted(each for each in captures.iterdir() if each.is_dir()):
        source = Replay(folder)
        with (
            World(source) as world,
            httpx.Client(base_url=world.gateway_server.url, verify=False) as client,  # noqa: S501 - self-signed, as real
        ):
            if source.tokens:
                client.headers["Authorization"] = f"Bearer {world.token()}"
            assert source.targets
            for target in source.targets:
                expected = source.answer(target, 0)
                response = client.get(target)
                assert response.status_code == expected.status
                assert response.content == expected.body
                assert response.content == (folder / target[1:]).read_bytes()


def test_old_firmware_is_served_in_the_clear(captures: Path) -> None:
    """A capture of firmware below 7 makes a gateway of plain HTTP, whose settings say so."""
    with World(Replay(captures / "3.9.36_bad_auth")) as world:
        host = world.settings()["ENPHASE_HOST"]
        assert host.startswith("http://127.0.0.1:")
        response = httpx.get(f"{host}/api/v1/production/inverters")
        assert response.status_code == 401
        assert response.headers["connection"] == "close"
