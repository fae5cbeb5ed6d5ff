"""Alerts on their whole way: exporter, Prometheus, Alertmanager, from the project's own files."""

import contextlib
import json
import shutil
import sys
import time
from contextlib import ExitStack
from pathlib import Path

import httpx
import pytest
from harness import ROOT, free_port, program, running


def test_an_exporter_that_stops_is_told_by_alertmanager(tmp_path: Path) -> None:
    """When the exporter is gone, its alert arrives, with what to do."""
    exporter, own, manager = (f"127.0.0.1:{free_port()}" for _ in range(3))
    configuration = configured(tmp_path, exporter, manager)
    prometheus = [
        program("prometheus", "prometheus"),
        f"--config.file={configuration}",
        f"--storage.tsdb.path={tmp_path / 'data'}",
        f"--web.listen-address={own}",
    ]
    alertmanager = [
        program("prometheus-alertmanager", "prometheus-alertmanager"),
        f"--config.file={ROOT / 'compose' / 'alertmanager.yml'}",
        f"--storage.path={tmp_path / 'alertmanager'}",
        f"--web.listen-address={manager}",
        "--cluster.listen-address=",
    ]
    demo = [sys.executable, "-m", "exporter", "demo", f"--web.listen-address={exporter}"]
    with ExitStack() as processes:
        processes.enter_context(running(alertmanager))
        processes.enter_context(running(prometheus))
        with running(demo):
            eventually(f"http://{own}/api/v1/query?query=enphase_up", '"1"]')
        alerts = eventually(f"http://{manager}/api/v2/alerts", "EnphaseExporterDown")
    (alert,) = [a for a in json.loads(alerts) if a["labels"]["alertname"] == "EnphaseExporterDown"]
    assert alert["labels"]["instance"] == exporter
    assert alert["labels"]["severity"] == "critical"
    assert alert["receivers"] == [{"name": "you"}]
    assert exporter in alert["annotations"]["description"]
    assert alert["annotations"]["runbook_url"] == "docs/alerts.md#enphaseexporterdown"


def configured(folder: Path, exporter: str, manager: str) -> Path:
    """Copy prometheus.yml and its rules: with other addresses, less patience, and nothing else."""
    shutil.copytree(ROOT / "rules", folder / "rules")
    alerts = folder / "rules" / "alerts.yml"
    alerts.write_text(alerts.read_text().replace("for: 5m", "for: 1s"))
    text = (ROOT / "prometheus.yml").read_text()
    for old, new in (
        ("localhost:9433", exporter),
        ("localhost:9093", manager),
        ("scrape_interval: 15s", "scrape_interval: 1s\n  evaluation_interval: 1s"),
        ("scrape_timeout: 10s", "scrape_timeout: 1s"),
    ):
        assert old in text
        text = text.replace(old, new, 1)
    configuration = folder / "prometheus.yml"
    configuration.write_text(text)
    return configuration


def eventually(url: str, part: str) -> str:
    """Ask until the answer holds something; return it."""
    for _ in range(600):
        with contextlib.suppress(httpx.HTTPError):  # while it is starting
            answer = httpx.get(url).text
            if part in answer:
                return answer
        time.sleep(0.1)
    pytest.fail(f"{url} never said {part}")
