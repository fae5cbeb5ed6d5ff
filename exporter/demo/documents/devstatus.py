"""`/ivp/peb/devstatus`: the powerline's view of its devices, in columns, for installers only."""

from typing import Any

from exporter.demo import banks, days
from exporter.demo.banks import AC_CAPACITY, AC_COUNT
from exporter.demo.documents import ac_batteries, relay
from exporter.demo.documents.identity import AC_BATTERIES, RELAY
from exporter.demo.house import State

Table = dict[str, list[Any]]
PCU = (
    *("serialNumber", "devType", "communicating", "recent", "producing", "reportDate"),
    *("temperature", "dcVoltageINmV", "dcCurrentINmA", "acVoltageINmV", "acPowerINmW"),
)
ACB = (
    *("serialNumber", "SOC", "minCellTemp", "maxCellTemp", "capacity", "totVoltage"),
    *("sleepEnabled", "sleepMinSoc", "sleepMaxSoc"),
)
NSRB = ("serialNumber", "relay", "forced", "reason_code", "reason", *relay.LINES)


def devstatus(state: State) -> dict[str, Any]:
    """Return how many devices of each kind there are, and a table of each kind."""
    awake = sum(not report.gone for report in state.inverters)
    total = len(state.inverters)
    return {
        "counters": {
            "pcu": _counter(total, awake),
            "acb": _counter(AC_COUNT, AC_COUNT),
            "nsrb": _counter(1, 1),
            "pld": _counter(total + AC_COUNT + 1, awake + AC_COUNT + 1),
            "esub": _counter(0, 0),
        },
        "pcu": _table(PCU, _inverters(state)),
        "acb": _table(ACB, _batteries(state)),
        "nsrb": _table(
            NSRB,
            [[RELAY, "closed", False, relay.REASON_CODE, relay.REASON, *relay.LINES.values()]],
        ),
    }


def _counter(total: int, awake: int) -> dict[str, int]:
    return {
        "expected": total,
        "discovered": total,
        "ctrlsTotal": total,
        "ctrlsGone": total - awake,
        "ctrlsCommunicating": awake,
        "chansTotal": total,
        "chansRecent": awake,
        "chansProducing": awake,
    }


def _table(fields: tuple[str, ...], values: list[list[Any]]) -> Table:
    return {"fields": list(fields), "values": values}


def _inverters(state: State) -> list[list[Any]]:
    rows: list[list[Any]] = []
    for report in state.inverters:
        watts = report.produced / days.STEP
        awake, volts = not report.gone, 31.5 + 4.5 * (watts > 0)
        flags = [awake, awake, awake]
        rows.append(
            [
                report.inverter.serial,
                1,
                *flags,
                report.ended,
                round(state.celsius + watts / 12),
                round(volts * 1000),
                round(watts / 0.965 / volts * 1000),
                round(sum(state.volts) * 1000),
                round(watts * 1000),
            ]
        )
    return rows


def _batteries(state: State) -> list[list[Any]]:
    low, high = round(state.celsius + 6), round(state.celsius + 7)
    volts = round(ac_batteries.VOLTS * 1000)
    capacity = round(AC_CAPACITY / AC_COUNT / 3600)
    rest = (capacity, volts, False, 25, 30)
    return [
        [AC_BATTERIES[report.number], round(report.soc * 100), low, high, *rest]
        for report in banks.reports(state.moment, state.wiring)
    ]
