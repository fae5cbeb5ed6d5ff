"""Facts about a gateway's hardware that several collectors ask for."""

from typing import Any

from lxml import etree

from exporter.collector import fact
from exporter.endpoint import INFO, METERS
from exporter.wire import Json, records


@fact(INFO, METERS)
def meterless(info: "etree._Element | None", meters: Json) -> bool:
    """Whether the gateway has no metering inputs at all (a "Standard" one)."""
    return not any(records(meters)) and not _metering_inputs(info)


@fact(INFO, METERS)
def pageless(info: "etree._Element | None", meters: Json) -> bool:
    """Whether the hardware has metering inputs, but no meter is listed."""
    return not any(records(meters)) and _metering_inputs(info)


def _metering_inputs(info: Any) -> bool:
    return info is not None and info.findtext("device/imeter") == "true"
