"""Where the power goes: bought and sold, stored, and used by the house.

Signs: grid power is positive when bought, storage power when it discharges. The house uses
production + grid + storage, all three as measured; the gateway's own "total consumption" is no
measurement, counts a charging battery as the house's, and repeats the grid on some firmware.
"""

from collections.abc import Iterator

from exporter.collector import NOT_HERE, collects, fact, only
from exporter.collectors import hardware
from exporter.collectors.batteries import powers
from exporter.collectors.hardware import pageless
from exporter.collectors.meters import Meter, enabled, is_enabled, metered
from exporter.collectors.production import active_meter, block_of
from exporter.endpoint import (
    ENSEMBLE_INVENTORY,
    ENSEMBLE_POWER,
    INVERTERS,
    METERS,
    PRODUCTION,
    READINGS,
)
from exporter.metric import Family, Sample, counter, gauge
from exporter.unit import joules, milli, total, watts
from exporter.wire import Json, records

CONSUMPTION = gauge("consumption_power_watts", "Power that the house uses.")
CONSUMED = counter("consumption_energy_joules_total", "Energy that the house used, if metered.")
GRID = gauge("grid_power_watts", "Power from the grid: above zero is bought, below is sold.")
IMPORTED = counter("grid_import_energy_joules_total", "Energy bought, each phase by itself.")
EXPORTED = counter("grid_export_energy_joules_total", "Energy sold, each phase by itself.")
STORAGE = gauge("storage_power_watts", "Storage power: above zero discharges, below charges.")
DISCHARGED = counter("storage_discharge_energy_joules_total", "Energy out of the storage.")
CHARGED = counter("storage_charge_energy_joules_total", "Energy into the storage.")


@fact(METERS)
def unmetered_storage(meters: Json) -> bool:
    """Whether no meter measures the batteries, if there are any."""
    kinds = [meter.get("measurementType") for meter in records(meters) if is_enabled(meter)]
    return "storage" not in kinds


@fact(ENSEMBLE_INVENTORY, given=unmetered_storage)
def unmetered_batteries(inventory: Json) -> bool:
    """Whether there are IQ Batteries that no meter measures."""
    return hardware.batteries.opens(inventory)


@fact(INVERTERS, given=unmetered_storage)
def unmetered_ac_batteries(panels: Json) -> bool:
    """Whether there are AC batteries that no meter measures."""
    return hardware.ac_batteries.opens(panels)


BATTERIES = only(ENSEMBLE_POWER, given=unmetered_batteries)
AC_BATTERIES = only(PRODUCTION, given=unmetered_ac_batteries)


@collects(METERS, READINGS, given=metered)
def flows(meters: Json, readings: Json) -> Iterator[Sample]:
    """Read the meters of grid, storage and consumption."""
    found = enabled(meters, readings)
    yield from _energies(found.get("net-consumption"), IMPORTED, EXPORTED)
    yield from _energies(found.get("storage"), DISCHARGED, CHARGED)
    if grid := found.get("net-consumption"):
        yield from GRID(watts(grid.reading.get("activePower")))
    if consumed := found.get("total-consumption"):
        yield from CONSUMPTION(watts(consumed.reading.get("activePower")))
        yield from CONSUMED(joules(consumed.reading.get("actEnergyDlvd")))


@collects(METERS, READINGS, BATTERIES, AC_BATTERIES, given=metered)
def balance(meters: Json, readings: Json, power: Json, production: Json) -> Iterator[Sample]:
    """Work out what no meter shows; the batteries tell their own power where no meter does."""
    found = enabled(meters, readings)
    known = {kind: watts(meter.reading.get("activePower")) for kind, meter in found.items()}
    stored = known["storage"] if "storage" in known else _stored(power, production)
    if "storage" in known or power is not NOT_HERE or production is not NOT_HERE:
        yield from STORAGE(stored)
    made, used = known.get("production"), known.get("total-consumption")
    if "total-consumption" not in known and "net-consumption" in known:
        yield from CONSUMPTION(total(made, known["net-consumption"], stored))
    elif (
        "net-consumption" not in known
        and used is not None
        and made is not None
        and stored is not None
    ):
        yield from GRID(used - made - stored)


@collects(PRODUCTION, given=pageless)
def flows_pageless(production: Json) -> Iterator[Sample]:
    """Read the power of the grid's block; its energies drift and fall, so they are left out."""
    if (grid := active_meter(production, "consumption", "net-consumption")) is not None:
        yield from GRID(watts(grid.get("wNow")))


@collects(PRODUCTION, BATTERIES, AC_BATTERIES, given=pageless)
def balance_pageless(production: Json, power: Json, again: Json) -> Iterator[Sample]:
    """Work out what no block shows."""
    stored = _stored(power, again)
    if power is not NOT_HERE or again is not NOT_HERE:
        yield from STORAGE(stored)
    grid = active_meter(production, "consumption", "net-consumption")
    made = active_meter(production, "production", "production")
    if grid is not None and made is not None:
        yield from CONSUMPTION(total(watts(made.get("wNow")), watts(grid.get("wNow")), stored))


def _stored(power: Json, production: Json) -> float | None:
    """Sum what the batteries say themselves, some 7 % below a meter; unknown if one is silent.

    Either page is ``NOT_HERE`` where there are no such batteries.
    """
    parts: list[float | None] = []
    if power is not NOT_HERE:
        known = [milli(battery.get("real_power_mw")) for battery in powers(power)]
        parts += known or [None]
    if production is not NOT_HERE:
        block = block_of(production, "storage", "acb")
        parts.append(None if block is None else watts(block.get("wNow")))
    return total(*parts)


def _energies(meter: Meter | None, delivered: Family, received: Family) -> Iterator[Sample]:
    if meter:
        yield from delivered(joules(meter.reading.get("actEnergyDlvd")))
        yield from received(joules(meter.reading.get("actEnergyRcvd")))
