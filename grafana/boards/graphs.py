"""Panels over time: lines, heat maps, cells, states."""

from collections.abc import Sequence

from grafana_foundation_sdk.models import common as style
from grafana_foundation_sdk.models import dashboard as model
from grafana_foundation_sdk.models import heatmap, statetimeline, statushistory, timeseries
from grafana_foundation_sdk.models.prometheus import PromQueryFormat

from boards import look
from boards.panel import Face, Query, Size, assembled, legend_of, one_each, paint, targets, tooltip


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
    options = timeseries.Options(legend=legend_of(legend), tooltip=tooltip())
    panel = assembled("timeseries", title, about, size, options, face, custom, since=since)
    if limits and panel.field_config:
        panel.field_config.defaults.color = one_each()
    panel.targets = targets(queries)
    paint(panel, queries)
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
    panel = assembled("heatmap", title, about, size, options, face, since=since)
    form = PromQueryFormat.HEATMAP if buckets else PromQueryFormat.TIME_SERIES
    panel.targets = targets([query], form=form)
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
        legend=legend_of([]),
        tooltip=tooltip(),
        per_page=25,
    )
    custom = statushistory.FieldConfig(line_width=0, fill_opacity=80)
    panel = assembled("status-history", title, about, size, options, face, custom)
    panel.targets = targets([query])
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
        tooltip=tooltip(),
    )
    custom = statetimeline.FieldConfig(line_width=0, fill_opacity=80)
    panel = assembled("state-timeline", title, about, size, options, face, custom)
    panel.targets = targets(queries)
    return panel
