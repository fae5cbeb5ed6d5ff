"""Grafana's panels as these dashboards use them: a title, a description, queries, colours, a size.

They are the models of Grafana's own foundation SDK with our defaults. Sizes are in Grafana's grid:
24 columns wide, and rows of 30 pixels.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from grafana_foundation_sdk.models import (
    barchart,
    bargauge,
    gauge,
    heatmap,
    piechart,
    stat,
    statetimeline,
    statushistory,
    table,
    timeseries,
)
from grafana_foundation_sdk.models import common as style
from grafana_foundation_sdk.models import dashboard as model
from grafana_foundation_sdk.models.prometheus import Dataquery, PromQueryFormat

from boards import look

DATASOURCE = model.DataSourceRef(type_val="prometheus", uid="${datasource}")
TODAY = "now/d"
DAY = "1d"
REFERENCES = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"

Steps = Sequence[tuple[float | None, str]]
"""Colours, each from a value on; the first one's value is ``None``."""

Size = tuple[int, int]
"""Width and height."""


@dataclass(frozen=True)
class Query:
    """An expression, the name of its series, and their colour.

    ``{{label}}`` in the name stands for a label's value; a colour needs a name without one.
    """

    expression: str
    name: str = ""
    color: str = ""


@dataclass(frozen=True)
class Column:
    """A column of a table: what its cells hold, and how they look."""

    expression: str
    heading: str
    unit: str = look.NUMBER
    properties: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True)
class Face:
    """How values look: unit, colours, words for a value, for none, and the axis's ends."""

    unit: str = look.NUMBER
    color: str = ""
    steps: Steps = ()
    words: Mapping[float, tuple[str, str]] = field(default_factory=dict)
    empty: str = look.NO_DATA
    decimals: int | None = None
    least: float | None = None
    most: float | None = None


def stat_panel(
    title: str,
    about: str,
    *queries: Query,
    face: Face,
    size: Size = (4, 4),
    sparkline: bool = False,
    since: str | None = None,
    wide: bool = True,
) -> model.Panel:
    """Show the newest value, large. ``since`` is a time of its own, in place of the picker's.

    Names of several values stand beside them, or above where they are not ``wide``.
    """
    options = stat.Options(
        graph_mode=style.BigValueGraphMode.AREA if sparkline else style.BigValueGraphMode.NONE,
        color_mode=style.BigValueColorMode.VALUE,
        justify_mode=style.BigValueJustifyMode.AUTO,
        text_mode=style.BigValueTextMode.AUTO,
        wide_layout=wide,
        reduce_options=_last(),
    )
    panel = _panel("stat", title, about, size, options, face, since=since)
    panel.targets = _targets(queries, instant=not sparkline)
    _paint(panel, queries)
    return panel


def gauge_panel(
    title: str,
    about: str,
    query: Query,
    *,
    face: Face,
    size: Size = (4, 4),
    since: str | None = None,
) -> model.Panel:
    """Show a share on a dial."""
    options = gauge.Options(reduce_options=_last())
    panel = _panel("gauge", title, about, size, options, face, since=since)
    panel.targets = _targets([query], instant=True)
    return panel


def ranking(
    title: str, about: str, query: Query, *, face: Face, size: Size = (8, 8)
) -> model.Panel:
    """Show a few values as bars, one below the other."""
    options = bargauge.Options(
        display_mode=style.BarGaugeDisplayMode.BASIC,
        value_mode=style.BarGaugeValueMode.COLOR,
        name_placement=style.BarGaugeNamePlacement.LEFT,
        orientation=style.VizOrientation.HORIZONTAL,
        reduce_options=_last(),
    )
    panel = _panel("bargauge", title, about, size, options, face)
    panel.targets = _targets([query], instant=True)
    return panel


def graph(
    title: str,
    about: str,
    *queries: Query,
    face: Face,
    size: Size = (12, 8),
    stacked: bool = False,
    fill: int = 10,
    limits: bool = False,
    legend: Sequence[str] = (),
    since: str | None = None,
) -> model.Panel:
    """Draw lines over time. ``limits`` draws the colour steps as lines, ``legend`` adds sums."""
    custom = timeseries.FieldConfig(
        line_width=1,
        fill_opacity=fill,
        show_points=style.VisibilityMode.NEVER,
        span_nulls=False,
        stacking=style.StackingConfig(
            mode=style.StackingMode.NORMAL if stacked else style.StackingMode.NONE, group="A"
        ),
        thresholds_style=style.GraphThresholdsStyleConfig(
            mode=style.GraphThresholdsStyleMode.DASHED
            if limits
            else style.GraphThresholdsStyleMode.OFF
        ),
    )
    options = timeseries.Options(legend=_legend(legend), tooltip=_tooltip())
    panel = _panel("timeseries", title, about, size, options, face, custom, since=since)
    if limits and panel.field_config:
        panel.field_config.defaults.color = one_each()
    panel.targets = _targets(queries)
    _paint(panel, queries)
    return panel


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
        legend=_legend(legend),
        tooltip=_tooltip(),
    )
    custom = barchart.FieldConfig(line_width=0, fill_opacity=85)
    panel = _panel("barchart", title, about, size, options, face, custom, since=since)
    panel.targets = _targets(queries, step=step)
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
    _paint(panel, queries)
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
        legend=_legend([]),
        tooltip=_tooltip(),
    )
    custom = barchart.FieldConfig(line_width=0, fill_opacity=85)
    panel = _panel("barchart", title, about, size, options, face, custom)
    panel.targets = _targets(queries, instant=True, form=PromQueryFormat.TABLE)
    values = {f"Value #{REFERENCES[n]}": query.name for n, query in enumerate(queries)}
    panel.transformations = [
        transformation("merge"),
        transformation("organize", excludeByName={"Time": True}, renameByName=values),
        _converted(label, "number"),
        transformation("sortBy", fields={}, sort=[{"field": label}]),
        _converted(label, "string"),
    ]
    override(panel, label, {"unit": unit})
    _paint(panel, queries)
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
        transformation(
            "convertFieldType",
            fields={},
            conversions=[{"targetField": "Day", "destinationType": "time"}],
        ),
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


def shares(
    title: str,
    about: str,
    *queries: Query,
    face: Face,
    size: Size = (6, 8),
    since: str | None = None,
) -> model.Panel:
    """Draw a ring of shares, with their values beside it."""
    options = piechart.Options(
        pie_type=piechart.PieChartType.DONUT,
        display_labels=[piechart.PieChartLabels.PERCENT],
        reduce_options=_last(),
        tooltip=_tooltip(),
        legend=piechart.PieChartLegendOptions(
            show_legend=True,
            display_mode=style.LegendDisplayMode.TABLE,
            placement=style.LegendPlacement.RIGHT,
            values=[piechart.PieChartLegendValues.VALUE],
        ),
    )
    panel = _panel("piechart", title, about, size, options, face, since=since)
    panel.targets = _targets(queries, instant=True)
    _paint(panel, queries)
    return panel


def heat(
    title: str,
    about: str,
    query: Query,
    *,
    unit: str,
    scheme: str = "YlOrRd",
    size: Size = (16, 10),
    empty: str = look.NO_DATA,
    step: str | None = None,
    since: str | None = None,
    buckets: str = "",
) -> model.Panel:
    """Draw one row for each series, its value as a colour.

    ``buckets`` is the unit of a histogram's: then there is a row for each of them.
    """
    options = heatmap.Options(
        calculate=False,
        color=heatmap.HeatmapColorOptions(
            mode=heatmap.HeatmapColorMode.SCHEME,
            scheme=scheme,
            fill="dark-orange",
            scale=heatmap.HeatmapColorScale.EXPONENTIAL,
            exponent=0.5,
            steps=64,
            min_val=0,
        ),
        rows_frame=heatmap.RowsHeatmapOptions(layout=style.HeatmapCellLayout.AUTO),
        cell_gap=1,
        cell_values=heatmap.CellValues(unit=unit),
        y_axis=heatmap.YAxisConfig(
            axis_placement=style.AxisPlacement.LEFT,
            reverse=not buckets,
            unit=buckets or look.NUMBER,
        ),
        show_value=style.VisibilityMode.NEVER,
        tooltip=heatmap.HeatmapTooltip(
            mode=style.TooltipDisplayMode.SINGLE, y_histogram=False, show_color_scale=False
        ),
        legend=heatmap.HeatmapLegend(show=True),
    )
    face = Face(unit, empty=empty)
    panel = _panel("heatmap", title, about, size, options, face, since=since)
    form = PromQueryFormat.HEATMAP if buckets else PromQueryFormat.TIME_SERIES
    panel.targets = _targets([query], form=form)
    panel.interval = step
    return panel


def cells(
    title: str, about: str, query: Query, *, face: Face, size: Size = (12, 12), points: int = 120
) -> model.Panel:
    """Draw one row for each series, its value as one of the face's colours."""
    options = statushistory.Options(
        show_value=style.VisibilityMode.NEVER,
        row_height=0.9,
        col_width=1,
        legend=_legend([]),
        tooltip=_tooltip(),
        per_page=25,
    )
    custom = statushistory.FieldConfig(line_width=0, fill_opacity=80)
    panel = _panel("status-history", title, about, size, options, face, custom)
    panel.targets = _targets([query])
    panel.max_data_points = points
    return panel


def timeline(
    title: str, about: str, *queries: Query, face: Face, size: Size = (12, 6)
) -> model.Panel:
    """Draw states over time, one row for each series."""
    options = statetimeline.Options(
        show_value=style.VisibilityMode.AUTO,
        merge_values=True,
        row_height=0.8,
        legend=style.VizLegendOptions(
            show_legend=False,
            display_mode=style.LegendDisplayMode.LIST,
            placement=style.LegendPlacement.BOTTOM,
            calcs=[],
        ),
        tooltip=_tooltip(),
    )
    custom = statetimeline.FieldConfig(line_width=0, fill_opacity=80)
    panel = _panel("state-timeline", title, about, size, options, face, custom)
    panel.targets = _targets(queries)
    return panel


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
    panel = _panel("table", title, about, size, options, Face(empty=empty), custom, since=since)
    queries = [Query(column.expression) for column in columns]
    panel.targets = _targets(queries, instant=True, form=PromQueryFormat.TABLE)
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


def text(title: str, content: str, size: Size) -> model.Panel:
    """Show words."""
    return model.Panel(
        type_val="text",
        title=title,
        grid_pos=model.GridPos(w=size[0], h=size[1]),
        options={"mode": "markdown", "content": content},
    )


def transformation(kind: str, **options: Any) -> model.DataTransformerConfig:
    """Make a step of Grafana's that changes a panel's data."""
    return model.DataTransformerConfig(id_val=kind, options=options)


def override(
    panel: model.Panel, name: str, properties: Mapping[str, object], by: str = "byName"
) -> None:
    """Change how the series or the column of one name looks, by Grafana's names of properties."""
    config = panel.field_config or model.FieldConfigSource()
    config.overrides.append(
        model.DashboardFieldConfigSourceOverrides(
            matcher=model.MatcherConfig(id_val=by, options=name),
            properties=[
                model.DynamicConfigValue(id_val=key, value=value)
                for key, value in properties.items()
            ],
        )
    )
    panel.field_config = config


def _panel(
    kind: str,
    title: str,
    about: str,
    size: Size,
    options: object,
    face: Face,
    custom: object = None,
    *,
    since: str | None = None,
) -> model.Panel:
    return model.Panel(
        type_val=kind,
        title=title,
        description=about,
        datasource=DATASOURCE,
        grid_pos=model.GridPos(w=size[0], h=size[1]),
        options=options,
        field_config=model.FieldConfigSource(defaults=_defaults(face, custom), overrides=[]),
        time_from=since,
        hide_time_override=True if since else None,
    )


def _defaults(face: Face, custom: object) -> model.FieldConfig:
    return model.FieldConfig(
        unit=face.unit,
        decimals=face.decimals,
        min_val=face.least,
        max_val=face.most,
        no_value=face.empty,
        color=_color(face),
        thresholds=_thresholds(face.steps or [(None, face.color or look.PLAIN)]),
        mappings=_mappings(face.words),
        custom=custom,
    )


def _color(face: Face) -> model.FieldColor:
    if face.color:
        return fixed(face.color)
    if face.steps or face.words:
        return model.FieldColor(mode=model.FieldColorModeId.THRESHOLDS)
    return one_each()


def one_each() -> model.FieldColor:
    """Let Grafana choose colours, no two alike; those it chooses by name may be."""
    return model.FieldColor(mode=model.FieldColorModeId.PALETTE_CLASSIC)


def fixed(color: str) -> model.FieldColor:
    """Make one colour for all values."""
    return model.FieldColor(mode=model.FieldColorModeId.FIXED, fixed_color=color)


def _thresholds(steps: Steps) -> model.ThresholdsConfig:
    return model.ThresholdsConfig(
        mode=model.ThresholdsMode.ABSOLUTE,
        steps=[model.Threshold(value=value, color=color) for value, color in steps],
    )


def _mappings(words: Mapping[float, tuple[str, str]]) -> list[model.ValueMapping]:
    if not words:
        return []
    return [
        model.ValueMap(
            options={
                f"{value:g}": model.ValueMappingResult(text=text, color=color, index=place)
                for place, (value, (text, color)) in enumerate(words.items())
            }
        )
    ]


def _targets(
    queries: Iterable[Query],
    *,
    instant: bool = False,
    form: PromQueryFormat = PromQueryFormat.TIME_SERIES,
    step: str | None = None,
) -> list[Any]:
    return [
        Dataquery(
            expr=query.expression,
            legend_format=query.name or "__auto",
            ref_id=reference,
            datasource=DATASOURCE,
            format_val=form,
            instant=instant,
            range_val=not instant,
            interval=step,
        )
        for reference, query in zip(REFERENCES, queries, strict=False)
    ]


def _paint(panel: model.Panel, queries: Iterable[Query]) -> None:
    for query in queries:
        if query.color:
            override(panel, query.name, {"color": fixed(query.color)})


def _last() -> style.ReduceDataOptions:
    return style.ReduceDataOptions(calcs=["lastNotNull"], fields="", values=False)


def _legend(calcs: Sequence[str]) -> style.VizLegendOptions:
    return style.VizLegendOptions(
        show_legend=True,
        display_mode=style.LegendDisplayMode.TABLE if calcs else style.LegendDisplayMode.LIST,
        placement=style.LegendPlacement.BOTTOM,
        calcs=list(calcs),
    )


def _tooltip() -> style.VizTooltipOptions:
    return style.VizTooltipOptions(
        mode=style.TooltipDisplayMode.MULTI, sort=style.SortOrder.DESCENDING
    )
