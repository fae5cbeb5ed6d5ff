"""What all devices of `/ivp/pdm/device_data` look like, whatever they are."""

from typing import Any

LIMIT = 50
Device = dict[str, Any]


def counted(devices: Device) -> Device:
    """Return the devices, each under its id, and their number."""
    return {**devices, "deviceCount": len(devices), "deviceDataLimit": LIMIT}


def device(name: str, serial: str, channels: list[Device], *, gone: bool) -> Device:
    """Return a device of any kind."""
    return {
        "devName": name,
        "sn": serial,
        "active": True,
        "modGone": gone,
        "channels": channels,
    }


def record(eid: int, created: int, records: tuple[Device, Device], **numbers: int) -> Device:
    """Return a channel: its last reading, and its life's."""
    return {
        "chanEid": eid,
        "created": created,
        "wattHours": dict.fromkeys(("today", "yesterday", "week"), 0),
        "watts": {"now": 0, "nowUsed": 0, "max": 0, **numbers},
        "lastReading": records[0],
        "lifetime": records[1],
    }
