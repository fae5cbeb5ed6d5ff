"""The gateway's way to the cloud, and how well it hears the devices in the house."""

from collections.abc import Iterator

from exporter.collector import collects
from exporter.endpoint import HOME
from exporter.metric import Sample, gauge
from exporter.unit import flag, number, quotient, timestamp
from exporter.wire import Json, Record, record, records, text

CLOUD = gauge("network_cloud_connected", "Whether the gateway reaches Enphase's cloud.")
REPORTED = gauge(
    "network_last_cloud_report_timestamp_seconds", "When it last reported to the cloud."
)
UP = gauge("network_interface_up", "Whether the interface has a link.", "interface", "kind")
PRIMARY = gauge(
    "network_interface_primary", "Whether the interface is the one in use.", "interface", "kind"
)
SIGNAL = gauge(
    "network_interface_signal_ratio", "Signal, as a share of the best.", "interface", "kind"
)
LEVEL = gauge(
    "network_communication_level", "How well devices of a kind are heard, 0 to 5.", "kind"
)
HEARD = gauge("network_communicating_devices", "How many devices of a kind are heard.", "kind")

INVERTERS = "pcu"
KINDS = (INVERTERS, "acb", "nsrb", "esub")


@collects(HOME, background=True)
def network(page: Json) -> Iterator[Sample]:
    """Read the network's state; addresses are left out."""
    lan = record(record(page).get("network"))
    yield from CLOUD(flag(lan.get("web_comm")))
    yield from REPORTED(timestamp(lan.get("last_enlighten_report_time")))
    for interface in records(lan.get("interfaces")):
        yield from _interface(interface, text(lan.get("primary_interface")))
    yield from _communication(record(record(page).get("comm")))


def _interface(interface: Record, primary: str | None) -> Iterator[Sample]:
    name, kind = text(interface.get("interface")), text(interface.get("type"))
    if name:
        yield from UP(flag(interface.get("carrier")), name, kind)
        yield from PRIMARY(int(name == primary), name, kind)
        best = interface.get("signal_strength_max")
        yield from SIGNAL(quotient(interface.get("signal_strength"), by=best), name, kind)


def _communication(levels: Record) -> Iterator[Sample]:
    kinds = [(kind, record(levels.get(kind))) for kind in KINDS]
    kinds += [("encharge", battery) for battery in list(records(levels.get("encharge")))[:1]]
    for kind, heard in kinds:
        count = number(heard.get("num"))
        if count or kind == INVERTERS:  # of what a site does not have, nothing is said
            yield from HEARD(count, kind)
        if count:
            yield from LEVEL(number(heard.get("level")), kind)
