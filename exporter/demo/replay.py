"""Replays the captured answers of a real gateway, from a folder of files named after the paths."""

import json
import re
from pathlib import Path

from exporter.demo.answer import ABSENT, Answer, Headers

# These describe the captured connection, and the server of the replay writes its own.
UNREPEATABLE = {
    "connection",
    "content-encoding",
    "content-length",
    "date",
    "keep-alive",
    "set-cookie",
    "transfer-encoding",
}
LOG = "_log.json"
STAND_INS = {
    "production.json_details_1": ("production.json",),
    "home.json": ("home",),
    "home": ("home.json",),
    "inventory.json": ("inventory",),
    "inventory": ("inventory.json",),
}


class Replay:
    """A gateway that answers what one was once heard to answer; what was not captured is a 404."""

    def __init__(self, folder: Path) -> None:
        self._files = {file.name: file for file in folder.iterdir() if file.is_file()}
        info = self.answer("/info", 0).body.decode(errors="replace")
        self.serial = _element("sn", info)
        self.tokens = _element("web-tokens", info) == "true"
        self.moment = float(_element("time", info) or 0)
        """When the capture was made, by the gateway's clock: ages are right at this time."""

    @property
    def targets(self) -> list[str]:
        """The paths that were captured, each with its query: the names' underscores undone."""
        names = sorted(name for name in self._files if not name.startswith("_"))
        return [f"/{name}" for name in names if not name.endswith(LOG)]

    def answer(self, target: str, moment: float) -> Answer:  # noqa: ARG002 - a capture stands still
        """Answer as captured, whatever the time."""
        name = re.sub(r"[/?=&]", "_", target.removeprefix("/"))
        for candidate in (name, *STAND_INS.get(name, ())):
            if candidate.startswith("_") or candidate.endswith(LOG):
                continue
            if candidate in self._files or candidate + LOG in self._files:
                return self._captured(candidate)
        return ABSENT

    def _captured(self, name: str) -> Answer:
        body, log = self._files.get(name), self._files.get(name + LOG)
        logged = json.loads(log.read_bytes()) if log else {}
        headers = _headers(logged.get("headers") or {})
        return Answer(int(logged.get("code") or 200), headers, body.read_bytes() if body else b"")


def _headers(logged: dict[str, object]) -> Headers:
    pairs = ((name.lower(), str(value).strip()) for name, value in logged.items())
    return tuple(pair for pair in pairs if pair[0] not in UNREPEATABLE and pair[1].isprintable())


def _element(tag: str, xml: str) -> str:
    found = re.search(rf"<{tag}>\s*([^<]*?)\s*</{tag}>", xml)
    return found[1] if found else ""
