"""`/home.json`: the gateway's start page, with how it hears its devices, and its network."""

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from exporter.demo.days import TIMEZONE, UTC_OFFSET
from exporter.demo.documents.identity import BATTERIES
from exporter.demo.house import State

NOTHING = {"num": 0, "level": 0}
ETHERNET = {
    "type": "ethernet",
    "interface": "eth0",
    "mac": "00:1D:C0:00:00:01",
    "dhcp": True,
    "ip": "192.0.2.10",
    "signal_strength": 1,
    "signal_strength_max": 1,
    "carrier": True,
}
WIFI = {
    "signal_strength": 0,
    "signal_strength_max": 0,
    "type": "wifi",
    "interface": "wlan0",
    "mac": "00:1D:C0:00:00:02",
    "dhcp": True,
    "ip": None,
    "carrier": False,
    "supported": True,
    "present": True,
    "configured": False,
    "status": "connecting",
}


@dataclass(frozen=True)
class Heard:
    """What a start page shows of devices and networks: how many there are, how well heard."""

    batteries: int = len(BATTERIES)
    comm: dict[str, dict[str, int]] = field(default_factory=dict)
    interfaces: tuple[dict[str, Any], ...] = (ETHERNET, WIFI)


PLAIN, BARE = Heard(), Heard(batteries=0)


def home(state: State, built: int, heard: Heard = PLAIN) -> dict[str, Any]:
    """Return what the gateway's own start page shows."""
    local = datetime.fromtimestamp(state.moment + UTC_OFFSET, UTC)
    asleep = all(report.gone for report in state.inverters)
    pcu = {"num": 0 if asleep else len(state.inverters), "level": 0 if asleep else 5}
    others = {**dict.fromkeys(("acb", "nsrb", "esub"), NOTHING), **heard.comm}
    encharge = {"num": heard.batteries, "level": 5 * bool(heard.batteries)}
    return {
        "software_build_epoch": built,
        "timezone": TIMEZONE,
        "current_date": local.strftime("%m/%d/%Y"),
        "current_time": local.strftime("%H:%M"),
        "network": {
            "web_comm": True,
            "ever_reported_to_enlighten": True,
            "last_enlighten_report_time": int(state.moment) // 300 * 300,
            "primary_interface": "eth0",
            "interfaces": heard.interfaces,
        },
        "tariff": "single_rate",
        "comm": {
            "num": pcu["num"] + encharge["num"] + sum(each["num"] for each in others.values()),
            "level": 5,
            "pcu": pcu,
            **others,
            "encharge": [{**encharge, "level_24g": 0, "level_subg": 0}],
        },
        "wireless_connection": [
            {"signal_strength": 0, "signal_strength_max": 0, "type": "BLE", "connected": False}
        ],
    }
