"""The web configuration file: what is taken, and one clear line for all that is wrong."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import httpx
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from guarded import LOCALHOST, TLS, Authority, hashed, private
from harness import ROOT, free_port

from exporter.access import go_tls
from exporter.access.bucket import Bucket
from exporter.access.rules import Access
from exporter.access.values import Duration, Part
from exporter.settings_source import WrongSettingError, load

HASH = hashed("sunny")
SECRET = "hunter2-sunny"
SERVER = "tls_server_config:\n  cert_file: server.crt\n  key_file: server.key\n  "
CLIENTS = SERVER + "client_ca_file: ca.crt\n  client_auth_type: RequireAndVerifyClientCert\n  "
LEFT_OUT = "RequireAndVerifyClientCert"


@pytest.fixture
def web(tmp_path: Path) -> Path:
    """Return a web configuration file, beside certificates that it may name."""
    authority = Authority(tmp_path)
    authority.issue("server", LOCALHOST)
    authority.issue("other")
    key = ec.generate_private_key(ec.SECP256R1())
    locked = private(key, serialization.BestAvailableEncryption(SECRET.encode()))
    (tmp_path / "locked.key").write_bytes(locked)
    (tmp_path / "junk.pem").write_text(SECRET)
    (tmp_path / "folder").mkdir()
    return tmp_path / "web.yml"


def wrong(web: Path, content: str | bytes) -> str:
    """Start with a file that is wrong; return what is said of it, which must be one line."""
    web.write_bytes(content.encode() if isinstance(content, str) else content)
    with pytest.raises(WrongSettingError) as caught:
        load(["--host=x", f"--web.config.file={web}"])
    text = str(caught.value)
    assert len(text.splitlines()) == 1
    assert text.startswith("ENPHASE_WEB__CONFIG__FILE ")
    assert SECRET not in text
    assert caught.value.__cause__ is None
    return text


def notes(web: Path, content: str, caplog: pytest.LogCaptureFixture) -> str:
    """Return what is logged of a file that is right."""
    caplog.set_level("INFO")
    caplog.clear()
    web.write_text(content)
    Access(web).tell()
    return "\n".join(record.getMessage() for record in caplog.records)


@pytest.mark.parametrize(
    ("content", "line"),
    [
        (b"tls_server_config: {", "is no YAML file near line 1"),
        (b"\tx: y", "is no YAML file"),
        (b"x: \xff", "should be a file of UTF-8 text"),
        (b"- x", "holds no settings by name"),
        (b"[" * 2000, "is nested too deep"),
        (b"x: !!bool hunter2-sunny", "holds a value that does not fit its tag"),
        (b"x: !!int ''", "holds a value that does not fit its tag"),
        (b"!!map [[x]]", "holds a value that does not fit its tag"),
        (b"hunter2-sunny", "holds no settings by name"),
        ("basic_auth_users: {}\nbasic_auth_users: {}\n", "basic_auth_users stands twice, near lin"),
        (f"basic_auth_users: {{me: {HASH}, me: {HASH}}}", "me stands twice, near line 1"),
        ("tls_server: {}", "tls_server is no setting"),
        ("tls_server_config: hunter2-sunny", "tls_server_config should be"),
        (SERVER + "certfile: x", "tls_server_config.certfile is no setting"),
        ("tls_server_config: {min_version: TLS12}", "tls_server_config.cert_file is missing"),
        ("tls_server_config: {cert_file: server.crt}", "tls_server_config.key_file is missing"),
        (TLS.replace("server.crt", ""), "tls_server_config.cert_file is missing"),
        (TLS.replace("server.crt", "gone.crt"), "cert_file should be a file of certificates (PEM)"),
        (TLS.replace("server.crt", '"\\0"'), "cert_file should be a path"),
        (TLS.replace("server.crt", "folder"), "cert_file should be a file of certificates (PEM)"),
        (TLS.replace("server.crt", "junk.pem"), "cert_file should be a file of certificates (PEM)"),
        (TLS.replace("server.key", "gone.key"), "key_file should be a file that can be read"),
        (TLS.replace("server.key", "junk.pem"), "key_file should be the private key (PEM,"),
        (TLS.replace("server.key", "locked.key"), "key_file should be the private key (PEM, with"),
        (TLS.replace("server.key", "other.key"), "cert_file (key values mismatch)"),
        (SERVER + "key: hunter2-sunny", "key and key_file are both set: keep one"),
        (SERVER + "cert: x", "cert and cert_file are both set: keep one"),
        ("tls_server_config: {cert: x, key: y}", "cert should be a file of certificates (PEM)"),
        (TLS.replace("key_file: server.key", "key: hunter2-sunny"), "key should be the private"),
        (SERVER + "client_auth_type: Maybe", "client_auth_type should be 'NoClientCert',"),
        (SERVER + "client_auth_type: RequireAnyClientCert", LEFT_OUT),
        (SERVER + "client_auth_type: RequireClientCert", LEFT_OUT),
        (CLIENTS.replace("client_ca_file: ca.crt\n  ", ""), "client_ca_file is missing"),
        (SERVER + "client_ca_file: ca.crt", "client_auth_type should be " + LEFT_OUT),
        (SERVER + "client_allowed_sans: [a]", "client_auth_type should be " + LEFT_OUT),
        (CLIENTS + "client_ca: x", "client_ca and client_ca_file are both set: keep one"),
        (CLIENTS.replace("ca.crt", "junk.pem"), "client_ca_file should be a file of certificates"),
        (CLIENTS.replace("_file: ca.crt", ": x"), "client_ca should be certificates (PEM)"),
        (CLIENTS.replace("_file: ca.crt", ": ü"), "client_ca should be certificates (PEM)"),
        (SERVER + "min_version: TLS14", "min_version should be one of TLS10, TLS11, TLS12, TLS13"),
        (SERVER + "max_version: TLS11", "max_version should be TLS12 or higher"),
        (SERVER + "min_version: TLS13\n  max_version: TLS12", "max_version should be TLS13 or"),
        (SERVER + "cipher_suites: [TLS_NULL]", "cipher_suites.0 should be one of TLS_ECDHE"),
        (SERVER + "curve_preferences: [P-256]", "curve_preferences.0 should be one of Curve"),
        (SERVER + "prefer_server_cipher_suites: often", "prefer_server_cipher_suites should be"),
        ("http_server_config: {headers: {X-Mine: x}}", "http_server_config.headers.X-Mine is no"),
        (
            "http_server_config: {headers: {X-Frame-Options: no}}",
            "X-Frame-Options should be 'deny'",
        ),
        ('http_server_config: {headers: {X-XSS-Protection: "a\\r\\nb"}}', "X-XSS-Protection"),
        ('http_server_config: {headers: {X-XSS-Protection: "1 "}}', "X-XSS-Protection"),
        ('http_server_config: {headers: {X-XSS-Protection: " "}}', "X-XSS-Protection"),
        ("basic_auth_users: {me: hunter2-sunny}", "basic_auth_users.me should be a bcrypt hash"),
        ("basic_auth_users: {me:hunter2-sunny}", "basic_auth_users.me should be"),
        ("me:hunter2-sunny: 1", "me is no setting"),
        ("{me:hunter2-sunny: 1, me:hunter2-sunny: 2}", "me stands twice, near line 1"),
        (f"basic_auth_users: {{me: {HASH[:-1]}}}", "basic_auth_users.me should be a bcrypt hash"),
        ("basic_auth_users: {me: }", "basic_auth_users.me should be"),
        ("basic_auth_users: [me]", "basic_auth_users should be"),
        ("rate_limit: {interval: often}", "rate_limit.interval should be a duration like 500ms"),
        ("rate_limit: {interval: [1s]}", "rate_limit.interval should be a duration like 500ms"),
        ("rate_limit: {interval: 5}", "rate_limit.interval should be a duration like 500ms"),
        ("rate_limit: {interval: 1s}", "rate_limit.burst should be at least 1"),
        ("rate_limit: {interval: 1s, burst: -1}", "rate_limit.burst should be greater"),
        (f"rate_limit: {{interval: 1s, burst: {'9' * 400}}}", "rate_limit.burst should be"),
    ],
)
def test_what_is_wrong_is_one_line_that_names_it(
    web: Path, content: str | bytes, line: str
) -> None:
    """The line names the file, the key, and what should be there; no secret is repeated."""
    told = wrong(web, content)
    assert line in told
    assert f"{web}: " in told


def test_a_file_that_is_not_there_is_told(tmp_path: Path) -> None:
    """A file that cannot be read ends the start as a wrong one does."""
    for file in (tmp_path / "nowhere.yml", tmp_path):
        with pytest.raises(WrongSettingError, match="should be a file that can be read"):
            load(["--host=x", f"--web.config.file={file}"])


def test_suites_that_openssl_refuses_are_told(web: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the system's OpenSSL has none of the suites, the line says so."""
    name = "TLS_RSA_WITH_AES_128_CBC_SHA"
    monkeypatch.setitem(go_tls.CIPHER_SUITES, name, "NO-SUCH-SUITE")
    assert "should have one that this machine's OpenSSL" in wrong(
        web, SERVER + f"cipher_suites: [{name}]"
    )


@pytest.mark.parametrize(
    "content",
    [
        "",
        "{}",
        "tls_server_config:\nhttp_server_config:\nbasic_auth_users:\nrate_limit:\n",
        "tls_server_config: {}",
        TLS,
        CLIENTS,
        SERVER + "client_auth_type: NoClientCert\n  client_ca_file: ''",
        SERVER + f"cipher_suites: [{', '.join(go_tls.CIPHER_SUITES)}]",
        SERVER + f"cipher_suites: [{', '.join(go_tls.CIPHER_SUITES_13)}]",
        f"basic_auth_users: {{me: {HASH}, 'you': {HASH.replace('$2b$', '$2a$')}}}",
        "rate_limit: {interval: 1m30.5s, burst: 3}",
        "rate_limit: {interval: 0, burst: 0}",
    ],
)
def test_what_is_right_is_taken(web: Path, content: str) -> None:
    """Blank keys count as left out, and paths begin at the file's own folder."""
    web.write_text(content)
    settings = load(["--host=x", f"--web.config.file={web}"])
    assert settings.web.config.file == web


def test_certificate_and_key_may_stand_in_the_file(web: Path) -> None:
    """``cert`` and ``key`` are taken as the files are that they stand for."""
    cert, key = (web.with_name(name).read_text() for name in ("server.crt", "server.key"))
    inline = json.dumps({"tls_server_config": {"cert": cert, "key": key}})  # JSON is YAML
    mixed = TLS.replace("cert_file: server.crt", f"cert: {json.dumps(cert)}")
    for text in (inline, mixed):
        web.write_text(text)
        assert Access(web).rules().tls is not None


def test_users_are_called_as_they_stand_there(web: Path) -> None:
    """A name that looks like a number, a date or a yes is still that name."""
    names = ("007", "1_000", "12:30", "on", "2024-01-01", "1.50", "~x")
    web.write_text("basic_auth_users:\n" + "".join(f"  {name}: {HASH}\n" for name in names))
    assert set(Access(web).rules().users) == {name.encode() for name in names}


def test_a_pipe_is_no_file(web: Path) -> None:
    """What could be read only once would leave the exporter open when it is read again."""
    os.mkfifo(web)
    with pytest.raises(WrongSettingError, match="should be a file that can be read"):
        load(["--host=x", f"--web.config.file={web}"])


def test_the_example_in_the_readme_is_right(web: Path) -> None:
    """Whoever copies the README's file, and the comments in it, has one that is taken."""
    section = (ROOT / "README.md").read_text().partition("### TLS and passwords")[2]
    text = section.partition("```yaml\n")[2].partition("```")[0]
    names = {"exporter.crt": "server.crt", "exporter.key": "server.key", "clients.crt": "ca.crt"}
    for name, ours in names.items():
        assert name in text
        text = text.replace(name, ours)
    for given in (text, text.replace("# client", "client")):
        web.write_text(given)
        assert Access(web).rules().users


@pytest.mark.parametrize(
    ("content", "note"),
    [
        ("http_server_config: {http2: true}", "http_server_config.http2: HTTP/1.1 is spoken"),
        (SERVER + "curve_preferences: [X25519, CurveP256]", "curve_preferences: OpenSSL's own"),
        (SERVER + "min_version: TLS10", "min_version: TLS12 is the lowest"),
        (SERVER + "client_auth_type: RequestClientCert", "no certificate is asked for"),
        (SERVER + "client_auth_type: VerifyClientCertIfGiven", "no certificate is asked for"),
    ],
)
def test_what_is_passed_over_is_noted(
    web: Path, content: str, note: str, caplog: pytest.LogCaptureFixture
) -> None:
    """What cannot be kept, and does no harm, is a line in the log."""
    assert note in notes(web, content, caplog)


def test_what_is_kept_needs_no_note(web: Path, caplog: pytest.LogCaptureFixture) -> None:
    """One line says what is asked for; with no file there is none at all."""
    said = notes(web, CLIENTS + f"\nbasic_auth_users: {{me: {HASH}}}", caplog)
    assert said == f"web.config.file={web} asks_for=TLS,client certificates,passwords"
    assert notes(web, "http_server_config: {http2: false}", caplog).endswith("asks_for=nothing")
    caplog.clear()
    Access(None).tell()
    assert not caplog.records


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("1s", 1), ("500ms", 0.5), ("1m30s", 90), ("1h", 3600), ("1.5s", 1.5), ("10us", 1e-5)],
)
def test_durations_are_those_of_go(text: str, seconds: float) -> None:
    """Numbers and units may be strung together."""

    class Given(Part):
        duration: Duration

    assert Given.model_validate({"duration": text}).duration == pytest.approx(seconds)


def test_a_bucket_fills_with_time() -> None:
    """So many requests pass at once, and then one each interval; it holds no more than its size."""
    now = 0.0
    bucket = Bucket(2.0, 3, lambda: now)
    assert [bucket.take() for _ in range(4)] == [True, True, True, False]
    now = 2.0
    assert [bucket.take() for _ in range(2)] == [True, False]
    now = 100.0
    assert [bucket.take() for _ in range(4)] == [True, True, True, False]


@pytest.mark.parametrize("command", ["serve", "check", "trust", "demo"])
def test_every_command_ends_with_one_line(web: Path, command: str) -> None:
    """A wrong file ends each command with 2, and one line on standard error."""
    web.write_text("basic_auth_users: {me: sunny}")
    ended = subprocess.run(
        [sys.executable, "-m", "exporter", command, f"--web.config.file={web}"],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
        env=os.environ | {"ENPHASE_HOST": "x"},
    )
    assert ended.returncode == 2
    assert ended.stderr == (
        f"enphase-exporter: ENPHASE_WEB__CONFIG__FILE {web}: basic_auth_users.me should be "
        "a bcrypt hash, as 'htpasswd -nBC 10 NAME' prints it\n"
    )
    assert not ended.stdout


def test_a_process_writes_no_key_and_no_hash(web: Path, tmp_path: Path) -> None:
    """The output of a whole process at debug level holds no key, no hash and no password."""
    port = free_port()
    web.write_text(TLS + f"basic_auth_users: {{me: {HASH}}}")
    environment = os.environ | {
        "ENPHASE_HOST": "127.0.0.1:1",
        "ENPHASE_STATE_DIR": str(tmp_path / "state"),
        "ENPHASE_WEB__LISTEN_ADDRESS": f"127.0.0.1:{port}",
        "ENPHASE_WEB__CONFIG__FILE": str(web),
        "ENPHASE_LOG__LEVEL": "debug",
    }
    command = [sys.executable, "-m", "exporter", "serve"]
    process = subprocess.Popen(command, env=environment, stderr=subprocess.PIPE, text=True)
    assert process.stderr is not None
    said = process.stderr.readline()
    while "asks_for=" not in said:
        said += process.stderr.readline()
    with httpx.Client(
        base_url=f"https://127.0.0.1:{port}",
        transport=httpx.HTTPTransport(retries=10, verify=False),  # only what is logged counts
    ) as http:
        assert http.get("/metrics", auth=("me", "sunny")).status_code == 200
        assert http.get("/metrics", auth=("me", SECRET)).status_code == 401
        web.write_text(f"basic_auth_users: {{me: {SECRET}}}")
        assert http.get("/metrics", auth=("me", "sunny")).status_code == 200
    process.send_signal(signal.SIGTERM)
    said += process.communicate(timeout=30)[1]
    key = (web.parent / "server.key").read_text().splitlines()
    for secret in ("sunny", SECRET, HASH, *key):
        assert secret not in said
    assert "last good one stays in force" in said
    assert "Traceback" not in said
    assert process.returncode == 0
