"""`/ivp/meters` and its readings on the newest meters: seven of them, three of which are off.

Their oddities: no apparent energy, a power factor that is a sum, and a reading no meter owns to.
"""

from typing import Any

from exporter.demo.documents import meters
from exporter.demo.documents.meters import CHANNELS, Channel
from exporter.demo.house import State

BACKFEED = ("backfeed", 704644352, 1778386193)
IDLE = (
    ("load", 704644608, 1778386449),
    ("evse", 704644864, 1778386705),
    ("pv3p", 704645120, 1778386961),
)
STRAY = (1023410688, (2097152513, 2097152514, 2097152515))
NOISE: dict[str, dict[str, float]] = {
    "load": {"actEnergyDlvd": 14.307, "actEnergyRcvd": 8.56, "activePower": 0.078},
    "evse": {"actEnergyDlvd": 123.136, "actEnergyRcvd": -19.677, "activePower": -14.617},
    "pv3p": {},
}
"""What meters say that are off: nothing of it is true."""
APPARENT = 0.004


def configuration(state: State) -> list[dict[str, Any]]:
    """Return all seven meters' configuration."""
    on = [(name, eid) for name, eid, _ in (*meters.METERS, BACKFEED)]
    return [
        *(meters.configured(state, eid, name) for name, eid in on),
        *(meters.configured(state, eid, name, enabled=False) for name, eid, _ in IDLE),
    ]


def readings(state: State) -> list[Channel]:
    """Return eight readings of seven meters."""
    measuring = [
        _reading(eid, _filled(state, first, phases(state, name)))
        for name, eid, first in meters.METERS
    ]
    eid, channels = STRAY
    return [
        *measuring,
        _backfeed(state),
        *(_idle(state, *meter) for meter in IDLE),
        _reading(eid, [_zero(each, int(state.moment)) for each in channels]),
    ]


def phases(state: State, name: str) -> list[Channel]:
    """Return the channels of one meter that measure something."""
    return [{**row, "apparentEnergy": APPARENT} for row in meters.phases(state, name)]


def _backfeed(state: State) -> Channel:
    """Return what the batteries feed back: on one channel only, and with no frequency."""
    _, eid, first = BACKFEED
    flow = state.storage.phases[0]
    row = meters.channel(state, first, flow, (state.volts[0], meters.REACTIVE["storage"]))
    return _reading(eid, _filled(state, first, [{**row, "apparentEnergy": 0.0}], hertz=0.0))


def _idle(state: State, name: str, eid: int, first: int) -> Channel:
    """Return what a meter shows that is off: noise, or that it has never measured anything."""
    noise = NOISE[name]
    row = {**_zero(first, int(state.moment) if noise else 0), **noise}
    row["instantaneousDemand"] = row["activePower"]
    return _reading(eid, _filled(state, first, [row], hertz=None if noise else 0.0))


def _filled(
    state: State, first: int, used: list[Channel], hertz: float | None = None
) -> list[Channel]:
    """Return all channels of a meter: those in use, then others at zero."""
    shown = round(state.hertz, 3) if hertz is None else hertz
    moment = used[0]["timestamp"]
    spare = (_zero(first + number, moment) for number in range(len(used), CHANNELS))
    return [{**row, "freq": shown} for row in (*used, *spare)]


def _reading(eid: int, channels: list[Channel]) -> Channel:
    whole = meters.aggregate(channels)
    factors = round(sum(row["pwrFactor"] for row in channels), 3)
    return {**whole, "pwrFactor": factors, "eid": eid, "channels": channels}


def _zero(eid: int, moment: int) -> Channel:
    return {"eid": eid, "timestamp": moment, **dict.fromkeys(meters.MEASURED, 0.0)}
