"""Overview: what the home makes and uses now, today and in the last two weeks; what is wrong."""

from grafana_foundation_sdk.models import dashboard as model

from boards import look, promql
from boards.bars import bars
from boards.board import Row, dashboard
from boards.graphs import graph, heat
from boards.panel import AHEAD, DAY, TODAY, Face, Query
from boards.promql import by_site, everywhere, select, total
from boards.shared import charge, weakest
from boards.tables import ANSWERS, Column, table_panel, widths
from boards.values import gauge_panel, stat_panel
from exporter import outcome
from exporter.collectors import flows, inverters, production, storage

DAYS = "ddd D MMM"


def board() -> model.Dashboard:
    """Build it."""
    return dashboard(
        "enphase-overview",
        "Overview",
        "What the home makes and uses now, today and in the last two weeks; and what is wrong.",
        [
            Row("Now", _now()),
            Row("Today", _today()),
            Row("Days", _days()),
            Row("Panels", _panels()),
            Row("Sites", _sites()),
        ],
    )


def _now() -> list[model.Panel]:
    grid, use = by_site(select(flows.GRID)), by_site(select(flows.CONSUMPTION))
    free = f"sum(clamp_min({grid}, 0) and {use}) / (sum({use} and {grid}) > 0)"
    return [
        stat_panel(
            "Solar",
            "Power that all panels make now.",
            Query(f"clamp_min({total(production.POWER)}, 0)"),
            face=Face(look.WATT, look.SOLAR),
        ),
        stat_panel(
            "House",
            "Power that the house uses now.",
            Query(total(flows.CONSUMPTION)),
            face=Face(look.WATT, look.HOUSE, empty=look.NO_GRID_METER),
        ),
        stat_panel(
            "Grid",
            "Power from the grid now: above zero is bought, below zero is sold.",
            Query(total(flows.GRID)),
            face=Face(look.WATT, look.BOUGHT, empty=look.NO_GRID_METER),
        ),
        gauge_panel(
            "Self-sufficient now",
            "The share of the house's power that does not come from the grid: of all houses with a "
            "grid meter.",
            Query(f"clamp(1 - {free}, 0, 1)"),
            face=Face(look.SHARE, steps=look.OWN, least=0, most=1, empty=look.NO_GRID_METER),
        ),
        charge("Battery", "How full the batteries are: the mean of all sites."),
        stat_panel(
            "Gateway",
            "Whether the gateway answers, and lets the exporter in: the worst of all selected.",
            Query(f"min({select(outcome.UP)})"),
            face=Face(words={0: ("Silent", look.FAULT), 1: ("OK", look.GOOD)}, empty="No exporter"),
        ),
    ]


def _today() -> list[model.Panel]:
    span = "$__range"
    return [
        graph(
            "Power",
            "Above zero: made, used, bought, and taken out of the batteries. "
            "Below zero: sold, and put into them.",
            Query(f"clamp_min({total(production.POWER)}, 0)", "Solar", look.SOLAR),
            Query(total(flows.CONSUMPTION), "House", look.HOUSE),
            Query(total(flows.GRID), "Grid", look.BOUGHT),
            Query(total(flows.STORAGE), "Battery", look.BATTERY),
            face=Face(look.WATT),
            size=(16, 12),
        ),
        _energy("Made today", "Energy that the panels made.", promql.made(span), look.SOLAR),
        _energy(
            "Used today",
            "Energy that the house used: made and bought, less sold and stored.",
            promql.used(span),
            look.HOUSE,
            look.NO_GRID_METER,
        ),
        _energy(
            "Bought today",
            "Energy from the grid.",
            promql.bought(span),
            look.BOUGHT,
            look.NO_GRID_METER,
        ),
        _energy(
            "Sold today", "Energy into the grid.", promql.sold(span), look.SOLD, look.NO_GRID_METER
        ),
        _share(
            "Own use today",
            "The share of what was made that was not sold.",
            promql.own_use(span),
            "No sun yet, or no meter",
        ),
        _share(
            "Self-sufficient",
            "The share of what the house used that was not bought.",
            promql.self_sufficiency(span),
            look.NO_GRID_METER,
        ),
    ]


def _energy(
    title: str, about: str, expression: str, color: str, empty: str = look.NO_DATA
) -> model.Panel:
    return stat_panel(
        title,
        about + " Since midnight, whatever time is picked.",
        Query(everywhere(expression)),
        face=Face(look.WATT_HOUR, color, empty=empty),
        since=TODAY,
    )


def _share(title: str, about: str, expression: str, empty: str) -> model.Panel:
    return stat_panel(
        title,
        about + " Since midnight, whatever time is picked.",
        Query(expression),
        face=Face(look.SHARE, steps=look.OWN, decimals=0, empty=empty),
        since=TODAY,
    )


def _days() -> list[model.Panel]:
    stored, grid = promql.discharged(DAY, AHEAD), promql.bought(DAY, AHEAD)
    return [
        bars(
            "Where the house's energy came from, by day",
            "Used straight from the panels, taken out of the batteries, and bought. Days begin at "
            "midnight while the time range is a relative one.",
            Query(everywhere(promql.sun_to_house(DAY, AHEAD)), "Solar", look.SOLAR),
            Query(everywhere(f"{stored} and {grid}"), "Battery", look.BATTERY),
            Query(everywhere(grid), "Bought", look.BOUGHT),
            face=Face(look.WATT_HOUR, empty=look.NO_GRID_METER),
            step=DAY,
            since="now-13d/d",
            labels=DAYS,
            size=(12, 9),
        ),
        bars(
            "Made by day",
            "Energy that the panels made. Days begin at midnight while the time range is a "
            "relative one; today's bar grows until tonight.",
            Query(everywhere(promql.made(DAY, AHEAD)), "Made", look.SOLAR),
            face=Face(look.WATT_HOUR),
            step=DAY,
            since="now-13d/d",
            labels=DAYS,
            size=(12, 9),
        ),
    ]


def _panels() -> list[model.Panel]:
    return [
        heat(
            "Power of each panel",
            "One row for each inverter, by its serial number; the scale below tells the power.",
            Query(by_site(select(inverters.POWER), "serial", how="max"), "{{serial}}"),
            unit=look.WATT,
            size=(16, 11),
            empty="No sun in the time shown, or no inverter listed",
        ),
        weakest(
            "Weakest panels now",
            "Power of the five weakest inverters, as a share of their site's median; the name is "
            "the end of the serial number. Shade and another direction are no fault.",
            f"bottomk(5, {promql.to_median()})",
            height=11,
            empty="No sun: nothing to compare",
        ),
    ]


def _sites() -> list[model.Panel]:
    day = "$__range"
    solar = f"clamp_min({by_site(select(production.POWER))}, 0)"
    alerts = table_panel(
        "Alerts that fire",
        "Alerts of the project's rules. Where Prometheus has not loaded them, none is shown.",
        {"alertname": "Alert", "instance": "Instance", "severity": "Severity"},
        Column(
            "max by (alertname, instance, severity) "
            f"({select('ALERTS', alertname='=~Enphase.*', alertstate='firing')})",
            "",
        ),
        size=(8, 6),
        empty="No alert fires",
    )
    widths(alerts, {"Instance": 120, "Severity": 80})
    return [
        table_panel(
            "Sites",
            "Each gateway: whether it answers, what it makes now, and what it made since midnight.",
            {"instance": "Instance", "job": ""},
            Column(by_site(select(outcome.UP), how="min"), "Gateway", properties=ANSWERS),
            Column(solar, "Solar", look.WATT),
            Column(by_site(select(flows.GRID)), "Grid", look.WATT, {"noValue": "No meter"}),
            Column(
                by_site(select(storage.CHARGE), how="max"),
                "Battery",
                look.SHARE,
                {"noValue": "None"},
            ),
            Column(promql.made(day), "Made today", look.WATT_HOUR),
            Column(by_site(select(inverters.COUNT), how="max"), "Inverters"),
            size=(16, 6),
            sort="Instance",
            since=TODAY,
        ),
        alerts,
    ]
