"""The pages of a home that has everything there is, where they differ from those of others."""

from typing import Any

from exporter.demo.banks import AC_COUNT
from exporter.demo.documents import (
    ac_batteries,
    contacts,
    ensemble,
    generator,
    home,
    inverters,
    limits,
    livedata,
    relay,
    removed,
    stack,
    stack_production,
)
from exporter.demo.documents.device import counted
from exporter.demo.documents.device_data import pcus
from exporter.demo.documents.device_meters import eims
from exporter.demo.documents.devstatus import devstatus
from exporter.demo.documents.page import JSON, Page, Pages, page
from exporter.demo.house import House, State
from exporter.demo.profile import Profile

CELLULAR = {
    "signal_strength": 24,
    "signal_strength_max": 31,
    "network": True,
    "type": "cellular",
    "interface": "ppp0",
    "dhcp": True,
    "ip": "192.0.2.77",
    "carrier": True,
}
WIFI = {
    **home.WIFI,
    "signal_strength": 4,
    "signal_strength_max": 5,
    "ip": "192.0.2.11",
    "carrier": True,
    "configured": True,
    "status": "connected",
}
HEARD = home.Heard(
    comm={
        "acb": {"num": AC_COUNT, "level": 4},
        "nsrb": {"num": 1, "level": 5},
        "esub": {"num": 1, "level": 5},
    },
    interfaces=(CELLULAR, home.ETHERNET, WIFI),
)


def pages(profile: Profile) -> Pages:
    """Return the pages."""
    return {
        "/ivp/meters": page(stack.configuration),
        "/ivp/meters/readings": page(stack.readings),
        "/production.json": (stack_production.plain, JSON),
        "/production.json?details=1": (stack_production.detailed, JSON),
        "/production": (stack_production.plain, JSON),
        "/api/v1/production": (stack_production.frozen, JSON),
        "/api/v1/production/inverters": page(_inverters, JSON),
        "/ivp/pdm/device_data": (_devices(profile.serial), ()),
        "/ivp/peb/devstatus": page(devstatus),
        "/ivp/livedata/status": page(livedata.status),
        "/ivp/mod/603980032/mode/power": page(limits.switched),
        "/ivp/ensemble/inventory": page(ensemble.inventory),
        "/ivp/ensemble/power": page(ensemble.power),
        "/ivp/ensemble/secctrl": page(ensemble.secctrl),
        "/ivp/ensemble/relay": page(ensemble.relay),
        "/ivp/ensemble/errors": page(limits.errors),
        "/ivp/ensemble/generator": page(generator.generator),
        "/ivp/ensemble/dry_contacts": page(contacts.contacts),
        "/ivp/ss/dry_contact_settings": page(contacts.settings),
        "/ivp/ss/gen_config": page(generator.config),
        "/ivp/ss/gen_schedule": page(generator.schedule),
        "/ivp/ss/gen_mode": page(generator.mode),
        "/ivp/ss/pel_settings": page(limits.export),
        "/ivp/sc/pvlimit": page(limits.production),
        "/home.json": page(lambda state: home.home(state, profile.built, HEARD), JSON),
        "/inventory.json": page(_inventory, JSON),
    }


def _inverters(state: State) -> list[dict[str, Any]]:
    return [*inverters.inverters(state), *ac_batteries.inverters(state)]


def _inventory(state: State) -> list[dict[str, Any]]:
    return [
        {"type": "PCU", "devices": removed.inventory(state)},
        {"type": "ACB", "devices": ac_batteries.inventory(state)},
        {"type": "NSRB", "devices": relay.inventory(state)},
        {"type": "ESUB", "devices": []},
    ]


def _devices(serial: str) -> Page:
    def devices(state: State, house: House) -> dict[str, Any]:
        """Return every device; this firmware's meters stand still for a week."""
        stale = house.at(stack_production.week(state.moment))
        return counted(
            {
                **pcus(state),
                **removed.devices(),
                **eims(stale, serial),
                **ac_batteries.devices(state),
                **relay.devices(state),
            }
        )

    return devices
