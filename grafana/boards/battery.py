"""Battery: its charge and power, what it took and gave, how it is run, and each battery alone."""

from collections.abc import Mapping

from grafana_foundation_sdk.models import dashboard as model

from boards import look, promql
from boards.bars import bars
from boards.board import Row, dashboard
from boards.graphs import graph, timeline
from boards.panel import AHEAD, DAY, Face, Query, override
from boards.promql import by_site, everywhere, select, short_serial, total
from boards.shared import charge
from boards.tables import ANSWERS, BLANK, Column, table_panel, widths, words
from boards.values import stat_panel
from exporter.collectors import ac_batteries, batteries, controller, flows, storage
from exporter.metric import Family

RANGE = "$__range"
HEALTH = ((None, look.FAULT), (0.6, look.BATTERY), (0.8, look.GOOD))
HEAT = ((None, look.GOOD), (45, look.BATTERY), (55, look.FAULT))
OUT, IN = "Taken out", "Put in"

RUN: Mapping[float, tuple[str, str]] = {
    0: ("Other", look.PLAIN),
    1: ("Self-consumption", look.GOOD),
    2: ("Savings", look.HOUSE),
    3: ("Economy", look.BOUGHT),
    4: ("Full backup", look.BATTERY),
    10: ("Sun only", look.GOOD),
    11: ("Grid too", look.BOUGHT),
}
GRID: Mapping[float, tuple[str, str]] = {
    0: ("Not known", look.PLAIN),
    1: ("On grid", look.GOOD),
    2: ("On grid", look.GOOD),
    3: ("No grid", look.FAULT),
    4: ("Generator", look.BATTERY),
    10: ("Cut off", look.FAULT),
    11: ("Connected", look.GOOD),
}
KINDS = {"encharge": "IQ Battery", "acb": "AC Battery"}


def board() -> model.Dashboard:
    """Build it."""
    return dashboard(
        "enphase-battery",
        "Battery",
        "How full the batteries are, what they took and gave, how they are run; each battery "
        "alone.",
        [
            Row("Now", _now()),
            Row("Charge and power", _flow()),
            Row("Energy", _energy()),
            Row("How it is run", _run()),
            Row("Each battery", _each()),
        ],
        since="now-7d",
    )


def _now() -> list[model.Panel]:
    return [
        charge("Charge", "How full the batteries are, all of them together."),
        stat_panel(
            "Power",
            "Power of all batteries: above zero they give, below zero they are charged.",
            Query(total(flows.STORAGE)),
            face=Face(look.WATT, look.BATTERY, empty=look.NO_BATTERY),
        ),
        stat_panel(
            "Stored",
            "Energy that the batteries hold now.",
            Query(f"{total(storage.AVAILABLE)} / 3600"),
            face=Face(look.WATT_HOUR, look.BATTERY, empty=look.NO_BATTERY),
        ),
        stat_panel(
            "Capacity",
            "Energy that full batteries hold.",
            Query(f"{total(storage.CAPACITY)} / 3600"),
            face=Face(look.WATT_HOUR, look.PLAIN, empty=look.NO_BATTERY),
        ),
        stat_panel(
            "Kept for an outage",
            "The reserve: the charge below which the house gets nothing while there is a grid.",
            Query(f"avg({select(storage.RESERVE)})"),
            face=Face(look.SHARE, look.PLAIN, decimals=0, empty=look.NO_BATTERY),
        ),
        stat_panel(
            "Hottest battery",
            "The temperature of the hottest battery now.",
            Query(f"max({select(batteries.TEMPERATURE)})"),
            face=Face(look.CELSIUS, steps=HEAT, decimals=0, empty=look.NO_BATTERY),
        ),
    ]


def _flow() -> list[model.Panel]:
    level = graph(
        "Charge over time",
        "How full the batteries are, and the reserve that is kept for an outage.",
        Query(f"avg({select(storage.CHARGE)})", "Charge", look.BATTERY),
        Query(f"avg({select(storage.RESERVE)})", "Reserve", look.PLAIN),
        face=Face(look.SHARE, least=0, most=1, empty=look.NO_BATTERY),
    )
    override(level, "Reserve", look.DASHED | {"custom.fillOpacity": 0})
    return [
        level,
        graph(
            "Power over time",
            "Power of all batteries: above zero they give, below zero they are charged.",
            Query(f"clamp_min({total(flows.STORAGE)}, 0)", OUT, look.BATTERY),
            Query(f"clamp_max({total(flows.STORAGE)}, 0)", IN, look.CHARGING),
            face=Face(look.WATT, empty=look.NO_BATTERY),
        ),
    ]


def _energy() -> list[model.Panel]:
    put, taken = promql.energy(flows.CHARGED, RANGE), promql.energy(flows.DISCHARGED, RANGE)
    return [
        bars(
            "Energy by day",
            "Above zero: taken out. Below zero: put in. As the storage meter counts it; the last "
            "31 days. Days begin at midnight while the time range is a relative one.",
            Query(_daily(flows.DISCHARGED), OUT, look.BATTERY),
            Query(f"-{_daily(flows.CHARGED)}", IN, look.CHARGING),
            face=Face(look.WATT_HOUR, empty=look.NO_STORED),
            step=DAY,
            since="now-30d/d",
            labels="D MMM",
        ),
        stat_panel(
            IN,
            "Energy that went into the batteries in the picked time.",
            Query(everywhere(put)),
            face=Face(look.WATT_HOUR, look.CHARGING, empty=look.NO_STORED),
        ),
        stat_panel(
            OUT,
            "Energy that came out of the batteries in the picked time.",
            Query(everywhere(taken)),
            face=Face(look.WATT_HOUR, look.BATTERY, empty=look.NO_STORED),
        ),
        stat_panel(
            "Full cycles",
            "How many times the whole capacity was taken out in the picked time.",
            Query(_cycles(taken)),
            face=Face(look.NUMBER, look.HOUSE, decimals=1, empty=look.NO_STORED),
        ),
        stat_panel(
            "Given back",
            "The share of the energy put in that came out again, in the picked time; what is "
            "still stored counts as out. Shown from two full charges on: pick more days.",
            Query(_efficiency(put, taken)),
            face=Face(
                look.SHARE,
                steps=HEALTH,
                decimals=0,
                empty="No battery, or too early",
            ),
        ),
        stat_panel(
            "Lowest charge",
            "The lowest charge in the picked time.",
            Query(f"min(min_over_time({select(storage.CHARGE)}[{RANGE}]))"),
            face=Face(look.SHARE, steps=look.CHARGES, decimals=0, empty=look.NO_BATTERY),
        ),
        stat_panel(
            "Health",
            "What is left of the capacity that the batteries had when they were new: the weakest.",
            Query(f"min({select(storage.HEALTH)} or {select(ac_batteries.HEALTH)})"),
            face=Face(look.SHARE, steps=HEALTH, decimals=0, empty=look.NO_BATTERY),
        ),
    ]


def _daily(counter: Family) -> str:
    return everywhere(promql.energy(counter, DAY, AHEAD))


def _capacity() -> str:
    return by_site(select(storage.CAPACITY), how="max") + " / 3600"


def _cycles(taken: str) -> str:
    capacity = _capacity()
    return f"sum({taken} and {capacity}) / sum({capacity} and {taken})"


def _efficiency(put: str, taken: str) -> str:
    """Only where so much went in that the error of what is stored does not matter."""
    held = by_site(select(storage.AVAILABLE), how="max")
    before = by_site(f"{select(storage.AVAILABLE)} offset {RANGE}", how="max")
    out = f"({taken} + ({held} - {before}) / 3600)"
    into = f"({put} > 2 * {_capacity()})"
    return f"clamp(sum({out} and {into}) / sum({into} and {out}), 0, 1)"


def _run() -> list[model.Panel]:
    return [
        timeline(
            "Mode",
            "How the batteries are run, and what may charge them.",
            Query(_numbered(storage.MODE, storage.MODES), "Mode, {{instance}}"),
            Query(
                f"10 + {by_site(select(storage.FROM_GRID), how='max')}", "Charged by, {{instance}}"
            ),
            face=Face(words=RUN, empty=look.NO_BATTERY),
        ),
        timeline(
            "Grid",
            "The relay between the house and the grid, and what the system controller and the "
            "batteries take the grid for.",
            Query(f"10 + {promql.relay()}", "Relay, {{instance}}"),
            Query(_seen("enpower"), "Controller, {{instance}}"),
            Query(_seen("encharge"), "Batteries, {{instance}}"),
            face=Face(words=GRID, empty="No battery, or no system controller"),
        ),
    ]


def _numbered(family: Family, values: tuple[str, ...], **labels: str) -> str:
    """Return the place of the state that holds, from 1 on; 0 for one that is not in the list."""
    flags = (by_site(select(family, mode=value, **labels), how="max") for value in values)
    return " + ".join(f"{place} * {flag}" for place, flag in enumerate(flags, start=1))


def _seen(device: str) -> str:
    return _numbered(controller.MODE, controller.MODES[:-1], device=device)


def _each() -> list[model.Panel]:
    return [
        _table(),
        graph(
            "Charge of each battery",
            "How full each battery is; its name is the end of its serial number.",
            Query(_by_battery(batteries.CHARGE), "{{battery}}"),
            face=Face(look.SHARE, least=0, most=1, empty=look.NO_BATTERY),
            fill=0,
        ),
        graph(
            "Temperatures",
            "Each battery, the hottest cell of all of them, and the system controller. A "
            "battery's name is the end of its serial number.",
            Query(_by_battery(batteries.TEMPERATURE), "{{battery}}"),
            Query(f"max({select(batteries.MAX_CELL)})", "Hottest cell", look.BATTERY),
            Query(f"max({select(controller.TEMPERATURE)})", "System controller", look.PLAIN),
            face=Face(look.CELSIUS, empty=look.NO_BATTERY),
            fill=0,
        ),
    ]


def _alone(family: Family) -> str:
    return by_site(select(family), "serial", how="max")


def _by_battery(family: Family) -> str:
    return short_serial(_alone(family), "battery")


def _table() -> model.Panel:
    names = by_site(select(batteries.BATTERY), "serial", "kind", "firmware", how="max")
    panel = table_panel(
        "Batteries",
        "Each battery: its charge, its power (above zero it gives), its temperatures, whether it "
        "talks to the gateway, and when it last reported.",
        {
            "serial": "Battery",
            "kind": "Kind",
            "instance": "Instance",
            "firmware": "Firmware",
            "job": "",
        },
        Column(names, ""),
        Column(_alone(batteries.CHARGE), "Charge", look.SHARE),
        Column(_alone(batteries.POWER), "Power", look.WATT, BLANK),
        Column(f"{_alone(batteries.CAPACITY)} / 3600", "Capacity", look.WATT_HOUR, BLANK),
        Column(_alone(batteries.TEMPERATURE), "Temperature", look.CELSIUS, BLANK),
        Column(_alone(batteries.MAX_CELL), "Hottest cell", look.CELSIUS, BLANK),
        Column(_alone(batteries.COMMUNICATING), "Talks", properties=ANSWERS),
        Column(f"{_alone(batteries.REPORTED)} * 1000", "Last report", look.AGO),
        size=(24, 8),
        sort="Battery",
        empty=look.NO_BATTERY,
    )
    words(panel, "Kind", KINDS)
    widths(panel, {"Battery": 130, "Firmware": 200})
    return panel
