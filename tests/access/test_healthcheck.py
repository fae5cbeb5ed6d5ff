"""The image's health check, against all that an exporter may ask of its clients."""

import json
import re
import socket
import sys

import anyio
import pytest
from guarded import TLS, Guarding, hashed
from harness import ROOT, free_port

USERS = f"basic_auth_users: {{me: {hashed('sunny')}}}\n"
CLIENTS = (
    "tls_server_config: {cert_file: server.crt, key_file: server.key, client_ca_file: ca.crt, "
    "client_auth_type: RequireAndVerifyClientCert}\n"
)


async def healthy(port: int) -> bool:
    """Run the check that stands in the Dockerfile, on another port and with less patience."""
    dockerfile = (ROOT / "Dockerfile").read_text()
    found = re.search(r"^HEALTHCHECK .*\\\n *CMD (\[.*\])$", dockerfile, re.MULTILINE)
    assert found is not None
    _, *arguments = json.loads(found[1].replace("9433), 4)", f"{port}), 1)"))
    done = await anyio.run_process([sys.executable, *arguments], check=False)
    return done.returncode == 0


@pytest.mark.parametrize(
    "text", ["", TLS, USERS, TLS + USERS, CLIENTS, "rate_limit: {interval: 1h, burst: 1}"]
)
async def test_an_exporter_that_answers_is_healthy(guarding: Guarding, text: str) -> None:
    """With TLS, passwords, client certificates or a rate limit, the container is not sick."""
    async with guarding(text) as exporter:
        for _ in range(2):
            assert await healthy(exporter.port)


async def test_one_that_does_not_is_sick() -> None:
    """Where nobody listens, or whoever listens does not answer, the container is sick."""
    assert not await healthy(free_port())
    with socket.create_server(("127.0.0.1", 0)) as mute:
        assert not await healthy(mute.getsockname()[1])
