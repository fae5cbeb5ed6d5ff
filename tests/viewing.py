"""A Grafana without a screen: asks a Prometheus what the panels of a dashboard ask.

Variables, times and steps are filled in as Grafana does; nothing is drawn.
"""

import math
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import httpx

Panel = dict[str, Any]
Series = dict[str, Any]

UNITS = {"m": "minutes", "h": "hours", "d": "days", "w": "weeks"}
SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86_400, "w": 604_800}
POINTS = 200
"""How many points a graph asks for at the most; its width in pixels, in Grafana."""


@dataclass(frozen=True)
class Answer:
    """What one query of a panel brought."""

    panel: str
    expression: str
    series: list[Series]

    @property
    def values(self) -> list[float]:
        """Every value."""
        return [
            float(value) for one in self.series for _, value in one.get("values") or [one["value"]]
        ]


@dataclass(frozen=True)
class View:
    """A person who looks at dashboards: when, at which gateways, and how often these are read."""

    http: httpx.Client
    now: datetime
    scrape: int
    variables: dict[str, str] = field(default_factory=dict)
    since: str | None = None
    """The time picked, in place of the dashboard's own."""

    def look(self, board: Panel) -> Iterator[tuple[Panel, list[Answer]]]:
        """Ask what each panel asks."""
        variables = defaults(board) | self.variables
        for panel in board["panels"]:
            if panel.get("targets"):
                yield panel, [self._ask(board, panel, t, variables) for t in panel["targets"]]

    def annotations(self, board: Panel) -> list[Answer]:
        """Ask what the annotations of the last days ask."""
        variables = defaults(board) | self.variables
        start, step = self.now - timedelta(days=6), 1200
        return [
            Answer(
                each["name"],
                each["expr"],
                self._range(self._fill(each["expr"], variables, 6 * 86_400, step), start, step),
            )
            for each in board["annotations"]["list"]
        ]

    def _ask(
        self, board: Panel, panel: Panel, target: dict[str, Any], variables: dict[str, str]
    ) -> Answer:
        start = self._moment(panel.get("timeFrom") or self.since or board["time"]["from"])
        seconds = int((self.now - start).total_seconds())
        least = _seconds(target.get("interval") or panel.get("interval") or "1s")
        step = max(least, self.scrape, math.ceil(seconds / POINTS))
        expression = self._fill(target["expr"], variables, seconds, step)
        if target["instant"]:
            return Answer(panel["title"], expression, self._instant(expression))
        return Answer(panel["title"], expression, self._range(expression, start, step))

    def _fill(self, expression: str, variables: dict[str, str], seconds: int, step: int) -> str:
        every = variables | {
            "__range": f"{seconds}s",
            "__range_s": str(seconds),
            "__interval": f"{step}s",
            "__rate_interval": f"{max(step + self.scrape, 4 * self.scrape)}s",
        }
        return re.sub(r"\$\{?(\w+)(?::\w+)?\}?", lambda found: every[found[1]], expression)

    def _instant(self, expression: str) -> list[Series]:
        return self._get("query", query=expression, time=self.now.timestamp())

    def _range(self, expression: str, start: datetime, step: int) -> list[Series]:
        since, until = start.timestamp(), self.now.timestamp()
        return self._get("query_range", query=expression, start=since, end=until, step=step)

    def _get(self, kind: str, **parameters: str | float) -> list[Series]:
        answer = self.http.get(f"/api/v1/{kind}", params=parameters).json()
        assert answer["status"] == "success", f"{answer['error']}: {parameters['query']}"
        assert not answer.get("warnings"), answer
        result: list[Series] = answer["data"]["result"]
        return result

    def _moment(self, text: str) -> datetime:
        """Read one of Grafana's relative times: ``now``, ``now-2d``, ``now/d``, ``now-13d/d``."""
        found = re.fullmatch(r"(?:now-)?(?:now|(\d+)([mhdwMy]))(/[hdMy])?", text)
        assert found, text
        count, unit, border = found.groups()
        days = {"M": 31, "y": 366}
        moment = self.now
        if count and unit in days:
            moment -= timedelta(days=int(count) * days[unit])
        elif count:
            moment -= timedelta(**{UNITS[unit]: int(count)})
        if border:
            moment = moment.replace(minute=0, second=0, microsecond=0)
        if border in {"/d", "/M", "/y"}:
            moment = moment.replace(hour=0)
        if border in {"/M", "/y"}:
            moment = moment.replace(day=1)
        return moment.replace(month=1) if border == "/y" else moment


def defaults(board: Panel) -> dict[str, str]:
    """Return each variable's value as the dashboard opens: all of what can be chosen."""
    found = {}
    for variable in board["templating"]["list"]:
        value = variable.get("current", {}).get("value", "")
        found[variable["name"]] = ".+" if value == "$__all" else value
    return found


def _seconds(text: str) -> int:
    return int(text[:-1]) * SECONDS[text[-1]]
