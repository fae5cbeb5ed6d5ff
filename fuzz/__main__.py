"""Feeds bad input to every parser for some time; prints how much, and what went wrong."""

import argparse
import itertools
import logging
import resource
import signal
import sys
import time
from dataclasses import dataclass
from types import FrameType

from fuzz.access_side import TARGETS as ACCESS
from fuzz.cloud_side import TARGETS as CLOUD
from fuzz.exporter_side import TARGETS as EXPORTER
from fuzz.gateway_side import TARGETS as GATEWAY
from fuzz.target import Target

TARGETS = (*GATEWAY, *CLOUD, *EXPORTER, *ACCESS)
PATIENCE = 10.0
"""Seconds for one input; whoever takes longer hangs."""

MEMORY = 2 * 1024**3
"""Bytes of address space for all of it; who asks for more gets a ``MemoryError``."""


class Hang(BaseException):
    """One input took too long."""


@dataclass(slots=True)
class Tally:
    """How one target fared."""

    tried: int = 0
    failed: int = 0
    slowest: float = 0.0


def attack(target: Target, number: int, tally: Tally) -> None:
    """Feed one input, and print what went wrong."""
    began = time.monotonic()
    signal.setitimer(signal.ITIMER_REAL, PATIENCE)
    try:
        failure = target.attack(number)
    except Hang:
        failure = f"input {number} takes too long: {target.input(number)!r:.2000}"
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
    tally.slowest = max(tally.slowest, time.monotonic() - began)
    tally.tried += 1
    if failure:
        tally.failed += 1
        print(f"--- {target.name}\n{failure}\n")


def run(targets: list[Target], seconds: float, first: int) -> dict[str, Tally]:
    """Attack each target for its share of the time, with inputs from the first number on."""
    tallies = {target.name: Tally() for target in targets}
    shares = sum(target.share for target in targets)
    for target in targets:
        target.input(first)  # what all inputs are made of is read once, and not counted
        end = time.monotonic() + seconds * target.share / shares
        for number in itertools.count(first):
            attack(target, number, tallies[target.name])
            if time.monotonic() > end:
                break
    return tallies


def main() -> int:
    """Fuzz; the exit code is 1 where anything went wrong."""
    parser = argparse.ArgumentParser(prog="python -m fuzz", description=__doc__)
    parser.add_argument("--seconds", type=float, default=60.0, help="time for all targets")
    parser.add_argument("--first", type=int, default=0, help="number of the first input")
    parser.add_argument("--only", choices=[t.name for t in TARGETS], help="one target alone")
    arguments = parser.parse_args()
    signal.signal(signal.SIGALRM, _hang)
    logging.disable()
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    chosen = [target for target in TARGETS if arguments.only in {None, target.name}]
    tallies = run(chosen, arguments.seconds, arguments.first)
    print(f"{'target':<18}{'inputs':>10}{'failures':>10}{'slowest':>10}")
    for name, tally in tallies.items():
        print(f"{name:<18}{tally.tried:>10}{tally.failed:>10}{tally.slowest:>9.2f}s")
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"at most {peak:.0f} MB of memory")
    return int(any(tally.failed for tally in tallies.values()))


def _hang(number: int, frame: FrameType | None) -> None:
    raise Hang


sys.exit(main())
