"""Live data, while somebody else has switched it on: the exporter never does."""

from collections.abc import Iterator

from exporter.collector import collects
from exporter.endpoint import LIVE_DATA
from exporter.metric import Sample, gauge
from exporter.unit import milli, number, timestamp
from exporter.wire import Json, Record, record

UPDATED = gauge("live_last_update_timestamp_seconds", "When live data last changed.")
POWER = gauge(
    "live_power_watts",
    "Power of pv, storage (above zero discharges), grid (above zero is bought), load, generator.",
    "flow",
)
PHASE_POWER = gauge("live_phase_power_watts", "The same, phase by phase.", "flow", "phase")

FLOWS = ("pv", "storage", "grid", "load", "generator")
PHASES = (("L1", "a"), ("L2", "b"), ("L3", "c"))
LIVE = 60.0
"""Seconds without a change after which the stream is off: its numbers stand still then."""


@collects(LIVE_DATA, timed=True)
def live(page: Json, moment: float) -> Iterator[Sample]:
    """Read the flows per phase, the only place where a generator's power is told."""
    meters = record(record(page).get("meters"))
    updated = timestamp(meters.get("last_update"))
    yield from UPDATED(updated)
    if updated is not None and moment - updated < LIVE:
        for flow in FLOWS:
            yield from _flow(flow, record(meters.get(flow)), number(meters.get("phase_count")))


def _flow(flow: str, powers: Record, phases: float | None) -> Iterator[Sample]:
    yield from POWER(milli(powers.get("agg_p_mw")), flow)
    for phase, letter in PHASES[: int(phases) if phases and 0 < phases < len(PHASES) else None]:
        yield from PHASE_POWER(milli(powers.get(f"agg_p_ph_{letter}_mw")), flow, phase)
