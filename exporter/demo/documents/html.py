"""The HTML that firmware below 4 answers where later ones answer JSON."""

from datetime import UTC, datetime
from math import floor, log10

from exporter.demo import days
from exporter.demo.documents import standard
from exporter.demo.house import State

PREFIXES = ((1e6, "M"), (1e3, "k"), (1.0, ""))
DIGITS = 3
ROWS = {
    "Currently": ("wattsNow", "W"),
    "Today": ("wattHoursToday", "Wh"),
    "Past Week": ("wattHoursSevenDays", "Wh"),
    "Since Installation": ("wattHoursLifetime", "Wh"),
}
HEAD = """<!DOCTYPE html PUBLIC "-//W3C//DTD HTML 4.01//EN">
<html lang="en">
<head>
  <title>{}</title>
  <meta http-equiv="Content-Type" content="text/html; charset=utf-8">
</head>
<body>
"""
FOOT = """
</body>
</html>
"""


def production(state: State) -> str:
    """Return the production page: a table of four numbers, with three digits each."""
    figures = standard.figures(state)
    rows = "".join(
        f"<tr><td>{label}</td>    <td>{quantity(figures[name], unit)}</td></tr>"
        for label, (name, unit) in ROWS.items()
    )
    since = datetime.fromtimestamp(days.INSTALLED + days.UTC_OFFSET, UTC)
    return (
        f"{HEAD.format('production')}<h1>System Energy Production</h1>\n<div><table>\n"
        f'<tr><td colspan="3">System has been live since\n'
        f"  <div class=good>{since:%a %b %d, %Y %I:%M %p} MST</div></td></tr>\n"
        f"{rows}\n</table><br></div>{FOOT}"
    )


def not_found(_state: State) -> str:
    """Return the page for a path that is not there, which comes with a 200."""
    return f"{HEAD.format('error')}<center>\n<h2>Page Not Found</h2>\n</center>{FOOT}"


def quantity(value: float, unit: str) -> str:
    """Return a number as the page shows it: three digits of it, and blanks before them."""
    scale, prefix = next((each for each in PREFIXES if value >= each[0]), PREFIXES[-1])
    number = value / scale
    # Rounding may add a digit, as from 999.7 to 1000; the page then simply shows four.
    places = max(0, DIGITS - 1 - floor(log10(number))) if prefix and number else 0
    return f"{number:.{places}f}".rjust(5) + f" {prefix}{unit}"
