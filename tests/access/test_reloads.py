"""A reload of the settings goes through the same gate, and leaves that gate as it is."""

import os
import signal
from pathlib import Path

import httpx
import pytest
from guarded import TLS, Guarded, Guarding, hashed, until

SECRET = "hunter2-sunny"
USERS = f"basic_auth_users: {{me: {hashed('sunny')}}}\n"
ME = httpx.BasicAuth("me", "sunny")
LIFECYCLE = {"ENPHASE_WEB__ENABLE_LIFECYCLE": "true"}


async def reload(exporter: Guarded, auth: httpx.Auth = ME) -> httpx.Response:
    """Ask for a reload."""
    async with exporter.https() as http:
        return await http.post("/-/reload", auth=auth)


async def closed(exporter: Guarded) -> bool:
    """Tell whether TLS and the password are still wanted, and enough."""
    assert await exporter.get(exporter.https()) == 401
    with pytest.raises(httpx.TransportError):
        await exporter.get(exporter.http("me", "sunny"))
    async with exporter.https() as http:
        return (await http.get("/metrics", auth=ME)).status_code == 200


async def test_a_reload_wants_the_password(guarding: Guarding) -> None:
    """Whoever may reload without a file needs the password with one."""
    async with guarding(TLS + USERS, **LIFECYCLE) as exporter:
        for auth in (httpx.Auth(), httpx.BasicAuth("me", "rainy")):
            assert (await reload(exporter, auth)).status_code == 401
        assert (await reload(exporter)).text == "reloaded\n"
    async with guarding(TLS + USERS, ENPHASE_WEB__ENABLE_LIFECYCLE="false") as exporter:
        assert (await reload(exporter)).status_code == 403


@pytest.mark.parametrize("other", ["", "open.yml"])
async def test_a_reload_opens_nothing(
    guarding: Guarding,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    tmp_path: Path,
    other: str,
) -> None:
    """Another file, or none, is spoken of and left for the next start."""
    (tmp_path / "open.yml").touch()
    async with guarding(TLS + USERS, **LIFECYCLE) as exporter:
        file = str(tmp_path / other) if other else ""
        monkeypatch.setenv("ENPHASE_WEB__CONFIG__FILE", file)
        for _ in range(2):
            assert (await reload(exporter)).status_code == 200
            assert await closed(exporter)
    assert caplog.text.count("web.config.file has changed: that takes a restart") == 2


async def test_a_wrong_file_fails_the_reload(
    guarding: Guarding, caplog: pytest.LogCaptureFixture
) -> None:
    """The settings are wrong as a whole then; those in force stay, and so does the gate."""
    async with guarding(TLS + USERS, **LIFECYCLE) as exporter:
        exporter.write(f"basic_auth_users: {{me: {SECRET}}}")
        response = await reload(exporter)
        assert response.status_code == 500
        assert "basic_auth_users.me should be a bcrypt hash" in response.text
        assert await closed(exporter)
        exporter.write(TLS + USERS)
        assert (await reload(exporter)).status_code == 200
        assert await closed(exporter)
    assert SECRET not in response.text + caplog.text


async def test_a_hangup_leaves_the_gate(
    guarding: Guarding, caplog: pytest.LogCaptureFixture
) -> None:
    """SIGHUP reloads the settings; users who have changed meanwhile hold as well."""
    caplog.set_level("INFO")
    async with guarding(TLS + USERS) as exporter:
        exporter.write(TLS + USERS.replace("me:", "you:"))
        os.kill(os.getpid(), signal.SIGHUP)
        await until(lambda: "event=reloaded" in caplog.text)
        async with exporter.https() as http:
            assert (await http.get("/metrics", auth=ME)).status_code == 401
            assert (await http.get("/metrics", auth=("you", "sunny"))).status_code == 200
