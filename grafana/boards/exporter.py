"""Exporter: whether it is healthy, whether it spares the gateway, and when its access ends."""

from grafana_foundation_sdk.models import dashboard as model

from boards import look
from boards.board import Row, dashboard
from boards.graphs import graph, heat, timeline
from boards.panel import Face, Query, Size, override
from boards.promql import SITE, by_site, labelled, select
from boards.tables import BLANK, Column, table_panel, widths
from boards.values import gauge_panel, ranking, stat_panel
from exporter import outcome, telemetry
from exporter.collectors import gateway as identity
from exporter.collectors import production
from exporter.endpoint import INFO
from exporter.metric import Family

TIMEOUT = 10
"""Seconds that the example prometheus.yml gives a scrape."""

NOT_THERE = "absent|forbidden"
FAILED = f"!~ok|{NOT_THERE}"
IDENTITY = "serial, part_number, firmware"
NOT_SHOWN = "Not in the selection"
ANSWERS: dict[float, tuple[str, str]] = {
    0: ("No exporter", look.FAULT),
    1: ("No gateway", look.BATTERY),
    2: ("Both answer", look.GOOD),
}
SLOWNESS = ((None, look.GOOD), (TIMEOUT / 2, look.BATTERY), (TIMEOUT * 0.8, look.FAULT))
FAILURES = ((None, look.GOOD), (0.01, look.BATTERY), (0.1, look.FAULT))


def board() -> model.Dashboard:
    """Build it."""
    return dashboard(
        "enphase-exporter",
        "Exporter",
        "For whoever runs the exporter: whether it is healthy, whether it spares the gateway, and "
        "when its access ends.",
        [
            Row("Now", _now()),
            Row("Answers", _answers()),
            Row("What the gateway is asked", _asked()),
            Row("What goes wrong", _wrong()),
            Row("Gateways", _gateways()),
            Row("The exporter's process", _process()),
        ],
        shown=(outcome.UP, telemetry.BUILD),
    )


def _now() -> list[model.Panel]:
    up = by_site(select(outcome.UP), how="min")
    asked, failed = _counted(), _counted(outcome=FAILED)
    return [
        stat_panel(
            "Exporter",
            "Whether Prometheus reaches the exporter: the worst of all selected.",
            Query(f"min({_targets()})"),
            face=Face(words={0: ("Down", look.FAULT), 1: ("OK", look.GOOD)}, empty="No exporter"),
        ),
        stat_panel(
            "Gateways",
            "How many gateways answer and let the exporter in, and how many do not.",
            Query(f"sum({up})", "answer", look.GOOD),
            Query(f"count({up}) - sum({up}) > 0", "silent", look.FAULT),
            face=Face(empty="No gateway"),
        ),
        gauge_panel(
            "Slowest scrape now",
            f"How long Prometheus waits, at most {TIMEOUT} s in the example configuration. "
            "What is late is missing from the scrape, and is there in the next one.",
            Query(f"max({_ours(select('scrape_duration_seconds'))})"),
            face=Face(look.SECONDS, steps=SLOWNESS, least=0, most=TIMEOUT, empty="No scrape"),
        ),
        stat_panel(
            "Pages per minute",
            "How many pages one gateway is asked for in a minute: the one that is asked for most.",
            Query(f"max({_per_minute(SITE, 'gateway')})"),
            face=Face(look.PER_MINUTE, look.HOUSE, decimals=1, empty=NOT_SHOWN),
        ),
        stat_panel(
            "Failed pages",
            "The share of the pages asked for in the time shown that brought an error. A page that "
            "this kind of gateway does not have is no error.",
            Query(f"({failed} or 0 * {asked}) / ({asked} > 0)"),
            face=Face(look.SHARE, steps=FAILURES, decimals=1, empty=NOT_SHOWN),
        ),
        _token(),
    ]


def _token() -> model.Panel:
    ends = by_site(select(outcome.TOKEN_ENDS), how="min")
    installer = by_site(select(outcome.TOKEN, role="installer"), how="max")
    soon = (
        f"({ends} < time() + 7 * 86400 unless on ({SITE}) {installer}"
        f" or {ends} < time() + 2 * 3600)"
    )
    return stat_panel(
        "Token ends",
        "When the first token ends with which the exporter asks a gateway. With an account it "
        "renews an owner's token 30 days before, and an installer's 3 hours before.",
        Query(f"1000 * min({ends}) unless on () {soon}", "later", look.GOOD),
        Query(f"1000 * min({soon})", "soon", look.FAULT),
        face=Face(look.AGO, empty="No token"),
    )


def _answers() -> list[model.Panel]:
    up = _targets()
    return [
        timeline(
            "Who answers",
            "Whether the exporter answers Prometheus, and the gateway the exporter: a row for each "
            "instance.",
            Query(
                f"{up} + on ({SITE}) {by_site(select(outcome.UP), how='min')} or 2 * {up}",
                "{{instance}}",
            ),
            face=Face(words=ANSWERS, empty="No exporter"),
            size=(12, 7),
        ),
        graph(
            "How long scrapes take",
            "As Prometheus sees it; and by the exporter's own clock, the slowest. Lines are drawn "
            f"at half of the {TIMEOUT} s that Prometheus waits in the example configuration, and "
            "at 80 %.",
            Query(by_site(_ours(select("scrape_duration_seconds")), how="max"), "{{instance}}"),
            Query(f"max({select(outcome.DURATION)})", "Own clock", look.PLAIN),
            face=Face(look.SECONDS, steps=SLOWNESS, least=0, empty="No scrape"),
            size=(12, 7),
            fill=0,
            limits=True,
        ),
    ]


def _asked() -> list[model.Panel]:
    bucket = select(f"{telemetry.DURATIONS.name}_bucket")
    hour = f"sum by (le) (increase({bucket}[1h]))"
    none = f"0 * {_per_minute()}"
    per_hour = f"sum by (path) (increase({select(telemetry.REQUESTS)}[$__range]))"
    age = f"max_over_time({select(outcome.AGE)}[$__range])"
    return [
        ranking(
            "Pages asked for most",
            "How many times an hour the gateways are asked for a page: the mean of the time shown, "
            "all selected gateways together.",
            Query(f"sort_desc(topk(10, {per_hour})) * 3600 / $__range_s", "{{path}}"),
            face=Face("suffix:/h", look.HOUSE, least=0, decimals=0, empty=NOT_SHOWN),
            size=(12, 10),
        ),
        ranking(
            "Oldest pages",
            "How old an answer became, at most, before a newer one took its place. Pages that "
            "hardly change are asked for once in a quarter of an hour.",
            Query(f"sort_desc(topk(10, max by (path) ({age})))", "{{path}}"),
            face=Face(look.SECONDS, look.BATTERY, least=0, decimals=0, empty="No page read"),
            size=(12, 10),
        ),
        graph(
            "Pages asked for, by outcome",
            "How many a minute, by how that ended. Not there: this kind of gateway has no such "
            "page, or keeps it from this login. It is asked for again once an hour, and that is "
            "no fault.",
            Query(_per_minute(outcome="ok"), "Answered", look.GOOD),
            Query(f"{_per_minute(outcome=f'=~{NOT_THERE}')} or {none}", "Not there", look.PLAIN),
            Query(f"{_per_minute(outcome=FAILED)} or {none}", "Failed", look.FAULT),
            face=Face(look.PER_MINUTE, least=0, empty=NOT_SHOWN),
            size=(8, 9),
        ),
        heat(
            "How long pages take",
            "Pages by the time that they took, waiting for their turn included; the scale below "
            "tells how many.",
            Query(f"60 * sum by (le) (rate({bucket}[$__rate_interval]))", "{{le}}"),
            unit=look.PER_MINUTE,
            buckets=look.SECONDS,
            size=(8, 9),
            empty=NOT_SHOWN,
        ),
        graph(
            "Usual and slow pages",
            "Of the pages of an hour, half took no longer than the lower line, 95 of 100 no longer "
            "than the upper one. It is a rough measure.",
            Query(f"histogram_quantile(0.95, {hour})", "95 of 100", look.BATTERY),
            Query(f"histogram_quantile(0.5, {hour})", "Half", look.HOUSE),
            face=Face(look.SECONDS, least=0, empty=NOT_SHOWN),
            size=(8, 9),
        ),
    ]


def _wrong() -> list[model.Panel]:
    failing = (
        f"max by ({SITE}, collector) (max_over_time({select(outcome.SUCCESS)}[5m])) == 0"
        f" and on ({SITE}) {by_site(f'min_over_time({select(outcome.UP)}[5m])', how='min')} == 1"
    )
    return [
        timeline(
            "Collectors that fail",
            "Parts of the exporter that could not read what they are made for, for five minutes or "
            "more, while the gateway answered. The log says why.",
            Query(failing, "{{instance}} {{collector}}"),
            face=Face(words={0: ("Fails", look.FAULT)}, empty="All collectors succeed"),
            size=(12, 7),
        ),
        _happened(
            "Pages that failed",
            "The five pages that brought an error most often in the time shown, and which error. "
            "The log says more.",
            telemetry.REQUESTS,
            {"path": "Page", "outcome": "Outcome"},
            size=(12, 7),
            empty="No failed page in the selection",
            outcome=FAILED,
        ),
        _happened(
            "Values that made no sense",
            "Values in the gateway's pages that the exporter left out in the time shown.",
            telemetry.SURPRISES,
            {"collector": "Collector"},
        ),
        _happened(
            "Logins to the cloud",
            "Logins for a new token in the time shown, by how they ended.",
            telemetry.LOGINS,
            {"outcome": "Outcome"},
        ),
        _clocks(),
    ]


def _happened(
    title: str,
    about: str,
    family: Family,
    keys: dict[str, str],
    *,
    size: Size = (8, 7),
    empty: str = "None in the selection",
    **labels: str,
) -> model.Panel:
    """Count events in the time shown, the first one too, with which its counter began at 1.

    They are told of the gateway's name where one exporter has several, else of the instance.
    """
    selector = select(family, **labels)
    counted = f"increase({selector}[$__range])"
    began = f"{counted} + 1 unless increase({selector}[1d] offset $__range)"
    alone = f"({began} or {counted}) and on ({SITE}) {select(outcome.UP)}"
    shared = f"({began} or {counted}) unless on ({SITE}) {select(outcome.UP)}"
    named = " or ".join(
        labelled(events, "site", label)
        for events, label in ((alone, "instance"), (shared, "gateway"))
    )
    panel = table_panel(
        title,
        about,
        {"site": "Gateway"} | keys,
        Column(f"topk(5, round(sum by (site, {', '.join(keys)}) ({named})) > 0)", "Times"),
        size=size,
        sort="Times",
        descending=True,
        empty=empty,
    )
    widths(panel, {"Gateway": 130, "Times": 80} | ({"Outcome": 110} if "path" in keys else {}))
    return panel


def _clocks() -> model.Panel:
    told = f"{select(identity.TIME)} - timestamp({select(identity.TIME)})"
    age = by_site(select(outcome.AGE, path=INFO.path), how="max")
    ahead = f"{by_site(told, how='max')} + on ({SITE}) {age}"
    return graph(
        "Gateways' clocks",
        "How far each gateway's clock is ahead of Prometheus's; below zero, behind it. Up to a "
        "minute is no harm.",
        Query(f"max_over_time(({ahead})[5m:])", "{{instance}}"),
        face=Face(look.SECONDS, empty="No clock read"),
        size=(8, 7),
        fill=0,
    )


def _gateways() -> list[model.Panel]:
    short = labelled(select(outcome.CERTIFICATE), "short", "sha256", "(.{12}).*")
    names = {
        "serial": "Serial number",
        "part_number": "Part number",
        "firmware": "Firmware",
        "source": "Production from",
        "version": "Exporter",
        "role": "Role",
        "short": "Fingerprint",
    }
    panel = table_panel(
        "Gateways and access to them",
        "What each gateway is, where the figure of its production comes from, the version of the "
        "exporter, the role in which it asks, the certificate's fingerprint (how its SHA-256 "
        "begins), and when token and certificate end.",
        {"instance": "Instance", **names, "job": ""},
        Column(f"max by ({SITE}, {IDENTITY}) ({select(identity.GATEWAY)})", ""),
        Column(f"max by ({SITE}, source) ({select(production.SOURCE)})", ""),
        Column(f"max by ({SITE}, version) ({select(telemetry.BUILD)})", ""),
        Column(f"max by ({SITE}, role) ({select(outcome.TOKEN)})", ""),
        Column(f"max by ({SITE}, short) ({short})", ""),
        Column(_ends(outcome.TOKEN_ENDS), "Token ends", look.AGO),
        Column(_ends(outcome.CERTIFICATE_ENDS), "Certificate ends", look.AGO),
        size=(24, 6),
        sort="Instance",
        empty="No gateway",
    )
    for heading in (*names.values(), "Token ends", "Certificate ends"):
        override(panel, heading, BLANK)
    widths(panel, {"Firmware": 100, "Exporter": 90, "Role": 90})
    return [panel]


def _process() -> list[model.Panel]:
    return [
        stat_panel(
            "Started",
            "When the exporter's process started: the one that started last.",
            Query(f"1000 * max({_ours(select('process_start_time_seconds'))})"),
            face=Face(look.AGO, look.HOUSE, empty=NOT_SHOWN),
            size=(4, 6),
        ),
        _own(
            "Processor",
            "The share of one processor core that the exporter takes. Only on Linux.",
            f"rate({select('process_cpu_seconds_total')}[$__rate_interval])",
            look.SHARE,
        ),
        _own(
            "Memory",
            "Memory that the exporter takes. Only on Linux.",
            select("process_resident_memory_bytes"),
            look.BYTES,
        ),
        _own(
            "Open files",
            "Files and connections that the exporter has open. Only on Linux.",
            select("process_open_fds"),
        ),
        _own(
            "Values in a scrape",
            "How many values Prometheus gets with one scrape.",
            select("scrape_samples_scraped"),
            empty="No scrape",
        ),
    ]


def _own(
    title: str, about: str, expression: str, unit: str = look.NUMBER, empty: str = NOT_SHOWN
) -> model.Panel:
    return graph(
        title,
        about,
        Query(by_site(_ours(expression), how="max"), "{{instance}}"),
        face=Face(unit, least=0, empty=empty),
        size=(5, 6),
    )


def _ours(expression: str) -> str:
    """Keep of what any job may have that of this exporter, also while it is down."""
    seen = (f"present_over_time({select(family)}[1d])" for family in (outcome.UP, telemetry.BUILD))
    return f"({expression} and on ({SITE}) ({' or '.join(seen)}))"


def _targets() -> str:
    return by_site(_ours(select("up")), how="min")


def _per_minute(*by: str, **labels: str) -> str:
    kept = f" by ({', '.join(by)})" if by else ""
    return f"60 * sum{kept} (rate({select(telemetry.REQUESTS, **labels)}[$__rate_interval]))"


def _counted(**labels: str) -> str:
    return f"sum(increase({select(telemetry.REQUESTS, **labels)}[$__range]))"


def _ends(family: Family) -> str:
    return f"1000 * {by_site(select(family), how='min')}"
