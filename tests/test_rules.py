"""The rules for Prometheus: they load, they fire when they should, and they are documented."""

import contextlib
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest
import yaml
from harness import free_port, program, running
from test_prometheus import eventually, query

ROOT = Path(__file__).parents[1]
RULES = ROOT / "rules"
FILES = [RULES / "recording.yml", RULES / "alerts.yml"]
TESTS = sorted((RULES / "tests").glob("*.yml"))
REFERENCE = (ROOT / "docs" / "metrics.md").read_text()
RUNBOOK = (ROOT / "docs" / "alerts.md").read_text()
RUNBOOK_BASE = "docs/alerts.md#"
FLOWS = {
    "production": "production",
    "grid_import": "grid_import",
    "grid_export": "grid_export",
    "storage_charge": "storage_charge",
    "storage_discharge": "storage_discharge",
    "consumption_metered": "consumption",
}
"""What the energy rules call each flow, and what its counter calls it."""

KINDS = ("fires", "waits", "is quiet")


def load(path: Path) -> Any:
    """Read a YAML file."""
    return yaml.safe_load(path.read_text())


def rules(kind: str) -> list[dict[str, Any]]:
    """List all rules of a kind, ``record`` or ``alert``."""
    groups = [group for path in FILES for group in load(path)["groups"]]
    return [rule for group in groups for rule in group["rules"] if kind in rule]


ALERTS = sorted({rule["alert"] for rule in rules("alert")})
CASES: list[dict[str, Any]] = [case for path in TESTS for case in load(path)["tests"]]


def cases(alert: str, kind: str) -> list[dict[str, Any]]:
    """List the tests of one kind of an alert: their names begin with both."""
    return [case for case in CASES if case["name"].startswith(f"{alert} {kind}: ")]


def test_promtool_finds_nothing_wrong_with_the_rules() -> None:
    """Promtool accepts the rules with all its lints."""
    check = [program("promtool", "prometheus"), "check", "rules", "--lint=all", "--lint-fatal"]
    subprocess.run([*check, *map(str, FILES)], check=True)


def test_the_rules_do_what_their_tests_say() -> None:
    """Promtool runs the tests of all rules, and none fails."""
    test = [program("promtool", "prometheus"), "test", "rules"]

    def run(path: Path) -> str:
        done = subprocess.run([*test, str(path)], capture_output=True, text=True, check=False)
        return done.stdout + done.stderr if done.returncode else ""

    with ThreadPoolExecutor() as pool:
        assert "".join(pool.map(run, TESTS)) == ""


def test_every_metric_in_the_rules_exists() -> None:
    """Rules ask only for metrics that the reference lists, and for what other rules record."""
    listed = set(re.findall(r"^\| `(\w+)` \|", REFERENCE, re.MULTILINE))
    recorded = {rule["record"] for rule in rules("record")}
    asked = "\n".join(rule["expr"] for kind in ("record", "alert") for rule in rules(kind))
    names = set(re.findall(r"\benphase_(\w+)", asked))
    assert len(names) > 30
    assert names - listed == set()
    used = set(re.findall(r"\benphase:\w+:\w+", asked))
    assert used - recorded == set()
    thresholds = {name for name in recorded if name.startswith("enphase:threshold_")}
    assert thresholds - used == set()


def test_no_alert_holds_a_threshold_of_the_house() -> None:
    """Thresholds are constants at the top of the recording rules, each with its reason."""
    first, *others = load(FILES[0])["groups"]
    assert all(re.fullmatch(r"vector\([\d. *]+\)", rule["expr"]) for rule in first["rules"])
    assert not any("vector(" in rule["expr"] for group in others for rule in group["rules"])
    text = FILES[0].read_text()
    reasons = re.findall(r"# .+\n(?: +- record: .+\n +expr: .+\n){1,2}", text.partition(":\n")[2])
    assert sum(reason.count("- record: enphase:threshold_") for reason in reasons) == len(
        first["rules"]
    )


def test_every_flow_of_energy_is_counted_alike() -> None:
    """The rules of all counters differ in nothing but the counter's name."""
    recorded = {rule["record"]: rule["expr"] for rule in rules("record")}
    for window in ("1h", "1d"):
        shapes = {
            recorded[f"enphase:{name}_kwh:increase{window}"].replace(
                f"enphase_{counter}_energy_joules_total", "COUNTER"
            )
            for name, counter in FLOWS.items()
        }
        assert len(shapes) == 1
        assert "COUNTER" in shapes.pop()


@pytest.mark.parametrize("rule", rules("alert"), ids=lambda rule: str(rule["alert"]))
def test_every_alert_says_what_happens_where_and_what_to_do(rule: dict[str, Any]) -> None:
    """An alert has a severity, a summary, a description with value and place, and a runbook."""
    notes = rule["annotations"]
    assert rule["labels"]["severity"] in {"critical", "warning", "info"}
    assert set(notes) == {"summary", "description", "runbook_url"}
    assert "{{ $labels.instance }}" in notes["description"]
    assert "$value" in notes["description"]
    assert notes["runbook_url"] == RUNBOOK_BASE + rule["alert"].lower()


def test_every_alert_stands_in_its_documentation_and_no_other() -> None:
    """Each alert has one section, in the order of the file, and no section is without an alert."""
    in_order = list(dict.fromkeys(rule["alert"] for rule in rules("alert") if "alert" in rule))
    sections = re.findall(r"^## (\w+)$", RUNBOOK, re.MULTILINE)
    assert sections == in_order
    for section in RUNBOOK.split("\n## ")[1:]:
        assert "* **Do:**" in section
        assert "* **Tune:**" in section


def test_the_documentation_names_no_rule_or_metric_that_is_none() -> None:
    """Whoever copies a name from the documentation of the alerts finds it."""
    recorded = {rule["record"] for rule in rules("record")}
    listed = set(re.findall(r"^\| `(\w+)` \|", REFERENCE, re.MULTILINE))
    assert set(re.findall(r"\benphase:\w+:\w+", RUNBOOK)) - recorded == set()
    assert set(re.findall(r"\benphase_(\w+)", RUNBOOK)) - listed == set()
    assert set(re.findall(r"\bEnphase[A-Z]\w+", RUNBOOK)) - set(ALERTS) == set()


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("alert", ALERTS)
def test_every_alert_is_tested_in_three_ways(alert: str, kind: str) -> None:
    """Each alert has a test in which it fires, one in which it waits, and one without it."""
    found = cases(alert, kind)
    assert found
    for case in found:
        if kind == "fires":
            alerted = [test for test in case.get("alert_rule_test", []) if "exp_alerts" in test]
            firing = [test for test in case.get("promql_expr_test", []) if _fires(alert, test)]
            assert alerted or firing
        else:
            # At any moment until then, not at one alone.
            ever = "present_over_time(ALERTS"
            (test,) = [test for test in case["promql_expr_test"] if ever in test["expr"]]
            samples = [sample["labels"] for sample in test.get("exp_samples", [])]
            assert not any("firing" in labels for labels in samples)
            assert kind == "waits" or not samples


def test_each_severity_of_an_alert_is_seen_firing() -> None:
    """Also where an alert has several severities, each of them has been told, word by word."""
    told = {
        (test["alertname"], expected["exp_labels"]["severity"])
        for case in CASES
        for test in case.get("alert_rule_test", [])
        for expected in test.get("exp_alerts", [])
    }
    assert told == {(rule["alert"], rule["labels"]["severity"]) for rule in rules("alert")}


def test_every_alert_is_tried_on_two_gateways() -> None:
    """Where an alert fires in a test, another gateway is there as well."""
    alone = [
        alert
        for alert in ALERTS
        if not any(
            len(set(re.findall(r'(?:instance|gateway)="(\w+)"', yaml.safe_dump(case)))) > 1
            for case in cases(alert, "fires")
        )
    ]
    assert alone == []


@pytest.fixture(scope="module")
def evaluated(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Run a Prometheus with the rules in front of two demos, and wait until it knows them."""
    prometheus = program("prometheus", "prometheus")
    folder = tmp_path_factory.mktemp("prometheus")
    demos = [f"127.0.0.1:{free_port()}" for _ in range(2)]
    own = f"127.0.0.1:{free_port()}"
    configuration = folder / "prometheus.yml"
    settings = {
        "global": {"scrape_interval": "1s", "scrape_timeout": "1s", "evaluation_interval": "1s"},
        "rule_files": [str(path) for path in FILES],
        "scrape_configs": [{"job_name": "any job", "static_configs": [{"targets": demos}]}],
    }
    configuration.write_text(yaml.safe_dump(settings))
    server = [
        prometheus,
        f"--config.file={configuration}",
        f"--storage.tsdb.path={folder / 'data'}",
        f"--web.listen-address={own}",
    ]
    with (
        running(_demo(demos[0], "everything")),
        running(_demo(demos[1], "three-phase")),
        running(server),
    ):
        eventually(own, "count(enphase_up == 1)", 2.0)
        eventually(own, "count(enphase:self_sufficiency:ratio1d)", 2.0)
        yield own


def test_all_rules_evaluate_on_a_real_prometheus(evaluated: str) -> None:
    """With the demo's metrics no rule fails, and none has not been evaluated."""
    states = _states(evaluated)
    assert len(states) == len(rules("record")) + len(rules("alert"))
    failed = [(state["name"], state.get("lastError")) for state in states if _failed(state)]
    assert failed == []


def test_recording_rules_have_a_value_for_each_gateway(evaluated: str) -> None:
    """An American and a European home both have energy, shares, inverters and voltages."""
    for name in ("production_kwh:increase1h", "consumption_kwh:increase1d", "own_use:ratio1d"):
        assert eventually(evaluated, f"count(enphase:{name})", 2.0)
    assert sorted(query(evaluated, "enphase:nominal_voltage:volts")) == [120.0, 230.0]
    assert eventually(evaluated, "count(enphase:inverter_power:ratio_to_median)", 48.0)
    assert len(query(evaluated, "enphase:inverters_reporting:ratio == 1")) == 2


def test_nothing_fires_at_the_demos_home(evaluated: str) -> None:
    """Nothing is wrong at noon, and so no alert is even on its way."""
    assert query(evaluated, "ALERTS") == []


def _fires(alert: str, test: dict[str, Any]) -> bool:
    """See whether a query's test expects this alert to fire."""
    said = test["expr"] + "".join(sample["labels"] for sample in test.get("exp_samples", []))
    return alert in said and "firing" in said


def _demo(address: str, profile: str) -> list[str]:
    # Prometheus has the real clock, by which the demo's token of another year may have ended.
    noon = f"{datetime.now(UTC).year}-06-21T13:00-07:00"
    command = [sys.executable, "-m", "exporter", "demo", f"--web.listen-address={address}"]
    return [*command, "--profile", profile, "--clock", noon]


def _states(address: str) -> list[dict[str, Any]]:
    """Wait until each rule has been evaluated once, and return how they fared."""
    found: list[dict[str, Any]] = []
    for _ in range(300):
        with contextlib.suppress(httpx.HTTPError):
            answer = httpx.get(f"http://{address}/api/v1/rules").json()
            found = [rule for group in answer["data"]["groups"] for rule in group["rules"]]
        if found and all(rule["health"] != "unknown" for rule in found):
            break
        time.sleep(0.1)
    return found


def _failed(state: dict[str, Any]) -> bool:
    return state["health"] != "ok" or "lastError" in state
