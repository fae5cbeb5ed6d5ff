"""The inventory: what each inverter and relay is, what it complains of, and how many report."""

from collections.abc import Iterator

from exporter.collector import collects, fact
from exporter.collectors import inverters
from exporter.collectors.controller import closed
from exporter.endpoint import DEVICE_DATA, ENSEMBLE_INVENTORY, INVENTORY
from exporter.metric import Sample, gauge, info, states
from exporter.unit import flag, milli, number, numeral, timestamp
from exporter.wire import Json, Record, devices, record, records, text, texts

INVERTER = info(
    "inverter_info", "The inverter's identity.", "serial", "part_number", "firmware", "phase"
)
PRODUCING = gauge("inverter_producing", "Whether it produces.", "serial")
OPERATING = gauge(
    "inverter_operating", "Whether it operates; firmware 8.3.5433 denies it of all.", "serial"
)
CONDITION = gauge(
    "inverter_condition",
    "A fault that the inverter reports: 1 while it does.",
    "serial",
    "condition",
)
RELAY = info("relay_info", "An IQ Relay's identity.", "serial", "part_number", "firmware")
RELAY_CLOSED = gauge("relay_closed", "Whether the IQ Relay is closed.", "serial")
RELAY_COMMUNICATING = gauge("relay_communicating", "Whether it talks to the gateway.", "serial")
RELAY_REPORTED = gauge("relay_last_report_timestamp_seconds", "When it last reported.", "serial")
RELAY_LINE = gauge("relay_line_connected", "Whether this line is connected.", "serial", "phase")
RELAY_TEMPERATURE = gauge("relay_temperature_celsius", "Temperature.", "serial")
RELAY_VOLTAGE = gauge("relay_voltage_volts", "Voltage.", "serial", "phase")
RELAY_FREQUENCY = gauge("relay_frequency_hertz", "Frequency.", "serial")
DEVICES = gauge("devices", "How many devices of a kind are in service.", "kind")
REPORTING = gauge("devices_communicating", "How many of them talk to the gateway.", "kind")

WELL = {"envoy.global.ok", "prop.done"}
"""Entries of ``device_status`` that are no fault."""

LINES = (("L1", "line1-connected"), ("L2", "line2-connected"), ("L3", "line3-connected"))
ENSEMBLE_KINDS = ("ENCHARGE", "ENPOWER", "COLLAR", "C6 COMBINER CONTROLLER")


@fact(DEVICE_DATA)
def detail_is_cut(page: Json) -> bool:
    """Whether the detailed list lacks inverters, so that the inventory has to speak for them."""
    return not inverters.is_whole(page)


@collects(INVENTORY, background=True)
def inventory(page: Json) -> Iterator[Sample]:
    """Read each inverter's identity and faults, and count all devices by kind."""
    for device in devices(page, "PCU"):
        serial = text(device.get("serial_num"))
        yield from INVERTER(1, serial, *_identity(device), text(device.get("phase")))
        yield from PRODUCING(flag(device.get("producing")), serial)
        yield from OPERATING(flag(device.get("operating")), serial)
        faults = [fault for fault in texts(device.get("device_status")) if fault not in WELL]
        yield from states(CONDITION, (), faults, serial)
    for kind in ("PCU", "ACB", "NSRB"):
        yield from _count(kind, devices(page, kind))


@collects(INVENTORY, given=detail_is_cut, background=True)
def inverter_communication(page: Json) -> Iterator[Sample]:
    """Read which inverters talk, where the detailed list does not tell of all."""
    for device in devices(page, "PCU"):
        serial = text(device.get("serial_num"))
        yield from inverters.COMMUNICATING(flag(device.get("communicating")), serial)


@collects(INVENTORY, background=True)
def relays(page: Json) -> Iterator[Sample]:
    """Read the IQ Relays."""
    for relay in devices(page, "NSRB"):
        serial = text(relay.get("serial_num"))
        yield from RELAY(1, serial, *_identity(relay))
        yield from RELAY_CLOSED(closed(relay.get("relay")), serial)
        yield from RELAY_COMMUNICATING(flag(relay.get("communicating")), serial)
        yield from RELAY_REPORTED(timestamp(numeral(relay.get("last_rpt_date"))), serial)
        for phase, key in LINES:
            yield from RELAY_LINE(flag(relay.get(key)), serial, phase)


@collects(DEVICE_DATA)
def relay_readings(page: Json) -> Iterator[Sample]:
    """Read what the IQ Relays measure."""
    for serial, device in inverters.in_service(page, "nsrb").items():
        for channel in list(records(device.get("channels")))[:1]:
            yield from _relay_reading(serial, record(channel.get("lastReading")))


@collects(ENSEMBLE_INVENTORY)
def ensemble_devices(page: Json) -> Iterator[Sample]:
    """Count batteries, controllers and what else is attached."""
    for kind in ENSEMBLE_KINDS:
        yield from _count(kind, devices(page, kind))


def _relay_reading(serial: str, reading: Record) -> Iterator[Sample]:
    yield from RELAY_TEMPERATURE(number(reading.get("temperature")), serial)
    yield from RELAY_FREQUENCY(milli(number(reading.get("freqInmHz")) or None), serial)
    for phase in ("L1", "L2", "L3"):
        voltage = number(reading.get(f"Vrms{phase}N"))
        yield from RELAY_VOLTAGE(milli(voltage or None), serial, phase)


def _count(kind: str, found: list[Record]) -> Iterator[Sample]:
    """Count what is there; of a kind that a site does not have, nothing is said."""
    if found:
        yield from DEVICES(len(found), kind.lower())
        talking = sum(device.get("communicating") is True for device in found)
        yield from REPORTING(talking, kind.lower())


def _identity(device: Record) -> tuple[str | None, str | None]:
    return text(device.get("part_num")), text(device.get("img_pnum_running"))
