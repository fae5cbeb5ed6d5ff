"""Where the power goes: bought and sold, stored, and used by the house.

Signs: grid power is positive when bought, storage power when it discharges. The house uses
production + grid + storage, all three as measured; the gateway's own "total consumption" is no
measurement, counts a charging battery as the house's, and repeats the grid on some firmware.
"""

from collections.abc import Iterator

from exporter.collector import collects, fact, only
from exporter.collectors import hardware
from exporter.collectors.batteries import powers
from exporter.collectors.hardware import pageless
from exporter.collectors.meters import Meter, enabled, is_enabled, metered
from exporter.collectors.production import active_meter
from exporter.endpoint import ENSEMBLE_INVENTORY, ENSEMBLE_POWER, METERS, PRODUCTION, READINGS
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


@fact(METERS, ENSEMBLE_INVENTORY)
def unmetered_batteries(meters: Json, inventory: Json) -> bool:
    """Whether there are batteries, and no meter that measures them."""
    kinds = {meter.get("measurementType") for meter in records(meters) if is_enabled(meter)}
    return hardware.batteries.opens(inventory) and "storage" not in kinds


BATTERIES = only(ENSEMBLE_POWER, given=unmetered_batteries)


@collects(METERS, READINGS, BATTERIES, given=metered)
def flows(meters: Json, readings: Json, batteries: Json) -> Iterator[Sample]:
    """Read the grid, storage and consumption meters; the batteries tell what no meter does."""
    found = enabled(meters, readings)
    yield from _energies(found.get("net-consumption"), IMPORTED, EXPORTED)
    yield from _energies(found.get("storage"), DISCHARGED, CHARGED)
    power = {kind: watts(meter.reading.get("activePower")) for kind, meter in found.items()}
    yield from _balance(power | _stored(batteries))
    if consumed := found.get("total-consumption"):
        yield from CONSUMED(joules(consumed.reading.get("actEnergyDlvd")))


@collects(PRODUCTION, BATTERIES, given=pageless)
def flows_pageless(production: Json, batteries: Json) -> Iterator[Sample]:
    """Read the power of the meter blocks; their energies drift and fall, so they are left out."""
    blocks = {
        "production": active_meter(production, "production", "production"),
        "net-consumption": active_meter(production, "consumption", "net-consumption"),
    }
    power = {kind: watts(block.get("wNow")) for kind, block in blocks.items() if block is not None}
    yield from _balance(power | _stored(batteries))


def _stored(batteries: Json) -> dict[str, float | None]:
    """Sum the batteries' own figures, some 7 % below what a meter would show."""
    known = [milli(battery.get("real_power_mw")) for battery in powers(batteries)]
    return {"storage": total(*known)} if known else {}


def _balance(power: dict[str, float | None]) -> Iterator[Sample]:
    made = power.get("production")
    stored = power.get("storage", 0.0)
    yield from STORAGE(power.get("storage"))
    if "net-consumption" in power:
        grid = power["net-consumption"]
        yield from GRID(grid)
        yield from CONSUMPTION(total(made, grid, stored))
    elif "total-consumption" in power:
        used = power["total-consumption"]
        yield from CONSUMPTION(used)
        yield from GRID(_remainder(used, made, stored))


def _remainder(used: float | None, made: float | None, stored: float | None) -> float | None:
    return None if used is None or made is None or stored is None else used - made - stored


def _energies(meter: Meter | None, delivered: Family, received: Family) -> Iterator[Sample]:
    if meter:
        yield from delivered(joules(meter.reading.get("actEnergyDlvd")))
        yield from received(joules(meter.reading.get("actEnergyRcvd")))
