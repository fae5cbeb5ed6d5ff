"""An IQ Relay (NSRB): it cuts the inverters off when the grid is not as it should be."""

from exporter.demo import days
from exporter.demo.documents.device import Device, device, record
from exporter.demo.documents.identity import INSTALLED_AT, RELAY
from exporter.demo.house import State

EID, CHANNEL = 738197760, 1811939601
TYPE = 12
REASON, REASON_CODE = "ok", 1
LINES = {
    "line-count": 2,
    "line1-connected": True,
    "line2-connected": True,
    "line3-connected": False,
}


def inventory(state: State) -> list[Device]:
    """Return it as the list of all devices knows it."""
    return [
        {
            "part_num": "800-00598-r04",
            "installed": str(INSTALLED_AT),
            "serial_num": RELAY,
            "device_status": ["envoy.global.ok"],
            "last_rpt_date": str(_ended(state)),
            "admin_state": 2,
            "dev_type": TYPE,
            "created_date": str(INSTALLED_AT),
            "img_load_date": str(INSTALLED_AT),
            "img_pnum_running": "520-00086-r01-v02.12.07",
            "ptpn": "540-00139-r01-v02.12.02",
            "chaneid": CHANNEL,
            "device_control": [{"gficlearset": False}],
            **dict.fromkeys(("producing", "communicating", "provisioned", "operating"), True),
            "relay": "closed",
            "reason_code": REASON_CODE,
            "reason": REASON,
            **LINES,
        }
    ]


def devices(state: State) -> Device:
    """Return it in fine numbers."""
    volts = [round(each * 1000) for each in (*state.volts, 0.0)]
    reading = {
        "eid": CHANNEL,
        "interval_type": 0,
        "endDate": _ended(state),
        "duration": days.STEP,
        "flags": 16,
        "flags_hex": "0x0000000000000010",
        "temperature": round(state.celsius + 12),
        "acCurrOffset": -19,
        "VrmsL1N": volts[0],
        "VrmsL2N": volts[1],
        "VrmsL3N": volts[2],
        "freqInmHz": round(state.hertz * 1000),
        "stateChngCnt": 1,
        "vrmsB1L12_or_L12": 0,
        "vrmsB2L12_or_L23": 0,
        "vrmsL31": 0,
    }
    used = record(CHANNEL, _ended(state), (reading, {}))
    return {str(EID): device("nsrb", RELAY, [used], gone=False)}


def _ended(state: State) -> int:
    return int((state.moment - 95) // days.STEP * days.STEP + 95)
