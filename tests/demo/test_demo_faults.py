"""The faults: each does what its name says."""

import time

import httpx
import pytest

from exporter.demo import faults
from exporter.demo.faults import Fault
from exporter.demo.world import World

INFO = "/info"


def test_finished_faults(client: httpx.Client, world: World) -> None:
    """Errors and nonsense are whole answers: a status, and the start of a body."""
    expected = {
        Fault.UNAUTHORIZED: (401, b"<html>"),
        Fault.UNAVAILABLE: (503, b"<html>"),
        Fault.HTML: (200, b"<!DOCTYPE html>"),
        Fault.REDIRECT: (301, b"<html>"),
        Fault.EMPTY: (200, b""),
        Fault.NULL: (200, b"null"),
    }
    for fault, (status, start) in expected.items():
        world.gateway.faults[INFO] = fault
        response = client.get(INFO)
        assert response.status_code == status
        assert response.content.startswith(start)
        assert bool(response.content) == bool(start)
    world.gateway.faults[INFO] = Fault.REDIRECT
    assert client.get(INFO).headers["location"] == "/home"


def test_garbage_is_always_the_same(client: httpx.Client, world: World) -> None:
    """Garbage is no text, and the same each time, so that a failure can be had again."""
    world.gateway.faults["*"] = Fault.GARBAGE
    garbage = client.get(INFO).content
    assert garbage == client.get("/ivp/meters").content
    with pytest.raises(UnicodeDecodeError):
        garbage.decode()


def test_a_cut_answer_breaks_off(client: httpx.Client, world: World) -> None:
    """Half of the promised bytes come, and then the connection ends."""
    world.gateway.faults[INFO] = Fault.CUT
    with pytest.raises(httpx.RemoteProtocolError):
        client.get(INFO)


def test_a_reset_is_no_answer_at_all(client: httpx.Client, world: World) -> None:
    """The connection is reset, and the next one is served."""
    world.gateway.faults[INFO] = Fault.RESET
    with pytest.raises(httpx.TransportError):
        client.get(INFO)
    assert client.get("/ivp/meters").status_code == 401


def test_a_hanging_gateway_never_answers(client: httpx.Client, world: World) -> None:
    """Nothing comes, and other paths are served meanwhile."""
    world.gateway.faults[INFO] = Fault.HANG
    with pytest.raises(httpx.ReadTimeout):
        client.get(INFO, timeout=0.2)
    assert client.get("/ivp/meters").status_code == 401


def test_a_trickle_outlasts_every_pause(client: httpx.Client, world: World) -> None:
    """One byte each quarter second: no pause is long, and the whole is."""
    world.gateway.faults[INFO] = Fault.TRICKLE
    start = time.monotonic()
    with client.stream("GET", INFO, timeout=1) as response:
        drops = response.iter_raw()
        assert [next(drops) for _ in range(3)] == [b" "] * 3
    assert time.monotonic() - start >= 0.7


def test_a_huge_answer_never_ends(client: httpx.Client, world: World) -> None:
    """Megabytes come, and more would."""
    world.gateway.faults[INFO] = Fault.HUGE
    read = 0
    with client.stream("GET", INFO) as response:
        for piece in response.iter_raw():
            read += len(piece)
            if read > 5_000_000:
                break
    assert read > 5_000_000
    assert client.get("/ivp/meters").status_code == 401


def test_faults_go_with_a_target(client: httpx.Client, world: World) -> None:
    """A fault holds for its target; a star's for those without one; a number is a status."""
    world.gateway.faults.update({"*": Fault.UNAVAILABLE, INFO: 500, "/home.json": 429})
    assert client.get(INFO).status_code == 500
    assert client.get("/ivp/meters").status_code == 503
    assert client.get("/home.json").headers["retry-after"] == "120"
    world.gateway.faults.clear()
    assert client.get(INFO).status_code == 200


def test_a_trickle_ends(
    client: httpx.Client, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Who waits long enough gets every byte that was promised."""
    monkeypatch.setattr(faults, "TRICKLE_SECONDS", 0)
    world.gateway.faults[INFO] = Fault.TRICKLE
    assert client.get(INFO).content == b" " * 4000
