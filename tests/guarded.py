"""The exporter as a server on a real port, with certificates and users of its own."""

import datetime as dt
import ipaddress
import socket
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import anyio
import anyio.abc
import bcrypt
import httpx
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from harness import free_port

from exporter.access.rules import Access
from exporter.server import Server, server_of
from exporter.settings_source import load

PEM = serialization.Encoding.PEM
HEALTHY = "/-/healthy"
NO_TLS = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
"""For clients that speak none: to load the world's authorities for each takes long."""


SALT = b"$2b$04$abcdefghijklmnopqrstuu"
"""The cheapest, and always the same: it stands in names of tests, which each worker has to know."""


def hashed(password: str) -> str:
    """Hash a password, as quickly as bcrypt can."""
    return bcrypt.hashpw(password.encode(), SALT).decode()


class Authority:
    """Signs certificates, and keeps them in a folder."""

    def __init__(self, folder: Path, name: str = "ca") -> None:
        self._folder = folder
        self._name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, f"tests' {name}")])
        self._key = ec.generate_private_key(ec.SECP256R1())
        self.file = folder / f"{name}.crt"
        self.file.write_bytes(self._sign(self._name, self._key, [], ca=True))

    def issue(self, name: str, *sans: x509.GeneralName) -> tuple[Path, Path]:
        """Write a certificate and its key; they replace those of the same name."""
        key = ec.generate_private_key(ec.SECP256R1())
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        files = self._folder / f"{name}.crt", self._folder / f"{name}.key"
        files[0].write_bytes(self._sign(subject, key, list(sans), ca=False))
        files[1].write_bytes(private(key, serialization.NoEncryption()))
        return files

    def _sign(
        self,
        subject: x509.Name,
        key: ec.EllipticCurvePrivateKey,
        sans: list[x509.GeneralName],
        *,
        ca: bool,
    ) -> bytes:
        now = dt.datetime.now(dt.UTC)
        builder = (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(self._name)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - dt.timedelta(hours=1))
            .not_valid_after(now + dt.timedelta(days=1))
            .add_extension(x509.BasicConstraints(ca=ca, path_length=None), critical=True)
        )
        if sans:
            builder = builder.add_extension(x509.SubjectAlternativeName(sans), critical=False)
        return builder.sign(self._key, hashes.SHA256()).public_bytes(PEM)


def private(
    key: ec.EllipticCurvePrivateKey, encryption: serialization.KeySerializationEncryption
) -> bytes:
    """Write a private key."""
    return key.private_bytes(PEM, serialization.PrivateFormat.PKCS8, encryption)


@dataclass(frozen=True)
class Guarded:
    """An exporter that listens, and how to reach it."""

    server: Server
    port: int
    web: Path
    authority: Authority

    @property
    def connections(self) -> int:
        """How many clients are connected."""
        return len(self.server.server_state.connections)

    def write(self, text: str) -> None:
        """Write another web configuration file."""
        self.web.write_text(text)

    def http(self, user: str = "", password: str = "", source: str = "") -> httpx.AsyncClient:
        """Make a client that speaks plain HTTP."""
        transport = httpx.AsyncHTTPTransport(verify=NO_TLS, local_address=source or None)
        return httpx.AsyncClient(
            base_url=f"http://127.0.0.1:{self.port}",
            auth=(user, password) if user else None,
            transport=transport,
            timeout=60,
        )

    def https(self, context: ssl.SSLContext | None = None) -> httpx.AsyncClient:
        """Make a client that speaks TLS, with certificates of its own if it has some."""
        return httpx.AsyncClient(
            base_url=f"https://127.0.0.1:{self.port}",
            verify=context or self.context(),
            timeout=60,
        )

    def context(self, shown: tuple[Path, Path] | None = None) -> ssl.SSLContext:
        """Make what a client verifies the exporter with, and may show a certificate from."""
        context = ssl.create_default_context(cafile=self.authority.file)
        context.verify_flags &= ~ssl.VERIFY_X509_STRICT
        if shown is not None:
            context.load_cert_chain(*shown)
        return context

    async def get(self, client: httpx.AsyncClient, path: str = HEALTHY) -> int:
        """Get a page with a client that is used once, and return the status."""
        async with client:
            return (await client.get(path)).status_code

    async def connect(self) -> anyio.abc.SocketStream:
        """Open a connection on which little fits, and say nothing."""
        for listener in self.server.servers[0].sockets:
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 4096)
        stream = await anyio.connect_tcp("127.0.0.1", self.port)
        client = stream.extra_attributes[anyio.abc.SocketAttribute.raw_socket]()
        client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        return stream


Guarding = Callable[..., AbstractAsyncContextManager[Guarded]]
"""Runs an exporter on a port, with a web configuration file."""

LOCALHOST = x509.IPAddress(ipaddress.ip_address("127.0.0.1"))
TLS = "tls_server_config: {cert_file: server.crt, key_file: server.key}\n"


def guarding(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Guarding:
    """Make what runs an exporter with its files in a folder."""
    authority = Authority(folder)
    authority.issue("server", LOCALHOST)

    @asynccontextmanager
    async def guarding(text: str = "", **variables: str) -> AsyncIterator[Guarded]:
        port, web = free_port(), folder / "web.yml"
        web.write_text(text)
        environment = {
            "ENPHASE_HOST": "127.0.0.1:1",
            "ENPHASE_STATE_DIR": str(folder / "state"),
            "ENPHASE_WEB__LISTEN_ADDRESS": f"127.0.0.1:{port}",
            "ENPHASE_WEB__CONFIG__FILE": str(web),
        }
        for name, value in (environment | variables).items():
            monkeypatch.setenv(name, value)
        read = partial(load, [])
        settings = read()
        server = server_of(settings, Access(settings.web.config.file), read)
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(server.serve)
            await until(lambda: server.started)
            yield Guarded(server, port, web, authority)
            server.end()

    return guarding


async def until(true: Callable[[], bool]) -> None:
    """Wait for something to become true."""
    while not true():  # noqa: ASYNC110  what is looked at is not ours to announce
        await anyio.sleep(0.005)


async def ended(read: Callable[[], Awaitable[bytes]]) -> bytes:
    """Read until the other side ends the connection, and return what it said."""
    said = b""
    try:
        while True:
            said += await read()
    except (anyio.EndOfStream, anyio.BrokenResourceError):
        return said
