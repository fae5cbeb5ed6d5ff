"""`/ivp/meters` and its readings: production, grid and storage on two phases."""

from math import hypot
from typing import Any

from exporter.demo import days
from exporter.demo.house import Flow, Meter, State

METERS = (
    ("production", 704643328, 1778385169),
    ("net-consumption", 704643584, 1778385425),
    ("storage", 704643840, 1778385681),
)
REACTIVE = {"production": 11.4, "net-consumption": -168.0, "storage": 4.6}
"""Vars on each phase: these meters see coils and capacitors that do not change."""
Channel = dict[str, Any]


def meters(_state: State) -> list[dict[str, Any]]:
    """Return the meters' configuration."""
    return [
        {
            "eid": eid,
            "state": "enabled",
            "measurementType": name,
            "phaseMode": "split",
            "phaseCount": 2,
            "meteringStatus": "normal",
            "statusFlags": [],
        }
        for name, eid, _ in METERS
    ]


def readings(state: State) -> list[Channel]:
    """Return what each meter measures, in all and on each of its three channels."""
    production, grid, storage = (
        _channels(state, name, first, meter)
        for (name, _, first), meter in zip(METERS, _meters(state), strict=True)
    )
    # With a storage meter, the grid's unused channel shows the storage's second phase.
    grid[2] = {**storage[1], "eid": grid[2]["eid"]}
    return [
        {**aggregate(channels[:2]), "eid": eid, "channels": channels}
        for (_, eid, _), channels in zip(METERS, (production, grid, storage), strict=True)
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
    index = [known for known, _, _ in METERS].index(name)
    return _channels(state, name, METERS[index][2], _meters(state)[index])[:2]


def _meters(state: State) -> tuple[Meter, ...]:
    return state.production, state.grid, state.storage


def _channels(state: State, name: str, eid: int, meter: Meter) -> list[Channel]:
    used = [
        _channel(state, eid + number, flow, (volts, REACTIVE[name]))
        for number, (flow, volts) in enumerate(zip(meter.phases, state.volts, strict=True))
    ]
    return [*used, _unused(state, eid + 2)]


def _channel(state: State, eid: int, flow: Flow, wiring: tuple[float, float]) -> Channel:
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
    empty = _channel(state, eid, Flow(-0.04, 0.0, 1054.214 * 3600), (2.1, 0.0))
    return {**empty, "apparentPower": 0.388, "current": 0.182}


def _rounded(**values: float) -> Channel:
    return {key: round(value, 3) for key, value in values.items()}
