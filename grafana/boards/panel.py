"""What every panel has: a title, a description, queries, colours, a size.

The models are those of Grafana's own foundation SDK, with our defaults. Sizes are in Grafana's
grid: 24 columns wide, and rows of 30 pixels.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from grafana_foundation_sdk.models import common as style
from grafana_foundation_sdk.models import dashboard as model
from grafana_foundation_sdk.models.prometheus import Dataquery, PromQueryFormat

from boards import look

DATASOURCE = model.DataSourceRef(type_val="prometheus", uid="${datasource}")
TODAY = "now/d"
DAY = "1d"
AHEAD = "-1d"
"""An offset: it counts the day that a step's time begins, not the one that it ends."""

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


def assembled(
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
    """Make a panel of a kind; its queries come after."""
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


def targets(
    queries: Iterable[Query],
    *,
    instant: bool = False,
    form: PromQueryFormat = PromQueryFormat.TIME_SERIES,
    step: str | None = None,
) -> list[Any]:
    """Make the queries of a panel: over time, or of now alone where ``instant``."""
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


def paint(panel: model.Panel, queries: Iterable[Query]) -> None:
    """Give each series that has a colour its own."""
    for query in queries:
        if query.color:
            override(panel, query.name, {"color": fixed(query.color)})


def newest() -> style.ReduceDataOptions:
    """Take the newest value of each series."""
    return style.ReduceDataOptions(calcs=["lastNotNull"], fields="", values=False)


def legend_of(calcs: Sequence[str]) -> style.VizLegendOptions:
    """Make a legend below; with sums, such as ``mean``, it is a table."""
    return style.VizLegendOptions(
        show_legend=True,
        display_mode=style.LegendDisplayMode.TABLE if calcs else style.LegendDisplayMode.LIST,
        placement=style.LegendPlacement.BOTTOM,
        calcs=list(calcs),
    )


def tooltip() -> style.VizTooltipOptions:
    """Tell all series at a time, the largest first."""
    return style.VizTooltipOptions(
        mode=style.TooltipDisplayMode.MULTI, sort=style.SortOrder.DESCENDING
    )
