"""`/ivp/pdm/device_data`: what the gateway keeps of each inverter and meter, in fine numbers."""

from exporter.demo import days
from exporter.demo.documents.device import Device, counted, device, record
from exporter.demo.documents.device_meters import eims
from exporter.demo.documents.identity import INSTALLED_AT
from exporter.demo.documents.inverters import channel
from exporter.demo.house import House, State
from exporter.demo.reports import Report, joules

FIRST = 553648384


def device_data(state: State, house: House, serial: str) -> Device:
    """Return the inverters' devices, then the meters', each under its id."""
    quarter = house.at(state.moment // days.STEP * days.STEP)
    return counted({**pcus(state), **eims(quarter, serial)})


def pcus(state: State) -> Device:
    """Return the inverters."""
    return {str(FIRST + 256 * each.inverter.number): _pcu(state, each) for each in state.inverters}


def _pcu(state: State, report: Report) -> Device:
    lifetime = {
        "createdTime": INSTALLED_AT,
        "duration": max(0, report.ended - INSTALLED_AT) // 2,
        "joulesProduced": report.lifetime,
    }
    records = (_reading(state, report), lifetime)
    numbers = {"now": report.watts, "max": report.inverter.most}
    used = record(channel(report), report.ended, records, **numbers)
    used["wattHours"] = _watt_hours(state, report)
    return device("pcu", report.inverter.serial, [used], gone=report.gone)


def _watt_hours(state: State, report: Report) -> dict[str, int]:
    midnight = days.midnight(state.moment)
    today, yesterday, week = (
        joules(report.inverter, min(midnight - back * days.DAY, report.ended), state.wiring)
        for back in (0, 1, 6)
    )
    return {
        "today": round((report.lifetime - today) / 3600) if report.ended > midnight else 0,
        "yesterday": round((today - yesterday) / 3600),
        "week": round((report.lifetime - week) / 3600),
    }


def _volts(state: State, report: Report) -> float:
    """Return the volts an inverter feeds: across a split phase, or on its own of three."""
    split, phase = state.wiring.mode == "split", report.inverter.number % len(state.volts)
    return sum(state.volts) if split else state.volts[phase]


def _reading(state: State, report: Report) -> Device:
    watts = report.produced / days.STEP
    ac_volts, dc_volts = _volts(state, report), 31.5 + 4.5 * (watts > 0)
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
