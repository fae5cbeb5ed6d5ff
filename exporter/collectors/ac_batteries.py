"""AC batteries, the generation before the IQ Battery: each one, and what they hold together."""

from collections.abc import Iterator

from exporter.collector import collects
from exporter.collectors import batteries as encharge
from exporter.collectors import hardware, inverters
from exporter.endpoint import DEVICE_DATA, INVENTORY, PRODUCTION
from exporter.metric import Sample, counter, gauge, states
from exporter.unit import flag, joules, number, numeral, quotient, ratio, timestamp
from exporter.wire import Json, Record, devices, record, records, text

STATE = gauge("battery_charge_state", "What it does: 1 for that.", "serial", "state")
HEALTH = gauge("battery_soh_ratio", "State of health: what is left of its capacity.", "serial")
DISCHARGED = counter("battery_discharge_energy_joules_total", "Energy out of it.", "serial")
CHARGED = counter("battery_charge_energy_joules_total", "Energy into it.", "serial")
SLEEP_BELOW = gauge("battery_sleep_min_soc_ratio", "Charge to keep at least, asleep.", "serial")
SLEEP_ABOVE = gauge("battery_sleep_max_soc_ratio", "Charge to keep at most, asleep.", "serial")

PRODUCING = gauge("battery_producing", "Whether it delivers power.", "serial")
OPERATING = gauge("battery_operating", "Whether it operates.", "serial")

COUNT = gauge("ac_batteries", "How many AC batteries report.")
POWER = gauge("ac_battery_power_watts", "Power of all: above zero discharges, below charges.")
STORED = gauge("ac_battery_stored_energy_joules", "Energy that all of them hold.")
CHARGE = gauge("ac_battery_soc_ratio", "State of charge of all.")
ALL_STATE = gauge("ac_battery_charge_state", "What they do: 1 for that.", "state")
REPORTED = gauge("ac_battery_last_report_timestamp_seconds", "When the last of them reported.")

STATES = ("idle", "charging", "discharging", "full")


@collects(INVENTORY, given=hardware.ac_batteries, background=True)
def ac_batteries(inventory: Json) -> Iterator[Sample]:
    """Read each AC battery from the inventory."""
    for battery in devices(inventory, "ACB"):
        if serial := text(battery.get("serial_num")):
            yield from _battery(serial, battery)


@collects(DEVICE_DATA, given=hardware.ac_batteries, timed=True)
def ac_battery_energy(page: Json, moment: float) -> Iterator[Sample]:
    """Read what each AC battery has charged and discharged."""
    for serial, device in inverters.in_service(page, "acb").items():
        for channel in list(records(device.get("channels")))[:1]:
            yield from _counted(serial, channel, moment)


@collects(PRODUCTION, given=hardware.ac_batteries, background=True)
def ac_battery_storage(production: Json) -> Iterator[Sample]:
    """Read what they do together; its ``readingTime`` may be days old on firmware 8.2.4382."""
    for block in records(record(production).get("storage")):
        if block.get("type") == "acb" and number(block.get("activeCount")):
            yield from COUNT(number(block.get("activeCount")))
            yield from POWER(number(block.get("wNow")))
            yield from STORED(joules(block.get("whNow")))
            yield from CHARGE(ratio(block.get("percentFull")))
            yield from REPORTED(timestamp(block.get("readingTime")))
            yield from states(ALL_STATE, STATES, [text(block.get("state"))])
            return


def _battery(serial: str, battery: Record) -> Iterator[Sample]:
    yield from encharge.BATTERY(
        1,
        serial,
        "acb",
        text(battery.get("part_num")),
        text(battery.get("img_pnum_running")),
        text(battery.get("phase")),
    )
    yield from encharge.CHARGE(ratio(battery.get("percentFull")), serial)
    yield from encharge.MAX_CELL(number(battery.get("maxCellTemp")), serial)
    yield from encharge.COMMUNICATING(flag(battery.get("communicating")), serial)
    yield from encharge.REPORTED(timestamp(numeral(battery.get("last_rpt_date"))), serial)
    yield from encharge.INSTALLED(timestamp(numeral(battery.get("installed"))), serial)
    yield from encharge.ASLEEP(flag(battery.get("sleep_enabled")), serial)
    yield from PRODUCING(flag(battery.get("producing")), serial)
    yield from OPERATING(flag(battery.get("operating")), serial)
    yield from SLEEP_BELOW(ratio(battery.get("sleep_min_soc")), serial)
    yield from SLEEP_ABOVE(ratio(battery.get("sleep_max_soc")), serial)
    yield from states(STATE, STATES, [text(battery.get("charge_status"))], serial)


def _counted(serial: str, channel: Record, moment: float) -> Iterator[Sample]:
    reading, lifetime = record(channel.get("lastReading")), record(channel.get("lifetime"))
    if not inverters.is_recent(timestamp(reading.get("endDate")), moment):
        reading = {}
    out, into = (number(reading.get(f"joules{way}")) for way in ("Produced", "Used"))
    if out is not None and into is not None:
        yield from encharge.POWER(quotient(out - into, by=reading.get("duration")), serial)
    yield from HEALTH(ratio(reading.get("SOH")), serial)
    yield from encharge.TEMPERATURE(number(reading.get("channelTemp")), serial)
    yield from DISCHARGED(number(lifetime.get("joulesProduced")), serial)
    yield from CHARGED(number(lifetime.get("joulesUsed")), serial)
