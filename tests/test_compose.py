"""The files that bring up everything at once: they fit together, and name nothing that is missing.

There is no container engine here; what can be tried without one is tried.
"""

import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml
from harness import ROOT, program

FOLDER = ROOT / "compose"
GRAFANA = ROOT / "grafana"
PROVISIONING = "/etc/grafana/provisioning"


def loaded(path: Path) -> Any:
    """Read a YAML file."""
    return yaml.safe_load(path.read_text())


COMPOSE = loaded(ROOT / "compose.yaml")
SERVICES: dict[str, Any] = COMPOSE["services"]


@pytest.mark.parametrize("name", SERVICES)
def test_images_are_pinned(name: str) -> None:
    """Each image is one version, or built here."""
    service = SERVICES[name]
    assert "build" in service or re.fullmatch(r"[a-z/]+:v?\d+\.\d+\.\d+", service["image"])


@pytest.mark.parametrize("name", SERVICES)
def test_mounts_exist(name: str) -> None:
    """Each file and folder that is mounted is in the project, and each volume is declared."""
    for mount in SERVICES[name].get("volumes", ()):
        source, _, target = mount.partition(":")
        assert target.startswith("/")
        if source.startswith("./"):
            assert (ROOT / source).exists()
        else:
            assert source in COMPOSE["volumes"]


@pytest.mark.parametrize("name", SERVICES)
def test_services_get_no_rights(name: str) -> None:
    """Read-only, no capabilities beyond what a comment explains, ports of this machine alone."""
    service = SERVICES[name]
    assert service["read_only"]
    assert service["cap_drop"] == ["ALL"]
    assert ("cap_add" in service) == (name == "demo-import")
    assert all(port.startswith("127.0.0.1:") for port in service.get("ports", ()))


def test_who_waits_for_whom_exists() -> None:
    """Services wait for health checks that are there; those of another profile are optional."""
    for service in SERVICES.values():
        for name, wait in service.get("depends_on", {}).items():
            other = SERVICES[name]
            if wait["condition"] == "service_healthy":
                assert "healthcheck" in other or "build" in other  # the image has its own
            optional = "profiles" in other and "profiles" not in service
            assert wait.get("required", True) != optional


def test_the_demo_needs_no_account() -> None:
    """Nothing that the demo profile runs has a secret or a variable of the home's."""
    for service in SERVICES.values():
        if service.get("profiles") != ["home"]:
            assert "secrets" not in service
            assert "${" not in str(service)


def test_prometheus_is_configured_as_without_containers() -> None:
    """Only addresses differ from prometheus.yml."""
    text = str(loaded(FOLDER / "prometheus.yml"))
    for name in ("exporter", "alertmanager"):
        text = text.replace(f"{name}:", "localhost:")
    assert text == str(loaded(ROOT / "prometheus.yml"))


def test_prometheus_and_alertmanager_accept_their_files(tmp_path: Path) -> None:
    """Their own tools find nothing wrong."""
    (tmp_path / "rules").symlink_to(ROOT / "rules")
    configuration = tmp_path / "prometheus.yml"
    configuration.write_text((FOLDER / "prometheus.yml").read_text())
    promtool = program("promtool", "prometheus")
    amtool = program("amtool", "prometheus-alertmanager")
    subprocess.run([promtool, "check", "config", str(configuration)], check=True)
    subprocess.run([amtool, "check-config", str(FOLDER / "alertmanager.yml")], check=True)


def test_grafana_finds_its_data_source_and_dashboards() -> None:
    """Provisioning is mounted, and points at what is mounted; the interval is Prometheus's."""
    mounts = dict(mount.split(":")[:2] for mount in SERVICES["grafana"]["volumes"])
    assert mounts["./grafana/provisioning"] == PROVISIONING
    (provider,) = loaded(GRAFANA / "provisioning/dashboards/enphase.yml")["providers"]
    assert provider["options"]["path"] == mounts["./grafana/dashboards"]
    assert list((GRAFANA / "dashboards").glob("*.json"))
    (source,) = loaded(GRAFANA / "provisioning/datasources/prometheus.yml")["datasources"]
    assert source["uid"] == "enphase-prometheus"
    assert source["url"] == "http://prometheus:9090"
    interval = loaded(FOLDER / "prometheus.yml")["global"]["scrape_interval"]
    assert source["jsonData"]["timeInterval"] == interval
    home = SERVICES["grafana"]["environment"]["GF_DASHBOARDS_DEFAULT_HOME_DASHBOARD_PATH"]
    assert (GRAFANA / "dashboards" / Path(home).name).exists()


def test_the_demos_past_is_imported(tmp_path: Path) -> None:
    """The commands of the two services work, one after the other, and once only."""
    program("promtool", "prometheus")
    history, data = tmp_path / "history", tmp_path / "prometheus"
    history.mkdir()
    data.mkdir()
    bin_ = Path(sys.executable).parent

    def run(name: str) -> None:
        (script,) = SERVICES[name]["command"]
        for old, new in (
            ("/history/", f"{history}/"),
            (" /prometheus", f" {data}"),
            ("--history 14d", "--history 1h"),
            ("chown -R 65534:65534", "test -d"),
            ("enphase-exporter", f"{bin_ / 'enphase-exporter'}"),
        ):
            script = script.replace(old, new)
        subprocess.run(["/bin/sh", "-c", script], check=True)

    for _ in range(2):
        run("demo-history")
        run("demo-import")
    assert [path.name for path in history.iterdir()] == ["done"]
    assert len(list(data.iterdir())) == 1
