"""All batteries of a site together: what they hold, what they keep back, and how they are run."""

from collections.abc import Iterator

from exporter.collector import collects
from exporter.collectors import hardware
from exporter.endpoint import SECONDARY_CONTROL, TARIFF
from exporter.metric import Sample, gauge, states
from exporter.unit import flag, joules, number, ratio, total
from exporter.wire import Json, record, text

CHARGE = gauge("storage_soc_ratio", "State of charge of all batteries.")
CAPACITY = gauge("storage_capacity_joules", "Energy that all batteries can hold.")
AVAILABLE = gauge("storage_available_energy_joules", "Energy that they hold.")
HEALTH = gauge("storage_soh_ratio", "State of health of the IQ Batteries.")
RESERVE = gauge("storage_reserve_soc_ratio", "Charge that is kept for an outage.")
RESERVE_ENERGY = gauge("storage_reserve_energy_joules", "Energy that is kept for an outage.")
SHUT_DOWN = gauge("storage_shutdown", "Whether the storage is shut down.")
MODE = gauge("storage_mode", "How the storage is run: 1 for that mode.", "mode")
FROM_GRID = gauge("storage_charge_from_grid", "Whether it may charge from the grid.")
VERY_LOW = gauge("storage_very_low_soc_ratio", "Charge below which it stops discharging.")

MODES = ("self-consumption", "savings-mode", "economy", "backup")


@collects(SECONDARY_CONTROL, given=hardware.any_batteries)
def storage(page: Json) -> Iterator[Sample]:
    """Read the sums. Without a battery the page is all zeros, so it is not asked for."""
    sums = record(page)
    iq = number(sums.get("ENC_agg_avail_energy", sums.get("agg_avail_energy")))
    yield from CAPACITY(joules(sums.get("Max_energy")))
    yield from AVAILABLE(joules(total(iq, number(sums.get("ACB_agg_energy", 0)))))
    yield from CHARGE(ratio(_charge(sums.get("agg_soc"), sums.get("ACB_agg_soc"))))
    yield from HEALTH(ratio(number(sums.get("ENC_agg_soh")) or None))
    yield from RESERVE(ratio(sums.get("configured_backup_soc")))
    yield from RESERVE_ENERGY(
        joules(sums.get("ENC_agg_backup_energy", sums.get("agg_backup_energy")))
    )
    yield from SHUT_DOWN(flag(sums.get("shutdown")))


@collects(TARIFF, given=hardware.any_batteries)
def storage_settings(page: Json) -> Iterator[Sample]:
    """Read how the storage is run."""
    settings = record(record(record(page).get("tariff")).get("storage_settings"))
    if mode := text(settings.get("mode")):
        yield from states(MODE, MODES, [mode])
    yield from FROM_GRID(flag(settings.get("charge_from_grid")))
    yield from VERY_LOW(ratio(settings.get("very_low_soc")))


def _charge(of_all: object, of_ac_batteries: object) -> float | None:
    """Take the AC batteries' charge where they are all there is: 8.3.5169 shows 0 beside it."""
    charge = number(of_all)
    return charge or number(of_ac_batteries) or charge
