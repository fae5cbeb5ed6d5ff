"""`/ivp/meters` and its readings: production, grid and, where there are batteries, storage."""

from math import hypot
from typing import Any

from exporter.demo import days
from exporter.demo.house import Flow, Meter, State

METERS = (
    ("production", 704643328, 1778385169),
    ("net-consumption", 704643584, 1778385425),
    ("storage", 704643840, 1778385681),
)
FLOWS = {"production": "production", "net-consumption": "grid", "storage": "storage"}
"""What of the home's state each meter measures."""
CHANNELS = 3
REACTIVE = {"production": 11.4, "net-consumption": -168.0, "storage": 4.6}
"""Vars on each phase: these meters see coils and capacitors that do not change."""
MEASURED = (
    "actEnergyDlvd",
    "actEnergyRcvd",
    "apparentEnergy",
    "reactEnergyLagg",
    "reactEnergyLead",
    "instantaneousDemand",
    "activePower",
    "apparentPower",
    "reactivePower",
    "pwrFactor",
    "voltage",
    "current",
    "freq",
)
Channel = dict[str, Any]


def meters(state: State) -> list[dict[str, Any]]:
    """Return the meters' configuration."""
    return [configured(state, eid, name) for name, eid, _ in METERS[: _count(state)]]


def configured(state: State, eid: int, name: str, *, enabled: bool = True) -> dict[str, Any]:
    """Return one meter's configuration."""
    return {
        "eid": eid,
        "state": "enabled" if enabled else "disabled",
        "measurementType": name,
        "phaseMode": state.wiring.mode,
        "phaseCount": len(state.wiring.phases),
        "meteringStatus": "normal",
        "statusFlags": [],
    }


def readings(state: State) -> list[Channel]:
    """Return what each meter measures, in all and on each of its three channels."""
    known = METERS[: _count(state)]
    rows = [_channels(state, name, first) for name, _, first in known]
    if state.wiring.battery:
        # With a storage meter, the grid's unused channel shows the storage's second phase.
        grid, storage = rows[1], rows[2]
        grid[2] = {**storage[1], "eid": grid[2]["eid"]}
    used = len(state.wiring.phases)
    return [
        {**aggregate(channels[:used]), "eid": eid, "channels": channels}
        for (_, eid, _), channels in zip(known, rows, strict=True)
    ]


def aggregate(channels: list[Channel]) -> Channel:
    """Return a meter's own numbers: its phases' sums, volts and amperes included."""
    total = {key: round(sum(channel[key] for channel in channels), 3) for key in channels[0]}
    power, apparent = total["activePower"], total["apparentPower"]
    factor = round(power / apparent, 3) if apparent else 0.0
    shared = {key: channels[0][key] for key in ("timestamp", "freq")}
    return {**total, **shared, "pwrFactor": factor}


def phases(state: State, name: str) -> list[Channel]:
    """Return the channels of one meter that measure something."""
    first = next(eid for known, _, eid in METERS if known == name)
    meter: Meter = getattr(state, FLOWS[name])
    return [
        channel(state, first + number, flow, (volts, REACTIVE[name]))
        for number, (flow, volts) in enumerate(zip(meter.phases, state.volts, strict=True))
    ]


def _count(state: State) -> int:
    return len(METERS) if state.wiring.battery else len(METERS) - 1


def _channels(state: State, name: str, first: int) -> list[Channel]:
    used = phases(state, name)
    return [*used, *(_unused(state, first + number) for number in range(len(used), CHANNELS))]


def channel(state: State, eid: int, flow: Flow, wiring: tuple[float, float]) -> Channel:
    """Return what one channel measures of a flow, at its volts and vars."""
    volts, reactive = wiring
    apparent = hypot(flow.watts, reactive)
    hours = (max(state.moment, days.INSTALLED) - days.INSTALLED) / 3600
    delivered, received = flow.delivered / 3600, flow.received / 3600
    return {
        "eid": eid,
        "timestamp": int(state.moment),
        **_rounded(
            actEnergyDlvd=delivered,
            actEnergyRcvd=received,
            apparentEnergy=delivered + received + abs(reactive) * hours,
            reactEnergyLagg=max(0.0, reactive) * hours,
            reactEnergyLead=max(0.0, -reactive) * hours,
            instantaneousDemand=flow.watts,
            activePower=flow.watts,
            apparentPower=apparent,
            reactivePower=reactive,
            pwrFactor=flow.watts / apparent,
            voltage=volts,
            current=apparent / volts,
            freq=state.hertz,
        ),
    }


def _unused(state: State, eid: int) -> Channel:
    """Return the noise of a channel that nothing is wired to."""
    empty = channel(state, eid, Flow(-0.04, 0.0, 1054.214 * 3600), (2.1, 0.0))
    return {**empty, "apparentPower": 0.388, "current": 0.182}


def _rounded(**values: float) -> Channel:
    return {key: round(value, 3) for key, value in values.items()}
