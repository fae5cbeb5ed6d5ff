"""Feeds bad input to every parser for some time; prints how much, and what went wrong."""

import argparse
import re
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from fuzz.chance import seeded
from fuzz.target import Target
from fuzz.targets import TARGETS

FOUND = Path(".fuzz")
"""Where inputs that reach new code are kept, to go on from the next time."""

FIRST, SIZE = 50, 512
"""How many inputs to begin with, and how many bytes of choices each may take."""

OPTIONS = (
    f"-max_len={SIZE}",
    "-len_control=0",  # short inputs are no simpler: where bytes end, choices do not
    "-timeout=10",
    "-rss_limit_mb=2048",
    "-print_final_stats=1",
)


class Tally(NamedTuple):
    """How one target fared."""

    inputs: int
    covered: int
    """Places in the exporter's code that were reached."""

    slowest: int
    peak: int
    failure: str


def attack(target: Target, seconds: float) -> Tally:
    """Attack one target for some time, in a process of its own."""
    folder = FOUND / target.name.replace(" ", "-")
    _begin(folder)
    time = f"-max_total_time={max(round(seconds), 1)}"
    prefix = f"-artifact_prefix={folder}."
    engine = _engine(target.name, *OPTIONS, time, prefix, str(folder))
    failed = engine.returncode != 0
    return Tally(
        inputs=_figure(r"number_of_executed_units: (\d+)", engine.stderr),
        covered=_figure(r"\bcov: (\d+)", engine.stderr),
        slowest=_figure(r"slowest_unit_time_sec: +(\d+)", engine.stderr),
        peak=_figure(r"peak_rss_mb: +(\d+)", engine.stderr),
        failure=engine.stdout + engine.stderr if failed else "",
    )


def again(target: Target, file: Path) -> int:
    """Feed one input that was kept; returns 1 if it fails."""
    engine = _engine(target.name, *OPTIONS, str(file))
    print(engine.stdout + engine.stderr if engine.returncode else "it does not fail")
    return int(engine.returncode != 0)


def main() -> int:
    """Fuzz; the exit code is 1 where anything went wrong."""
    parser = argparse.ArgumentParser(prog="python -m fuzz", description=__doc__)
    parser.add_argument("--seconds", type=float, default=60.0, help="time for all targets")
    parser.add_argument("--only", choices=[t.name for t in TARGETS], help="one target alone")
    parser.add_argument("--again", type=Path, metavar="FILE", help="feed --only one input again")
    options = parser.parse_args()
    chosen = [target for target in TARGETS if options.only in {None, target.name}]
    if options.again:
        return again(chosen[0], options.again)
    return _fuzz(chosen, options.seconds)


def _fuzz(targets: Sequence[Target], seconds: float) -> int:
    shares = sum(target.share for target in targets)
    tallies = []
    print(f"{'target':<18}{'inputs':>10}{'covered':>10}{'slowest':>10}{'peak':>10}")
    for target in targets:
        tally = attack(target, seconds * target.share / shares)
        tallies.append(tally)
        print(f"{target.name:<18}{tally.inputs:>10}{tally.covered:>10}", end="")
        print(f"{tally.slowest:>8} s{tally.peak:>7} MB", flush=True)
        if tally.failure:
            print(f"FAIL\n{tally.failure}")
    failures = sum(bool(tally.failure) for tally in tallies)
    print(f"{sum(tally.inputs for tally in tallies)} inputs, {failures} failures")
    return int(failures > 0)


def _engine(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "fuzz.engine", *arguments]
    return subprocess.run(command, capture_output=True, text=True, errors="replace", check=False)


def _begin(folder: Path) -> None:
    """Have inputs to begin with, on the first time."""
    folder.mkdir(parents=True, exist_ok=True)
    for number in range(FIRST):
        (folder / f"first-{number}").write_bytes(seeded(str(number)).randbytes(SIZE))


def _figure(pattern: str, text: str) -> int:
    """Return the last such figure in libFuzzer's output."""
    return int([0, *re.findall(pattern, text)][-1])


if __name__ == "__main__":
    sys.exit(main())
