"""TLS on the exporter's own port: who gets in, who does not, and what changes without a restart."""

import errno
import ipaddress
import os
import ssl
from pathlib import Path

import anyio
import anyio.to_thread
import httpx
import pytest
from cryptography import x509
from guarded import HEALTHY, LOCALHOST, TLS, Authority, Guarding, ended, hashed

from exporter.access import connection, rules

MUTUAL = (
    "tls_server_config: {cert_file: server.crt, key_file: server.key, client_ca_file: ca.crt, "
    "client_auth_type: RequireAndVerifyClientCert, client_allowed_sans: %s}\n"
)
USER = f"basic_auth_users: {{me: {hashed('sunny')}}}\n"


async def test_tls_is_spoken_and_plain_http_is_not(guarding: Guarding) -> None:
    """With a certificate the exporter answers over TLS; plain HTTP gets nothing."""
    async with guarding(TLS) as exporter:
        assert await exporter.get(exporter.https()) == 200
        with pytest.raises(httpx.TransportError):
            await exporter.get(exporter.http())


async def test_without_a_file_all_is_open(guarding: Guarding) -> None:
    """Without a web configuration file, and with an empty one, plain HTTP is answered."""
    async with guarding() as exporter:
        assert await exporter.get(exporter.http()) == 200
    async with guarding(ENPHASE_WEB__CONFIG__FILE="") as exporter:
        assert await exporter.get(exporter.http()) == 200


async def test_many_at_once_are_all_answered(guarding: Guarding) -> None:
    """What comes together with the end of a handshake is not lost."""
    async with guarding(TLS) as exporter, anyio.create_task_group() as tasks:
        context = exporter.context()

        async def get() -> None:
            assert await exporter.get(exporter.https(context)) == 200

        for _ in range(30):
            tasks.start_soon(get)


@pytest.mark.parametrize(
    ("said", "client", "spoken"),
    [
        ("", ssl.TLSVersion.TLSv1_2, "TLSv1.2"),
        ("min_version: TLS10", ssl.TLSVersion.TLSv1_2, "TLSv1.2"),
        ("min_version: TLS13", ssl.TLSVersion.TLSv1_2, None),
        ("min_version: TLS13", ssl.TLSVersion.TLSv1_3, "TLSv1.3"),
        ("max_version: TLS12", ssl.TLSVersion.TLSv1_3, None),
        ("cipher_suites: [TLS_AES_128_GCM_SHA256]", ssl.TLSVersion.TLSv1_2, None),
    ],
)
async def test_versions(
    guarding: Guarding, said: str, client: ssl.TLSVersion, spoken: str | None
) -> None:
    """Only versions from the lowest to the highest are spoken, and none below TLS 1.2."""
    text = f"tls_server_config:\n  cert_file: server.crt\n  key_file: server.key\n  {said}\n"
    async with guarding(text) as exporter:
        context = exporter.context()
        context.minimum_version = context.maximum_version = client
        if spoken is None:
            with pytest.raises(httpx.ConnectError):
                await exporter.get(exporter.https(context))
            return
        async with exporter.https(context) as http, http.stream("GET", HEALTHY) as response:
            stream = response.extensions["network_stream"].get_extra_info("ssl_object")
            assert stream.version() == spoken


@pytest.mark.parametrize(
    ("preferred", "spoken"),
    [("true", "ECDHE-ECDSA-AES256-GCM-SHA384"), ("false", "ECDHE-ECDSA-CHACHA20-POLY1305")],
)
async def test_cipher_suites(guarding: Guarding, preferred: str, spoken: str) -> None:
    """Suites by Go's names are those that are taken, in the server's order or the client's."""
    text = (
        "tls_server_config:\n"
        "  cert_file: server.crt\n"
        "  key_file: server.key\n"
        f"  prefer_server_cipher_suites: {preferred}\n"
        "  cipher_suites:\n"
        "    - TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384\n"
        "    - TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256\n"
    )
    async with guarding(text) as exporter:
        context = exporter.context()
        context.maximum_version = ssl.TLSVersion.TLSv1_2
        context.set_ciphers("ECDHE-ECDSA-CHACHA20-POLY1305:ECDHE-ECDSA-AES256-GCM-SHA384")
        async with exporter.https(context) as http, http.stream("GET", HEALTHY) as response:
            stream = response.extensions["network_stream"].get_extra_info("ssl_object")
            assert stream.cipher()[0] == spoken
        context.set_ciphers("ECDHE-ECDSA-AES128-GCM-SHA256")
        with pytest.raises(httpx.ConnectError):
            await exporter.get(exporter.https(context))


async def test_client_certificates(guarding: Guarding, tmp_path: Path) -> None:
    """Where a certificate is asked for, only one that the CA vouches for gets in."""
    text = MUTUAL.replace(", client_allowed_sans: %s", "")
    other = Authority(tmp_path, "other")
    async with guarding(text) as exporter:
        right = exporter.authority.issue("prometheus")
        assert await exporter.get(exporter.https(exporter.context(right))) == 200
        for shown in (None, other.issue("stranger")):
            with pytest.raises(httpx.TransportError):
                await exporter.get(exporter.https(exporter.context(shown)))


async def test_client_certificates_that_need_not_be(guarding: Guarding, tmp_path: Path) -> None:
    """A client may have none, but not a wrong one; the CA may stand in the file itself."""
    authority = Authority(tmp_path, "another")
    lines = "\n    ".join(authority.file.read_text().splitlines())
    text = (
        "tls_server_config:\n"
        "  cert_file: server.crt\n"
        "  key_file: server.key\n"
        "  client_auth_type: VerifyClientCertIfGiven\n"
        f"  client_ca: |\n    {lines}\n"
    )
    async with guarding(text) as exporter:
        assert await exporter.get(exporter.https()) == 200
        context = exporter.context(authority.issue("mine"))
        assert await exporter.get(exporter.https(context)) == 200
        with pytest.raises(httpx.TransportError):
            await exporter.get(exporter.https(exporter.context(exporter.authority.issue("not"))))


@pytest.mark.parametrize(
    ("san", "welcome"),
    [
        (x509.DNSName("prometheus.example"), True),
        (x509.IPAddress(ipaddress.ip_address("2001:db8::1")), True),
        (x509.RFC822Name("me@example.com"), True),
        (x509.UniformResourceIdentifier("spiffe://example/prometheus"), True),
        (x509.DNSName("grafana.example"), False),
        (None, False),
    ],
)
async def test_client_names(
    guarding: Guarding, san: x509.GeneralName | None, *, welcome: bool
) -> None:
    """Of the certificates that the CA vouches for, only those with a name that is listed get in."""
    names = "['prometheus.example', '2001:db8::1', me@example.com, 'spiffe://example/prometheus']"
    async with guarding(MUTUAL % names) as exporter:
        shown = exporter.authority.issue("client", *([san] if san else []))
        client = exporter.https(exporter.context(shown))
        if welcome:
            assert await exporter.get(client) == 200
        else:
            with pytest.raises(httpx.TransportError):
                await exporter.get(client)
            assert exporter.connections == 0


async def test_a_new_certificate_holds_for_the_next_connection(guarding: Guarding) -> None:
    """A certificate that is replaced on disk is shown without a restart."""
    async with guarding(TLS) as exporter:
        before = await shown(exporter.port)
        assert await shown(exporter.port) == before
        exporter.authority.issue("server", LOCALHOST)
        assert await exporter.get(exporter.https()) == 200
        assert await shown(exporter.port) != before


async def shown(port: int) -> str:
    """Return the certificate that the exporter shows."""
    address = "127.0.0.1", port
    return await anyio.to_thread.run_sync(ssl.get_server_certificate, address)


async def test_tls_can_begin_without_a_restart(guarding: Guarding) -> None:
    """A file that asks for more than before holds for the next connection."""
    async with guarding() as exporter:
        assert await exporter.get(exporter.http()) == 200
        exporter.write(TLS)
        assert await exporter.get(exporter.https()) == 200


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "no longer asks for TLS, client certificates, client_allowed_sans, passwords"),
        (MUTUAL % "[a.example]", "no longer asks for passwords"),
        (TLS + USER, "no longer asks for client certificates"),
        ("tls_server_config: {cert_file: server.crt", "is no YAML file near line 1"),
        ((MUTUAL % "[a.example]") + "basic_auth_users: {me: 1}", "basic_auth_users.me should be"),
        (
            (MUTUAL % "[a.example]").replace("server.crt", "gone.crt") + USER,
            "tls_server_config.cert_file should be a file of certificates (PEM)",
        ),
    ],
)
async def test_a_file_that_became_wrong_changes_nothing(
    guarding: Guarding, caplog: pytest.LogCaptureFixture, text: str, why: str
) -> None:
    """A file that is wrong or asks for less leaves the last good one in force, and is told once."""
    async with guarding((MUTUAL % "[a.example]") + USER) as exporter:
        context = exporter.context(exporter.authority.issue("a", x509.DNSName("a.example")))
        exporter.write(text)
        for _ in range(2):
            async with exporter.https(context) as http:
                assert (await http.get(HEALTHY)).status_code == 401
                assert (await http.get(HEALTHY, auth=("me", "sunny"))).status_code == 200
            with pytest.raises(httpx.TransportError):
                await exporter.get(exporter.https())
    (told,) = [record.getMessage() for record in caplog.records if record.levelname == "ERROR"]
    assert why in told
    assert told.startswith(str(exporter.web))
    assert "last good one" in told


@pytest.mark.parametrize("text", ["", TLS + "basic_auth_users: {"])
async def test_a_certificate_is_renewed_beside_a_wrong_file(guarding: Guarding, text: str) -> None:
    """While the file is wrong, the certificate of the last good one is still read anew."""
    async with guarding(TLS + USER) as exporter:
        exporter.write(text)
        before = await shown(exporter.port)
        exporter.authority.issue("server", LOCALHOST)
        assert await shown(exporter.port) != before
        assert await exporter.get(exporter.https()) == 401


async def test_a_shortage_that_passes_is_got_over(
    guarding: Guarding, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """A file that could not be read for a while is read again, though nobody has touched it."""
    monkeypatch.setattr(rules, "RETRY", 0.0)
    async with guarding(TLS) as exporter:
        with monkeypatch.context() as short:
            short.setattr(Path, "read_text", _no_descriptor)
            exporter.write(TLS + USER)
            assert await exporter.get(exporter.https()) == 200
            assert await exporter.get(exporter.https()) == 200
        assert await exporter.get(exporter.https()) == 401
    (told,) = [record.getMessage() for record in caplog.records if record.levelname == "ERROR"]
    assert "cannot be read: Too many open files" in told


def _no_descriptor(*_: object, **__: object) -> str:
    raise OSError(errno.EMFILE, os.strerror(errno.EMFILE))


async def test_a_certificate_that_is_half_replaced_waits_for_its_key(guarding: Guarding) -> None:
    """While certificate and key do not fit, the last ones that did are shown."""
    async with guarding(TLS) as exporter:
        folder = exporter.web.parent
        key = (folder / "server.key").read_bytes()
        before = await shown(exporter.port)
        exporter.authority.issue("server", LOCALHOST)
        new = (folder / "server.key").read_bytes()
        (folder / "server.key").write_bytes(key)
        assert await shown(exporter.port) == before
        (folder / "server.key").unlink()
        assert await shown(exporter.port) == before
        (folder / "server.key").write_bytes(new)
        assert await shown(exporter.port) != before


async def test_a_client_that_begins_no_handshake_is_cut_off(
    guarding: Guarding, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A client that says nothing, or half of a handshake, loses its connection."""
    monkeypatch.setattr(connection, "REQUEST", 0.2)
    async with guarding(TLS) as exporter:
        for hello in (b"", b"\x16\x03\x01\x02\x00"):
            async with await exporter.connect() as stream:
                await stream.send(hello)
                assert await ended(stream.receive) == b""
        assert exporter.connections == 0
        assert await exporter.get(exporter.https()) == 200


async def test_those_who_begin_no_handshake_keep_nobody_out(
    guarding: Guarding, monkeypatch: pytest.MonkeyPatch
) -> None:
    """When there are too many connections, the one that has said nothing for longest ends."""
    monkeypatch.setattr(connection, "MOST", 3)
    async with guarding(TLS) as exporter:
        silent = [await exporter.connect() for _ in range(3)]
        assert await exporter.get(exporter.https()) == 200
        assert await ended(silent[0].receive) == b""
        for stream in silent:
            await stream.aclose()


async def test_the_end_does_not_wait_for_a_handshake(guarding: Guarding) -> None:
    """A process that is told to end drops who has not begun to talk."""
    async with guarding(TLS) as exporter, await exporter.connect() as stream:
        assert await exporter.get(exporter.https()) == 200
        exporter.server.end()
        assert await ended(stream.receive) == b""
