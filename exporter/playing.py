"""Runs the demo: a simulated world, and the exporter's whole real path against it."""

import os
import tempfile
import time
from argparse import ArgumentParser, ArgumentTypeError, Namespace
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

from exporter.demo.clock import Clock
from exporter.demo.days import INSTALLED
from exporter.demo.faults import Fault
from exporter.demo.profile import DEFAULT, PROFILES
from exporter.demo.replay import Replay
from exporter.demo.world import World
from exporter.history import History, write
from exporter.server import serve
from exporter.settings import PREFIX
from exporter.settings_source import load

OURS = ("HOST", "SERIAL", "USERNAME", "PASSWORD", "TOKEN", "TLS__", "DIGEST__", "CLOUD__", "CONFIG")
"""Settings of a real gateway, which must not leak into the demo."""

SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86_400, "w": 604_800}

LOOKBACK = 300
"""Seconds after which a sample is too old for Prometheus: with longer steps, graphs have holes."""


def play(arguments: Sequence[str]) -> int:
    """Serve the simulated home until told to end, or write its past; returns the exit code."""
    parser = _parser()
    options, rest = parser.parse_known_args(arguments)
    if options.history is not None:
        return _write_history(parser, options, rest)
    for name in list(os.environ):
        if name.startswith(tuple(PREFIX + ours for ours in OURS)):
            del os.environ[name]
    world = World(
        Replay(options.replay) if options.replay else None,
        Clock(options.clock, options.speed),
        dict(options.fault),
        profile=options.profile,
    )
    with world, tempfile.TemporaryDirectory(prefix="enphase-demo-state-") as state:
        os.environ |= {f"{PREFIX}STATE_DIR": state} | world.settings()
        return serve(load(rest))


def _parser() -> ArgumentParser:
    parser = ArgumentParser(
        prog="enphase-exporter demo",
        description="Serve a simulated home, with its gateway and a cloud of its own. "
        "Takes the settings of 'serve' too, such as --web.listen-address.",
        allow_abbrev=False,
    )
    parser.add_argument(
        "--profile", choices=tuple(PROFILES), default=DEFAULT, help="what stands at the home"
    )
    parser.add_argument(
        "--replay", type=_folder, metavar="DIR", help="a folder of captured answers as the gateway"
    )
    _take_time(parser)
    parser.add_argument(
        "--fault",
        type=_fault,
        action="append",
        default=[],
        metavar="PATH=KIND",
        help=f"answer a path ('*' for all) wrongly: {', '.join(Fault)}",
    )
    _take_history(parser)
    return parser


def _take_time(parser: ArgumentParser) -> None:
    parser.add_argument(
        "--clock",
        type=_moment,
        metavar="TIME",
        help="the home's time at the start, such as 2026-06-21T13:00+00:00; default: now",
    )
    parser.add_argument(
        "--speed", type=float, default=1.0, help="how much faster the home's time goes"
    )


def _take_history(parser: ArgumentParser) -> None:
    group = parser.add_argument_group("history", "Do not serve, but write the home's past.")
    group.add_argument(
        "--history", type=_duration, metavar="DURATION", help="how much, such as 30d or 12h"
    )
    group.add_argument(
        "--output", type=Path, metavar="FILE", help="where to: OpenMetrics text for promtool"
    )
    group.add_argument(
        "--step", type=_step, default=60, metavar="SECONDS", help="between scrapes; default: 60"
    )
    group.add_argument("--job", default="enphase", help="the label; default: %(default)s")
    group.add_argument(
        "--instance", default="localhost:9433", help="the label; default: %(default)s"
    )


def _write_history(parser: ArgumentParser, options: Namespace, rest: Sequence[str]) -> int:
    """Write the past before the clock's time."""
    if rest or options.replay or options.fault or options.speed != 1:
        parser.error("--history takes --profile, --clock and its own options only")
    if options.output is None:
        parser.error("--history needs --output FILE")
    end = int(time.time() if options.clock is None else options.clock)
    if end - options.history - options.step < INSTALLED:
        parser.error("the home had not been installed then: it was in January 2024")
    labels = {"job": options.job, "instance": options.instance}
    past = History(options.profile, end, options.history, options.step, labels)
    try:
        write(past, options.output)
    except OSError as error:
        parser.error(f"{options.output} cannot be written: {error.strerror}")
    return 0


def _folder(text: str) -> Path:
    folder = Path(text)
    if not (folder / "info").is_file():
        raise ArgumentTypeError("should be a folder of captured answers, with a file 'info'")
    return folder


def _moment(text: str) -> float:
    try:
        return datetime.fromisoformat(text).astimezone().timestamp()
    except ValueError:
        raise ArgumentTypeError("should be like 2026-06-21T13:00+00:00") from None


def _duration(text: str) -> int:
    number, unit = text[:-1], text[-1:]
    if not number.isdecimal() or unit not in SECONDS or not int(number):
        raise ArgumentTypeError(f"should be like 30d or 12h, a unit of {', '.join(SECONDS)}")
    return int(number) * SECONDS[unit]


def _step(text: str) -> int:
    if not text.isdecimal() or not 1 <= int(text) <= LOOKBACK:
        raise ArgumentTypeError(f"should be a whole number of seconds up to {LOOKBACK}")
    return int(text)


def _fault(text: str) -> tuple[str, Fault]:
    path, _, kind = text.rpartition("=")
    try:
        return path, Fault(kind)
    except ValueError:
        raise ArgumentTypeError(f"should be PATH=KIND, a kind of {', '.join(Fault)}") from None
