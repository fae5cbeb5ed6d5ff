"""`/production.json` and `/production`: meters and inverters in one, with these pages' oddities."""

from math import hypot
from typing import Any

from exporter.demo import days
from exporter.demo.documents import meters
from exporter.demo.house import House, State

Block = dict[str, Any]
WRAP = 1 << 32
NAMES = {
    "wNow": "activePower",
    "whLifetime": "actEnergyDlvd",
    "varhLeadLifetime": "reactEnergyLead",
    "varhLagLifetime": "reactEnergyLagg",
    "vahLifetime": "apparentEnergy",
    "rmsCurrent": "current",
    "rmsVoltage": "voltage",
    "reactPwr": "reactivePower",
    "apprntPwr": "apparentPower",
    "pwrFactor": "pwrFactor",
}
TODAY = {
    "whToday": "whLifetime",
    "whLastSevenDays": "whLifetime",
    "vahToday": "vahLifetime",
    "varhLeadToday": "varhLeadLifetime",
    "varhLagToday": "varhLagLifetime",
}
NO_BATTERY = {
    "type": "acb",
    "activeCount": 0,
    "readingTime": 0,
    "wNow": 0,
    "whNow": 0,
    "state": "idle",
}


def production(state: State, house: House) -> dict[str, list[Block]]:
    """Return the page as it is without a query."""
    return without_lines(detailed(state, house))


def without_lines(page: dict[str, list[Block]]) -> dict[str, list[Block]]:
    """Return the page with nothing on single phases."""
    for block in (*page["production"], *page["consumption"]):
        block.pop("lines", None)
    return page


def detailed(state: State, house: House) -> dict[str, list[Block]]:
    """Return the page with a line a phase."""
    midnight = days.midnight(state.moment)
    pages = [_lines(house.at(then)) for then in (midnight, midnight - 6 * days.DAY)]
    blocks = {
        name: _block(state, name, rows, [page[name] for page in pages])
        for name, rows in _lines(state).items()
    }
    return {
        "production": [inverters(state), blocks["production"]],
        "consumption": [blocks["total-consumption"], blocks["net-consumption"]],
        "storage": [dict(NO_BATTERY)],
    }


def inverters(state: State) -> Block:
    """Return what the inverters say together: nothing at night, and a sum of wrapped counters."""
    newest = max(report.ended for report in state.inverters)
    awake = not all(report.gone for report in state.inverters)
    return {
        "type": "inverters",
        "activeCount": len(state.inverters),
        "readingTime": newest if awake else 0,
        "wNow": sum(report.watts for report in state.inverters) if awake else 0,
        # This firmware keeps each inverter's joules in 32 bits: 1.193 MWh vanish at each wrap.
        "whLifetime": sum(report.lifetime % WRAP for report in state.inverters) // 3600,
    }


def _block(state: State, name: str, rows: list[Block], before: list[list[Block]]) -> Block:
    full = [
        {**row, **_since(row, today, week, counted=name != "net-consumption")}
        for row, today, week in zip(rows, *before, strict=True)
    ]
    total = {key: round(sum(row[key] for row in full), 3) for key in full[0]}
    total["pwrFactor"] = round(total["wNow"] / (total["apprntPwr"] or 1), 2)
    return {
        "type": "eim",
        "activeCount": 1,
        "measurementType": name,
        "readingTime": int(state.moment),
        **total,
        "lines": full,
    }


def _since(row: Block, today: Block, week: Block, *, counted: bool) -> Block:
    """Return the day's and the week's values; the net meter's are zero on every gateway."""
    if not counted:
        return dict.fromkeys(TODAY, 0)
    return {
        name: round(row[source] - (week if name == "whLastSevenDays" else today)[source], 3)
        for name, source in TODAY.items()
    }


def _lines(state: State) -> dict[str, list[Block]]:
    made = [line(row) for row in meters.phases(state, "production")]
    bought = [net(row) for row in meters.phases(state, "net-consumption")]
    used = [_total(*pair) for pair in zip(made, bought, strict=True)]
    return {"production": made, "total-consumption": used, "net-consumption": bought}


def line(row: Block) -> Block:
    """Return a phase of a meter as this page names its numbers."""
    return {name: row[source] for name, source in NAMES.items()}


def net(row: Block) -> Block:
    """Return the net meter's line: from firmware 7.3.517 on its energy is import less export."""
    lifetime = round(row["actEnergyDlvd"] - row["actEnergyRcvd"], 3)
    return {**line(row), "whLifetime": lifetime}


def _total(made: Block, bought: Block) -> Block:
    """Return the consumption no meter measures: the gateway adds production and net."""
    both = {key: round(made[key] + bought[key], 3) for key in made}
    apparent = round(hypot(both["wNow"], both["reactPwr"]), 3)
    return {
        **both,
        "vahLifetime": bought["vahLifetime"],
        "rmsVoltage": bought["rmsVoltage"],
        "rmsCurrent": round(apparent / bought["rmsVoltage"], 3),
        "apprntPwr": apparent,
        "pwrFactor": round(both["wNow"] / (apparent or 1), 2),
    }
