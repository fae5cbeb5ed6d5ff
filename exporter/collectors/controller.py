"""The system controller (Enpower): the grid's relay, and what both sides of it take it for."""

from collections.abc import Iterator

from exporter.collector import collects
from exporter.collectors import hardware
from exporter.collectors.batteries import BANDS
from exporter.endpoint import ENSEMBLE_INVENTORY
from exporter.metric import Sample, gauge, info, states
from exporter.unit import celsius, flag, number, numeral, timestamp
from exporter.wire import Json, devices, text

CONTROLLER = info(
    "system_controller_info", "The controller's identity.", "serial", "part_number", "firmware"
)
TEMPERATURE = gauge("system_controller_temperature_celsius", "Temperature.", "serial")
COMMUNICATING = gauge(
    "system_controller_communicating", "Whether it talks to the gateway.", "serial"
)
REPORTED = gauge(
    "system_controller_last_report_timestamp_seconds", "When it last reported.", "serial"
)
SIGNAL = gauge(
    "system_controller_communication_level", "Radio signal from 0 to 5.", "serial", "band"
)
RELAY = gauge("grid_relay_closed", "Whether the house is connected to the grid.")
ADMITTED = gauge("grid_relay_admin_closed", "Whether the relay is meant to be closed.")
MODE = gauge("grid_mode", "What the device takes the grid for: 1 for that.", "device", "mode")

MODES = (
    "grid-tied",
    "multimode-ongrid",
    "multimode-offgrid",
    "multimode-generator",
    "unknown",
)


@collects(ENSEMBLE_INVENTORY, given=hardware.system_controller)
def system_controller(inventory: Json) -> Iterator[Sample]:
    """Read the controller; its temperature is in Fahrenheit, unlike all others."""
    for controller in devices(inventory, "ENPOWER"):
        serial = text(controller.get("serial_num"))
        firmware, part = text(controller.get("img_pnum_running")), text(controller.get("part_num"))
        yield from CONTROLLER(1, serial, part, firmware)
        yield from TEMPERATURE(celsius(controller.get("temperature")), serial)
        yield from COMMUNICATING(flag(controller.get("communicating")), serial)
        yield from REPORTED(timestamp(numeral(controller.get("last_rpt_date"))), serial)
        for key, band in BANDS:
            yield from SIGNAL(number(controller.get(key)), serial, band)
        yield from RELAY(closed(controller.get("mains_oper_state")))
        yield from ADMITTED(closed(controller.get("mains_admin_state")))
        for key, device in (("Enpwr_grid_mode", "enpower"), ("Enchg_grid_mode", "encharge")):
            if mode := text(controller.get(key)):
                yield from states(MODE, MODES, [mode], device)


def closed(state: Json) -> int | None:
    """Tell a closed relay from an open one; the gateway says ``close`` and ``closed``."""
    return {"closed": 1, "close": 1, "open": 0}.get(state) if isinstance(state, str) else None
