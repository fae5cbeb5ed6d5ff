"""Tables: a row for each thing, a column for each query."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from grafana_foundation_sdk.models import common as style
from grafana_foundation_sdk.models import dashboard as model
from grafana_foundation_sdk.models import table
from grafana_foundation_sdk.models.prometheus import PromQueryFormat

from boards import look
from boards.panel import REFERENCES, Face, Query, Size, assembled, override, targets, transformation

BLANK = {"noValue": "-"}
"""A cell without a value."""

ANSWERS = {
    "mappings": [
        {"type": "value", "options": {"0": {"text": "Silent", "color": look.FAULT}}},
        {"type": "value", "options": {"1": {"text": "OK", "color": look.GOOD}}},
    ],
    "custom.cellOptions": {"type": "color-text"},
}
"""A cell that says whether something answers."""


@dataclass(frozen=True)
class Column:
    """A column of a table: what its cells hold, and how they look."""

    expression: str
    heading: str
    unit: str = look.NUMBER
    properties: Mapping[str, object] = field(default_factory=dict)


def table_panel(
    title: str,
    about: str,
    keys: Mapping[str, str],
    *columns: Column,
    size: Size = (24, 10),
    sort: str = "",
    descending: bool = False,
    empty: str = look.NO_DATA,
    since: str | None = None,
) -> model.Panel:
    """Show a row for each set of ``keys`` (labels and their headings), with a column per query.

    What has an empty heading is not shown.
    """
    options = table.Options(
        show_header=True,
        cell_height=style.TableCellHeight.SM,
        sort_by=[style.TableSortByFieldState(display_name=sort, desc=descending)] if sort else [],
    )
    custom = style.TableFieldOptions(min_width=60)
    panel = assembled("table", title, about, size, options, Face(empty=empty), custom, since=since)
    queries = [Query(column.expression) for column in columns]
    panel.targets = targets(queries, instant=True, form=PromQueryFormat.TABLE)
    values = [f"Value #{REFERENCES[n]}" for n in range(len(columns))]
    if len(columns) == 1:
        values = ["Value"]
    headings = dict(keys) | dict(zip(values, (column.heading for column in columns), strict=True))
    panel.transformations = [
        transformation("merge"),
        transformation(
            "organize",
            excludeByName={"Time": True} | {name: True for name in headings if not headings[name]},
            indexByName={name: place for place, name in enumerate(headings)},
            renameByName=headings,
        ),
    ]
    for column in filter(lambda column: column.heading, columns):
        override(panel, column.heading, {"unit": column.unit, **column.properties})
    return panel


def widths(panel: model.Panel, columns: Mapping[str, int]) -> None:
    """Give columns a width, in pixels; the others share what is left."""
    for heading, width in columns.items():
        override(panel, heading, {"custom.width": width})


def words(panel: model.Panel, heading: str, names: Mapping[str, str]) -> None:
    """Put words in place of the gateway's names in a column."""
    options = {name: {"text": text} for name, text in names.items()}
    override(panel, heading, {"mappings": [{"type": "value", "options": options}]})
