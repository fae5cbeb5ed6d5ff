"""``check`` and ``trust``: what a person is told, and the exit code."""

from collections.abc import Callable, Iterator

import pytest
from harness import own_logging

from exporter import clock
from exporter.check import check, trust
from exporter.demo.answer import ABSENT, Answer
from exporter.demo.faults import Fault
from exporter.demo.world import World
from exporter.endpoint import INFO, METERS
from exporter.settings import Settings

Configure = Callable[..., Settings]
Output = pytest.CaptureFixture[str]


@pytest.fixture(autouse=True)
def logging_restored() -> Iterator[None]:
    """Undo what the commands do to this process's logging."""
    with own_logging():
        yield


class Legacy:
    """A gateway with firmware below 7, and little to say."""

    serial = "121700123456"
    tokens = False

    def answer(self, target: str, moment: float) -> Answer:  # noqa: ARG002  it stands still
        """Answer who it is."""
        if target == INFO.path:
            info = f"<envoy_info><device><sn>{self.serial}</sn></device></envoy_info>"
            return Answer(200, (), info.encode())
        return ABSENT


def test_a_good_setup_is_shown_step_by_step(
    world: World, configure: Configure, capsys: Output, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Gateway, certificate, login, every collector and some figures: all is well, so 0."""
    monkeypatch.setattr(clock, "wall", world.clock)
    assert check(configure(world)) == 0
    output = capsys.readouterr().out
    assert output.startswith(f"home ({world.gateway_server.address})\n")
    for step in (
        f"ok    gateway                    serial {world.source.serial}, at https://",
        "ok    certificate                SHA-256 ",
        "ok    login                      token for the role owner, ends in 365 days",
        "enphase_production_power_watts ",
    ):
        assert step in output
    assert "FAIL" not in output
    assert world.password not in output
    assert world.username not in output


def test_a_wrong_password_is_told(world: World, configure: Configure, capsys: Output) -> None:
    """A wrong password is a failed login, said in words, and 1; it is tried once."""
    assert check(configure(world, ENPHASE_PASSWORD="wrong-password")) == 1
    output = capsys.readouterr().out
    assert "FAIL  login                      Enlighten refuses ENPHASE_USERNAME" in output
    assert "wrong-password" not in output
    assert sum(world.cloud.logins.values()) == 1


def test_a_person_who_checks_again_is_not_made_to_wait(
    world: World, configure: Configure, capsys: Output
) -> None:
    """Each ``check`` makes an attempt of its own, whatever the last one came to."""
    settings = configure(world)
    world.cloud.mfa = True
    assert check(settings) == 1
    assert "ENPHASE_TOKEN_FILE" in capsys.readouterr().out
    world.cloud.mfa = False
    assert check(settings) == 0


def test_a_gateway_that_is_off_is_told(world: World, configure: Configure, capsys: Output) -> None:
    """Where nobody answers, that is the first and only thing said, and 1."""
    settings = configure(world)
    world.gateway_server.stop()
    assert check(settings) == 1
    first, second = capsys.readouterr().out.splitlines()
    assert first.startswith("home (")
    assert second.startswith("  FAIL  gateway ")
    assert "cannot be reached" in second
    assert not world.cloud.requests


def test_a_page_that_fails_is_told(world: World, configure: Configure, capsys: Output) -> None:
    """A gateway that answers but for one page is not all well."""
    world.gateway.faults[METERS.path] = Fault.UNAVAILABLE
    assert check(configure(world)) == 1
    output = capsys.readouterr().out
    assert "FAIL" in output
    assert METERS.path in output


def test_old_firmware_needs_no_login(configure: Configure, capsys: Output) -> None:
    """A gateway with firmware below 7 has neither certificate nor token, which is no failure."""
    with World(Legacy()) as world:
        check(configure(world))
    output = capsys.readouterr().out
    assert "serial 121700123456, at http://" in output
    assert "certificate" not in output
    assert "login" not in output


def test_a_changed_certificate_is_told_and_can_be_trusted(
    world: World, configure: Configure, capsys: Output
) -> None:
    """After a gateway was replaced, ``check`` names ``trust``, and ``trust`` mends it."""
    settings = configure(world)
    assert check(settings) == 0
    world.new_certificate()
    capsys.readouterr()
    assert check(settings) == 1
    assert "run 'enphase-exporter trust'" in capsys.readouterr().out
    assert trust(settings) == 0
    assert "ok    certificate                trusted now: SHA-256 " in capsys.readouterr().out
    assert check(settings) == 0


def test_trust_needs_the_gateway(world: World, configure: Configure, capsys: Output) -> None:
    """A gateway that is off cannot be trusted anew: 1."""
    settings = configure(world)
    world.gateway_server.stop()
    assert trust(settings) == 1
    assert "FAIL  certificate                " in capsys.readouterr().out


def test_trust_is_for_pins(world: World, configure: Configure, capsys: Output) -> None:
    """Where nothing is pinned there is nothing to trust anew, and the setting is named."""
    assert trust(configure(world, ENPHASE_TLS__TRUST="off")) == 1
    assert "ENPHASE_TLS__TRUST is not 'pin'" in capsys.readouterr().out


def test_trust_has_nothing_to_do_without_tls(configure: Configure, capsys: Output) -> None:
    """Firmware below 7 has no certificate, and that is said."""
    with World(Legacy()) as world:
        assert trust(configure(world)) == 1
    assert "has none" in capsys.readouterr().out


def test_several_gateways_are_all_checked(
    world: World, configure: Configure, capsys: Output
) -> None:
    """One gateway that fails does not keep the others from being checked, but it is 1."""
    good = world.gateway_server.address
    settings = configure(
        world, ENPHASE_GATEWAYS__gone__HOST="127.0.0.1:1", ENPHASE_GATEWAYS__good__HOST=good
    )
    assert check(settings) == 1
    output = capsys.readouterr().out
    assert "gone (127.0.0.1:1)\n  FAIL  gateway" in output
    assert f"good ({good})\n  ok    gateway" in output
    assert "ok    login" in output
