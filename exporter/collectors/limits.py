"""What holds production back: an export limit, a production limit, or a switch."""

from collections.abc import Iterator

from exporter.collector import collects, fact
from exporter.endpoint import EXPORT_LIMIT, PRODUCTION_LIMIT, PRODUCTION_SWITCH
from exporter.metric import Sample, gauge
from exporter.unit import flag, number, ratio
from exporter.wire import Json, record

LIMITED = gauge("export_limit_enabled", "Whether what may be sold is limited.")
SHARE = gauge("export_limit_ratio", "The limit, where it is a share of what can be made.")
LIMIT = gauge("export_limit_watts", "The limit, where it is a power.")
CAPPED = gauge("production_limit_enabled", "Whether production is limited.")
CAP = gauge("production_limit_ratio", "What may be made, as a share of what can be.")
SWITCHED_OFF = gauge("production_forced_off", "Whether production is switched off by hand.")


@fact(EXPORT_LIMIT)
def has_export_limit(page: Json) -> bool:
    """Whether the gateway knows export limits."""
    return "PEL" in record(page)


@collects(EXPORT_LIMIT, given=has_export_limit)
def export_limit(page: Json) -> Iterator[Sample]:
    """Read the export limit; its value means something only while it is on."""
    limit = record(page)
    yield from LIMITED(flag(limit.get("PEL")))
    if limit.get("PEL") is True and limit.get("percent") is True:
        yield from SHARE(ratio(limit.get("PEL_Limit")))
    elif limit.get("PEL") is True:
        yield from LIMIT(number(limit.get("PEL_Limit")))


@fact(PRODUCTION_LIMIT)
def has_production_limit(page: Json) -> bool:
    """Whether the gateway knows production limits."""
    return "enable" in record(page)


@collects(PRODUCTION_LIMIT, given=has_production_limit)
def production_limit(page: Json) -> Iterator[Sample]:
    """Read the production limit."""
    limit = record(page)
    yield from CAPPED(flag(limit.get("enable")))
    yield from CAP(ratio(limit.get("pv_limit_pct")))


@fact(PRODUCTION_SWITCH)
def has_production_switch(page: Json) -> bool:
    """Whether the gateway tells of the switch."""
    return "powerForcedOff" in record(page)


@collects(PRODUCTION_SWITCH, given=has_production_switch)
def production_switch(page: Json) -> Iterator[Sample]:
    """Read whether somebody has switched production off."""
    yield from SWITCHED_OFF(flag(record(page).get("powerForcedOff")))
