"""What the documentation says is true."""

import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from harness import Exporting, last_noon
from pydantic import BaseModel

import exporter
from exporter.demo.clock import Clock
from exporter.demo.world import World
from exporter.settings import PREFIX, Settings

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text()


def names(model: type[BaseModel], prefix: str = PREFIX) -> Iterator[str]:
    """Name every setting as its environment variable."""
    for name, field in model.model_fields.items():
        kind = field.annotation
        if isinstance(kind, type) and issubclass(kind, BaseModel):
            yield from names(kind, f"{prefix}{name}__".upper())
        elif name != "gateways":  # several gateways stand in the YAML file
            yield f"{prefix}{name}".upper()


@pytest.mark.parametrize("name", list(names(Settings)))
def test_every_setting_stands_in_the_readme(name: str) -> None:
    """Whoever reads the README knows all settings."""
    assert f"`{name}`" in README


def test_the_readme_names_no_setting_that_is_none() -> None:
    """Every variable in the README is a setting."""
    assert set(re.findall(r"\bENPHASE_\w+", README)) <= set(names(Settings))


async def test_the_readme_names_no_metric_that_is_none(exporting: Exporting) -> None:
    """Every metric in the README's table is shown by the demo with all equipment."""
    table = README.partition("## Metrics")[2].partition("\n## ")[0]
    with World(clock=Clock(last_noon()), profile="everything") as world:
        async with exporting(world) as client:
            await client.scrape()
            exposed = await client.scrape()
    listed = re.findall(r"`([a-z]+[a-z_]+_[a-z_]+|up)`", table.replace("enphase_", ""))
    named = [name for name in listed if name]
    assert len(named) > 20
    shown = {name.removeprefix("enphase_") for name, _ in exposed.samples}
    shown |= {name.removesuffix("_count") for name in shown}
    assert [name for name in named if name not in shown] == []


def test_the_reference_of_metrics_is_current() -> None:
    """docs/metrics.md is what the code says now."""
    check = [sys.executable, str(ROOT / "docs" / "reference.py"), "--check"]
    done = subprocess.run(check, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")


def test_home_assistants_entities_lead_to_metrics() -> None:
    """Every metric in the table from Home Assistant stands in the reference."""
    reference = (ROOT / "docs" / "metrics.md").read_text()
    head, _, table = reference.partition("## From Home Assistant's entities")
    listed = set(re.findall(r"^\| `(\w+)` \|", head, re.MULTILINE))
    named = set(re.findall(r"(?<![\w=\"])([a-z]+(?:_[a-z]+){1,8})(?![\w*\"])", table))
    metrics = {name for name in named if name.rpartition("_")[0]} - {"grid_", "meter"}
    assert len(listed) > 120
    assert {name for name in metrics if name.startswith(PREFIXES) and name not in listed} == set()


PREFIXES = tuple(
    f"{subject}_"
    for subject in [
        "production",
        "grid",
        "consumption",
        "storage",
        "battery",
        "ac_battery",
        "inverter",
        "meter",
        "system_controller",
        "dry_contact",
        "collar",
        "combiner",
        "generator",
    ]
)


def test_each_bad_day_is_proven_by_a_test_that_exists() -> None:
    """Every row of docs/reliability.md names at least one test, and every test named is there."""
    text = (ROOT / "docs" / "reliability.md").read_text()
    rows = re.findall(r"^\| (?!---|what happens)(.*) \|$", text, re.MULTILINE)
    assert len(rows) > 30
    for row in rows:
        named = re.findall(r"`(tests/[\w/]+\.py)::(\w+)`", row.rpartition(" | ")[2])
        assert named, row
        for file, name in named:
            found = re.search(rf"^(async )?def {name}\(", (ROOT / file).read_text(), re.MULTILINE)
            assert found, f"{file}::{name}"


def test_the_changelog_tells_of_this_version() -> None:
    """The newest entry of the changelog is the version that the program says it is."""
    newest = re.search(r"^## (\S+)", (ROOT / "CHANGELOG.md").read_text(), re.MULTILINE)
    assert newest is not None
    assert newest[1] == exporter.__version__
