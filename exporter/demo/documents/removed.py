"""Inverters that are not as they should be: one that was removed, and one with a bad panel."""

from exporter.demo.documents import inverters
from exporter.demo.documents.device import Device, device, record
from exporter.demo.documents.device_data import FIRST
from exporter.demo.documents.identity import INSTALLED_AT, REMOVED
from exporter.demo.house import State
from exporter.demo.roof import COUNT, WEAK

REMOVED_AT = INSTALLED_AT + 400 * 86_400
DELETED = 3
CONDITIONS = ["envoy.cond_flags.pcu_chan.dcvoltagetoolow", "envoy.cond_flags.obs_strs.failure"]


def inventory(state: State) -> list[Device]:
    """Return all inverters of the list of all devices: of the removed one, only what it was."""
    known = [inverters.device(report) for report in state.inverters]
    known[WEAK]["device_status"] = CONDITIONS
    removed = {
        **known[0],
        "serial_num": REMOVED,
        "device_status": ["envoy.global.ok"],
        "last_rpt_date": str(REMOVED_AT),
        "admin_state": DELETED,
        "chaneid": inverters.CHANNEL + 256 * COUNT,
        "provisioned": False,
    }
    for name in ("producing", "communicating", "operating"):
        del removed[name]
    return [*known, removed]


def devices() -> Device:
    """Return the removed inverter among the fine numbers: without any."""
    channel = record(inverters.CHANNEL + 256 * COUNT, 0, ({}, {}))
    gone = device("pcu", REMOVED, [channel], gone=True)
    return {str(FIRST + 256 * COUNT): {**gone, "active": False}}
