"""`/production.json` on the newest meters: where this firmware is wrong, this page is too.

Its total consumption repeats the net one, whatever it says of today is of the whole life, and
there are three lines for two phases. `/api/v1/production` stands still for a week.
"""

from typing import Any

from exporter.demo import days
from exporter.demo.documents import ac_batteries, production, quarterly, stack
from exporter.demo.documents.meters import CHANNELS
from exporter.demo.documents.production import NAMES, TODAY, Block
from exporter.demo.house import House, State

WEEK = 7 * days.DAY


def detailed(state: State, _house: House) -> dict[str, list[Block]]:
    """Return the page with its three lines."""
    made = [production.line(row) for row in stack.phases(state, "production")]
    net = [production.net(row) for row in stack.phases(state, "net-consumption")]
    return {
        "production": [
            production.inverters(state),
            _block(state, "production", made, counted=True),
        ],
        "consumption": [
            _block(state, "total-consumption", net, counted=True),
            _block(state, "net-consumption", net, counted=False),
        ],
        "storage": [ac_batteries.block(state)],
    }


def plain(state: State, house: House) -> dict[str, list[Block]]:
    """Return the page as it is without a query."""
    return production.without_lines(detailed(state, house))


def frozen(state: State, house: House) -> dict[str, int]:
    """Return `/api/v1/production` as it was when the week began."""
    return quarterly.quarterly(house.at(week(state.moment)), house)


def week(moment: float) -> float:
    """Return when this firmware last renewed what it should renew each quarter hour."""
    return moment // WEEK * WEEK


def _block(state: State, name: str, rows: list[Block], *, counted: bool) -> Block:
    spare = (dict.fromkeys(NAMES, 0.0) for _ in range(len(rows), CHANNELS))
    lines = [{**row, **_since(row, counted=counted)} for row in (*rows, *spare)]
    total = {key: round(sum(line[key] for line in lines), 3) for key in lines[0]}
    return {
        "type": "eim",
        "activeCount": 1,
        "measurementType": name,
        "readingTime": int(state.moment),
        **total,
        "lines": lines,
    }


def _since(row: Block, *, counted: bool) -> dict[str, Any]:
    if not counted:
        return dict.fromkeys(TODAY, 0)
    return {name: row[source] for name, source in TODAY.items()}
