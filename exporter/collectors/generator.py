"""A generator behind the system controller."""

from collections.abc import Iterator

from exporter.collector import collects, fact
from exporter.collectors import hardware
from exporter.collectors.controller import closed
from exporter.endpoint import ENSEMBLE_INVENTORY, GENERATOR, GENERATOR_SETTINGS
from exporter.metric import Sample, gauge, info
from exporter.unit import flag, number, ratio, scaled
from exporter.wire import Json, devices, record, text

GENERATOR_INFO = info(
    "generator_info", "The generator as configured.", "manufacturer", "model", "kind", "start"
)
RUNNING = gauge("generator_running", "Whether the generator carries the house.")
CONNECTED = gauge("generator_relay_closed", "Whether its relay is closed.")
START = gauge("generator_start_soc_ratio", "Charge below which it starts.")
STOP = gauge("generator_stop_soc_ratio", "Charge above which it stops, if set.")
MODE = gauge("generator_admin_mode", "The gateway's code of its mode: 0 to 2.")
RATED = gauge("generator_rated_power_watts", "Power on its name plate.")
CHARGES = gauge("generator_charges_storage", "Whether it may charge the batteries.")

KILOWATT = 1000.0
"""Watts. The name plate is in kilowatts, although its key ends in ``_wat``."""


@fact(GENERATOR_SETTINGS, given=hardware.system_controller)
def has_generator(settings: Json) -> bool:
    """Whether one is configured; firmware up to 8.2.127 calls one present that nobody has."""
    return bool(record(settings))


@collects(GENERATOR, GENERATOR_SETTINGS, ENSEMBLE_INVENTORY, given=has_generator)
def generator(page: Json, settings: Json, inventory: Json) -> Iterator[Sample]:
    """Read the generator: it runs where its relay is closed and the batteries follow it."""
    state, plate = record(page), record(settings)
    modes = [device.get("Enchg_grid_mode") for device in devices(inventory, "ENPOWER")]
    connected = closed(state.get("oper_state"))
    yield from CONNECTED(connected)
    if connected is not None:
        yield from RUNNING(int(connected and "multimode-generator" in modes))
    yield from START(ratio(state.get("start_soc")))
    stop = number(state.get("stop_soc"))
    yield from STOP(ratio(stop) if stop is not None and stop >= 0 else None)
    yield from MODE(number(state.get("admin_mode")))
    yield from RATED(scaled(plate.get("name_plate_rating_wat"), KILOWATT))
    yield from CHARGES(flag(plate.get("charge_from_generator")))
    keys = ("manufacturer", "model", "gen_type", "start_method")
    yield from GENERATOR_INFO(1, *(text(plate.get(key)) for key in keys))
