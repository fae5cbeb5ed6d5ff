"""The dashboards: current, clean, and every query of theirs answered by a real Prometheus."""

import json
import math
import re
import shutil
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import httpx
import pytest
from build import BOARDS, dashboards
from harness import ROOT, free_port, program, running
from past import MIDNIGHT, NOON, STEP
from test_prometheus import eventually, watching
from viewing import SECONDS, Answer, Panel, View

FOLDER = ROOT / "grafana" / "dashboards"
LINTER = ROOT.parent / "shared" / "tools" / "render"
FILES = sorted(FOLDER.glob("*.json"))
MOMENTS = {"noon": NOON, "midnight": MIDNIGHT}
SITES = {
    "everything": "home",
    "two gateways": "home|shed",
    "no meters, no battery": "shed",
    "three phases, no battery": "farm",
}

ROOF = 10_000.0
"""Watts; a little more than such a roof makes."""

board = pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
moment = pytest.mark.parametrize("moment", MOMENTS)


def load(file: Path) -> Panel:
    """Read a dashboard."""
    loaded: Panel = json.loads(file.read_text(encoding="utf-8"))
    return loaded


def test_the_files_are_current() -> None:
    """What Grafana imports is what the sources say: run ``make dashboards`` after a change."""
    written = {file.name: file.read_text(encoding="utf-8") for file in FILES}
    assert written == dashboards()


def test_addresses_stay() -> None:
    """Bookmarks and links hold on to the uid; none changes or goes."""
    assert [file.stem for file in FILES] == [
        "enphase-battery",
        "enphase-energy",
        "enphase-exporter",
        "enphase-grid",
        "enphase-inverters",
        "enphase-overview",
    ]
    assert [load(file)["uid"] for file in FILES] == [file.stem for file in FILES]
    assert len(BOARDS) == len(FILES)


def test_the_linter_finds_nothing(tmp_path: Path) -> None:
    """Grafana's rules for dashboards hold: variables, units, descriptions, queries, places."""
    if not LINTER.exists():
        pytest.skip("the linter lies in ../shared/tools/render, which is not here")
    node, npm = program("node", "nodejs"), program("npm", "npm")
    tool = tmp_path / "linter"
    shutil.copytree(LINTER, tool, ignore=shutil.ignore_patterns("node_modules"))
    for path in (tool, *tool.rglob("*")):
        path.chmod(path.stat().st_mode | 0o200)
    subprocess.run([npm, "ci", "--no-fund", "--no-audit"], check=True, cwd=tool)
    options = ["--metric-prefix=enphase_", f"--allow={','.join(NOT_OURS)}"]
    done = subprocess.run(
        [node, tool / "lint.mjs", *FILES, *options], check=False, capture_output=True, text=True
    )
    assert f"{len(FILES)} file(s), 0 error(s), 0 warning(s)" in done.stdout, done.stdout


NOT_OURS = (
    "up",
    "scrape_duration_seconds",
    "scrape_samples_scraped",
    "ALERTS",
    "process_cpu_seconds_total",
    "process_resident_memory_bytes",
    "process_open_fds",
    "process_start_time_seconds",
)
"""Metrics of Prometheus and of every process."""


PROCESS = {"Started", "Processor", "Memory", "Open files"}
"""Panels about a running process, of which a written past tells nothing."""

WELL = {
    "enphase-exporter": PROCESS
    | {
        "Collectors that fail",
        "Pages that failed",
        "Values that made no sense",
        "Logins to the cloud",
    },
    "enphase-grid": {"Faults now"},
    "enphase-inverters": {"Silent inverters", "Inverters that fell silent by day"},
    "enphase-overview": {"Alerts that fire"},
}
"""By dashboard, the panels that are empty, and say so in words, while nothing is wrong."""


@board
@moment
@pytest.mark.parametrize("site", SITES)
def test_every_query_is_answered(week: httpx.Client, file: Path, moment: str, site: str) -> None:
    """No query fails, no value is absurd, and what is not there is said in words."""
    view = View(week, MOMENTS[moment], STEP, {"instance": SITES[site]})
    for panel, answers in view.look(load(file)):
        for answer in answers:
            plausible(panel, answer)
        if not any(answer.series for answer in answers):
            title, said = panel["title"], panel["fieldConfig"]["defaults"]["noValue"]
            assert said != "No data", f"{title} is empty and does not say why"
            lacking = "no battery" in site or moment == "midnight"
            assert lacking or title in WELL.get(file.stem, ()), f"{title} is empty: {said}"


def test_a_running_exporter_fills_the_panels_about_its_process(tmp_path: Path) -> None:
    """With a live exporter, memory, processor, files and logins are there as well."""
    exporter, own = f"localhost:{free_port()}", f"127.0.0.1:{free_port()}"
    demo = [sys.executable, "-m", "exporter", "demo", f"--web.listen-address={exporter}"]
    with running(demo), running(watching(tmp_path, exporter, own)):
        assert eventually(own, "count_over_time(process_cpu_seconds_total[20s]) > bool 7", 1.0)
        with httpx.Client(base_url=f"http://{own}") as client:
            view = View(client, datetime.now(UTC), 5, since="now-1m")
            answered = {
                panel["title"]
                for panel, answers in view.look(load(FOLDER / "enphase-exporter.json"))
                if any(answer.series for answer in answers)
            }
    assert answered >= PROCESS


@board
def test_annotations_tell_what_happened(week: httpx.Client, file: Path) -> None:
    """In this week the gateway was silent, and there was no grid; its firmware did not change."""
    view = View(week, NOON, STEP, {"instance": "home"})
    told = {answer.panel: max(answer.values, default=0) for answer in view.annotations(load(file))}
    assert told == {"Gateway silent": 1, "Firmware changed": 0, "Grid lost": 1}


def plausible(panel: Panel, answer: Answer) -> None:
    """Check each value: finite, shares between 0 and 1, energies such as a roof can make."""
    where = f"{panel['title']}: {answer.expression}"
    assert all(map(math.isfinite, answer.values)), where
    face = panel["fieldConfig"]["defaults"]
    if face.get("unit") == "percentunit" and face.get("max") == 1:
        assert all(0 <= value <= 1 for value in answer.values), where
    windows = re.findall(r"\[(\d+)([smhdw])", answer.expression)
    if face.get("unit") == "watth" and windows:
        longest = max(int(number) * SECONDS[unit] for number, unit in windows)
        most = 2 * ROOF * max(longest, 3600) / 3600
        assert all(abs(value) <= most for value in answer.values), where
