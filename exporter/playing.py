"""Runs the demo: a simulated world, and the exporter's whole real path against it."""

import os
import tempfile
from argparse import ArgumentParser, ArgumentTypeError
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

from exporter.demo.clock import Clock
from exporter.demo.faults import Fault
from exporter.demo.profile import DEFAULT, PROFILES
from exporter.demo.replay import Replay
from exporter.demo.world import World
from exporter.server import serve
from exporter.settings import PREFIX
from exporter.settings_source import load

OURS = ("HOST", "SERIAL", "USERNAME", "PASSWORD", "TOKEN", "TLS__", "DIGEST__", "CLOUD__", "CONFIG")
"""Settings of a real gateway, which must not leak into the demo."""


def play(arguments: Sequence[str]) -> int:
    """Serve the simulated home until told to end; returns the exit code."""
    options, rest = _parser().parse_known_args(arguments)
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
    parser.add_argument(
        "--clock",
        type=_moment,
        metavar="TIME",
        help="the home's time at the start, such as 2026-06-21T13:00+00:00; default: now",
    )
    parser.add_argument(
        "--speed", type=float, default=1.0, help="how much faster the home's time goes"
    )
    parser.add_argument(
        "--fault",
        type=_fault,
        action="append",
        default=[],
        metavar="PATH=KIND",
        help=f"answer a path ('*' for all) wrongly: {', '.join(Fault)}",
    )
    return parser


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


def _fault(text: str) -> tuple[str, Fault]:
    path, _, kind = text.rpartition("=")
    try:
        return path, Fault(kind)
    except ValueError:
        raise ArgumentTypeError(f"should be PATH=KIND, a kind of {', '.join(Fault)}") from None
