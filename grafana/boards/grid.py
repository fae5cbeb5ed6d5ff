"""Grid quality: voltage against its limits, frequency, each phase's power; meters and outages."""

from collections.abc import Mapping

from grafana_foundation_sdk.models import dashboard as model

from boards import look, promql
from boards.bars import tally
from boards.board import Row, choice_variable, dashboard
from boards.graphs import graph, timeline
from boards.panel import Face, Query, override
from boards.promql import SITE, by_site, select
from boards.tables import BLANK, Column, table_panel, words
from boards.values import stat_panel
from exporter.collectors import controller, gateway, inverters, meters
from exporter.metric import Family

PHASED = {key: family for key, family, _ in meters.PER_PHASE}
VOLTAGE, CURRENT = PHASED["voltage"], PHASED["current"]
POWER, FACTOR = PHASED["activePower"], PHASED["pwrFactor"]
APPARENT, REACTIVE = PHASED["apparentPower"], PHASED["reactivePower"]
MEASURED = dict(inverters.MEASURED_IN_MILLI)

OF_THE_GRID = "=~production|(net|total)-consumption"
"""The meters that sit between the grid and the house."""

ALIVE = 50
"""Volts; below it is no phase, but a channel that nothing is connected to."""

MINUTES = "[${__range}:1m]"
TEN = "[${__range}:10m]"

OFF = ((None, look.GOOD), (0.06, look.BATTERY), (0.1, look.FAULT))
OUTSIDE = ((None, look.GOOD), (1, look.FAULT))
RELAY: Mapping[float, tuple[str, str]] = {
    0: ("Grid lost", look.FAULT),
    1: ("Connected", look.GOOD),
}
MODES: Mapping[float, tuple[str, str]] = {
    1: ("On grid", look.GOOD),
    2: ("On grid", look.GOOD),
    3: ("Off grid", look.FAULT),
    4: ("Generator", look.BATTERY),
    5: ("Not known", look.PLAIN),
    10: ("Grid lost", look.FAULT),
    11: ("Connected", look.GOOD),
}
FAULTS: Mapping[float, tuple[str, str]] = {0: ("No fault", look.GOOD), 1: ("Fault", look.FAULT)}
NAMES = {
    "net-consumption": "Grid",
    "production": "Solar",
    "total-consumption": "House",
    "storage": "Battery",
    "backfeed": "Backup",
    "load": "Load",
    "evse": "Car charger",
    "pv3p": "Solar on three phases",
}
WRONG = {
    "production-imbalance": "Phases make unlike power",
    "negative-production": "Production below zero",
    "negative-total-consumption": "Consumption below zero",
    "power-on-unused-phase": "Power on an unused phase",
    "not-metering": "Does not measure",
    "check-wiring": "Check the wiring",
}
NO_CONTROLLER = "No system controller"
NOT_SUCH = "No such meter"


def board() -> model.Dashboard:
    """Build it."""
    return dashboard(
        "enphase-grid",
        "Grid quality",
        "The grid's voltage against its limits, its frequency and its outages; the power of each "
        "phase, and what the meters complain of.",
        [
            Row("Voltage, $instance", [*_now(), *_voltage()], repeat="instance"),
            Row("Power of each phase, $instance", _power(), repeat="instance"),
            Row("Outages and meters", _meters()),
        ],
        variables=[
            choice_variable(
                "nominal",
                "Nominal voltage",
                {"Nearest of 120 V and 230 V": "0"}
                | {f"{volts} V": str(volts) for volts in (100, 110, 120, 127, 220, 230, 240)},
                "Between a phase and neutral. The limits are 10 % above and below it.",
            ),
            choice_variable(
                "meter",
                "Meter",
                {name: kind for kind, name in NAMES.items()},
                "Whose power, current and power factor are shown, phase by phase.",
            ),
        ],
        since="now-24h",
    )


def _now() -> list[model.Panel]:
    off = f"max(abs({_volts()} / on ({SITE}) group_left () {_nominal()} - 1))"
    return [
        _colored(
            stat_panel(
                "Voltage now",
                "Between each phase and neutral, as the meters measure it.",
                Query(_volts(), "{{phase}}"),
                face=Face(look.VOLT, decimals=1, empty=look.NO_METERS),
                size=(8, 4),
                wide=False,
            )
        ),
        stat_panel(
            "Off nominal",
            "How far the worst phase is off the nominal voltage, above or below it.",
            Query(off),
            face=Face(look.SHARE, steps=OFF, decimals=1, empty=look.NO_METERS),
        ),
        stat_panel(
            "Nominal voltage",
            "What the limits are reckoned from: chosen above, or the nearest of 120 V and 230 V.",
            Query(f"max({_nominal()})"),
            face=Face(look.VOLT, look.PLAIN, decimals=0, empty=look.NO_METERS),
        ),
        stat_panel(
            "Frequency now",
            "As the meters measure it; without meters, as the inverters do.",
            Query(f"avg({_frequency()})"),
            face=Face(look.HERTZ, look.HOUSE, decimals=2, empty="Not measured"),
        ),
        stat_panel(
            "Grid",
            "Whether the house is connected to the grid.",
            Query(f"min({promql.relay()})"),
            face=Face(words=RELAY, empty=NO_CONTROLLER),
        ),
    ]


def _voltage() -> list[model.Panel]:
    return [
        _limited(),
        _extreme("Highest", "max"),
        _extreme("Lowest", "min"),
        _outside(
            "Above the limit",
            "How long any phase was more than 10 % above the nominal voltage, in the time shown.",
            f"max by ({SITE}) ({_volts()}) > bool 1.1 * {_nominal()}",
        ),
        _outside(
            "Below the limit",
            "How long any phase was more than 10 % below the nominal voltage, in the time shown.",
            f"min by ({SITE}) ({_volts()}) < bool 0.9 * {_nominal()}",
        ),
        _distribution(),
        graph(
            "Voltage at the inverters",
            "The highest, the middle and the lowest one. It is above the meters' by what is lost "
            "in the wires; between two phases where the inverters are connected to two.",
            Query(f"max({_at_inverters()})", "Highest", look.BATTERY),
            Query(f"quantile(0.5, {_at_inverters()})", "Middle", look.SOLAR),
            Query(f"min({_at_inverters()})", "Lowest", look.HOUSE),
            face=Face(look.VOLT, empty="No sun, or not told by this gateway"),
            size=(8, 9),
            fill=0,
        ),
        graph(
            "Frequency",
            "As the meters measure it; without meters, as the inverters do while the sun shines.",
            Query(f"avg({_frequency()})", "Frequency", look.HOUSE),
            face=Face(look.HERTZ, decimals=2, empty="Not measured"),
            size=(8, 9),
            fill=0,
        ),
    ]


def _limited() -> model.Panel:
    panel = _colored(
        graph(
            "Voltage of each phase",
            "Between phase and neutral. Dashed: 10 % above and below the nominal voltage, where "
            "inverters and other devices begin to switch off.",
            Query(_volts(), "{{phase}}"),
            Query(f"max(1.1 * {_nominal()})", "Upper limit", look.FAULT),
            Query(f"min(0.9 * {_nominal()})", "Lower limit", look.FAULT),
            face=Face(look.VOLT, empty=look.NO_METERS),
            size=(16, 10),
            fill=0,
        )
    )
    for name in ("Upper limit", "Lower limit"):
        override(panel, name, look.DASHED | {"custom.fillOpacity": 0, "custom.lineWidth": 1})
    return panel


def _extreme(which: str, how: str) -> model.Panel:
    return stat_panel(
        f"{which} ten minutes",
        f"The {which.lower()} mean of ten minutes, of all phases, in the time shown.",
        Query(f"{how}({how}_over_time({_ten_minutes()}{TEN}))"),
        face=Face(look.VOLT, look.HOUSE, decimals=1, empty=look.NO_METERS),
        size=(4, 5),
    )


def _outside(title: str, about: str, state: str) -> model.Panel:
    return stat_panel(
        title,
        about,
        Query(f"sum(sum_over_time(({state}){MINUTES}))"),
        face=Face(
            look.MINUTES,
            steps=OUTSIDE,
            words={0: ("Never", look.GOOD)},
            decimals=0,
            empty=look.NO_METERS,
        ),
        size=(4, 5),
    )


def _distribution() -> model.Panel:
    panel = tally(
        "How often which voltage",
        "The share of the time shown that each phase had a voltage: to the half volt, from 175 V "
        "on to the volt.",
        "volts",
        *(Query(_share_of_time(phase), phase, color) for phase, color in look.PHASES.items()),
        face=Face(look.SHARE, empty=look.NO_METERS),
        unit=look.VOLT,
    )
    override(panel, "volts", {"decimals": 1})
    return panel


def _power() -> list[model.Panel]:
    return [
        _colored(
            graph(
                "House, phase by phase",
                "What the house takes from each phase: solar, grid and battery together, as far "
                "as there are meters.",
                Query(_load(), "{{phase}}"),
                face=Face(look.WATT, empty=look.NO_GRID_METER),
                size=(16, 8),
            )
        ),
        _colored(
            stat_panel(
                "House now",
                "What the house takes from each phase now.",
                Query(_load(), "{{phase}}"),
                face=Face(look.WATT, empty=look.NO_GRID_METER),
                size=(8, 4),
                wide=False,
            )
        ),
        _colored(
            stat_panel(
                "Power now: ${meter:text}",
                "Active power of each phase now, at the chosen meter.",
                Query(_at_meter(POWER), "{{phase}}"),
                face=Face(look.WATT, empty=NOT_SUCH),
                size=(8, 4),
                wide=False,
            )
        ),
        _of_meter(
            "Power: ${meter:text}",
            "Active power at the chosen meter. Grid: above zero is bought, below zero is sold.",
            POWER,
            look.WATT,
        ),
        _of_meter("Current: ${meter:text}", "Current at the chosen meter.", CURRENT, look.AMPERE),
        _of_meter(
            "Power factor: ${meter:text}",
            "The share of the apparent power that does work; its sign is the power's. With little "
            "power it says little.",
            FACTOR,
            look.NUMBER,
            ends=(-1, 1),
        ),
        _of_meter(
            "Apparent power: ${meter:text}",
            "Voltage times current at the chosen meter: what wires and fuses carry.",
            APPARENT,
            look.VOLT_AMPERE,
            width=12,
        ),
        _of_meter(
            "Reactive power: ${meter:text}",
            "Power that swings back and forth and does no work, at the chosen meter.",
            REACTIVE,
            look.REACTIVE,
            width=12,
        ),
    ]


def _of_meter(
    title: str,
    about: str,
    family: Family,
    unit: str,
    *,
    width: int = 8,
    ends: tuple[float, float] | None = None,
) -> model.Panel:
    least, most = ends or (None, None)
    face = Face(unit, least=least, most=most, empty=NOT_SUCH)
    panel = graph(
        title, about, Query(_at_meter(family), "{{phase}}"), face=face, size=(width, 8), fill=0
    )
    return _colored(panel)


def _at_meter(family: Family) -> str:
    return by_site(select(family, meter="$meter"), "phase", how="max")


def _meters() -> list[model.Panel]:
    on = f"(max by ({SITE}, meter) ({select(meters.ENABLED)}) == 1)"
    return [
        timeline(
            "Outages",
            "Whether the relay connects the house to the grid, and what the system controller and "
            "the batteries take the grid for.",
            Query(f"10 + {promql.relay()}", "{{instance}}, relay"),
            Query(_mode("enpower"), "{{instance}}, controller"),
            Query(_mode("encharge"), "{{instance}}, batteries"),
            face=Face(words=MODES, empty=NO_CONTROLLER),
            size=(12, 9),
        ),
        timeline(
            "Faults of the meters",
            "Whether a meter that is switched on reports a fault of its current transformers.",
            *(
                Query(
                    f"max by ({SITE}, meter) ({_complaints(kind)}) and on ({SITE}, meter) {on}",
                    f"{{{{instance}}}}, {name}",
                )
                for kind, name in NAMES.items()
            ),
            face=Face(words=FAULTS, empty=look.NO_METERS),
            size=(12, 9),
        ),
        _table(on),
        _named(
            table_panel(
                "Faults now",
                "What meters that are switched on complain of.",
                {"instance": "Instance", "meter": "Meter", "fault": "Fault", "job": ""},
                Column(f"topk(7, {_complaints()} == 1) and on ({SITE}, meter) {on}", ""),
                size=(8, 9),
                sort="Instance",
                empty="No fault, or no meters",
            )
        ),
    ]


def _table(on: str) -> model.Panel:
    def of_meter(family: Family) -> str:
        return f"max by ({SITE}, meter) ({select(family)}) and on ({SITE}, meter) {on}"

    def summed(family: Family) -> str:
        return f"sum by ({SITE}, meter) ({select(family)}) and on ({SITE}, meter) {on}"

    status = f"max by ({SITE}, meter, status) ({select(meters.STATUS)}) == 1"
    clock = by_site(select(gateway.TIME), how="max")
    read = by_site(select(meters.READ), "meter", how="max")
    age = f"clamp_min({clock} - on ({SITE}) group_right () {read}, 0)"
    panel = _named(
        table_panel(
            "Meters",
            "The meters that are switched on: their phases, what all phases make together, "
            "whether they measure, and how long ago they were read.",
            {"instance": "Instance", "meter": "Meter", "status": "Status", "job": ""},
            Column(of_meter(meters.PHASES), "Phases", properties={"decimals": 0}),
            Column(summed(POWER), "Power", look.WATT, BLANK),
            Column(f"({status}) and on ({SITE}, meter) {on}", ""),
            Column(age, "Last read", look.DURATION, BLANK | {"decimals": 0}),
            size=(16, 9),
            sort="Instance",
            empty=look.NO_METERS,
        )
    )
    words(panel, "Status", {"normal": "Normal"} | WRONG)
    return panel


def _named(panel: model.Panel) -> model.Panel:
    """Put words in place of the gateway's names of meters and faults."""
    words(panel, "Meter", NAMES)
    words(panel, "Fault", WRONG)
    return panel


def _colored(panel: model.Panel) -> model.Panel:
    """Give each phase its colour."""
    for phase, color in look.PHASES.items():
        override(panel, phase, {"color": {"mode": "fixed", "fixedColor": color}})
    return panel


def _volts(**labels: str) -> str:
    """Return each phase's voltage, the middle one of what its meters see."""
    seen = select(VOLTAGE, meter=OF_THE_GRID, **labels)
    return f"quantile by ({SITE}, phase) (0.5, {seen} > {ALIVE})"


def _ten_minutes() -> str:
    mean = f"avg_over_time({select(VOLTAGE, meter=OF_THE_GRID)}[10m])"
    return f"(quantile by ({SITE}, phase) (0.5, {mean} > {ALIVE}))"


def _nominal() -> str:
    """Return each site's nominal voltage: the chosen one, or the nearest of two."""
    middle = f"quantile by ({SITE}) (0.5, {select(VOLTAGE, meter=OF_THE_GRID)} > {ALIVE})"
    nearest = f"(120 + 110 * ({middle} >= bool 175))"
    return f"($nominal + ($nominal == bool 0) * {nearest})"


def _share_of_time(phase: str) -> str:
    volts = _volts(phase=phase)
    rounded = f"(round({volts} < 175, 0.5) or round({volts} >= 175, 1))"
    each = f'sum_over_time(count_values("volts", {rounded})[$__range:$__interval])'
    every = f"sum_over_time(count({volts})[$__range:$__interval])"
    return f"{each} / on () group_left () {every}"


def _at_inverters() -> str:
    return by_site(select(MEASURED["acVoltageINmV"]), "serial", how="max")


def _frequency() -> str:
    metered = select(meters.FREQUENCY, meter=OF_THE_GRID)
    told = select(MEASURED["acFrequencyINmHz"])
    return (
        f"(quantile by ({SITE}) (0.5, {metered}) or on ({SITE}) quantile by ({SITE}) (0.5, {told}))"
    )


def _load() -> str:
    """Return what each phase of the house takes: the flows' sum, or what a meter of it sees."""
    flows = (
        f"sum by ({SITE}, phase) ({select(POWER, meter='=~production|net-consumption|storage')})"
    )
    grid = select(POWER, meter="net-consumption")
    whole = by_site(select(POWER, meter="total-consumption"), "phase", how="max")
    return f"({flows} and on ({SITE}, phase) {grid} or on ({SITE}, phase) {whole})"


def _mode(device: str) -> str:
    """Return the place of the mode in the list of all: from 1 on."""
    flags = [
        by_site(select(controller.MODE, device=device, mode=m), how="max") for m in controller.MODES
    ]
    return " or ".join(f"{place} * ({flag} == 1)" for place, flag in enumerate(flags, start=1))


def _complaints(meter: str = "=~.+") -> str:
    """Return each fault of each meter by name, 1 while it is there."""
    name = '"fault", "\\x241"'
    flags = f'label_replace({select(meters.FLAG, meter=meter)}, {name}, "flag", "(.*)")'
    states = select(meters.STATUS, meter=meter, status="!=normal")
    states = f'label_replace({states}, {name}, "status", "(.*)")'
    return f"max by ({SITE}, meter, fault) ({flags} or {states})"
