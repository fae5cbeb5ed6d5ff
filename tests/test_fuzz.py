"""The first bad inputs of ``make fuzz`` for every parser: the same ones each time."""

import importlib.util
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from harness import ROOT

from fuzz.chance import Steered, seeded
from fuzz.mutation import Mutator
from fuzz.target import SECRET, Target
from fuzz.targets import TARGETS

INPUTS = 40


@pytest.mark.parametrize("target", TARGETS, ids=lambda target: target.name)
def test_bad_input_keeps_every_promise(target: Target) -> None:
    """Whatever comes is read or refused: no surprise, no secret told, no senseless number."""
    chances = (seeded(f"{target.name} {number}") for number in range(INPUTS))
    failures = [failure for chance in chances if (failure := target.attack(chance))]
    assert failures == []


@pytest.mark.parametrize("error", [ValueError(SECRET), RuntimeError("odd")])
def test_a_broken_promise_is_found(error: Exception) -> None:
    """A refusal that repeats a secret, and any error but a refusal, are failures."""

    def fail(given: object) -> None:
        raise error

    assert Target("odd", Mutator.often, fail, (ValueError,)).attack(seeded("1"))


@pytest.mark.parametrize("target", TARGETS, ids=lambda target: target.name)
def test_an_input_can_be_made_again(target: Target) -> None:
    """The same seed, or the same bytes of a fuzzer, mean the same input."""
    data = seeded("7").randbytes(512)
    assert repr(target.input(seeded("7"))) == repr(target.input(seeded("7")))
    assert repr(target.input(Steered(data))) == repr(target.input(Steered(data)))


def test_a_fuzzer_may_choose_nothing() -> None:
    """Without bytes left, choices are still made, the first of each."""
    chance = Steered(b"")
    assert chance.choice("abc") == "a"
    assert (chance.randint(3, 9), chance.random(), chance.randbytes(2)) == (3, 0.0, b"\0\0")


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """Copy what is fuzzed and what fuzzes, so that a flaw can be planted."""
    for package in ("exporter", "fuzz"):
        shutil.copytree(ROOT / package, tmp_path / package)
    return tmp_path


def fuzz(folder: Path, *options: str) -> tuple[int, str]:
    """Fuzz what reads tokens in a folder's copy; return the exit code, and what was said."""
    if importlib.util.find_spec("atheris") is None:
        assert "CI" not in os.environ
        pytest.skip("atheris is missing: 'make .venv/fuzz' installs it on Linux")
    command = [sys.executable, "-m", "fuzz", "--only=token", *options]
    done = subprocess.run(command, check=False, capture_output=True, text=True, cwd=folder)
    return done.returncode, done.stdout + done.stderr


def test_fuzzing_tells_how_much_it_tried(copy: Path) -> None:
    """What keeps its promises ends well, with the number of inputs."""
    code, said = fuzz(copy, "--seconds=2")
    assert code == 0, said
    inputs = re.search(r"^([0-9]+) inputs, 0 failures$", said, re.MULTILINE)
    assert inputs is not None
    assert int(inputs[1]) > 50


def test_fuzzing_finds_a_flaw_and_keeps_its_input(copy: Path) -> None:
    """An error that nobody catches is told with its traceback, and can be had again."""
    file = copy / "exporter" / "gateway" / "jwt.py"
    good = file.read_text()
    flawed = good.replace("(KeyError, TypeError, ValueError, OverflowError)", "KeyError")
    assert flawed != good
    file.write_text(flawed)
    code, said = fuzz(copy, "--seconds=60")
    assert code == 1
    assert "could not convert" in said or "must be a string or a real number" in said
    (kept,) = (copy / ".fuzz").glob("token.crash-*")
    assert fuzz(copy, f"--again={kept}")[0] == 1
    file.write_text(good)
    assert fuzz(copy, f"--again={kept}") == (0, "it does not fail\n")
