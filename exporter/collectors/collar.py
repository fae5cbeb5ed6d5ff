"""The IQ Meter Collar, which disconnects the house from the grid, and the IQ Combiner's insides."""

from collections.abc import Iterator

from exporter.collector import collects, fact
from exporter.collectors.controller import closed
from exporter.endpoint import ENSEMBLE_INVENTORY
from exporter.metric import Sample, gauge, info
from exporter.unit import flag, number, numeral, timestamp
from exporter.wire import Json, devices, text

COLLAR = info("collar_info", "The collar's identity.", "serial", "part_number", "firmware", "state")
TEMPERATURE = gauge("collar_temperature_celsius", "Temperature.", "serial")
COMMUNICATING = gauge("collar_communicating", "Whether it talks to the gateway.", "serial")
REPORTED = gauge("collar_last_report_timestamp_seconds", "When it last reported.", "serial")
CONNECTED = gauge("collar_mid_closed", "Whether its switch connects house and grid.", "serial")
ON_GRID = gauge("collar_on_grid", "Whether it sees the grid.", "serial")
ERROR = gauge("collar_control_error", "Its error code, 0 for none.", "serial")

COMBINER = info(
    "combiner_info", "A part of the combiner.", "serial", "kind", "part_number", "firmware"
)
COMBINER_COMMUNICATING = gauge(
    "combiner_communicating", "Whether the combiner's controller talks to the gateway.", "serial"
)
COMBINER_REPORTED = gauge(
    "combiner_last_report_timestamp_seconds", "When it last reported.", "serial"
)

COMBINER_PARTS = {"C6 COMBINER CONTROLLER": "controller", "C6 RGM": "meter"}


@fact(ENSEMBLE_INVENTORY)
def has_collar(inventory: Json) -> bool:
    """Whether there is a collar."""
    return bool(devices(inventory, "COLLAR"))


@fact(ENSEMBLE_INVENTORY)
def has_combiner(inventory: Json) -> bool:
    """Whether there is a combiner that the gateway knows of."""
    return any(devices(inventory, kind) for kind in COMBINER_PARTS)


@collects(ENSEMBLE_INVENTORY, given=has_collar)
def collar(inventory: Json) -> Iterator[Sample]:
    """Read the collar; its temperature is in Celsius."""
    for device in devices(inventory, "COLLAR"):
        serial = text(device.get("serial_num"))
        names = (text(device.get(k)) for k in ("part_num", "img_pnum_running", "collar_state"))
        yield from COLLAR(1, serial, *names)
        yield from TEMPERATURE(number(device.get("temperature")), serial)
        yield from COMMUNICATING(flag(device.get("communicating")), serial)
        yield from REPORTED(timestamp(numeral(device.get("last_rpt_date"))), serial)
        yield from CONNECTED(closed(device.get("mid_state")), serial)
        if grid := text(device.get("grid_state")):
            yield from ON_GRID(int(grid == "on_grid"), serial)
        yield from ERROR(number(device.get("control_error")), serial)


@collects(ENSEMBLE_INVENTORY, given=has_combiner)
def combiner(inventory: Json) -> Iterator[Sample]:
    """Read the IQ Combiner's controller and its meter."""
    for kind, name in COMBINER_PARTS.items():
        for device in devices(inventory, kind):
            serial = text(device.get("serial_num"))
            firmware = text(device.get("fw_version")) or text(device.get("FW Version"))
            yield from COMBINER(1, serial, name, text(device.get("part_num")), firmware)
            yield from COMBINER_COMMUNICATING(flag(device.get("communicating")), serial)
            yield from COMBINER_REPORTED(timestamp(numeral(device.get("last_rpt_date"))), serial)
