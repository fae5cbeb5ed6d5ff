"""The site's electricity meters (current transformers), phase by phase."""

from collections.abc import Iterator
from typing import NamedTuple

from exporter.collector import collects, fact
from exporter.endpoint import METERS, READINGS
from exporter.metric import Family, Sample, counter, gauge, states
from exporter.unit import WATT_HOUR, number, scaled, timestamp
from exporter.wire import Json, Record, records, text, texts

ENABLED = gauge("meter_enabled", "Whether the meter is switched on (1) or not (0).", "meter")
PHASES = gauge("meter_phases", "How many phases the meter measures.", "meter")
STATUS = gauge("meter_status", "The meter's status: 1 for the one it has.", "meter", "status")
FLAG = gauge("meter_flag", "Whether the meter reports this fault (1) or not (0).", "meter", "flag")
READ = gauge("meter_reading_timestamp_seconds", "When the meter was last read.", "meter")

PER_PHASE: tuple[tuple[str, Family, float], ...] = (
    ("activePower", gauge("meter_power_watts", "Active power.", "meter", "phase"), 1),
    (
        "apparentPower",
        gauge("meter_apparent_power_volt_amperes", "Apparent power.", "meter", "phase"),
        1,
    ),
    (
        "reactivePower",
        gauge("meter_reactive_power_volt_amperes_reactive", "Reactive power.", "meter", "phase"),
        1,
    ),
    (
        "pwrFactor",
        gauge(
            "meter_power_factor_ratio", "Power factor; its sign is the power's.", "meter", "phase"
        ),
        1,
    ),
    ("voltage", gauge("meter_voltage_volts", "Voltage.", "meter", "phase"), 1),
    ("current", gauge("meter_current_amperes", "Current.", "meter", "phase"), 1),
    (
        "actEnergyDlvd",
        counter(
            "meter_energy_delivered_joules_total",
            "Energy towards the house: made, bought or discharged.",
            "meter",
            "phase",
        ),
        WATT_HOUR,
    ),
    (
        "actEnergyRcvd",
        counter(
            "meter_energy_received_joules_total",
            "Energy away from the house: sold or charged; at night what the inverters use.",
            "meter",
            "phase",
        ),
        WATT_HOUR,
    ),
)
FREQUENCY = gauge("meter_frequency_hertz", "Frequency.", "meter", "phase")

STATUSES = ("normal", "not-metering", "check-wiring")
FLAGS = (
    "production-imbalance",
    "negative-production",
    "negative-total-consumption",
    "power-on-unused-phase",
)


class Meter(NamedTuple):
    """One meter that measures: its kind, its aggregate reading, and the phases in use."""

    kind: str
    reading: Record
    phases: tuple[Record, ...]


def enabled(meters: Json, readings: Json) -> dict[str, Meter]:
    """Join the meters that are switched on and have been read with their readings, by kind.

    Joined on ``eid``: the lists differ in order, and firmware from 8.3.5025 on reads one meter
    more than it lists. Channels beyond ``phaseCount`` hold noise, and with a storage meter even
    a copy of the storage's second phase.
    """
    by_eid = {_eid(reading): reading for reading in records(readings)}
    found: dict[str, Meter] = {}
    for meter in records(meters):
        kind, count = text(meter.get("measurementType")), number(meter.get("phaseCount"))
        eid = _eid(meter)
        reading = by_eid.get(eid) if eid is not None else None
        if kind and count and reading and is_enabled(meter) and timestamp(reading.get("timestamp")):
            channels = tuple(records(reading.get("channels")))
            found.setdefault(kind, Meter(kind, reading, channels[: int(count)]))
    return found


def is_enabled(meter: Record) -> bool:
    """Whether the installer has switched the meter on."""
    return meter.get("state") == "enabled"


@fact(METERS)
def metered(meters: Json) -> bool:
    """Whether any meter is switched on."""
    return any(map(is_enabled, records(meters)))


@collects(METERS)
def meter_status(meters: Json) -> Iterator[Sample]:
    """Read how each meter is set up and what it complains of."""
    for meter in records(meters):
        if kind := text(meter.get("measurementType")):
            yield from ENABLED(int(is_enabled(meter)), kind)
            yield from PHASES(number(meter.get("phaseCount")), kind)
            yield from states(STATUS, STATUSES, [text(meter.get("meteringStatus"))], kind)
            yield from states(FLAG, FLAGS, texts(meter.get("statusFlags")), kind)


@collects(METERS, READINGS, given=metered)
def meters(meters: Json, readings: Json) -> Iterator[Sample]:
    """Read the meters that are switched on, per phase: their sums over phases mean little."""
    for meter in enabled(meters, readings).values():
        yield from READ(timestamp(meter.reading.get("timestamp")), meter.kind)
        for number_, channel in enumerate(meter.phases, start=1):
            yield from _phase(channel, meter.kind, f"L{number_}")


def _phase(channel: Record, kind: str, phase: str) -> Iterator[Sample]:
    for name, family, factor in PER_PHASE:
        yield from family(scaled(channel.get(name), factor), kind, phase)
    # A meter that cannot tell the frequency writes 0.
    yield from FREQUENCY(number(channel.get("freq")) or None, kind, phase)


def _eid(entry: Record) -> int | None:
    eid = entry.get("eid")
    return eid if isinstance(eid, int) else None
