"""The world as a whole: its clock, its servers, its certificates, and what leads there."""

import datetime as dt
import ssl
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

import httpx
import pytest
from cryptography import x509
from starlette.responses import Response

from exporter.demo.certificate import cloud, self_signed
from exporter.demo.clock import Clock
from exporter.demo.faults import Fault
from exporter.demo.serving import Server
from exporter.demo.world import DEMO_PASSWORD, DEMO_USERNAME, World


def presented(server: Server) -> x509.Certificate:
    """Return the certificate a server shows."""
    pem = ssl.get_server_certificate(("127.0.0.1", server.port))
    return x509.load_pem_x509_certificate(pem.encode())


def test_the_clock_is_real_until_it_is_told() -> None:
    """A clock shows the time, and goes where and as fast as it is told."""
    assert Clock()() == pytest.approx(time.time(), abs=0.5)
    clock = Clock(start=1000, speed=0)
    assert clock() == 1000
    clock.advance(5)
    assert clock() == 1005
    clock.set(7)
    assert clock() == 7
    fast = Clock(speed=36_000)
    began = fast()
    assert began == pytest.approx(time.time(), abs=3600)
    time.sleep(0.02)
    assert fast() - began > 600
    real = Clock()
    real.advance(-3600)
    assert real() == pytest.approx(time.time() - 3600, abs=0.5)


def test_settings_lead_there(world: World) -> None:
    """The settings name both servers, the login and the CA."""
    settings = world.settings()
    assert settings["ENPHASE_HOST"] == f"127.0.0.1:{world.gateway_server.port}"
    assert settings["ENPHASE_USERNAME"] == DEMO_USERNAME
    assert settings["ENPHASE_PASSWORD"] == DEMO_PASSWORD
    context = ssl.create_default_context(cafile=settings["ENPHASE_CLOUD__CA_FILE"])
    # Newer Pythons verify like this unless they are told otherwise.
    context.verify_flags |= ssl.VERIFY_X509_STRICT
    for host in ("ENTREZ", "ENLIGHTEN"):
        url = settings[f"ENPHASE_CLOUD__{host}_URL"]
        assert httpx.get(url, verify=context).status_code == 200
        named = url.replace("127.0.0.1", "localhost")
        assert httpx.get(named, verify=context).status_code == 200


def test_the_gateways_certificate_proves_nothing(world: World) -> None:
    """It is self-signed and named after the gateway, so only a pin or blind trust accepts it."""
    certificate = presented(world.gateway_server)
    assert world.source.serial in certificate.subject.rfc4514_string()
    assert certificate.issuer == certificate.subject
    with pytest.raises(httpx.ConnectError, match="CERTIFICATE_VERIFY_FAILED"):
        httpx.get(world.gateway_server.url + "/info")


def test_certificates_are_renewed(world: World) -> None:
    """A new certificate takes the old one's place on the same port, with the dates it was given."""
    before, port = presented(world.gateway_server), world.gateway_server.port
    start, end = dt.datetime(2024, 6, 1, tzinfo=dt.UTC), dt.datetime(2025, 6, 1, tzinfo=dt.UTC)
    world.new_certificate(start, end)
    after = presented(world.gateway_server)
    assert world.gateway_server.port == port
    assert before.public_key() != after.public_key()
    assert (after.not_valid_before_utc, after.not_valid_after_utc) == (start, end)


def test_a_world_starts_again_on_its_ports() -> None:
    """Off means refused; on again means the same addresses and the same sessions."""
    world = World()
    for _ in range(3):
        world.start()
        world.start()
        url = world.gateway_server.url + "/info"
        assert httpx.get(url, verify=False).status_code == 200  # noqa: S501 - self-signed, as real
        ca = world.ca_file
        world.stop()
        world.stop()
        with pytest.raises(httpx.ConnectError):
            httpx.get(url, verify=False)  # noqa: S501 - self-signed, as real
        assert not ca.exists()
    assert url == world.gateway_server.url + "/info"


def test_a_world_may_begin_broken() -> None:
    """Faults can be there from the first request on."""
    with World(faults={"*": Fault.UNAVAILABLE}) as world:
        url = world.gateway_server.url + "/info"
        assert httpx.get(url, verify=False).status_code == 503  # noqa: S501 - self-signed, as real


def test_stopping_waits_for_nobody(world: World) -> None:
    """A server with hanging requests stops at once, and their clients see the connection end."""
    world.gateway.faults["*"] = Fault.HANG
    errors: list[Exception] = []

    def ask() -> None:
        try:
            httpx.get(world.gateway_server.url, verify=False, timeout=20)  # noqa: S501 - self-signed, as real
        except httpx.TransportError as error:
            errors.append(error)

    clients = [threading.Thread(target=ask) for _ in range(3)]
    for client in clients:
        client.start()
    while world.gateway.requests.total() < len(clients):
        time.sleep(0.01)
    began = time.monotonic()
    world.gateway_server.stop()
    assert time.monotonic() - began < 1
    for client in clients:
        client.join()
    assert len(errors) == 3
    assert not any(isinstance(error, httpx.TimeoutException) for error in errors)


def test_a_port_that_is_taken_is_an_error(world: World) -> None:
    """A server says so when it cannot have its port."""
    other = Server(world.gateway)
    other.port = world.cloud_server.port
    with pytest.raises(OSError, match="in use"):
        other.start()


def test_small_answers_are_not_held_back(world: World, client: httpx.Client) -> None:
    """Twenty requests on one connection take no time to speak of: no 40 ms wait for a packet."""
    client.get("/info")
    began = time.monotonic()
    for _ in range(20):
        client.get("/info")
    assert time.monotonic() - began < 0.5


def test_keys_are_nobodys_business(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No private key stays on disk once a server has it."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    self_signed("1").context()
    ca, certificate = cloud()
    certificate.context()
    assert b"PRIVATE KEY" not in ca
    assert not list(tmp_path.iterdir())


NOISY = """
import contextlib, logging, socket, httpx
from exporter.demo.faults import Fault
from exporter.demo.world import World
logging.basicConfig(level=logging.DEBUG)
for name in ("httpx", "httpcore", "asyncio"):
    logging.getLogger(name).setLevel(logging.CRITICAL)
with World() as world:
    address = ("127.0.0.1", world.gateway_server.port)
    socket.create_connection(address).close()
    halfway = socket.create_connection(address)
    for fault in (Fault.CUT, Fault.TRICKLE, Fault.HUGE, Fault.HANG):
        world.gateway.faults["*"] = fault
        with contextlib.suppress(httpx.TransportError), httpx.Client(verify=False) as client:
            with client.stream("GET", world.gateway_server.url, timeout=0.4) as response:
                next(response.iter_raw())
    world.gateway.faults.clear()
    world.gateway.source = None
    with httpx.Client(verify=False) as client:
        assert client.get(world.gateway_server.url).status_code == 500
halfway.close()
"""


def test_nothing_is_printed() -> None:
    """Broken handshakes, cut answers and even a crash leave no word on stderr."""
    options = ["-X", "dev", "-W", "error", "-c", NOISY]
    done = subprocess.run([sys.executable, *options], capture_output=True, timeout=60, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (0, b"", b"")


def test_a_server_serves_any_app_in_the_clear() -> None:
    """Without a certificate a server speaks plain HTTP, for as long as its block lasts."""
    with Server(Response("hello")) as server:
        assert server.url == f"http://{server.address}"
        assert httpx.get(server.url).text == "hello"
    with pytest.raises(httpx.ConnectError):
        httpx.get(server.url)
