"""AC Batteries, the oldest kind: half inverter and half battery in every document."""

from exporter.demo import banks, days
from exporter.demo.banks import AC_CAPACITY, AC_COUNT, QUIET, AcReport
from exporter.demo.documents.device import Device, device, record
from exporter.demo.documents.identity import AC_BATTERIES, INSTALLED_AT
from exporter.demo.house import State

FIRST, CHANNEL = 721420544, 1795162385
TYPE = 11
MOST = 271
VOLTS = 22.4
SOH = (86, 90)
WH = 3600


def block(state: State) -> Device:
    """Return what `/production.json` says of all of them."""
    reports = banks.reports(state.moment, state.wiring)
    soc = sum(report.soc for report in reports) / AC_COUNT
    watts = sum(report.watts for report in reports)
    return {
        "type": "acb",
        "activeCount": AC_COUNT,
        "readingTime": max(report.ended for report in reports),
        "wNow": round(watts),
        "whNow": round(soc * AC_CAPACITY / WH),
        "state": _doing(watts),
        "percentFull": round(soc * 100),
    }


def inverters(state: State) -> list[Device]:
    """Return them as entries among the inverters, with another type."""
    return [
        {
            "serialNumber": AC_BATTERIES[report.number],
            "lastReportDate": report.ended,
            "devType": TYPE,
            "lastReportWatts": round(abs(report.watts)),
            "maxReportWatts": MOST,
        }
        for report in banks.reports(state.moment, state.wiring)
    ]


def inventory(state: State) -> list[Device]:
    """Return them as the list of all devices knows them."""
    return [_stored(state, report) for report in banks.reports(state.moment, state.wiring)]


def devices(state: State) -> Device:
    """Return them in fine numbers."""
    return {
        str(FIRST + 256 * report.number): _device(state, report)
        for report in banks.reports(state.moment, state.wiring)
    }


def _stored(state: State, report: AcReport) -> Device:
    return {
        "part_num": "800-00930-r03",
        "installed": str(INSTALLED_AT),
        "serial_num": AC_BATTERIES[report.number],
        "device_status": ["envoy.global.ok"],
        "last_rpt_date": str(report.ended),
        "admin_state": 2,
        "dev_type": TYPE,
        "created_date": str(INSTALLED_AT),
        "img_load_date": str(INSTALLED_AT),
        "img_pnum_running": "520-00092-r01-v02.13.02",
        "ptpn": "540-00155-r01-v02.13.01",
        "chaneid": CHANNEL + 256 * report.number,
        "device_control": [{"gficlearset": False}],
        **dict.fromkeys(("producing", "communicating", "provisioned", "operating"), True),
        "sleep_enabled": False,
        "percentFull": round(report.soc * 100),
        "maxCellTemp": round(state.celsius + 7),
        "sleep_min_soc": 25,
        "sleep_max_soc": 30,
        "charge_status": _doing(report.watts * AC_COUNT),
    }


def _device(state: State, report: AcReport) -> Device:
    eid = CHANNEL + 256 * report.number
    reading = {
        "eid": eid,
        "interval_type": 0,
        "endDate": report.ended,
        "duration": days.STEP,
        "flags": 3149824,
        "flags_hex": "0x0000000000301000",
        "joulesProduced": report.produced,
        "acVoltageINmV": round(sum(state.volts) * 1000),
        "acFrequencyINmHz": round(state.hertz * 1000),
        "dcVoltageINmV": round(VOLTS * 1000),
        "dcCurrentINmA": round(abs(report.watts) / VOLTS * 1000),
        "channelTemp": round(state.celsius + 10),
        "pwrConvErrSecs": 0,
        "pwrConvMaxErrCycles": 0,
        "joulesUsed": report.used,
        "leadingVArs": 15157,
        "laggingVArs": 0,
        "SOC": round(report.soc * 100),
        "SOH": SOH[report.number],
        "minCellTemp": round(state.celsius + 6),
        "maxCellTemp": round(state.celsius + 7),
        "totVoltage": round(VOLTS * 1000),
        "vendor_data": "0256c0040d0af21f0b5a030a" + 88 * "00",
    }
    lifetime = {
        "createdTime": INSTALLED_AT,
        "duration": max(0, report.ended - INSTALLED_AT) // 2,
        "joulesProduced": report.lifetime_produced,
        "joulesUsed": report.lifetime_used,
    }
    numbers = {
        "now": round(max(0.0, report.watts)),
        "nowUsed": round(max(0.0, -report.watts)),
        "max": MOST,
    }
    used = record(eid, report.ended, (reading, lifetime), **numbers)
    return device("acb", AC_BATTERIES[report.number], [used], gone=False)


def _doing(watts: float) -> str:
    if abs(watts) < QUIET:
        return "idle"
    return "discharging" if watts > 0 else "charging"
