"""What users, their files and Prometheus send: settings, addresses, kept state, requests."""

import json
import math
import os
from collections.abc import Callable
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, cast
from urllib.parse import quote

import anyio
import httpx
from prometheus_client.openmetrics.parser import text_string_to_metric_families as openmetrics
from prometheus_client.parser import text_string_to_metric_families as plain

from exporter import address
from exporter.gateway.account import ALL, Account
from exporter.gateway.credentials import Credentials
from exporter.gateway.errors import LoginError, NotOurs, Refused
from exporter.gateway.given import Given
from exporter.gateway.record import Record, Wait
from exporter.gateway.session import Address
from exporter.gateway.state import StateFile
from exporter.gateway.tls import Certificate, Pin
from exporter.gateway.tokens import Tokens
from exporter.ledger import Ledger
from exporter.metric import LARGEST_COUNTER, counter
from exporter.settings_source import WrongSettingError, load
from exporter.web import application
from fuzz import corpus
from fuzz.cloud_side import JWT, SERIAL
from fuzz.mutation import Mutator
from fuzz.target import SECRET, Target, promise

YAML = f"""\
host: 192.0.2.7:8443
username: you@example.com
password: {SECRET}
tls: {{trust: "off"}}
scrape: {{timeout: 10, in_flight: 2}}
web: {{listen_address: ":9433", telemetry_path: /metrics}}
gateways:
  roof: &roof {{host: 192.0.2.7, serial: 122300000000}}
  barn: {{<<: *roof, token: {SECRET}}}
log: {{level: info}}
"""
VARIABLES = {
    "ENPHASE_HOST": "192.0.2.7",
    "ENPHASE_SERIAL": "122300000000",
    "ENPHASE_USERNAME": "you@example.com",
    "ENPHASE_PASSWORD": SECRET,
    "ENPHASE_TLS__TRUST": "pin",
    "ENPHASE_SCRAPE__TIMEOUT": "10",
    "ENPHASE_WEB__LISTEN_ADDRESS": ":9433",
    "ENPHASE_STATE_DIR": "/nonexistent",
    "ENPHASE_GATEWAYS": json.dumps({"roof": {"host": "192.0.2.7", "password": SECRET}}),
    "ENPHASE_DIGEST": json.dumps({"password": SECRET}),
    "ENPHASE_PASSWORD_FILE": "/etc/enphase/password",
    "ENPHASE_TOKEN_FILE": "/etc/enphase/token",
    "ENPHASE_WEB__CONFIG__FILE": "/etc/enphase/web.yml",
}
FLAGS = ("--host=192.0.2.7", "--tls.trust=off", "--log.level=info", "--web.listen-address=:9433")
ADDRESSES = (
    "envoy.local",
    "192.0.2.7:8443",
    "http://[fe80::1]",
    "[::1]:9433",
    ":9433",
    "https://x/",
)
ACCEPT = (
    "application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.6,"
    "application/openmetrics-text;version=0.0.1;q=0.5,text/plain;version=1.0.0;q=0.4,*/*;q=0.2"
)
CREDENTIALS = Credentials("you@example.com", SECRET)
ENERGY = counter("x_total", "Energy.", "a")
A_DAY = 86_400.0


def _settings(mutator: Mutator) -> tuple[str, dict[str, str], list[str]]:
    """Make a file, an environment and flags, some of them mangled."""
    text = mutator.text(YAML) if mutator.often() else YAML
    names = mutator.random.sample(list(VARIABLES), mutator.random.randint(0, 4))
    variables = {name: mutator.text(VARIABLES[name]).replace("\0", "") for name in names}
    flags = [mutator.text(flag) for flag in FLAGS if not mutator.often()]
    return text, variables, flags


def _load(given: tuple[str, dict[str, str], list[str]]) -> None:
    text, variables, flags = given
    before = dict(os.environ)
    with TemporaryDirectory() as folder:
        file = Path(folder, "settings.yml")
        file.write_text(text, encoding="utf-8")
        os.environ.update(variables | {"ENPHASE_CONFIG__FILE": str(file)})
        try:
            settings = load([flag for flag in flags if flag not in {"--help", "-h"}])
        finally:
            os.environ.clear()
            os.environ.update(before)
    promise(SECRET not in repr(settings), "settings show a secret")
    for site in settings.sites().values():
        _reach(str(site.host))


def _address(mutator: Mutator) -> str:
    return mutator.text(mutator.choice(ADDRESSES))


def _check(value: str) -> None:
    """See that an address which is taken leads somewhere."""
    for check in (address.secure_url, address.listening):
        try:
            check(value)
        except ValueError as error:
            promise(str(error), "an error without words")
    _reach(address.host(value))


def _reach(host: str) -> None:
    for url in Address(host).urls:
        parsed = httpx.URL(url + "/info")
        promise(parsed.host.encode("idna"), "a host that is none")


@cache
def _kept() -> dict[str, str]:
    """Return each kind of state, as the exporter itself writes it."""
    with TemporaryDirectory() as folder:
        file = StateFile(Path(folder, "kept"))
        no, other = Refused("no"), NotOurs("not yours")
        waits = {ALL: Wait(corpus.MIDDAY + 60, 2, no), SERIAL: Wait(corpus.MIDDAY + 9, 1, other)}
        Record(file, CREDENTIALS).save(waits)
        account = file.read()
        file.remove()
        Pin(file, lambda: corpus.MIDDAY).meet(Certificate("ab" * 32, 1.7e9, 1.8e9))
        pin = file.read()
    ledger = Ledger(None, lambda: corpus.MIDDAY, lambda: 0.0)
    list(ledger.settle(ENERGY(5e9, "a", source="meter")))
    token = f"{JWT}\n{'ab' * 8}\n{corpus.MIDDAY + 60:.0f} 2"
    kept = {"account": account, "pin": pin, "ledger": ledger.page(), "token": token}
    return {kind: text for kind, text in kept.items() if text is not None}


def _state(mutator: Mutator) -> tuple[str, bytes]:
    kind = mutator.choice(list(_kept()))
    good = _kept()[kind].encode()
    return kind, mutator.json(good) if mutator.often() else mutator.raw(good)


def _remember(given: tuple[str, bytes]) -> None:
    kind, kept = given
    with TemporaryDirectory() as folder:
        file = StateFile(Path(folder, kind))
        file.path.write_bytes(kept)
        USES[kind](file)


def _use_account(file: StateFile) -> None:
    """See that whatever is kept locks nobody out for more than a day."""
    moments = [corpus.MIDDAY]

    async def login(credentials: Credentials, serial: str) -> str:
        return JWT

    account = Account(CREDENTIALS, [login], file, lambda: moments[-1])
    try:
        anyio.run(account.token, SERIAL)
    except LoginError as error:
        promise(str(error).isprintable(), "a reason that cannot be shown")
        moments.append(moments[-1] + A_DAY + 1)
        anyio.run(account.token, SERIAL)


def _use_pin(file: StateFile) -> None:
    certificate = Pin(file, lambda: corpus.MIDDAY).certificate
    promise(certificate is None or math.isfinite(certificate.renewal), "a life without end")


def _use_counters(file: StateFile) -> None:
    ledger = Ledger(file.read(), lambda: corpus.MIDDAY, lambda: 0.0)
    told = [sample.value for sample in ledger.settle(ENERGY(6e9, "a", source="meter"))]
    promise(all(0 <= value <= LARGEST_COUNTER for value in told), "a count that is none")
    promise(len(Ledger(ledger.page())) == len(ledger), "what is kept cannot be read again")


def _use_token(file: StateFile) -> None:
    tokens = Tokens(Given(), None, file, cast("Any", None), lambda: corpus.MIDDAY)
    promise(tokens.held is None or tokens.held.text.isascii(), "a token that cannot be sent")


USES: dict[str, Callable[[StateFile], None]] = {
    "account": _use_account,
    "pin": _use_pin,
    "ledger": _use_counters,
    "token": _use_token,
}


def _request(mutator: Mutator) -> tuple[str, dict[bytes, bytes]]:
    accept = mutator.choice((ACCEPT, "application/openmetrics-text;version=1.0.0", "text/plain"))
    headers = {
        "accept": mutator.text(accept),
        "accept-encoding": mutator.text("gzip, deflate"),
        "x-prometheus-scrape-timeout-seconds": mutator.text("10"),
    }
    target = quote(mutator.raw(mutator.choice((b"home", b"192.0.2.7"))), safe="&=+%")
    path = mutator.choice(
        ("/metrics", "/", "/-/ready", "/probe?target=home", f"/probe?target={target}")
    )
    return path, {name.encode(): value.encode() for name, value in headers.items()}


def _serve(given: tuple[str, dict[bytes, bytes]]) -> None:
    path, headers = given

    async def serve() -> httpx.Response:
        app = application(SETTINGS)
        transport = httpx.ASGITransport(app)
        async with (
            app.router.lifespan_context(app),
            httpx.AsyncClient(transport=transport, base_url="http://x") as client,
        ):
            return await client.get(path, headers=list(headers.items()))

    response = anyio.run(serve)
    promise(response.status_code in {200, 400}, f"status {response.status_code}")
    kind = response.headers["content-type"]
    if response.status_code == httpx.codes.OK and "version=" in kind:
        parse: Any = openmetrics if kind.startswith("application/openmetrics") else plain
        promise(list(parse(response.text)), "an empty exposition")


SETTINGS = load([], {"host": "http://127.0.0.1:1", "state_dir": "/nonexistent/enphase"})

TARGETS = (
    Target("settings", _settings, _load, (WrongSettingError,), share=4),
    Target("addresses", _address, _check, (ValueError,)),
    Target("kept state", _state, _remember, share=2),
    Target("requests", _request, _serve),
)
