"""What all dashboards share: variables, links to each other, annotations, the grid, the JSON."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from grafana_foundation_sdk.cog.encoder import JSONEncoder
from grafana_foundation_sdk.models import dashboard as model

from boards import look
from boards.panel import DATASOURCE
from boards.promql import select
from exporter import outcome
from exporter.collectors import controller
from exporter.collectors import gateway as identity
from exporter.metric import Family

TAG = "enphase"
COLUMNS = 24


@dataclass(frozen=True)
class Row:
    """Panels under a heading, laid from left to right into the highest free place.

    ``repeat`` is a variable: the row is there once for each of its values.
    """

    title: str
    panels: Sequence[model.Panel]
    repeat: str | None = None


def dashboard(
    uid: str,
    title: str,
    about: str,
    rows: Iterable[Row],
    *,
    since: str = "now/d",
    variables: Iterable[model.VariableModel] = (),
    shown: Sequence[Family] = (outcome.UP,),
) -> model.Dashboard:
    """Put a dashboard together; its ``uid`` is its address and its file's name, for ever.

    The jobs and instances to choose from are those which have one of the families ``shown``.
    """
    return model.Dashboard(
        uid=uid,
        title=f"Enphase / {title}",
        description=about,
        tags=[TAG],
        editable=False,
        graph_tooltip=model.DashboardCursorSync.CROSSHAIR,
        refresh="1m",
        time=model.DashboardDashboardTime(from_val=since, to="now"),
        templating=model.DashboardDashboardTemplating(list_val=[*_common(shown), *variables]),
        annotations=model.AnnotationContainer(list_val=list(_annotations())),
        links=[_link()],
        panels=_lay(rows),
    )


def encode(board: model.Dashboard) -> str:
    """Return the JSON that Grafana imports."""
    return JSONEncoder(indent=2, ensure_ascii=False).encode(board) + "\n"


def query_variable(name: str, label: str, query: str) -> model.VariableModel:
    """Make a choice among what Prometheus has; all of it by default."""
    return model.VariableModel(
        type_val=model.VariableType.QUERY,
        name=name,
        label=label,
        datasource=DATASOURCE,
        query={"query": query, "refId": name},
        refresh=model.VariableRefresh.ON_TIME_RANGE_CHANGED,
        sort=model.VariableSort.ALPHABETICAL_ASC,
        multi=True,
        include_all=True,
        all_value=".+",
        current=model.VariableOption(text="All", value="$__all"),
    )


def choice_variable(
    name: str, label: str, choices: Mapping[str, str], about: str
) -> model.VariableModel:
    """Make a choice among values, by their names; the first one is the default."""
    options = [model.VariableOption(text=text, value=value) for text, value in choices.items()]
    options[0].selected = True
    return model.VariableModel(
        type_val=model.VariableType.CUSTOM,
        name=name,
        label=label,
        description=about,
        query=",".join(f"{text} : {value}" for text, value in choices.items()),
        current=model.VariableOption(text=options[0].text, value=options[0].value),
        options=options,
    )


def text_variable(name: str, label: str, value: str, about: str) -> model.VariableModel:
    """Make a field to type into."""
    return model.VariableModel(
        type_val=model.VariableType.TEXTBOX,
        name=name,
        label=label,
        description=about,
        query=value,
        current=model.VariableOption(text=value, value=value),
        options=[model.VariableOption(selected=True, text=value, value=value)],
    )


def _common(shown: Iterable[Family]) -> list[model.VariableModel]:
    series = f'__name__=~"{"|".join(family.name for family in shown)}"'
    return [
        model.VariableModel(
            type_val=model.VariableType.DATASOURCE,
            name="datasource",
            label="Data source",
            query="prometheus",
            refresh=model.VariableRefresh.ON_DASHBOARD_LOAD,
        ),
        query_variable("job", "Job", f"label_values({{{series}}}, job)"),
        query_variable(
            "instance", "Instance", f'label_values({{{series}, job=~"$job"}}, instance)'
        ),
    ]


class _Annotation(model.AnnotationQuery):
    """An annotation with the words that Grafana shows of it, which the SDK has no field for."""

    words: str = ""

    def to_json(self) -> dict[str, object]:
        """Return what Grafana reads."""
        return super().to_json() | {"titleFormat": self.words, "step": "60s"}


def _annotations() -> Iterable[model.AnnotationQuery]:
    firmware = f"count by (job, instance, firmware) ({select(identity.GATEWAY)})"
    before = f"max_over_time({select(identity.GATEWAY)}[1d] offset 5m)"
    yield _annotation(
        "Gateway silent",
        look.FAULT,
        # Not the minutes of each night in which gateways are busy with themselves.
        f"1 - max by (job, instance) (max_over_time({select(outcome.UP)}[10m]))",
        "{{instance}}: no answer for ten minutes",
    )
    yield _annotation(
        "Firmware changed",
        look.HOUSE,
        f"{firmware} unless on (job, instance, firmware) {before} and on (job, instance) {before}",
        "{{instance}}: firmware {{firmware}}",
    )
    yield _annotation(
        "Grid lost",
        look.BOUGHT,
        f"1 - max by (job, instance) ({select(controller.RELAY)})",
        "{{instance}}: no grid",
    )


def _annotation(name: str, color: str, expression: str, words: str) -> model.AnnotationQuery:
    annotation = _Annotation(
        name=name, datasource=DATASOURCE, icon_color=color, expr=expression, built_in=None
    )
    annotation.words = words
    return annotation


def _link() -> model.DashboardLink:
    return model.DashboardLink(
        title="Enphase",
        type_val=model.DashboardLinkType.DASHBOARDS,
        tags=[TAG],
        as_dropdown=True,
        include_vars=True,
        keep_time=True,
        icon="external link",
    )


def _lay(rows: Iterable[Row]) -> list[model.Panel | model.RowPanel]:
    laid: list[model.Panel | model.RowPanel] = []
    top = 0
    for row in rows:
        laid.append(
            model.RowPanel(
                title=row.title,
                id_val=len(laid) + 1,
                grid_pos=model.GridPos(x=0, y=top, w=COLUMNS, h=1),
                panels=[],
                repeat=row.repeat,
            )
        )
        skyline = [top + 1] * COLUMNS
        for panel in row.panels:
            panel.id_val = len(laid) + 1
            _place(panel, skyline)
            laid.append(panel)
        top = max(skyline)
    return laid


def _place(panel: model.Panel, skyline: list[int]) -> None:
    place = panel.grid_pos or model.GridPos()
    place.y, place.x = min((max(skyline[x : x + place.w]), x) for x in range(COLUMNS - place.w + 1))
    skyline[place.x : place.x + place.w] = [place.y + place.h] * place.w
