"""A scrape over documents that no gateway should ever send."""

import json
import math
from types import SimpleNamespace
from typing import Any, cast

import anyio
from anyio.abc import TaskGroup
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree
from prometheus_client import Metric
from prometheus_client.openmetrics.parser import text_string_to_metric_families

from exporter import collectors
from exporter.demo.documents import Documents as House
from exporter.endpoint import INFO, Endpoint
from exporter.exposition import Format, page
from exporter.gateway.documents import Documents
from exporter.gateway.errors import Absent
from exporter.scrape import Scrape, scrape
from exporter.site import Site

MIDDAY = 1_782_068_400.0
OPENMETRICS = Format.accepted("application/openmetrics-text;version=1.0.0")

house = House()
endpoints = {endpoint for collector in collectors.ALL for endpoint in collector.endpoints}

values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=8)
    | st.sampled_from(["", "-1", 2**32 - 4, -(10**400), 10**400, "\ud800", "a\nb", '"', "\\"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=8,
)


@st.composite
def mangled(draw: st.DrawFn, document: Any) -> Any:
    """Replace one part of a document, at any depth, with anything; or all of it."""
    if not isinstance(document, list | dict) or not document or draw(st.integers(0, 7)) == 0:
        return draw(values)
    keys = range(len(document)) if isinstance(document, list) else list(document)
    key = draw(st.sampled_from(keys))
    copy: Any = document.copy()
    copy[key] = draw(mangled(document[key]))
    return copy


class Source:
    """Answers like the demo's house, but for one page."""

    identity = object()

    def __init__(self, changed: Endpoint, document: Any) -> None:
        self._changed = changed
        self._document = document

    async def get(self, endpoint: Endpoint) -> Any:
        """Answer."""
        return self._document if endpoint is self._changed else original(endpoint)


def original(endpoint: Endpoint) -> Any:
    """Return what the demo's gateway answers at midday."""
    answer = house.answer(endpoint.path, MIDDAY)
    if answer.status != 200:
        raise Absent(endpoint.path)
    return etree.fromstring(answer.body) if endpoint is INFO else json.loads(answer.body)


def site(changed: Endpoint, document: Any, tasks: TaskGroup) -> Site:
    """Make a site without a network: the session and all behind it are only looked at."""
    seen = SimpleNamespace(up=True, clock=lambda _: MIDDAY, held=None, certificate=None)
    stand_in = cast("Any", seen)
    documents = Documents(Source(changed, document), tasks)
    return Site("home", "host", stand_in, documents, stand_in, stand_in)


def scraped(changed: Endpoint, document: Any) -> tuple[Scrape, str]:
    """Scrape, and write the result down."""
    results: list[Scrape] = []

    async def run() -> None:
        async with anyio.create_task_group() as tasks:
            home = site(changed, document, tasks)
            results.append(await scrape(home, collectors.ALL, math.inf))

    anyio.run(run)
    return results[0], page(results[0].fragments, OPENMETRICS).decode()


def parsed(text: str) -> list[Metric]:
    """Read OpenMetrics as strictly as its library does."""
    return list(text_string_to_metric_families(text))  # type: ignore[no-untyped-call]  # the library's


@settings(deadline=None, max_examples=300)
@given(data=st.data())
def test_no_document_ends_a_scrape(data: st.DataObject) -> None:
    """However one page is mangled, the exposition is valid and the other pages' metrics are in."""
    changed = data.draw(st.sampled_from(sorted(endpoints - {INFO}, key=str)))
    try:
        document = original(changed)
    except Absent:
        document = []
    _, text = scraped(changed, data.draw(mangled(document)))
    names = {family.name for family in parsed(text)}
    assert "enphase_gateway_time_seconds" in names
    if changed.path.startswith("/ivp/meters"):
        assert {"enphase_inverters", "enphase_inverter_power_watts"} <= names
    else:
        assert {"enphase_production_power_watts", "enphase_meter_voltage_volts"} <= names


@settings(deadline=None, max_examples=200)
@given(data=st.data())
def test_a_mangled_inverter_costs_no_other(data: st.DataObject) -> None:
    """Whatever one inverter's entry becomes, the others are shown as before."""
    listed = "/api/v1/production/inverters"
    endpoint = next(endpoint for endpoint in endpoints if endpoint.path == listed)
    panels = original(endpoint)
    panels[0] = data.draw(mangled(panels[0]))
    result, text = scraped(endpoint, panels)
    for panel in panels[1:]:
        assert f'enphase_inverter_max_power_watts{{serial="{panel["serialNumber"]}"}}' in text
    assert all(outcome.error is None for outcome in result.outcomes)


def test_the_demo_is_read_without_a_failure() -> None:
    """Of the unchanged documents every collector with something to read succeeds."""
    result, _ = scraped(INFO, original(INFO))
    assert {outcome.collector for outcome in result.outcomes} >= {"meters", "inverters", "flows"}
    assert [outcome.error for outcome in result.outcomes if outcome.error] == []


def test_no_family_is_told_by_two_collectors() -> None:
    """In one exposition each family stands once, as the text format demands."""
    _, text = scraped(INFO, original(INFO))
    types = [line for line in text.splitlines() if line.startswith("# TYPE")]
    assert len(types) == len(set(types))


def test_a_meter_of_grid_and_one_of_consumption_tell_no_series_twice() -> None:
    """Where both are fitted, the house's consumption is the measured one, and stands once."""
    endpoint = next(endpoint for endpoint in endpoints if endpoint.path == "/ivp/meters")
    meters = original(endpoint)
    storage = next(meter for meter in meters if meter["measurementType"] == "storage")
    storage["measurementType"] = "total-consumption"
    _, text = scraped(endpoint, meters)
    lines = [line for line in text.splitlines() if line.startswith("enphase_consumption_power")]
    assert len(lines) == 1
    assert len([line for line in text.splitlines() if line.startswith("enphase_grid_power")]) == 1


def test_a_page_that_tells_more_than_any_site_is_refused() -> None:
    """A flood of devices is that page's failure, and fills no memory."""
    endpoint = next(endpoint for endpoint in endpoints if endpoint.path == "/ivp/meters")
    flood = [{"measurementType": str(n), "state": "enabled"} for n in range(10_000)]
    result, text = scraped(endpoint, flood)
    errors = {outcome.collector: outcome.error or "" for outcome in result.outcomes}
    assert "more than any site" in errors["meter_status"]
    assert "enphase_meter_enabled" not in text
    assert "enphase_inverter_power_watts" in text
