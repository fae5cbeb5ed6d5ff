"""Whom the exporter trusts to be the gateway: decided before a word is said."""

import datetime as dt
import json
import math
import ssl
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from exporter.demo.certificate import Certificate as Shown
from exporter.demo.certificate import self_signed
from exporter.demo.world import World
from exporter.endpoint import INFO, METERS
from exporter.fleet import Fleet
from exporter.gateway.errors import Unreachable, Untrusted
from exporter.gateway.state import StateFile
from exporter.gateway.tls import Pin, Trust, fingerprint
from exporter.settings import Settings
from exporter.site import Site
from exporter.telemetry import Telemetry

Configure = Callable[..., Settings]


@asynccontextmanager
async def entering(settings: Settings) -> AsyncIterator[Site]:
    """Start a process with one gateway."""
    async with Fleet(settings, Telemetry()) as fleet:
        (site,) = fleet.sites.values()
        yield site


def sha256(world: World) -> str:
    """Return the fingerprint of the certificate that the gateway shows."""
    shown = world.gateway_server.certificate
    assert isinstance(shown, Shown)
    return fingerprint(ssl.PEM_cert_to_DER_cert(shown.certificate.decode()))


def days(number: float) -> dt.datetime:
    """Return the moment this many days from now."""
    return dt.datetime.now(dt.UTC) + dt.timedelta(days=number)


def counted(world: World) -> int:
    """Return how many requests have reached the gateway."""
    return sum(world.gateway.requests.values())


async def test_the_first_certificate_is_pinned(
    world: World, configure: Configure, caplog: pytest.LogCaptureFixture
) -> None:
    """The first certificate is believed, said so in the log, and kept."""
    async with entering(configure(world)) as site:
        await site.session.get(INFO)
        assert site.trust.certificate is not None
        assert site.trust.certificate.sha256 == sha256(world)
    assert f"certificate={sha256(world)} event=pinned" in caplog.text


async def test_the_certificate_is_known_after_a_restart(
    world: World, configure: Configure, caplog: pytest.LogCaptureFixture
) -> None:
    """The next process knows the certificate and its end before it meets it, and pins none."""
    async with entering(configure(world)) as site:
        await site.session.get(INFO)
        pinned = site.trust.certificate
    caplog.clear()
    async with entering(configure(world)) as site:
        assert site.trust.certificate == pinned
        await site.session.get(INFO)
    assert "event=" not in caplog.text


@pytest.mark.parametrize("restarted", [False, True], ids=["same process", "after a restart"])
async def test_another_certificate_gets_no_word_from_us(
    world: World, configure: Configure, *, restarted: bool
) -> None:
    """A certificate that changes early ends the connection: no request, no token goes there."""
    async with entering(configure(world)) as site:
        await site.session.get(INFO)
        await site.session.get(METERS)
        world.new_certificate()
        before = counted(world)
        if not restarted:
            for endpoint in (INFO, METERS):
                with pytest.raises(Untrusted if endpoint is INFO else Unreachable):
                    await site.session.get(endpoint)
            assert not site.session.up
    async with entering(configure(world)) as site:
        with pytest.raises(Untrusted, match="run 'enphase-exporter trust'") as caught:
            await site.session.get(INFO)
    assert sha256(world)[:16] in str(caught.value)
    assert "_ssl.c" not in str(caught.value)
    assert counted(world) == before


async def test_a_due_successor_is_believed(
    world: World, configure: Configure, caplog: pytest.LogCaptureFixture
) -> None:
    """In the last quarter of the old certificate's life another one is taken, kept and logged."""
    world.new_certificate(days(-300), days(65))
    async with entering(configure(world)) as site:
        await site.session.get(INFO)
        world.new_certificate()
        await site.session.get(INFO)
        assert site.trust.certificate is not None
        assert site.trust.certificate.sha256 == sha256(world)
        assert f"certificate={sha256(world)} event=renewed" in caplog.text
    world.new_certificate()
    async with entering(configure(world)) as site:
        with pytest.raises(Untrusted):
            await site.session.get(INFO)


async def test_an_early_successor_is_not_believed(world: World, configure: Configure) -> None:
    """Half way through the old certificate's life nobody renews it."""
    world.new_certificate(days(-200), days(165))
    async with entering(configure(world)) as site:
        await site.session.get(INFO)
        world.new_certificate()
        with pytest.raises(Untrusted):
            await site.session.get(INFO)


async def test_a_certificate_may_change_while_the_exporter_is_off(
    world: World, configure: Configure
) -> None:
    """A certificate that ended meanwhile is no reason to refuse its successor."""
    world.new_certificate(days(-400), days(-35))
    async with entering(configure(world)) as site:
        await site.session.get(INFO)
    world.new_certificate()
    async with entering(configure(world)) as site:
        await site.session.get(INFO)
        assert site.trust.certificate is not None
        assert site.trust.certificate.sha256 == sha256(world)


async def test_trust_given_elsewhere_is_noticed(world: World, configure: Configure) -> None:
    """What ``enphase-exporter trust`` pins from another process counts without a restart."""
    settings = configure(world)
    async with entering(settings) as running:
        await running.session.get(INFO)
        world.new_certificate()
        with pytest.raises(Untrusted):
            await running.session.get(INFO)
        async with entering(settings) as person:
            assert isinstance(person.trust, Pin)
            person.trust.take_next()
            await person.session.get(INFO)
        await running.session.get(INFO)
        assert running.session.up


def pin(**changes: object) -> str:
    """Write a pin in which something is wrong."""
    return json.dumps({"sha256": "0" * 64, "not_before": 0.0, "not_after": 1.0} | changes)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        pytest.param("[" * 100_000, id="deep"),
        '{"sha256": "ab"}',
        '{"sha256": "ab", "not_before": []',
        pin(sha256="ab"),
        pin(sha256="\ud800" * 64),
        pin(not_before=10**400),
        pin(not_after=math.nan),
    ],
)
async def test_a_damaged_pin_is_a_first_use(
    world: World, configure: Configure, caplog: pytest.LogCaptureFixture, text: str
) -> None:
    """A pin that cannot be read is spoken of, and the next certificate is pinned in its place."""
    settings = configure(world)
    file = settings.state_dir / "home.certificate.json"
    file.parent.mkdir()
    file.write_text(text)
    async with entering(settings) as site:
        await site.session.get(INFO)
    assert f"state file {file} is ignored" in caplog.text
    assert sha256(world) in file.read_text()


async def test_a_pin_that_cannot_be_kept_holds_as_long_as_the_process(
    world: World, configure: Configure
) -> None:
    """Without a state directory the first certificate is still the only one."""
    settings = configure(world)
    settings.state_dir.write_text("no folder")
    async with entering(settings) as site:
        await site.session.get(INFO)
        world.new_certificate()
        with pytest.raises(Untrusted):
            await site.session.get(INFO)


async def test_an_authority_vouches_for_the_gateway(
    world: World, configure: Configure, tmp_path: Path
) -> None:
    """With ``trust=ca``, what the file vouches for is believed, and nothing else is."""
    assert world.gateway_server.certificate is not None
    file = tmp_path / "gateway.pem"
    file.write_bytes(world.gateway_server.certificate.certificate)
    settings = configure(world, ENPHASE_TLS__TRUST="ca", ENPHASE_TLS__CA_FILE=str(file))
    async with entering(settings) as site:
        await site.session.get(INFO)
        assert site.trust.certificate is not None
        assert site.trust.certificate.sha256 == sha256(world)
        world.new_certificate()
        before = counted(world)
        with pytest.raises(Untrusted, match="CERTIFICATE_VERIFY_FAILED"):
            await site.session.get(INFO)
    assert counted(world) == before
    assert not list(settings.state_dir.glob("*.certificate.json"))


async def test_trusting_anybody_says_what_it_gives_up(
    world: World, configure: Configure, caplog: pytest.LogCaptureFixture
) -> None:
    """``trust=off`` believes every certificate, shows the last one, and warns at the start."""
    async with entering(configure(world, ENPHASE_TLS__TRUST="off")) as site:
        assert "can read the gateway's token" in caplog.text
        await site.session.get(INFO)
        world.new_certificate()
        await site.session.get(INFO)
        assert site.trust.certificate is not None
        assert site.trust.certificate.sha256 == sha256(world)


def test_a_certificate_that_makes_no_sense_is_not_believed(tmp_path: Path) -> None:
    """Bytes that are no certificate end the handshake like any other that is refused."""
    pin = Pin(StateFile(tmp_path / "pin.json"), lambda: 0.0)
    with pytest.raises(ssl.SSLError, match="cannot be read"):
        pin.judge(b"no certificate")
    assert pin.certificate is None


@pytest.mark.parametrize(
    "kept",
    [
        "[" * 100_000,
        '{"sha256": "ab", "not_before": NaN, "not_after": 1}',
        '{"sha256": "ab", "not_before": 0, "not_after": 1' + "0" * 400 + "}",
        '{"sha256": "ab", "not_before": 0, "not_after": Infinity}',
        '{"sha256": "\\ud800", "not_before": 0, "not_after": 1}',
    ],
)
def test_a_damaged_pin_is_no_pin(tmp_path: Path, kept: str) -> None:
    """Times that are none would make any certificate a due successor, or no page possible."""
    file = StateFile(tmp_path / "home.certificate.json")
    file.write(kept)
    assert Pin(file, lambda: 0.0).certificate is None


def test_a_certificate_of_no_version_is_refused() -> None:
    """A certificate that nobody can read is an error of TLS, as any other that is not believed."""
    der = ssl.PEM_cert_to_DER_cert(self_signed("1223").certificate.decode())
    version = b"\xa0\x03\x02\x01"
    assert version + b"\x02" in der
    with pytest.raises(ssl.SSLError, match="cannot be read"):
        Trust().judge(der.replace(version + b"\x02", version + b"\x01"))
