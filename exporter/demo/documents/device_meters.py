"""The meters in `/ivp/pdm/device_data`, where they are a quarter hour old."""

from exporter.demo import days
from exporter.demo.documents.device import Device, device, record
from exporter.demo.documents.identity import INSTALLED_AT
from exporter.demo.documents.meters import CHANNELS, METERS
from exporter.demo.house import Flow, Meter, State


def eims(quarter: State, serial: str) -> Device:
    """Return the meters for production and grid, as of a quarter hour."""
    flows = (quarter.production, quarter.grid)
    return {
        str(eid): _eim(quarter, f"{serial}EIM{number}", first, meter)
        for number, ((_, eid, first), meter) in enumerate(zip(METERS[:2], flows, strict=True), 1)
    }


def _eim(state: State, serial: str, first: int, meter: Meter) -> Device:
    """Return a meter's device: split phases share a channel, and three have one each."""
    split = state.wiring.mode == "split"
    flows = (meter.total,) if split else meter.phases
    volts = (sum(state.volts),) if split else state.volts
    used = [
        _metered(state, first + number, *pair)
        for number, pair in enumerate(zip(flows, volts, strict=True))
    ]
    empty = (record(first + number, 0, ({}, {})) for number in range(len(used), CHANNELS))
    return device("eim", serial, [*used, *empty], gone=True)


def _metered(state: State, eid: int, flow: Flow, volts: float) -> Device:
    watts, moment = round(flow.watts), int(state.moment)
    delivered, received = round(flow.delivered / 3600), round(flow.received / 3600)
    energy = {
        "wh_dlvd_cum": delivered,
        "varh_lead_cum": 0,
        "varh_lag_cum": 0,
        "vah_cum": delivered + received,
    }
    reading = {
        "eid": eid,
        "interval_type": 0,
        "endDate": moment,
        "duration": days.STEP,
        "curr_w": watts,
        **energy,
        "rms_mvolt": round(volts * 1000),
        # Both wires of a split phase carry what passes: their amperes are counted twice.
        "rms_mamp": round(abs(flow.watts) / state.volts[0] * 1000),
        "freq_mhz": round(state.hertz * 1000),
        "wh_pos": delivered,
        "wh_neg": received,
    }
    lived = {"createdTime": INSTALLED_AT, "duration": moment - INSTALLED_AT, **energy}
    # The gateway keeps this number without a sign: a watt below zero looks like four billion.
    return record(eid, moment, (reading, lived), now=watts % (1 << 32), max=abs(watts))
