"""Writes the reference of all metrics, docs/metrics.md, from the families themselves.

What reads a family is found by running every collector over the simulated homes.
"""

import argparse
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from lxml import etree, html

from exporter import collectors, outcome
from exporter.collector import Collector
from exporter.collectors import flows, limits
from exporter.demo.documents import Documents
from exporter.demo.profile import PROFILES
from exporter.endpoint import Endpoint
from exporter.metric import Family
from exporter.telemetry import Telemetry

FOLDER = Path(__file__).parent
TARGET = FOLDER / "metrics.md"
MIDDAY = 1_782_068_400.0
MINUTE = 60
UNITS = {
    "watts": "W",
    "joules": "J",
    "volts": "V",
    "amperes": "A",
    "hertz": "Hz",
    "celsius": "°C",
    "seconds": "s",
    "ratio": "0 to 1",
    "volt_amperes": "VA",
    "volt_amperes_reactive": "var",
}
HEAD = """# Metrics

Made by `make docs` from the code; CI checks that it is current. All names begin with `enphase_`.
Unknown is absent: never 0, never -1, never NaN. What a site does not have is not there.
Energy is in joules, so that `rate()` of it is watts.

*Pages* are those of the gateway that the metric is read from. *Fresh* is how old an answer may be
before the page is asked for again; while the new one is on its way, the older one is shown for a
while, and `document_age_seconds` tells how old it is. *Role* is the least role of a token that the
gateway answers the page to.
"""
UNSEEN = {
    flows.CONSUMED: [flows.flows],  # no simulated home has a total-consumption meter
    limits.LIMIT: [limits.export_limit],  # nor an export limit in watts
}


def reference() -> str:
    """Return the whole text."""
    parts = [HEAD, *map(_section, _subjects()), _scrape_section(), _telemetry_section()]
    return "\n".join([*parts, (FOLDER / "home-assistant.md").read_text(encoding="utf-8")])


def _subjects() -> Iterator[tuple[str, list[tuple[Family, list[Collector]]]]]:
    """Group families by the module that declares them, in the order of the exposition."""
    readers = _readers()
    modules = dict.fromkeys(sys.modules[c.read.__module__] for c in collectors.ALL)
    told: set[Family] = set()
    for module in modules:
        declared = [f for f in _declared(vars(module)) if f in readers and f not in told]
        told.update(declared)
        yield str(module.__doc__).partition("\n")[0], [(f, readers[f]) for f in declared]


def _declared(names: dict[str, Any]) -> Iterator[Family]:
    for value in names.values():
        if isinstance(value, Family):
            yield value
        elif isinstance(value, tuple):
            for row in value:
                yield from (
                    (cell for cell in row if isinstance(cell, Family))
                    if isinstance(row, tuple)
                    else ()
                )


def _readers() -> dict[Family, list[Collector]]:
    """Find which collectors tell a family, over all simulated homes."""
    found: dict[Family, list[Collector]] = dict(UNSEEN)
    for profile in PROFILES:
        home = Documents(profile=profile)
        for collector in collectors.ALL:
            options = {"moment": MIDDAY} if collector.timed else {}
            pages = [_page(home, endpoint) for endpoint in collector.endpoints]
            for sample in collector.read(*pages, **options):
                told = found.setdefault(sample.family, [])
                if collector not in told:
                    told.append(collector)
    return found


def _page(home: Documents, endpoint: Endpoint) -> Any:
    answer = home.answer(endpoint.path, MIDDAY)
    if answer.status != 200:  # noqa: PLR2004  the page is there
        return None
    if endpoint.form == "xml":
        return etree.fromstring(answer.body)
    if endpoint.form == "html":
        return html.document_fromstring(answer.body)
    return None if answer.body.lstrip().startswith(b"<") else json.loads(answer.body)


def _section(subject: tuple[str, list[tuple[Family, list[Collector]]]]) -> str:
    title, rows = subject
    lines = [f"## {title.rstrip('.')}", "", *_table("Pages", "Fresh", "Role")]
    for family, readers in rows:
        pages = list(dict.fromkeys(e for reader in readers for e in reader.endpoints))
        lines.append(
            _row(
                family,
                "<br>".join(f"`{page.path}`" for page in pages),
                "<br>".join(_duration(page.fresh) for page in pages),
                "<br>".join(page.role for page in pages),
            )
        )
    return "\n".join([*lines, ""])


def _scrape_section() -> str:
    lines = ["## The scrape itself", "", *_table()]
    lines += [_row(value) for value in vars(outcome).values() if isinstance(value, Family)]
    return "\n".join([*lines, ""])


def _telemetry_section() -> str:
    telemetry = Telemetry()
    telemetry.request("home", "/info", "ok", 0.1)
    telemetry.login("home", "ok")
    telemetry.surprise("home", "meters", 1)
    telemetry.configured(MIDDAY)
    lines = ["## The exporter, on `/metrics` alone", "", "| Name | Type | Labels | Meaning |"]
    lines.append("| --- | --- | --- | --- |")
    for fragment in telemetry.fragments():
        for metric in fragment.families:
            if metric.name.startswith("enphase_"):
                suffix = {"counter": "_total", "info": "_info"}.get(metric.type, "")
                labels = ", ".join(f"`{name}`" for name in metric.samples[0].labels if name != "le")
                name = metric.name.removeprefix("enphase_") + suffix
                lines.append(f"| `{name}` | {metric.type} | {labels} | {metric.documentation} |")
    return "\n".join([*lines, "", "Besides, `process_*` and `python_*`.", ""])


def _table(*columns: str) -> tuple[str, str]:
    names = ("Name", "Type", "Labels", "Unit", "Meaning", *columns)
    return f"| {' | '.join(names)} |", f"| {' | '.join('---' for _ in names)} |"


def _row(family: Family, *cells: str) -> str:
    name = family.name.removeprefix("enphase_")
    labels = ", ".join(f"`{label}`" for label in family.labels)
    return f"| {' | '.join((f'`{name}`', family.kind, labels, _unit(name), family.help, *cells))} |"


def _unit(name: str) -> str:
    stem = name.removesuffix("_total")
    fitting = [unit for unit in UNITS if stem.endswith(f"_{unit}")]
    return UNITS[max(fitting, key=len)] if fitting else ""


def _duration(seconds: float) -> str:
    return f"{seconds / MINUTE:.0f} min" if seconds >= MINUTE else f"{seconds:.0f} s"


def main() -> None:
    """Write the file, or say whether it is current."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="only say whether it is current")
    text = reference()
    if not parser.parse_args().check:
        TARGET.write_text(text, encoding="utf-8")
    elif TARGET.read_text(encoding="utf-8") != text:
        sys.exit("docs/metrics.md is not current: run 'make docs'")


if __name__ == "__main__":
    main()
