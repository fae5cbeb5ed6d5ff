"""What only an installer's token may read: how the gateway's devices report."""

from collections.abc import Iterator

from exporter.collector import collects
from exporter.endpoint import DEVICE_STATUS
from exporter.metric import Sample, gauge
from exporter.unit import number
from exporter.wire import Json, record

DEVICES = gauge(
    "installer_devices", "Devices of a kind in a state, as an installer sees them.", "kind", "state"
)

STATES = (
    ("expected", "expected"),
    ("discovered", "discovered"),
    ("ctrlsCommunicating", "communicating"),
    ("ctrlsGone", "gone"),
    ("chansRecent", "recent"),
    ("chansProducing", "producing"),
)


@collects(DEVICE_STATUS)
def device_status(page: Json) -> Iterator[Sample]:
    """Read the counts; an owner's token gets no such page, and nothing is shown."""
    for kind, counts in record(record(page).get("counters")).items():
        for key, state in STATES:
            yield from DEVICES(number(record(counts).get(key)), kind, state)
