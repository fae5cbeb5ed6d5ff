"""What only an installer's token may read: how the gateway's devices report."""

from collections.abc import Iterator

from exporter.collector import collects, fact
from exporter.collectors import inverters
from exporter.endpoint import DEVICE_DATA, DEVICE_STATUS
from exporter.metric import Family, Sample, gauge
from exporter.unit import milli, number
from exporter.wire import Json, Record, record, rows, text, texts

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
MEASURED = dict(inverters.MEASURED_IN_MILLI)


@fact(DEVICE_DATA)
def has_no_detail(page: Json) -> bool:
    """Whether no other page tells the inverters' electrical detail."""
    return page is None


@collects(DEVICE_STATUS)
def device_status(page: Json) -> Iterator[Sample]:
    """Read the counts; an owner's token gets no such page, and nothing is shown."""
    for kind, counts in record(record(page).get("counters")).items():
        for key, state in STATES:
            yield from DEVICES(number(record(counts).get(key)), kind, state)


@collects(DEVICE_STATUS, given=has_no_detail, timed=True)
def installer_inverters(page: Json, moment: float) -> Iterator[Sample]:
    """Read the inverters' detail, a table whose columns are named beside it."""
    table = record(record(page).get("pcu"))
    for inverter in _rows(table):
        serial, reported = text(inverter.get("serialNumber")), number(inverter.get("reportDate"))
        if serial and inverters.is_recent(reported, moment):
            yield from inverters.TEMPERATURE(number(inverter.get("temperature")), serial)
            for key in inverter.keys() & MEASURED.keys():
                family: Family = MEASURED[key]
                yield from family(milli(inverter[key]), serial)


def _rows(table: Record) -> Iterator[Record]:
    fields = list(texts(table.get("fields")))
    for row in rows(table.get("values")):
        if len(row) == len(fields):
            yield dict(zip(fields, row, strict=True))
