"""The exporter under a real Prometheus, as a user runs the two."""

import contextlib
import json
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import httpx
import pytest
from harness import ROOT, free_port, program, running

CONFIGURATION = ROOT / "prometheus.yml"


def test_the_projects_prometheus_scrapes_the_demo(tmp_path: Path) -> None:
    """With the project's own configuration, up and enphase_up are 1 and the numbers are there."""
    exporter, own = f"localhost:{free_port()}", f"127.0.0.1:{free_port()}"
    demo = [sys.executable, "-m", "exporter", "demo", f"--web.listen-address={exporter}"]
    with running(demo), running(watching(tmp_path, exporter, own)):
        assert eventually(own, 'up{job="enphase"}', 1.0)
        assert eventually(own, "enphase_up", 1.0)
        assert query(own, "enphase_inverters") == [24.0]
        assert query(own, "count(enphase_collector_success == 0)") == []
        kinds = metadata(own)
    # OpenMetrics names a counter's family without its suffix.
    assert kinds["enphase_production_energy_joules"] == "counter"
    assert kinds["enphase_production_power_watts"] == "gauge"


def test_promtool_accepts_the_projects_configuration() -> None:
    """Promtool finds nothing wrong with prometheus.yml."""
    promtool = program("promtool", "prometheus")
    subprocess.run([promtool, "check", "config", str(CONFIGURATION)], check=True)


def test_every_option_in_the_configuration_still_works_commented_in(tmp_path: Path) -> None:
    """The job for several gateways, commented out, is good configuration too."""
    promtool = program("promtool", "prometheus")
    lines = CONFIGURATION.read_text().splitlines()
    jobs = [line.replace("# ", "", 1) for line in lines if line.startswith(("  # -", "  #   "))]
    several = tmp_path / "several.yml"
    several.write_text("scrape_configs:\n" + "\n".join(jobs) + "\n")
    assert "relabel_configs" in several.read_text()
    subprocess.run([promtool, "check", "config", str(several)], check=True)


def watching(folder: Path, exporter: str, own: str) -> list[str]:
    """Return the command of a Prometheus with the project's configuration, that scrapes often."""
    text = CONFIGURATION.read_text().replace("localhost:9433", exporter)
    assert exporter in text
    configuration = folder / "prometheus.yml"
    configuration.write_text(text.replace("15s", "1s", 1).replace("10s", "1s", 1))
    return [
        program("prometheus", "prometheus"),
        f"--config.file={configuration}",
        f"--storage.tsdb.path={folder / 'data'}",
        f"--web.listen-address={own}",
    ]


def query(address: str, expression: str) -> list[float]:
    """Ask a Prometheus."""
    parameters = {"query": expression}
    answer = httpx.get(f"http://{address}/api/v1/query", params=parameters).raise_for_status()
    return [float(series["value"][1]) for series in answer.json()["data"]["result"]]


def metadata(address: str) -> dict[str, Any]:
    """Return the type of each metric that a Prometheus knows."""
    answer = json.loads(httpx.get(f"http://{address}/api/v1/metadata").text)
    return {name: found[0]["type"] for name, found in answer["data"].items()}


def eventually(address: str, expression: str, value: float) -> bool:
    """Wait until a Prometheus says this value."""
    for _ in range(600):
        with contextlib.suppress(httpx.HTTPError):  # 503 while it is starting
            if value in query(address, expression):
                return True
        time.sleep(0.1)
    pytest.fail(f"{expression} never was {value}")
