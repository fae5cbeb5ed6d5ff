"""The command line: ``enphase-exporter serve``, ``check``, ``trust`` and ``demo``."""

import signal
import sys
from collections.abc import Callable, Sequence
from functools import partial
from types import FrameType
from typing import NoReturn

from exporter import __version__
from exporter.settings_source import WrongSettingError

USAGE = """\
usage: enphase-exporter COMMAND [--SETTING=VALUE ...]

commands:
  serve    answer Prometheus (the default)
  check    try each step once, say what was found; the exit code says whether all is well
  trust    believe the certificate that the gateway shows now
  demo     serve a simulated home, with gateway and cloud: no hardware, no account

'enphase-exporter serve --help' lists the settings. Each can also be an environment variable
(--tls.trust is ENPHASE_TLS__TRUST) or stand in the YAML file that --config.file names.
"""


def serve(arguments: Sequence[str]) -> int:
    """Answer Prometheus until told to end."""
    # Until the settings can be read again, a SIGHUP asks for what is just being done.
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    from exporter.server import serve as run  # noqa: PLC0415  each command loads only its own
    from exporter.settings_source import load  # noqa: PLC0415  the same

    return run(load(arguments), partial(load, arguments))


def check(arguments: Sequence[str]) -> int:
    """Try each step once."""
    from exporter.check import check as run  # noqa: PLC0415  each command loads only its own
    from exporter.settings_source import load  # noqa: PLC0415  the same

    return run(load(arguments))


def trust(arguments: Sequence[str]) -> int:
    """Believe the certificate shown now."""
    from exporter.check import trust as run  # noqa: PLC0415  each command loads only its own
    from exporter.settings_source import load  # noqa: PLC0415  the same

    return run(load(arguments))


def demo(arguments: Sequence[str]) -> int:
    """Serve a simulated home."""
    from exporter.playing import play  # noqa: PLC0415  each command loads only its own

    return play(arguments)


COMMANDS: dict[str, Callable[[Sequence[str]], int]] = {
    "serve": serve,
    "check": check,
    "trust": trust,
    "demo": demo,
}


def run(arguments: Sequence[str]) -> int:
    """Run a command; return the process's exit code."""
    if arguments[:1] in (["--help"], ["-h"], ["help"]):
        print(USAGE, end="")
        return 0
    if arguments[:1] == ["--version"]:
        print(f"enphase-exporter {__version__}")
        return 0
    name, rest = "serve", arguments
    if arguments and not arguments[0].startswith("-"):
        name, *rest = arguments
    if name not in COMMANDS:
        print(f"enphase-exporter: there is no command '{name}'\n\n{USAGE}", end="", file=sys.stderr)
        return 2
    try:
        return COMMANDS[name](rest)
    except WrongSettingError as error:
        print(f"enphase-exporter: {error}", file=sys.stderr)
        return 2


def main() -> NoReturn:
    """Run the command that the process was started with."""
    # uvicorn ends by itself, then raises the signal again, whose default would be an exit code 143.
    signal.signal(signal.SIGTERM, _end)
    sys.exit(run(sys.argv[1:]))


def _end(number: int, frame: FrameType | None) -> None:
    del number, frame
    sys.exit(0)
