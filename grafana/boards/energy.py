"""Energy: what the home made, used, bought and sold, by hour, day and month; what it is worth."""

from collections.abc import Callable

from grafana_foundation_sdk.models import common as style
from grafana_foundation_sdk.models import dashboard as model
from grafana_foundation_sdk.models import stat

from boards import look, promql
from boards.bars import bars, days
from boards.board import Row, dashboard, text_variable
from boards.panel import AHEAD, DAY, Face, Query, fixed, override, transformation
from boards.promql import SITE, by_site, everywhere, select
from boards.values import shares, stat_panel
from exporter.collectors import flows, production

RANGE = "$__range"
DATE = "ddd D MMM"
DAYS = "D MMM"
UNKNOWN = "Made, use unknown"
BILL = ((None, look.SOLD), (0, look.BOUGHT))
STACKED = "By source: straight from the panels, out of the batteries, bought. Below zero: sold."
PRICED = "Prices are those in the fields above."
MIDNIGHT = "Days begin at midnight while the time range is a relative one"


def board() -> model.Dashboard:
    """Build it."""
    return dashboard(
        "enphase-energy",
        "Energy",
        "What the home made, used, bought and sold, by hour, day and month; and what it is worth. "
        "Type your own prices into the fields above.",
        [
            Row("In the picked time", _totals()),
            Row("Where it came from, where it went", _ways()),
            Row("By hour, day and month", _times()),
            Row("Money in the picked time", _money()),
        ],
        since="now-30d",
        variables=[
            text_variable("buy", "Buy at", "0.30", _price("buy")),
            text_variable("sell", "Sell at", "0.08", _price("sell")),
        ],
    )


def _price(way: str) -> str:
    return f"The price at which you {way} a kilowatt hour, like 0.25: replace it with your own."


def _totals() -> list[model.Panel]:
    made = Face(look.WATT_HOUR, look.SOLAR)
    return [
        _total("Made", "Energy that the panels made.", promql.made, made),
        _total(
            "Used",
            "Energy that the house used: made and bought, less sold and stored.",
            promql.used,
            _of_grid(look.HOUSE),
        ),
        _total("Bought", "Energy from the grid.", promql.bought, _of_grid(look.BOUGHT)),
        _total("Sold", "Energy into the grid.", promql.sold, _of_grid(look.SOLD)),
        _share("Own use", "The share of what was made that was not sold.", promql.own_use),
        _share(
            "Self-sufficient",
            "The share of what the house used that was not bought.",
            promql.self_sufficiency,
        ),
    ]


def _of_grid(color: str) -> Face:
    return Face(look.WATT_HOUR, color, empty=look.NO_GRID_METER)


def _total(title: str, about: str, energy: Callable[..., str], face: Face) -> model.Panel:
    return _compared(
        title, about, everywhere(energy(RANGE)), everywhere(energy(RANGE, RANGE)), face
    )


def _share(title: str, about: str, share: Callable[..., str]) -> model.Panel:
    face = Face(look.SHARE, steps=look.OWN, decimals=0, empty=look.NO_GRID_METER)
    return _compared(title, about, share(RANGE), share(RANGE, RANGE), face)


def _compared(title: str, about: str, now: str, before: str, face: Face) -> model.Panel:
    """Show a value, and below it the one of the time of the same length before.

    That one only where Prometheus knows all of it, of all gateways.
    """
    power = f"({select(production.POWER)} offset {RANGE})"
    known = by_site(f"max_over_time({power}[1d:1h] offset {RANGE})", how="max")
    unknown = f"count({promql.made(RANGE)} unless on ({SITE}) {known})"
    panel = stat_panel(
        title,
        f"{about} Before: in the time of the same length before, where that is recorded.",
        Query(now, "Picked"),
        Query(f"{before} unless on () {unknown}", "Before"),
        face=face,
        size=(4, 4),
    )
    override(panel, "Before", {"color": fixed(look.PLAIN)})
    panel.options = stat.Options(
        graph_mode=style.BigValueGraphMode.NONE,
        orientation=style.VizOrientation.HORIZONTAL,
        wide_layout=True,
        text=style.VizTextDisplayOptions(title_size=14, value_size=34),
        reduce_options=style.ReduceDataOptions(calcs=["lastNotNull"], fields="", values=False),
    )
    return panel


def _ways() -> list[model.Panel]:
    return [
        shares(
            "Where the house's energy came from",
            "Used straight from the panels, taken out of the batteries, and bought.",
            Query(everywhere(promql.sun_to_house(RANGE)), "Solar", look.SOLAR),
            Query(f"{everywhere(promql.discharged(RANGE))} > 0", "Battery", look.BATTERY),
            Query(everywhere(promql.bought(RANGE)), "Bought", look.BOUGHT),
            face=Face(look.WATT_HOUR, empty=look.NO_GRID_METER),
            size=(8, 8),
        ),
        shares(
            "Where the sun's energy went",
            "Used at once, put into the batteries, and sold. Where no grid meter tells what is "
            "sold, the use is not known.",
            Query(everywhere(promql.sun_to_house(RANGE)), "House", look.HOUSE),
            Query(f"{everywhere(promql.sun_to_battery(RANGE))} > 0", "Battery", look.BATTERY),
            Query(everywhere(promql.sold(RANGE)), "Sold", look.SOLD),
            Query(everywhere(promql.unmetered(RANGE)), UNKNOWN, look.UNMETERED),
            face=Face(look.WATT_HOUR),
            size=(8, 8),
        ),
        stat_panel(
            "Peak power made",
            "The highest power of the panels in the picked time; of several gateways, the sum of "
            "each one's highest.",
            Query(everywhere(f"max_over_time({select(production.POWER)}[{RANGE}])")),
            face=Face(look.WATT, look.SOLAR),
        ),
        stat_panel(
            "Peak power used",
            "The highest power that the house used in the picked time; of several gateways, the "
            "sum of each one's highest.",
            Query(everywhere(f"max_over_time({select(flows.CONSUMPTION)}[{RANGE}])")),
            face=Face(look.WATT, look.HOUSE, empty=look.NO_GRID_METER),
        ),
        _top_day(
            "Best day",
            "The day of the picked time on which the panels made most.",
            everywhere(promql.made(DAY, AHEAD)),
            Face(look.WATT_HOUR, look.SOLAR),
        ),
        _top_day(
            "Day of most use",
            "The day of the picked time on which the house used most.",
            everywhere(promql.used(DAY, AHEAD)),
            _of_grid(look.HOUSE),
        ),
    ]


def _top_day(title: str, about: str, expression: str, face: Face) -> model.Panel:
    """Show the highest of the days, and its date."""
    panel = stat_panel(title, about, Query(expression, title), face=face, sparkline=True)
    panel.interval = DAY
    panel.transformations = [
        *days(),
        transformation("sortBy", sort=[{"field": title, "desc": True}]),
        transformation("limit", limitField=1),
        transformation("formatTime", timeField="Day", outputFormat=DATE),
    ]
    panel.options = stat.Options(
        graph_mode=style.BigValueGraphMode.NONE,
        justify_mode=style.BigValueJustifyMode.CENTER,
        text_mode=style.BigValueTextMode.VALUE_AND_NAME,
        reduce_options=style.ReduceDataOptions(calcs=[], fields="", values=True),
    )
    return panel


def _times() -> list[model.Panel]:
    return [
        bars(
            "By hour",
            f"{STACKED} The last 48 hours.",
            *_sources("1h", "-1h"),
            face=Face(look.WATT_HOUR),
            step="1h",
            since="now-47h/h",
            labels="ddd HH:mm",
        ),
        bars(
            "By day",
            f"{STACKED} The last 31 days. {MIDNIGHT}.",
            *_sources(DAY, AHEAD),
            face=Face(look.WATT_HOUR),
            step=DAY,
            since="now-30d/d",
            labels=DAYS,
        ),
        bars(
            "By month",
            f"{STACKED} Calendar months, as far back as Prometheus keeps its data: 15 days, "
            "unless it is told to keep more.",
            *_sources(DAY, AHEAD),
            face=Face(look.WATT_HOUR),
            step=DAY,
            since="now-11M/M",
            labels="MMM YYYY",
            grouped=True,
        ),
        bars(
            "Self-sufficient by day",
            f"The share of what the house used that was not bought. The last 31 days. {MIDNIGHT}.",
            Query(promql.self_sufficiency(DAY, AHEAD), "Self-sufficient", look.HOUSE),
            face=Face(look.SHARE, least=0, most=1, decimals=0, empty=look.NO_GRID_METER),
            step=DAY,
            since="now-30d/d",
            labels=DAYS,
        ),
    ]


def _sources(window: str, ahead: str) -> list[Query]:
    return [
        Query(everywhere(promql.sun_to_house(window, ahead)), "Solar", look.SOLAR),
        Query(f"{everywhere(promql.discharged(window, ahead))} > 0", "Battery", look.BATTERY),
        Query(everywhere(promql.bought(window, ahead)), "Bought", look.BOUGHT),
        Query(everywhere(promql.unmetered(window, ahead)), UNKNOWN, look.UNMETERED),
        Query(f"-{everywhere(promql.sold(window, ahead))}", "Sold", look.SOLD),
    ]


def _money() -> list[model.Panel]:
    cost, income, saved = _cost(RANGE), _income(RANGE), _saved(RANGE)
    grid = f"({promql.used(RANGE)} and {promql.bought(RANGE)})"
    return [
        bars(
            "Money by day",
            "Above zero: income from what was sold, and what own use saved. Below zero: the cost "
            f"of what was bought. {PRICED} {MIDNIGHT}.",
            Query(_saved(DAY, AHEAD), "Saved", look.SOLAR),
            Query(_income(DAY, AHEAD), "Income", look.SOLD),
            Query(f"-({_cost(DAY, AHEAD)})", "Cost", look.BOUGHT),
            face=Face(decimals=2, empty=look.NO_GRID_METER),
            step=DAY,
            since=None,
            labels=DAYS,
            size=(16, 12),
        ),
        _sum("Cost", "What was bought from the grid costs this.", cost, look.BOUGHT),
        _sum("Income", "What was sold to the grid brings this.", income, look.SOLD),
        _sum(
            "Saved by own use",
            "What the house used and did not buy would have cost this.",
            saved,
            look.SOLAR,
        ),
        _sum(
            "Net bill",
            "Cost less income: above zero you pay, below zero you are paid.",
            f"{cost} - {income}",
        ),
        _sum(
            "Bill without panels",
            "All that the house used would have cost this.",
            _worth(everywhere(grid), "buy"),
            look.HOUSE,
        ),
        _sum(
            "Worth of the panels",
            "Saved by own use, and income: by so much the bill is lower.",
            f"{saved} + {income}",
            look.GOOD,
        ),
    ]


def _worth(watt_hours: str, price: str) -> str:
    return f"{watt_hours} / 1000 * ${price}"


def _cost(window: str, offset: str = "") -> str:
    return _worth(everywhere(promql.bought(window, offset)), "buy")


def _income(window: str, offset: str = "") -> str:
    return _worth(everywhere(promql.sold(window, offset)), "sell")


def _saved(window: str, offset: str = "") -> str:
    use, grid = promql.used(window, offset), promql.bought(window, offset)
    return _worth(everywhere(f"clamp_min({use} - {grid}, 0)"), "buy")


def _sum(title: str, about: str, expression: str, color: str = "") -> model.Panel:
    return stat_panel(
        title,
        f"{about} {PRICED}",
        Query(expression),
        face=Face(color=color, steps=() if color else BILL, decimals=2, empty=look.NO_GRID_METER),
    )
