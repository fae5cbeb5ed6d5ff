"""IQ Batteries (Encharge), one by one."""

from collections.abc import Iterator

from exporter.collector import collects
from exporter.collectors import hardware
from exporter.endpoint import ENSEMBLE_INVENTORY, ENSEMBLE_POWER
from exporter.metric import Sample, gauge, info, states
from exporter.unit import flag, joules, milli, number, numeral, ratio, timestamp
from exporter.wire import Json, Record, devices, record, records, text

BATTERY = info(
    "battery_info", "The battery's identity.", "serial", "kind", "part_number", "firmware", "phase"
)
CHARGE = gauge("battery_soc_ratio", "State of charge.", "serial")
POWER = gauge("battery_power_watts", "Power: above zero discharges, below charges.", "serial")
APPARENT = gauge(
    "battery_apparent_power_volt_amperes", "Apparent power, signed like the power.", "serial"
)
CAPACITY = gauge("battery_capacity_joules", "Energy that it can hold.", "serial")
TEMPERATURE = gauge("battery_temperature_celsius", "Temperature.", "serial")
MAX_CELL = gauge("battery_max_cell_temperature_celsius", "Its hottest cell.", "serial")
COMMUNICATING = gauge("battery_communicating", "Whether it talks to the gateway.", "serial")
REPORTED = gauge("battery_last_report_timestamp_seconds", "When it last reported.", "serial")
ASLEEP = gauge("battery_sleep_enabled", "Whether it is put to sleep.", "serial")
SWITCH_OFF = gauge("battery_dc_switch_off", "Whether its DC switch is off.", "serial")
READY = gauge("battery_ready", "Whether its state is one of those called ready.", "serial")
SIGNAL = gauge(
    "battery_communication_level",
    "Radio signal from 0 to 5; 0 on wired batteries.",
    "serial",
    "band",
)
INSTALLED = gauge("battery_installed_timestamp_seconds", "When it was installed.", "serial")
REVISION = gauge("battery_revision", "The revision of its hardware, 1 to 4.", "serial")
LED = gauge("battery_led_status", "The code of its light: 12 charges, 13 discharges.", "serial")
GRID = gauge("battery_grid_mode", "What it takes the grid for: 1 for that.", "serial", "mode")

BANDS = (("comm_level_2_4_ghz", "2.4 GHz"), ("comm_level_sub_ghz", "sub-GHz"))
"""The radio bands of devices behind the gateway."""

GRID_MODES = ("grid-tied", "multimode-ongrid", "multimode-offgrid", "multimode-generator")


@collects(ENSEMBLE_INVENTORY, ENSEMBLE_POWER, given=hardware.batteries, partial=True)
def batteries(inventory: Json, power: Json) -> Iterator[Sample]:
    """Read each battery; the power page is newer than the inventory, also for the charge.

    Firmware 8.2.4382 shows 10 % in the inventory while the battery holds 54 %.
    """
    live = {text(entry.get("serial_num")): entry for entry in powers(power)}
    for battery in devices(inventory, "ENCHARGE"):
        if serial := text(battery.get("serial_num")):
            yield from _live(serial, live.get(serial, {}), battery)
            yield from _state(serial, battery)


def powers(power: Json) -> Iterator[Record]:
    """Yield the batteries of the power page, whose key is spelt ``devices:`` with its colon."""
    page = record(power)
    yield from records(page.get("devices:", page.get("devices")))


def _live(serial: str, live: Record, battery: Record) -> Iterator[Sample]:
    charge = number(live.get("soc"))
    yield from CHARGE(ratio(battery.get("percentFull") if charge is None else charge), serial)
    yield from POWER(milli(live.get("real_power_mw")), serial)
    yield from APPARENT(milli(live.get("apparent_power_mva")), serial)


def _state(serial: str, battery: Record) -> Iterator[Sample]:
    yield from BATTERY(
        1,
        serial,
        "encharge",
        text(battery.get("part_num")),
        text(battery.get("img_pnum_running")),
        text(battery.get("phase")),
    )
    yield from CAPACITY(joules(battery.get("encharge_capacity")), serial)
    yield from TEMPERATURE(number(battery.get("temperature")), serial)
    yield from MAX_CELL(number(battery.get("maxCellTemp")), serial)
    yield from COMMUNICATING(flag(battery.get("communicating")), serial)
    yield from REPORTED(timestamp(numeral(battery.get("last_rpt_date"))), serial)
    yield from ASLEEP(flag(battery.get("sleep_enabled")), serial)
    yield from SWITCH_OFF(flag(battery.get("dc_switch_off")), serial)
    yield from INSTALLED(timestamp(numeral(battery.get("installed"))), serial)
    yield from REVISION(number(battery.get("encharge_rev")), serial)
    yield from LED(number(battery.get("led_status")), serial)
    if state := text(battery.get("admin_state_str")):
        yield from READY(int("READY" in state), serial)
    for key, band in BANDS:
        yield from SIGNAL(number(battery.get(key)), serial, band)
    if mode := text(battery.get("reported_enc_grid_state")):
        yield from states(GRID, GRID_MODES, [mode], serial)
