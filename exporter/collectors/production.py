"""What the site makes, from the one source that tells the truth on its kind of hardware.

- A production meter that is switched on: the meter, power and energy.
- Meters fitted, but the production meter switched off: the inverters' power. ``/api/v1/production``
  shows the noise of the unconnected meter there (firmware 8.2.4264: 4 W where 5521 W are made).
- No meters: ``/api/v1/production``.
- Hardware with metering inputs and no page about its meters: ``/production.json`` where its meter
  block is active, else ``/api/v1/production``.

Without a meter, energy is the sum of the inverters' own counters where all of them are listed. The
gateway's sums fall by 1.19 MWh whenever they, or on newer firmware one inverter, pass 2^32 joules;
where there is nothing else, the ledger undoes that.
"""

from collections.abc import Iterator

from exporter.collector import collects, fact
from exporter.collectors.hardware import meterless, pageless
from exporter.collectors.inverters import energy, in_service, is_whole
from exporter.collectors.meters import enabled, is_enabled
from exporter.endpoint import DEVICE_DATA, METERS, PRODUCTION, READINGS, V1_PRODUCTION
from exporter.metric import Sample, counter, gauge, info
from exporter.unit import joules, number, total, watts
from exporter.wire import Json, Record, record, records

POWER = gauge("production_power_watts", "Power of all panels; a little below zero at night.")
ENERGY = counter("production_energy_joules_total", "Energy made since installation.")
SOURCE = info("production_info", "Which source the power comes from.", "source")


def _production_meters(meters: Json) -> list[Record]:
    return [m for m in records(meters) if m.get("measurementType") == "production"]


@fact(METERS)
def by_meter(meters: Json) -> bool:
    """Whether a production meter is switched on."""
    return any(map(is_enabled, _production_meters(meters)))


@fact(METERS)
def switched_off(meters: Json) -> bool:
    """Whether there are meters, none of them measuring production."""
    return any(records(meters)) and not any(map(is_enabled, _production_meters(meters)))


@collects(METERS, READINGS, given=by_meter)
def production_metered(meters: Json, readings: Json) -> Iterator[Sample]:
    """Read the production meter."""
    if meter := enabled(meters, readings).get("production"):
        yield from POWER(watts(meter.reading.get("activePower")))
        yield from ENERGY(joules(meter.reading.get("actEnergyDlvd")), source="meter")
        yield from SOURCE(1, "meter")


@collects(PRODUCTION, given=switched_off)
def production_unmetered(production: Json) -> Iterator[Sample]:
    """Read the power that the inverters reported."""
    if (block := block_of(production, "production", "inverters")) is not None:
        yield from POWER(number(block.get("wNow")))
        yield from SOURCE(1, "inverters")


@collects(PRODUCTION, DEVICE_DATA, given=switched_off)
def production_unmetered_energy(production: Json, devices: Json) -> Iterator[Sample]:
    """Read the energy that the inverters counted, or their sum, which wraps (see the ledger)."""
    if (made := counted(devices)) is not None:
        yield from ENERGY(made, source="inverters")
    elif (block := block_of(production, "production", "inverters")) is not None:
        yield from ENERGY(joules(block.get("whLifetime")), source="production.json")


@collects(V1_PRODUCTION, given=meterless)
def production_standard(page: Json) -> Iterator[Sample]:
    """Read the power of a gateway without meters."""
    if started(page):
        yield from POWER(watts(page.get("wattsNow")))
        yield from SOURCE(1, "gateway")


@collects(V1_PRODUCTION, DEVICE_DATA, given=meterless)
def production_standard_energy(page: Json, devices: Json) -> Iterator[Sample]:
    """Read the energy of a gateway without meters."""
    if (made := counted(devices)) is not None:
        yield from ENERGY(made, source="inverters")
    elif started(page):
        yield from ENERGY(joules(page.get("wattHoursLifetime")), source="gateway")


@collects(PRODUCTION, V1_PRODUCTION, given=pageless)
def production_pageless(production: Json, page: Json) -> Iterator[Sample]:
    """Read a gateway that has metering inputs, but does not tell about its meters."""
    if (block := active_meter(production, "production", "production")) is not None:
        yield from POWER(watts(block.get("wNow")))
        yield from ENERGY(joules(block.get("whLifetime")), source="meter")
        yield from SOURCE(1, "meter")
    elif started(page):
        yield from POWER(watts(page.get("wattsNow")))
        yield from ENERGY(joules(page.get("wattHoursLifetime")), source="gateway")
        yield from SOURCE(1, "gateway")


def counted(devices: Json) -> float | None:
    """Sum the inverters' own 64-bit counters, in joules; unknown unless all of them are listed."""
    energies = [energy(device) for device in in_service(devices).values()]
    return total(*energies) if energies and is_whole(devices) else None


def started(page: Json) -> bool:
    """Whether ``/api/v1/production`` holds numbers: after a restart it is all zeros for a while."""
    energies = ("wattHoursToday", "wattHoursSevenDays", "wattHoursLifetime")
    return any(number(record(page).get(name)) for name in energies)


def block_of(
    production: Json, side: str, kind: str, measurement: str | None = None
) -> Record | None:
    """Find one block of ``/production.json``; their order differs between firmwares."""
    for block in records(record(production).get(side)):
        if block.get("type") == kind and block.get("measurementType") == measurement:
            return block
    return None


def active_meter(production: Json, side: str, measurement: str) -> Record | None:
    """Find a meter's block that is in use: with ``activeCount`` 0 its numbers are noise."""
    block = block_of(production, side, "eim", measurement)
    return block if block is not None and number(block.get("activeCount")) else None
