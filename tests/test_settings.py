"""Settings: from flags, environment and YAML, and one clear line for each that is wrong."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exporter import address
from exporter.setting_values import secret, state_dir
from exporter.settings import Settings
from exporter.settings_source import WrongSettingError, load, unknown

SECRET = "hunter2-sunny"
FOLDER = str(Path(__file__).parent)


def environment(monkeypatch: pytest.MonkeyPatch, **settings: object) -> None:
    """Set variables."""
    for name, value in settings.items():
        monkeypatch.setenv(f"ENPHASE_{name}", str(value))


@pytest.fixture
def yaml(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a configuration file that the environment names."""
    file = tmp_path / "exporter.yaml"
    file.touch()
    monkeypatch.setenv("ENPHASE_CONFIG__FILE", str(file))
    return file


def wrong(*arguments: str) -> str:
    """Load settings that are wrong; return what is said of them, which must be one line."""
    with pytest.raises(WrongSettingError) as caught:
        load(arguments)
    text = str(caught.value)
    assert len(text.splitlines()) == 1
    assert SECRET not in text
    assert caught.value.__cause__ is None
    return text


def test_a_host_is_enough(monkeypatch: pytest.MonkeyPatch) -> None:
    """All that must be set is where the gateway is; the rest has defaults."""
    environment(monkeypatch, HOST="envoy.local")
    settings = load([])
    (name,) = settings.sites()
    assert (name, settings.sites()[name].host) == ("home", "envoy.local")
    assert (settings.tls.trust, settings.web.listen_address) == ("pin", ":9433")
    assert (settings.scrape.timeout, settings.scrape.in_flight) == (10, 2)


@pytest.mark.parametrize(
    ("settings", "line"),
    [
        ({}, "ENPHASE_HOST is missing"),
        ({"HOST": ""}, "ENPHASE_HOST is missing"),
        ({"HOST": "https://"}, "ENPHASE_HOST should be like"),
        ({"HOST": "ftp://envoy"}, "ENPHASE_HOST should be like"),
        ({"HOST": "envoy.local/metrics"}, "ENPHASE_HOST should be like"),
        ({"HOST": "envoy:port"}, "ENPHASE_HOST is no address"),
        ({"HOST": f"http://me:{SECRET}@envoy"}, "ENPHASE_HOST is no address"),
        ({"HOST": f"http://:{SECRET}@envoy"}, "ENPHASE_HOST is no address"),
        ({"HOST": "envoy.local\n"}, "ENPHASE_HOST is no address"),
        ({"HOST": "x", "SERIAL": "12 34"}, "ENPHASE_SERIAL"),
        ({"HOST": "x", "NAME": "../home"}, "ENPHASE_NAME"),
        ({"HOST": "x", "USERNAME": "me"}, "ENPHASE_PASSWORD is missing"),
        ({"HOST": "x", "PASSWORD": SECRET}, "ENPHASE_USERNAME is missing"),
        (
            {"HOST": "x", "USERNAME": "me", "PASSWORD": SECRET, "PASSWORD_FILE": __file__},
            "ENPHASE_PASSWORD and its file are both set",
        ),
        ({"HOST": "x", "TOKEN": SECRET, "TOKEN_FILE": "/x"}, "ENPHASE_TOKEN and its file"),
        ({"HOST": "x", "USERNAME": "me", "PASSWORD_FILE": "/nowhere"}, "ENPHASE_PASSWORD_FILE"),
        ({"HOST": "x", "USERNAME": "me", "PASSWORD_FILE": FOLDER}, "ENPHASE_PASSWORD_FILE"),
        ({"HOST": "x", "DIGEST__PASSWORD_FILE": "/nowhere"}, "ENPHASE_DIGEST__PASSWORD_FILE"),
        ({"HOST": "x", "TLS__TRUST": "maybe"}, "ENPHASE_TLS__TRUST should be 'pin', 'ca' or 'off'"),
        ({"HOST": "x", "TLS__TRUST": "ca"}, "ENPHASE_TLS__CA_FILE should be a file"),
        ({"HOST": "x", "TLS__CA_FILE": "/nowhere"}, "ENPHASE_TLS__CA_FILE should be a file"),
        ({"HOST": "x", "TLS__CA_FILE": __file__}, "ENPHASE_TLS__CA_FILE should be a file"),
        ({"HOST": "x", "CLOUD__CA_FILE": "/nowhere"}, "ENPHASE_CLOUD__CA_FILE should be a file"),
        ({"HOST": "x", "TLS__TRSUT": "pin"}, "tls.trsut is no setting"),
        ({"HOST": "x", "TLS": "pin"}, 'error parsing value for field "tls"'),
        ({"HOST": "x", "CLOUD__FIRST": "oauth"}, "ENPHASE_CLOUD__FIRST should be"),
        ({"HOST": "x", "CLOUD__ENTREZ_URL": "http://entrez"}, "ENPHASE_CLOUD__ENTREZ_URL"),
        ({"HOST": "x", "CLOUD__ENLIGHTEN_URL": "https://"}, "ENPHASE_CLOUD__ENLIGHTEN_URL"),
        ({"HOST": "x", "WEB__LISTEN_ADDRESS": "9433"}, "ENPHASE_WEB__LISTEN_ADDRESS"),
        ({"HOST": "x", "WEB__LISTEN_ADDRESS": ":99999"}, "ENPHASE_WEB__LISTEN_ADDRESS"),
        ({"HOST": "x", "WEB__TELEMETRY_PATH": "metrics"}, "ENPHASE_WEB__TELEMETRY_PATH"),
        ({"HOST": "x", "SCRAPE__TIMEOUT": "soon"}, "ENPHASE_SCRAPE__TIMEOUT should be"),
        ({"HOST": "x", "SCRAPE__TIMEOUT": "0"}, "ENPHASE_SCRAPE__TIMEOUT should be"),
        ({"HOST": "x", "SCRAPE__IN_FLIGHT": "99"}, "ENPHASE_SCRAPE__IN_FLIGHT should be"),
        ({"HOST": "x", "WEB__CONFIG__FILE": "/no\nwhere"}, "ENPHASE_WEB__CONFIG__FILE should be a"),
        ({"HOST": "x", "WEB__CONFIG__FILE": "/nowhere"}, "/nowhere: should be a file that can be"),
        ({"HOST": "x", "LOG__LEVEL": "loud"}, "ENPHASE_LOG__LEVEL should be"),
        ({"HOST": "x", "CONFIG__FILE": "/nowhere"}, "ENPHASE_CONFIG__FILE should be a file"),
        ({"HOST": "x", "CONFIG__FILE": FOLDER}, "ENPHASE_CONFIG__FILE should be a file"),
        ({"GATEWAYS": f'{{"a": "{SECRET}'}, 'error parsing value for field "gateways"'),
        ({"GATEWAYS": '["a"]'}, "gateways should be"),
        ({"GATEWAYS": '{"roof": {}}'}, "gateways.roof.host is missing"),
        ({"GATEWAYS": '{"../roof": {"host": "x"}}'}, "gateways"),
        ({"GATEWAYS": '{"roof": {"host": "/"}}'}, "gateways.roof.host should be like"),
        ({"GATEWAYS": '{"roof": {"hots": "x"}}'}, "gateways.roof.hots is no setting"),
        (
            {"GATEWAYS": f'{{"roof": {{"host": "x", "token": "{SECRET}", "token_file": "/x"}}}}'},
            "gateways.roof.token and its file are both set",
        ),
    ],
)
def test_what_is_wrong_is_one_line_that_names_it(
    monkeypatch: pytest.MonkeyPatch, settings: dict[str, str], line: str
) -> None:
    """Each wrong or missing setting is named as the user writes it, and no secret is repeated."""
    environment(monkeypatch, **settings)
    assert line in wrong()


@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        (["--tls.trust=maybe"], "ENPHASE_TLS__TRUST should be"),
        (["--hots=x"], "--hots"),
        ([f"--passwort={SECRET}"], "--passwort"),
        (["--passwort", SECRET], "--passwort"),
        (["--host"], "--host: expected one argument"),
        ([f"--password={SECRET}"], "use --password-file"),
        (["--password", SECRET], "use --password-file"),
        ([f"--token={SECRET}"], "use --token-file"),
        ([f"--digest.password={SECRET}"], "use --digest.password-file"),
        ([f'--digest={{"password": "{SECRET}"}}'], "use --digest.password-file"),
        ([f'--gateways={{"roof": {{"password": "{SECRET}"}}}}'], "use --config.file"),
    ],
)
def test_wrong_flags_are_named(
    monkeypatch: pytest.MonkeyPatch, arguments: list[str], line: str
) -> None:
    """A flag that is unknown or incomplete is named without its value; secrets have no flags."""
    environment(monkeypatch, HOST="x")
    assert line in wrong(*arguments)


@pytest.mark.parametrize(
    ("content", "line"),
    [
        (b"host: [", "ENPHASE_CONFIG__FILE is no YAML file near line 1"),
        (b"\thost: x", "ENPHASE_CONFIG__FILE is no YAML file"),
        (b"- host", "ENPHASE_CONFIG__FILE holds no settings by name"),
        (b"host", "ENPHASE_CONFIG__FILE holds no settings by name"),
        (b"host: !!bool hunter2-sunny", "ENPHASE_CONFIG__FILE holds a value that does not fit"),
        (b"host: !!int ''", "ENPHASE_CONFIG__FILE holds a value that does not fit its tag"),
        (b"host: \xff", "ENPHASE_CONFIG__FILE should be a file of UTF-8 text"),
        (b"host: " + b"[" * 3000, "ENPHASE_CONFIG__FILE is nested too deep"),
        (b"host: x\nhost: y", "ENPHASE_CONFIG__FILE host stands twice, near line 2"),
        (b"hots: x", "hots is no setting"),
        (b"host: x\ntls: {trsut: pin}", "tls.trsut is no setting"),
        (b"host: x\ntls: pin", "ENPHASE_TLS should be"),
        (b"gateways: {roof: {host: x, passwort: hunter2-sunny}}", "gateways.roof.passwort is no"),
        (b"{host: x, password:hunter2-sunny}", "password is no setting"),
        (b"gateways: {roof:hunter2-sunny}", "gateways.roof String should match"),
        (b"host: x\npassword: hunter2-sunny", "ENPHASE_USERNAME is missing"),
        (b"", "ENPHASE_HOST is missing"),
    ],
)
def test_a_wrong_file_is_named(yaml: Path, content: bytes, line: str) -> None:
    """What is wrong in the YAML file is told with its place there."""
    yaml.write_bytes(content)
    assert line in wrong()


def test_a_flag_wins_over_a_variable_over_the_file(
    yaml: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The nearer to the start of the process a setting was made, the more it counts."""
    yaml.write_text("host: file\nserial: 1\nweb: {listen_address: ':1', telemetry_path: /file}\n")
    environment(monkeypatch, SERIAL="2", WEB__LISTEN_ADDRESS=":2")
    settings = load(["--web.listen-address=:3"])
    assert (settings.host, settings.serial) == ("file", "2")
    assert settings.web.listen_address == ":3"
    assert settings.web.telemetry_path == "/file"


def test_the_file_may_be_named_by_a_flag(tmp_path: Path) -> None:
    """``--config.file`` does what its variable does."""
    file = tmp_path / "exporter.yaml"
    file.write_text("host: envoy.local\nname: roof\n")
    for arguments in ([f"--config.file={file}"], ["--config.file", str(file)]):
        assert list(load(arguments).sites()) == ["roof"]


def test_settings_can_be_given_by_a_program() -> None:
    """What the program itself gives wins over all."""
    settings = load(["--host=flag"], {"host": "given", "tls": {"trust": "off"}})
    assert (settings.host, settings.tls.trust) == ("given", "off")


@pytest.mark.parametrize("password", ["012345", "1_000", "0x1F", "12:30", "1.50", "yes", "1e3"])
def test_a_value_is_the_text_that_stands_there(yaml: Path, password: str) -> None:
    """What YAML would read as another number, or as yes and no, is taken word for word."""
    yaml.write_text(
        f"host: envoy\nserial: 0123456701\npassword: {password}\nusername: me\n"
        "tls: {trust: off}\nscrape: {timeout: 2.5, in_flight: 3}\nweb: {enable_lifecycle: yes}\n"
    )
    settings = load([])
    assert (settings.tls.trust, settings.serial) == ("off", "0123456701")
    assert secret(settings.password, None) == password
    assert (settings.scrape.timeout, settings.scrape.in_flight) == (2.5, 3)
    assert settings.web.enable_lifecycle


def test_several_gateways_take_the_rest_from_the_top(yaml: Path, tmp_path: Path) -> None:
    """What a gateway leaves out it takes from the top, section by section."""
    file = tmp_path / "token"
    file.touch()
    yaml.write_text(
        "username: me\n"
        "password: top\n"
        "tls: {trust: off}\n"
        "gateways:\n"
        "  roof: {host: 192.0.2.1}\n"
        f"  barn: {{host: 192.0.2.2, token_file: {file}, tls: {{trust: pin}}}}\n"
    )
    sites = load([]).sites()
    assert {name: site.host for name, site in sites.items()} == {
        "roof": "192.0.2.1",
        "barn": "192.0.2.2",
    }
    roof, barn = sites["roof"], sites["barn"]
    assert (roof.username, secret(roof.password, None), roof.tls.trust) == ("me", "top", "off")
    assert (barn.username, barn.token_file, barn.tls.trust) == ("me", file, "pin")


def test_an_account_may_be_told_in_parts(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A gateway's own name joins the password at the top; its own password puts that one aside."""
    file = tmp_path / "password"
    file.write_text("other")
    environment(
        monkeypatch,
        PASSWORD=SECRET,
        GATEWAYS=f'{{"roof": {{"host": "a", "username": "me"}}, "barn": '
        f'{{"host": "b", "username": "you", "password_file": "{file}"}}}}',
    )
    sites = load([]).sites()
    told = {name: secret(site.password, site.password_file) for name, site in sites.items()}
    assert told == {"roof": SECRET, "barn": "other"}


def test_an_account_has_one_password(yaml: Path) -> None:
    """Two passwords for one username are a mistake, and would each make the other be tried anew."""
    roof = f"roof: {{host: a, username: me, password: {SECRET}}}"
    yaml.write_text(f"gateways:\n  {roof}\n  barn: {{host: b, username: me, password: other}}\n")
    assert "gateways.barn.password is another one than its username has" in wrong()
    yaml.write_text(f"gateways:\n  {roof}\n  barn: {{host: b, username: you, password: other}}\n")
    assert len(load([]).sites()) == 2


def test_several_gateways_can_be_variables(monkeypatch: pytest.MonkeyPatch) -> None:
    """A container without a file can have several gateways too."""
    environment(monkeypatch, GATEWAYS__roof__HOST="192.0.2.1", GATEWAYS__barn__HOST="192.0.2.2")
    assert sorted(load([]).sites()) == ["barn", "roof"]


def test_secrets_may_stand_in_files(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A password in a file is read without the end of its line."""
    file = tmp_path / "password"
    file.write_text(f"{SECRET}\n")
    environment(monkeypatch, HOST="x", USERNAME="me", PASSWORD_FILE=file)
    settings = load([])
    assert secret(settings.password, settings.password_file) == SECRET
    assert secret(None, None) == ""


def test_secrets_do_not_print(monkeypatch: pytest.MonkeyPatch) -> None:
    """Printing the settings shows no password and no token."""
    environment(monkeypatch, HOST="x", USERNAME="me", PASSWORD=SECRET, DIGEST__PASSWORD=SECRET)
    settings = load([])
    assert SECRET not in repr(settings)
    assert SECRET not in str(settings.sites())


def test_misspelt_variables_are_found() -> None:
    """A variable with our prefix that means nothing is told; Kubernetes's own are passed over."""
    names = {
        "ENPHASE_HSOT": "x",
        "ENPHASE_HOST": "x",
        "ENPHASE_TLS__TRUST": "pin",
        "ENPHASE_GATEWAYS__roof__HOST": "x",
        "ENPHASE_EXPORTER_SERVICE_HOST": "10.0.0.1",
        "ENPHASE_EXPORTER_PORT_9433_TCP": "tcp://10.0.0.1:9433",
        "PATH": "/bin",
    }
    assert list(unknown(names)) == ["ENPHASE_HSOT"]


def test_kubernetes_variables_are_no_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    """A service called enphase-exporter does not keep the exporter from starting."""
    environment(monkeypatch, HOST="x", EXPORTER_PORT="tcp://10.0.0.1:9433", EXPORTER_SERVICE_PORT=1)
    assert load([]).host == "x"


@pytest.mark.parametrize(
    ("variables", "expected"),
    [
        ({"STATE_DIRECTORY": "/var/lib/enphase:/other"}, "/var/lib/enphase"),
        ({"XDG_STATE_HOME": "/state"}, "/state/enphase-exporter"),
        ({"HOME": "/home/me"}, "/home/me/.local/state/enphase-exporter"),
    ],
)
def test_state_is_kept_where_the_system_says(
    monkeypatch: pytest.MonkeyPatch, variables: dict[str, str], expected: str
) -> None:
    """Under systemd that is its state directory, else the user's own place."""
    for name in ("STATE_DIRECTORY", "XDG_STATE_HOME"):
        monkeypatch.delenv(name, raising=False)
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    assert state_dir() == Path(expected)
    environment(monkeypatch, HOST="x")
    assert load([]).state_dir == Path(expected)


@pytest.mark.parametrize(
    "host", ["envoy.local", "192.0.2.7:8443", "http://192.0.2.7", "https://[2001:db8::7]:443/"]
)
def test_a_host_may_have_port_and_scheme(host: str) -> None:
    """Names and addresses of every kind are taken, without a slash at the end."""
    assert address.host(host) == host.rstrip("/")


@pytest.mark.parametrize(
    ("text", "expected"),
    [(":9433", ("", 9433)), ("127.0.0.1:1", ("127.0.0.1", 1)), ("[::1]:9433", ("::1", 9433))],
)
def test_an_address_to_listen_on_is_split(text: str, expected: tuple[str, int]) -> None:
    """Host and port, the host empty for all addresses of the machine."""
    assert address.listening(text) == expected


@given(st.text(max_size=20))
def test_no_text_breaks_an_address(text: str) -> None:
    """Whatever stands in an address's place, it is one or a plain error of one line."""
    for check in (address.host, address.secure_url, address.listen):
        try:
            check(text)
        except ValueError as error:
            assert len(str(error).splitlines()) == 1  # noqa: PT017  it need not be raised


def test_all_sections_refuse_what_they_do_not_know() -> None:
    """In no section does a misspelt name pass unseen."""
    for name, field in Settings.model_fields.items():
        if isinstance(field.annotation, type) and hasattr(field.annotation, "model_fields"):
            with pytest.raises(WrongSettingError, match=rf"^{name}\.nonsense is no setting$"):
                load([], {"host": "x", name: {"nonsense": 1}})


@pytest.mark.parametrize(
    "text",
    [
        "[" * 3000,
        "{a: " * 3000,
        "1: 2",
        "2001-01-01: 2",
        'host: x\nusername: "\\ud800"',
        'host: x\nstate_dir: "a\\0b"',
        "host: x\nscrape: {heavy_pause: .inf}",
    ],
)
def test_no_file_ends_the_start_in_a_traceback(tmp_path: Path, text: str) -> None:
    """Nesting without end, names that are none, broken letters: one line says what is wrong."""
    file = tmp_path / "settings.yml"
    file.write_text(text)
    with pytest.raises(WrongSettingError) as caught:
        load([f"--config.file={file}"])
    assert str(caught.value).isprintable()


@pytest.mark.parametrize("name", ["ENPHASE_PASSWORD_FILE", "ENPHASE_CONFIG__FILE"])
def test_a_secret_in_place_of_its_file_is_not_repeated(
    monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    """A long password where its file's name belongs is not read in a log."""
    for variable, value in (("HOST", "x"), ("USERNAME", "you")):
        monkeypatch.setenv(f"ENPHASE_{variable}", value)
    monkeypatch.setenv(name, "hunter2" * 1000)
    with pytest.raises(WrongSettingError, match=f"{name} should be a file") as caught:
        load([])
    assert "hunter2" not in str(caught.value)


@pytest.mark.parametrize(
    "arguments", [["hunter2"], ["--passwort", "hunter2"], ["--p\nhunter2"], ["--x=y", "hunter2"]]
)
def test_no_argument_that_nobody_knows_is_repeated(arguments: list[str]) -> None:
    """A word that stands alone may be a password: only the name of a flag is told."""
    with pytest.raises(WrongSettingError, match="unrecognized arguments") as caught:
        load(["--host=x", *arguments])
    assert "hunter2" not in str(caught.value)


def test_a_flag_without_its_value_is_told() -> None:
    """--config.file without a name is one line, as any other wrong setting."""
    with pytest.raises(WrongSettingError, match=r"--config\.file"):
        load(["--config.file"])


@pytest.mark.parametrize(
    "host", ["a..b", "x" * 64, "[::1]1]", "192.0.2.7:8443:1", "1992.0.2.7", "[::1"]
)
def test_a_host_that_leads_nowhere_is_told_at_the_start(host: str) -> None:
    """What no connection can be tried to is a wrong setting, not a failure of each scrape."""
    with pytest.raises(WrongSettingError, match="ENPHASE_HOST"):
        load([f"--host={host}"])
