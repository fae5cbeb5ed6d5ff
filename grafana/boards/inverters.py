"""Inverters: each one against the others of its site, which are weak, and which say nothing."""

from collections.abc import Mapping

from grafana_foundation_sdk.models import dashboard as model

from boards import look, promql
from boards.bars import bars
from boards.board import Row, dashboard, query_variable
from boards.graphs import cells, graph, heat, timeline
from boards.panel import AHEAD, DAY, TODAY, Face, Query, override
from boards.promql import SITE, by_site, select, short_serial
from boards.shared import weakest
from boards.tables import BLANK, Column, table_panel, widths
from boards.values import stat_panel
from exporter.collectors import gateway, inventory
from exporter.collectors import inverters as family
from exporter.metric import Family

UID = "enphase-inverters"
RANGE = "[$__range:$__interval]"

RECENT = family.SILENT_AFTER
SILENT = 3600
IN_SERVICE = 2 * 86_400
RETIRED = 30 * 86_400
"""Ages of a last report, in seconds: it reports, it is silent, it is in service, it is gone."""

MOST = 8
"""So many lines can be told apart."""

MEASURED = dict(family.MEASURED_IN_MILLI)
UNTOLD = "Not told by this gateway"
UNTOLD_NOW = "No sun, or not told by this gateway"
HEAT = ((None, look.GOOD), (65, look.BATTERY), (80, look.FAULT))
STATES: Mapping[float, tuple[str, str]] = {
    -1: ("Night", look.PLAIN),
    0: ("Silent", look.FAULT),
    1: ("Reports", look.GOOD),
}
STEPS = {
    "thresholds": {
        "mode": "absolute",
        "steps": [{"value": value, "color": color} for value, color in look.TO_MEDIAN],
    },
    "color": {"mode": "thresholds"},
    "decimals": 0,
}
COLORED = BLANK | STEPS | {"custom.cellOptions": {"type": "color-text"}}
BAR = (
    BLANK | STEPS | {"custom.cellOptions": {"type": "gauge", "mode": "basic"}, "min": 0, "max": 1.2}
)
ONLY = (
    f"/d/{UID}?var-inverter=${{__value.raw}}&${{__url_time_range}}"
    "&${datasource:queryparam}&${job:queryparam}&${instance:queryparam}"
)


def board() -> model.Dashboard:
    """Build it."""
    serials = f'{family.REPORTED.name}{{job=~"$job", instance=~"$instance"}}'
    return dashboard(
        UID,
        "Inverters",
        "Each inverter against the others of its site: which are weak, and which say nothing.",
        [
            Row("Now", _now()),
            Row("All inverters, over the time shown", _over_time()),
            Row("Weak, silent, faulty", _wrong()),
            Row("Each inverter", _each()),
            Row(f"Chosen inverters: at most {MOST}, the weakest ones", _chosen()),
            Row("Days and reports", _days()),
        ],
        variables=[
            query_variable("inverter", "Inverter", f"label_values({serials}, serial)"),
        ],
        since="now-24h",
    )


def _now() -> list[model.Panel]:
    listed = by_site(select(family.COUNT), how="max")
    steps = ((None, look.GOOD), (1, look.FAULT))
    wrong = Face(steps=steps, words={0: ("None", look.GOOD)}, empty="No sun")
    return [
        stat_panel(
            "Listed",
            "How many inverters the gateway lists. It lists some that are gone, too.",
            Query(f"sum({listed}) or count({_reported()})"),
            face=Face(color=look.HOUSE, empty="No inverters"),
        ),
        stat_panel(
            "Reporting",
            "How many inverters have reported within half an hour, by the gateway's clock. "
            "At night none does.",
            Query(f"count({_age()} <= {RECENT}) or 0 * count({_age()})"),
            face=Face(steps=((None, look.PLAIN), (1, look.GOOD)), empty="Gateway silent"),
        ),
        stat_panel(
            "Silent",
            "How many have not reported for an hour, while most others have for two hours. "
            "Those that are silent for a month are left out: they are gone.",
            Query(f"count({_silent()}) or 0 * count({_by_day()})"),
            face=wrong,
        ),
        stat_panel(
            "Weakest",
            "Power of the weakest inverter that reports, as a share of its site's median.",
            Query(f"min({promql.to_median()})"),
            face=Face(look.SHARE, steps=look.TO_MEDIAN, decimals=0, empty="No sun"),
        ),
        stat_panel(
            "Median power",
            "Half of all inverters make more than this, half of them less.",
            Query(f"quantile(0.5, {_power()})"),
            face=Face(look.WATT, look.SOLAR, empty="No sun"),
        ),
        stat_panel(
            "With a fault",
            "How many inverters report a fault by day. At night each one reports that its panel "
            "gives no power.",
            Query(f"count(count by ({SITE}, serial) ({_faulty()})) or 0 * count({_by_day()})"),
            face=wrong,
        ),
    ]


def _over_time() -> list[model.Panel]:
    return [
        heat(
            "Power of each inverter",
            "One row for each inverter, by its serial number. The scale below tells the power.",
            Query(_power(), "{{serial}}"),
            unit=look.WATT,
            size=(12, 13),
            empty="No sun in this time",
        ),
        cells(
            "Each inverter against the median of its site",
            "Power as a share of the median: green is 80 % and more, orange 50 % and more. A row "
            "that is not green all day is a weak inverter; a stripe at one hour is shade.",
            Query(promql.to_median(), "{{serial}}"),
            face=Face(look.SHARE, steps=look.TO_MEDIAN, decimals=0, empty="No sun in this time"),
            size=(12, 13),
        ),
    ]


def _wrong() -> list[model.Panel]:
    return [
        weakest(
            "Weakest over the time shown",
            "The five weakest inverters, as a share of their site's median: half of the time it "
            "was more, half of it less. The name is the end of the serial number. Shade and "
            "another direction are no fault.",
            f"clamp_max(bottomk(5, {_typical(RANGE)}), 1)",
            height=7,
            empty="No sun in this time",
        ),
        table_panel(
            "Silent inverters",
            "Inverters that have not reported for an hour, while most others have for two hours: "
            "the last five to fall silent.",
            {"serial": "Inverter", "instance": "Instance", "job": ""},
            Column(
                f"bottomk(5, {_silent()})",
                "Silent for",
                look.DURATION,
                {"decimals": 0},
            ),
            size=(8, 7),
            sort="Silent for",
            empty="None is silent while others report",
        ),
        _faults(),
    ]


def _faults() -> model.Panel:
    panel = table_panel(
        "Faults that inverters report",
        "As the gateway names them, five at the most; by day only: at night each inverter reports "
        "that its panel gives no power.",
        {"serial": "Inverter", "instance": "Instance", "fault": "Fault", "job": ""},
        Column(f"topk(5, {_faulty()})", ""),
        size=(8, 7),
        sort="Inverter",
        empty="No fault by day",
    )
    widths(panel, {"Inverter": 125, "Instance": 110})
    return panel


def _each() -> list[model.Panel]:
    power = select(family.POWER)
    panel = table_panel(
        "Inverters",
        "The weakest of the last 24 hours first; click a serial number to see that one alone. "
        "The shares are those of the site's median: now, and in the last 24 hours, half of the "
        "time more and half of it less. The day began at midnight. At night there is no power, "
        "temperature or voltage.",
        {"serial": "Inverter", "instance": "Instance", "job": ""},
        Column(_clamped_age(), "Last report", look.DURATION, BLANK | {"decimals": 0}),
        Column(by_site(power, "serial", how="max"), "Power", look.WATT, BLANK | {"decimals": 0}),
        Column(promql.to_median(), "Share now", look.SHARE, COLORED),
        Column(_typical("[1d:10m]"), "Share, 24 hours", look.SHARE, BAR),
        Column(_of(family.MAX_POWER), "Most ever", look.WATT, BLANK),
        Column(_made("$__range"), "Today", look.WATT_HOUR, BLANK),
        Column(_made("7d"), "7 days", look.WATT_HOUR, BLANK),
        Column(_of(family.TEMPERATURE), "Inside", look.CELSIUS, BLANK | {"decimals": 0}),
        Column(_of(MEASURED["acVoltageINmV"]), "AC", look.VOLT, BLANK | {"decimals": 1}),
        Column(_of(MEASURED["dcVoltageINmV"]), "DC", look.VOLT, BLANK | {"decimals": 1}),
        size=(24, 25),
        sort="Share, 24 hours",
        empty="No inverters",
        since=TODAY,
    )
    link = {"title": "This inverter alone", "url": ONLY, "targetBlank": False}
    override(panel, "Inverter", {"links": [link], "custom.width": 130})
    override(panel, "Share, 24 hours", {"custom.width": 240})
    return [panel]


def _chosen() -> list[model.Panel]:
    median = f"quantile by ({SITE}) (0.5, {_power()})"
    power = graph(
        "Power of the chosen inverters",
        f"At most {MOST} lines: if more are chosen above, the weakest of the time shown. Dashed: "
        "the median of all inverters of the site.",
        Query(_weak(family.POWER), "{{inverter}}"),
        Query(median, "Median, {{instance}}"),
        face=Face(look.WATT, empty="No sun in this time"),
        size=(24, 10),
        fill=0,
    )
    line = look.DASHED | {
        "custom.lineWidth": 2,
        "color": {"mode": "fixed", "fixedColor": look.PLAIN},
    }
    override(power, "/^Median, /", line, by="byRegexp")
    about = "The same inverters as above."
    return [
        power,
        _measured("Temperature inside", about, family.TEMPERATURE, look.CELSIUS),
        _measured(
            "AC voltage",
            f"{about} Between two phases where the inverter is connected to two.",
            MEASURED["acVoltageINmV"],
            look.VOLT,
        ),
        _measured(
            "DC voltage",
            f"{about} The voltage of the panel: shade lowers it, heat as well.",
            MEASURED["dcVoltageINmV"],
            look.VOLT,
        ),
        _measured(
            "DC current",
            f"{about} The current of the panel follows the sun.",
            MEASURED["dcCurrentINmA"],
            look.AMPERE,
        ),
    ]


def _measured(title: str, about: str, metric: Family, unit: str) -> model.Panel:
    """Draw what the chosen inverters measure, in the colours of their power."""
    query = Query(_weak(metric), "{{inverter}}")
    return graph(title, about, query, face=Face(unit, empty=UNTOLD_NOW), fill=0)


def _days() -> list[model.Panel]:
    chosen = _made(DAY, AHEAD, serial="=~$inverter")
    return [
        bars(
            "Energy of the chosen inverters by day",
            "What a chosen inverter made, on average, beside the median of all inverters; reckoned "
            "from its power where the gateway counts no energy. Days begin at midnight while the "
            "time range is a relative one.",
            Query(f"avg({chosen})", "Chosen", look.SOLAR),
            Query(f"quantile(0.5, {_made(DAY, AHEAD)})", "Median of all", look.PLAIN),
            face=Face(look.WATT_HOUR, empty=UNTOLD),
            step=DAY,
            since="now-13d/d",
            labels="ddd D MMM",
            size=(12, 12),
            stacked=False,
        ),
        heat(
            "Energy of each inverter by day",
            "One row for each inverter, one column for each whole day of the last two weeks; "
            "reckoned from its power where the gateway counts no energy. Days begin at midnight "
            "while the time range is a relative one.",
            Query(_made(DAY), "{{serial}}"),
            unit=look.WATT_HOUR,
            size=(12, 12),
            step=DAY,
            since="now-14d/d",
            empty=UNTOLD,
        ),
        _silences(),
        _models(),
    ]


def _silences() -> model.Panel:
    """Draw states in few points: they cost Prometheus much."""
    panel = timeline(
        "Inverters that fell silent by day",
        "Those that did not report for an hour and longer, while most others did: at most "
        "twelve, by the end of the serial number. At night all are silent.",
        Query(_fell_silent(), "{{inverter}}"),
        face=Face(words=STATES, empty="Every inverter has reported all day"),
        size=(16, 7),
    )
    panel.max_data_points = 300
    return panel


def _models() -> model.Panel:
    labels = "part_number, firmware"
    each = f"max by ({SITE}, serial, {labels}) ({select(inventory.INVERTER)})"
    panel = table_panel(
        "Models and firmware",
        "How many inverters of a model there are, and which firmware they run.",
        {"part_number": "Part number", "firmware": "Firmware", "instance": "Instance", "job": ""},
        Column(f"count by ({SITE}, {labels}) ({each})", "Count", properties={"decimals": 0}),
        size=(8, 7),
        sort="Count",
        descending=True,
        empty=UNTOLD,
    )
    widths(panel, {"Part number": 120, "Firmware": 190, "Count": 80})
    return panel


def _of(metric: Family) -> str:
    return by_site(select(metric), "serial", how="max")


def _power() -> str:
    return _of(family.POWER)


def _reported() -> str:
    return _of(family.REPORTED)


def _made(window: str, offset: str = "", **labels: str) -> str:
    """Return the watt hours of each inverter; where none are counted, by its power."""
    ago = f" offset {offset}" if offset else ""
    counter = f"increase({select(family.ENERGY, **labels)}[{window}]{ago})"
    power = f"sum_over_time({select(family.POWER, **labels)}[{window}:5m]{ago})"
    counted, reckoned = (by_site(each, "serial", how="max") for each in (counter, power))
    return f"({counted} / 3600 or {reckoned} / 12)"


def _age(ago: str = "") -> str:
    """Return how long ago each inverter reported, by the gateway's own clock."""
    now = by_site(f"{select(gateway.TIME)}{ago}", how="max")
    reported = by_site(f"{select(family.REPORTED)}{ago}", "serial", how="max")
    return f"({now} - on ({SITE}) group_right () {reported})"


def _clamped_age() -> str:
    """Return the age, by Prometheus's clock while the gateway does not tell the time."""
    return f"clamp_min({_age()} or time() - {_reported()}, 0)"


def _reporting(ago: str = "") -> str:
    """Return the share of each site's inverters in service that report: at night it is 0."""
    age = _age(ago)
    in_service = f"count by ({SITE}) ({age} < {IN_SERVICE})"
    return f"(count by ({SITE}) ({age} <= {RECENT}) or 0 * {in_service}) / {in_service}"


def _by_day() -> str:
    """Return the sites most of whose inverters have reported for two hours."""
    return f"(min_over_time(({_reporting()})[2h:10m]) >= 0.5)"


def _silent() -> str:
    return f"({_age()} > {SILENT} < {RETIRED} and on ({SITE}) {_by_day()})"


def _faulty() -> str:
    """Return the faults that inverters report by day, by their short names."""
    name = '"fault", "\\x241", "condition", "(?:envoy[.]cond_flags[.])?(.*)"'
    named = f"label_replace({select(inventory.CONDITION)} == 1, {name})"
    return f"(max by ({SITE}, serial, fault) ({named}) and on ({SITE}) {_by_day()})"


def _typical(window: str) -> str:
    """Return the share of the median that an inverter was above for half of the time."""
    return f"quantile_over_time(0.5, ({promql.to_median()}){window})"


def _weak(metric: Family) -> str:
    """Return what the chosen inverters measure: if these are many, the weakest of them."""
    at_end = _typical(f"{RANGE} @ end()")
    chosen = by_site(select(metric, serial="=~$inverter"), "serial", how="max")
    among = f"last_over_time({select(family.REPORTED, serial='=~$inverter')}[1d] @ end())"
    weakest = f"bottomk({MOST}, {at_end} and on ({SITE}, serial) {among})"
    return short_serial(f"{chosen} and on ({SITE}, serial) {weakest}")


def _fell_silent() -> str:
    """Return the states of inverters that were silent; in the first hour of a day none is."""
    reports = f"({_age()} <= bool {SILENT})"
    day = f"(({_reporting()} >= bool 0.5) * ({_reporting(' offset 1h')} >= bool 0.5))"
    state = f"({reports} - (1 - {reports}) * on ({SITE}) group_left () (1 - {day}))"
    share = f"avg_over_time(({state} == bool 0)[$__range:$__interval] @ end())"
    lasted = f"topk(12, {share} * $__range_s > {SILENT})"
    return short_serial(f"{state} and on ({SITE}, serial) {lasted}")
