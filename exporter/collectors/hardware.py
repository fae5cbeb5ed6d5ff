"""Facts about a site's equipment that several collectors ask for."""

from typing import Any

from lxml import etree

from exporter.collector import fact
from exporter.endpoint import ENSEMBLE_INVENTORY, INFO, INVERTERS, METERS
from exporter.wire import Json, devices, records

AC_BATTERY = 11
"""``devType`` of an AC battery in the list of inverters."""


@fact(INFO, METERS)
def meterless(info: "etree._Element | None", meters: Json) -> bool:
    """Whether the gateway has no metering inputs at all (a "Standard" one)."""
    return not any(records(meters)) and not _metering_inputs(info)


@fact(INFO, METERS)
def pageless(info: "etree._Element | None", meters: Json) -> bool:
    """Whether the hardware has metering inputs, but no meter is listed."""
    return not any(records(meters)) and _metering_inputs(info)


@fact(ENSEMBLE_INVENTORY)
def batteries(inventory: Json) -> bool:
    """Whether there is an IQ Battery (Encharge)."""
    return bool(devices(inventory, "ENCHARGE"))


@fact(ENSEMBLE_INVENTORY)
def system_controller(inventory: Json) -> bool:
    """Whether there is a system controller (Enpower)."""
    return bool(devices(inventory, "ENPOWER"))


@fact(INVERTERS)
def ac_batteries(panels: Json) -> bool:
    """Whether there is an AC battery, the generation before Encharge."""
    return any(panel.get("devType") == AC_BATTERY for panel in records(panels))


@fact(ENSEMBLE_INVENTORY, otherwise=ac_batteries)
def any_batteries(inventory: Json) -> bool:
    """Whether there is an IQ Battery, or else an AC battery."""
    return batteries.opens(inventory)


def _metering_inputs(info: Any) -> bool:
    return info is not None and info.findtext("device/imeter") == "true"
