"""Panels of single values: numbers, dials, rankings, rings of shares."""

from grafana_foundation_sdk.models import bargauge, gauge, piechart, stat
from grafana_foundation_sdk.models import common as style
from grafana_foundation_sdk.models import dashboard as model

from boards.panel import Face, Query, Size, assembled, newest, paint, targets, tooltip


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
        reduce_options=newest(),
    )
    panel = assembled("stat", title, about, size, options, face, since=since)
    panel.targets = targets(queries, instant=not sparkline)
    paint(panel, queries)
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
    options = gauge.Options(reduce_options=newest())
    panel = assembled("gauge", title, about, size, options, face, since=since)
    panel.targets = targets([query], instant=True)
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
        reduce_options=newest(),
    )
    panel = assembled("bargauge", title, about, size, options, face)
    panel.targets = targets([query], instant=True)
    return panel


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
        reduce_options=newest(),
        tooltip=tooltip(),
        legend=piechart.PieChartLegendOptions(
            show_legend=True,
            display_mode=style.LegendDisplayMode.TABLE,
            placement=style.LegendPlacement.RIGHT,
            values=[piechart.PieChartLegendValues.VALUE],
        ),
    )
    panel = assembled("piechart", title, about, size, options, face, since=since)
    panel.targets = targets(queries, instant=True)
    paint(panel, queries)
    return panel
