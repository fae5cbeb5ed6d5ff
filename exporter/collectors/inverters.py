"""The microinverters: every one's power, and where the gateway tells it, its electrical detail."""

from collections.abc import Iterator

from exporter.collector import collects
from exporter.endpoint import DEVICE_DATA, INVERTERS
from exporter.metric import Family, Sample, counter, gauge
from exporter.unit import milli, number, quotient, timestamp, total
from exporter.wire import Json, Record, record, records, text

COUNT = gauge("inverters", "How many inverters the gateway lists, silent ones included.")
POWER = gauge("inverter_power_watts", "AC power, averaged over the last report.", "serial")
MAX_POWER = gauge("inverter_max_power_watts", "The highest power ever reported.", "serial")
REPORTED = gauge("inverter_last_report_timestamp_seconds", "When it last reported.", "serial")
INTERVAL = gauge("inverter_report_interval_seconds", "How long a time it reported on.", "serial")
ENERGY = counter("inverter_energy_joules_total", "Energy made since installation.", "serial")
COMMUNICATING = gauge(
    "inverter_communicating", "Whether it talks to the gateway: every night it does not.", "serial"
)
TEMPERATURE = gauge("inverter_temperature_celsius", "Temperature inside.", "serial")

MEASURED_IN_MILLI: tuple[tuple[str, Family], ...] = (
    ("acVoltageINmV", gauge("inverter_ac_voltage_volts", "AC voltage.", "serial")),
    ("acCurrentInmA", gauge("inverter_ac_current_amperes", "AC current.", "serial")),
    ("acFrequencyINmHz", gauge("inverter_ac_frequency_hertz", "AC frequency.", "serial")),
    ("dcVoltageINmV", gauge("inverter_dc_voltage_volts", "DC voltage of the panel.", "serial")),
    ("dcCurrentINmA", gauge("inverter_dc_current_amperes", "DC current of the panel.", "serial")),
)

SILENT_AFTER = 1800
"""Seconds without a report after which measured values are old: they freeze at night."""

INVERTER = 1
"""``devType`` of an inverter; firmware before 4.10 lists inverters alone, without it."""


@collects(INVERTERS, DEVICE_DATA, partial=True, timed=True)
def inverters(panels: Json, devices: Json, moment: float) -> Iterator[Sample]:
    """Merge the list of all inverters with the detailed one, which ends at 50 devices."""
    listed = {serial: panel for panel in records(panels) if (serial := _inverter(panel))}
    detailed = in_service(devices)
    serials = listed.keys() | detailed.keys()
    if serials and (isinstance(panels, list) or is_whole(devices)):
        yield from COUNT(len(serials))
    if is_whole(devices):  # else the inventory speaks for all of them
        for serial, device in detailed.items():
            if isinstance(gone := device.get("modGone"), bool):
                yield from COMMUNICATING(int(not gone), serial)
    for serial in sorted(serials):
        yield from _inverter_samples(
            serial, listed.get(serial, {}), detailed.get(serial, {}), moment
        )


def _inverter_samples(serial: str, panel: Record, device: Record, now: float) -> Iterator[Sample]:
    readings = [record(c.get("lastReading")) for c in records(device.get("channels"))]
    listed = timestamp(panel.get("lastReportDate"))
    detailed = [timestamp(reading.get("endDate")) for reading in readings]
    times = [time for time in (listed, *detailed) if time is not None]
    yield from MAX_POWER(number(panel.get("maxReportWatts")), serial)
    yield from REPORTED(max(times, default=None), serial)
    yield from ENERGY(energy(device), serial)
    # The two lists are of different age: each speaks for the time that it tells.
    if detailed and all(is_recent(time, now) for time in detailed):
        yield from _measured(serial, panel, readings)
    elif is_recent(listed, now):
        yield from POWER(number(panel.get("lastReportWatts")), serial)


def is_recent(reported: float | None, now: float) -> bool:
    """Whether what was reported then still holds."""
    return reported is not None and now - reported <= SILENT_AFTER


def _measured(serial: str, panel: Record, readings: list[Record]) -> Iterator[Sample]:
    detailed = total(*map(_power, readings))
    rough = number(panel.get("lastReportWatts"))
    yield from POWER(rough if detailed is None else detailed, serial)
    # One inverter has one channel on all firmware seen; of two, the first one speaks.
    reading = readings[0]
    yield from INTERVAL(number(reading.get("duration")), serial)
    yield from TEMPERATURE(number(reading.get("channelTemp")), serial)
    for name, family in MEASURED_IN_MILLI:
        yield from family(milli(reading.get(name)), serial)


def _power(reading: Record) -> float | None:
    return quotient(reading.get("joulesProduced"), by=reading.get("duration"))


def _inverter(panel: Record) -> str | None:
    if panel.get("devType", INVERTER) != INVERTER:
        return None
    return text(panel.get("serialNumber"))


def is_whole(devices: Json) -> bool:
    """Whether the detailed list names every device: it is cut at a limit, 50 on all firmware."""
    count, limit = (number(record(devices).get(f"device{name}")) for name in ("Count", "DataLimit"))
    return count is not None and limit is not None and count < limit


def in_service(devices: Json, kind: str = "pcu") -> dict[str, Record]:
    """Find the devices of a kind in the detailed list by serial, without those taken away."""
    return {
        serial: device
        for device in record(devices).values()
        if isinstance(device, dict)
        and device.get("devName") == kind
        and device.get("active") is True
        and (serial := text(device.get("sn")))
    }


def energy(device: Record) -> float | None:
    """Sum the 64-bit counters of an inverter's channels, in joules."""
    channels = list(records(device.get("channels")))
    counted = [number(record(c.get("lifetime")).get("joulesProduced")) for c in channels]
    return total(*counted) if counted else None
