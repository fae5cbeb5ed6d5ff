"""The first bad inputs of ``make fuzz`` for every parser: the same ones each time."""

import pytest

from fuzz.access_side import TARGETS as ACCESS
from fuzz.cloud_side import TARGETS as CLOUD
from fuzz.exporter_side import TARGETS as EXPORTER
from fuzz.gateway_side import TARGETS as GATEWAY
from fuzz.mutation import Mutator
from fuzz.target import SECRET, Target

INPUTS = 40


@pytest.mark.parametrize(
    "target", [*GATEWAY, *CLOUD, *EXPORTER, *ACCESS], ids=lambda target: target.name
)
def test_bad_input_keeps_every_promise(target: Target) -> None:
    """Whatever comes is read or refused: no surprise, no secret told, no senseless number."""
    failures = [failure for n in range(INPUTS) if (failure := target.attack(n))]
    assert failures == []


@pytest.mark.parametrize("error", [ValueError(SECRET), RuntimeError("odd")])
def test_a_broken_promise_is_found(error: Exception) -> None:
    """A refusal that repeats a secret, and any error but a refusal, are failures."""

    def fail(given: object) -> None:
        raise error

    assert Target("odd", Mutator.often, fail, (ValueError,)).attack(0)


def test_an_input_can_be_made_again() -> None:
    """The same number means the same input, so that a failure can be looked at."""
    for target in (*GATEWAY, *CLOUD, *EXPORTER, *ACCESS):
        assert repr(target.input(7)) == repr(target.input(7))
