"""Bar charts: energy by hour, day and calendar month."""

from collections.abc import Iterable, Sequence

from grafana_foundation_sdk.models import barchart
from grafana_foundation_sdk.models import common as style
from grafana_foundation_sdk.models import dashboard as model
from grafana_foundation_sdk.models.prometheus import PromQueryFormat

from boards.panel import (
    DAY,
    REFERENCES,
    Face,
    Query,
    Size,
    assembled,
    legend_of,
    override,
    paint,
    targets,
    tooltip,
    transformation,
)


def bars(
    title: str,
    about: str,
    *queries: Query,
    face: Face,
    step: str,
    since: str | None,
    labels: str,
    size: Size = (12, 8),
    stacked: bool = True,
    legend: Sequence[str] = (),
    grouped: bool = False,
) -> model.Panel:
    """Draw bars for each ``step`` since a time of their own; ``labels`` is a format of times.

    ``grouped`` adds up the days of one label: those of a month.
    """
    options = barchart.Options(
        orientation=style.VizOrientation.AUTO,
        stacking=style.StackingMode.NORMAL if stacked else style.StackingMode.NONE,
        show_value=style.VisibilityMode.NEVER,
        x_tick_label_spacing=100,
        group_width=0.8,
        bar_width=0.9,
        x_field="Day" if step == DAY else "Time",
        legend=legend_of(legend),
        tooltip=tooltip(),
    )
    custom = barchart.FieldConfig(line_width=0, fill_opacity=85)
    panel = assembled("barchart", title, about, size, options, face, custom, since=since)
    panel.targets = targets(queries, step=step)
    panel.interval = step
    joined = [transformation("joinByField", byField="Time", mode="outer")]
    panel.transformations = joined if len(queries) > 1 else []
    if step == DAY:
        panel.transformations += days()
    if grouped:
        panel.transformations += _sums(labels, [query.name for query in queries])
    else:
        axis = {"unit": f"time:{labels}"}
        override(panel, "Day" if step == DAY else "Time", axis)
    paint(panel, queries)
    return panel


def tally(
    title: str,
    about: str,
    label: str,
    *queries: Query,
    face: Face,
    unit: str,
    size: Size = (8, 9),
) -> model.Panel:
    """Draw bars for the numbers of one ``unit`` that a label holds, in their order."""
    options = barchart.Options(
        orientation=style.VizOrientation.VERTICAL,
        stacking=style.StackingMode.NONE,
        show_value=style.VisibilityMode.NEVER,
        x_tick_label_spacing=100,
        group_width=0.8,
        bar_width=0.9,
        x_field=label,
        legend=legend_of([]),
        tooltip=tooltip(),
    )
    custom = barchart.FieldConfig(line_width=0, fill_opacity=85)
    panel = assembled("barchart", title, about, size, options, face, custom)
    panel.targets = targets(queries, instant=True, form=PromQueryFormat.TABLE)
    values = {f"Value #{REFERENCES[n]}": query.name for n, query in enumerate(queries)}
    panel.transformations = [
        transformation("merge"),
        transformation("organize", excludeByName={"Time": True}, renameByName=values),
        _converted(label, "number"),
        transformation("sortBy", fields={}, sort=[{"field": label}]),
        _converted(label, "string"),
    ]
    override(panel, label, {"unit": unit})
    paint(panel, queries)
    return panel


def _converted(field_name: str, kind: str) -> model.DataTransformerConfig:
    conversions = [{"targetField": field_name, "destinationType": kind}]
    return transformation("convertFieldType", fields={}, conversions=conversions)


def days() -> list[model.DataTransformerConfig]:
    """Add each day's noon, ``Day``: its date is right.

    Where the clocks change in between, days of one step begin at 23:00 of the day before.
    """
    return [
        transformation(
            "calculateField",
            mode="binary",
            alias="Day",
            binary={"left": "Time", "operator": "+", "right": "43200000"},
        ),
        _converted("Day", "time"),
    ]


def _sums(labels: str, names: Iterable[str]) -> list[model.DataTransformerConfig]:
    """Add up all days that have one label."""
    add = {"operation": "aggregate", "aggregations": ["sum"]}
    day = {"operation": "groupby", "aggregations": []}
    return [
        transformation("formatTime", timeField="Day", outputFormat=labels),
        transformation("groupBy", fields={"Day": day} | dict.fromkeys(names, add)),
        transformation("organize", renameByName={f"{name} (sum)": name for name in names}),
    ]
