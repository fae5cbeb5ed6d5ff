"""Writes the dashboards, grafana/dashboards/*.json, from their sources in grafana/boards."""

import sys
from pathlib import Path

from boards import battery, energy, exporter, grid, inverters, overview
from boards.board import encode

TARGET = Path(__file__).parent / "dashboards"
BOARDS = (overview, energy, inverters, grid, battery, exporter)


def dashboards() -> dict[str, str]:
    """Return the JSON of every dashboard under its file's name."""
    built = (module.board() for module in BOARDS)
    return {f"{board.uid}.json": encode(board) for board in built}


def main() -> None:
    """Write all, and remove what is no dashboard any more."""
    files = dashboards()
    TARGET.mkdir(exist_ok=True)
    for stale in TARGET.glob("*.json"):
        if stale.name not in files:
            stale.unlink()
    for name, text in files.items():
        (TARGET / name).write_text(text, encoding="utf-8")
    sys.stderr.write(f"{len(files)} dashboards in {TARGET}\n")


if __name__ == "__main__":
    main()
