"""Dry contacts of the system controller: loads and foreign panels that it can switch."""

from collections.abc import Iterator

from exporter.collector import collects
from exporter.collectors import hardware
from exporter.collectors.controller import closed
from exporter.endpoint import DRY_CONTACT_SETTINGS, DRY_CONTACTS
from exporter.metric import Sample, gauge, info
from exporter.unit import ratio
from exporter.wire import Json, Record, record, records, text

CLOSED = gauge("dry_contact_closed", "Whether the contact is closed.", "contact")
CONTACT = info(
    "dry_contact_info",
    "What the contact switches, and what it does on the grid, off it and on the generator.",
    "contact",
    "kind",
    "load",
    "mode",
    "grid_action",
    "micro_grid_action",
    "generator_action",
)
LOW = gauge("dry_contact_low_soc_ratio", "Charge below which it cuts off.", "contact")
HIGH = gauge("dry_contact_high_soc_ratio", "Charge above which it restores.", "contact")
OVERRIDE = gauge("dry_contact_manual_override", "Whether it may be switched by hand.", "contact")


@collects(DRY_CONTACTS, DRY_CONTACT_SETTINGS, given=hardware.system_controller, partial=True)
def dry_contacts(contacts: Json, settings: Json) -> Iterator[Sample]:
    """Read the contacts that are in use; without a controller the page shows four open ones."""
    uses = {text(use.get("id")): use for use in _contacts(settings)}
    for contact in _contacts(contacts):
        name = text(contact.get("id"))
        use = uses.get(name, {})
        if name and text(use.get("type")) not in {None, "NONE"}:
            yield from CLOSED(closed(contact.get("status")), name)
            yield from _use(name, use)


def _use(name: str, use: Record) -> Iterator[Sample]:
    keys = ("type", "load_name", "mode", "grid_action", "micro_grid_action", "gen_action")
    if use:
        yield from CONTACT(1, name, *(text(use.get(key)) for key in keys))
    if use.get("mode") == "soc":
        yield from LOW(ratio(use.get("soc_low")), name)
        yield from HIGH(ratio(use.get("soc_high")), name)
    # Flags are strings here, and nowhere else.
    yield from OVERRIDE({"true": 1, "false": 0}.get(text(use.get("manual_override")) or ""), name)


def _contacts(page: Json) -> Iterator[Record]:
    yield from records(record(page).get("dry_contacts"))
