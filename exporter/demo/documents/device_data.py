"""`/ivp/pdm/device_data`: what the gateway keeps of each inverter and meter, in fine numbers."""

from typing import Any

from exporter.demo import days
from exporter.demo.documents.identity import INSTALLED_AT, SERIAL
from exporter.demo.documents.inverters import channel
from exporter.demo.documents.meters import METERS
from exporter.demo.house import Flow, House, State
from exporter.demo.reports import Report, joules

FIRST = 553648384
LIMIT = 50
Device = dict[str, Any]


def device_data(state: State, house: House) -> Device:
    """Return the inverters' devices, then the meters', each under its id."""
    pcus = {str(FIRST + 256 * each.inverter.number): _pcu(state, each) for each in state.inverters}
    quarter = house.at(state.moment // days.STEP * days.STEP)
    flows = (quarter.production.total, quarter.grid.total)
    eims = {
        str(eid): _eim(quarter, f"{SERIAL}EIM{number}", first, flow)
        for number, ((_, eid, first), flow) in enumerate(zip(METERS[:2], flows, strict=True), 1)
    }
    return {**pcus, **eims, "deviceCount": len(pcus) + len(eims), "deviceDataLimit": LIMIT}


def _pcu(state: State, report: Report) -> Device:
    return {
        "devName": "pcu",
        "sn": report.inverter.serial,
        "active": True,
        "modGone": report.gone,
        "channels": [
            {
                "chanEid": channel(report),
                "created": report.ended,
                "wattHours": _watt_hours(state, report),
                "watts": {"now": report.watts, "nowUsed": 0, "max": report.inverter.most},
                "lastReading": _reading(state, report),
                "lifetime": {
                    "createdTime": INSTALLED_AT,
                    "duration": max(0, report.ended - INSTALLED_AT) // 2,
                    "joulesProduced": report.lifetime,
                },
            }
        ],
    }


def _watt_hours(state: State, report: Report) -> dict[str, int]:
    midnight = days.midnight(state.moment)
    today, yesterday, week = (
        joules(report.inverter, min(midnight - back * days.DAY, report.ended)) for back in (0, 1, 6)
    )
    return {
        "today": round((report.lifetime - today) / 3600) if report.ended > midnight else 0,
        "yesterday": round((today - yesterday) / 3600),
        "week": round((report.lifetime - week) / 3600),
    }


def _reading(state: State, report: Report) -> Device:
    watts = report.produced / days.STEP
    ac_volts, dc_volts = sum(state.volts), 31.5 + 4.5 * (watts > 0)
    return {
        "eid": channel(report),
        "interval_type": 0,
        "endDate": report.ended,
        "duration": days.STEP,
        "flags": 0,
        "flags_hex": "0x0000000000000000",
        "joulesProduced": report.produced,
        "acVoltageINmV": round(ac_volts * 1000),
        "acFrequencyINmHz": round(state.hertz * 1000),
        "dcVoltageINmV": round(dc_volts * 1000),
        "dcCurrentINmA": round(watts / 0.965 / dc_volts * 1000),
        "channelTemp": round(state.celsius + watts / 12),
        "pwrConvErrSecs": 0,
        "pwrConvMaxErrCycles": 0,
        "joulesUsed": 0,
        "leadingVArs": 0,
        "laggingVArs": 38,
        "acCurrentInmA": round(watts / ac_volts * 1000),
        **dict.fromkeys((f"l{line}NAcVoltageInmV" for line in (1, 2, 3)), 0),
        "rssi": 110,
        "issi": 68,
    }


def _eim(state: State, serial: str, first: int, flow: Flow) -> Device:
    """Return a meter's device: one channel in use and two empty ones."""
    watts = round(flow.watts)
    delivered, received = round(flow.delivered / 3600), round(flow.received / 3600)
    energy = {
        "wh_dlvd_cum": delivered,
        "varh_lead_cum": 0,
        "varh_lag_cum": 0,
        "vah_cum": delivered + received,
    }
    reading = {
        "eid": first,
        "interval_type": 0,
        "endDate": int(state.moment),
        "duration": days.STEP,
        "curr_w": watts,
        **energy,
        "rms_mvolt": round(sum(state.volts) * 1000),
        "rms_mamp": round(abs(flow.watts) / state.volts[0] * 1000),
        "freq_mhz": round(state.hertz * 1000),
        "wh_pos": delivered,
        "wh_neg": received,
    }
    lived = {"createdTime": INSTALLED_AT, "duration": int(state.moment) - INSTALLED_AT, **energy}
    used = _channel(first, int(state.moment), watts, (reading, lived))
    empty = (_channel(first + number, 0, 0, ({}, {})) for number in (1, 2))
    return {
        "devName": "eim",
        "sn": serial,
        "active": True,
        "modGone": True,
        "channels": [used, *empty],
    }


def _channel(eid: int, created: int, watts: int, records: tuple[Device, Device]) -> Device:
    return {
        "chanEid": eid,
        "created": created,
        "wattHours": {"today": 0, "yesterday": 0, "week": 0},
        # The gateway keeps this number without a sign: a watt below zero looks like four billion.
        "watts": {"now": watts % (1 << 32), "nowUsed": 0, "max": abs(watts)},
        "lastReading": records[0],
        "lifetime": records[1],
    }
