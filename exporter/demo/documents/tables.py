"""Which documents each kind of site has: the page behind every path, and its headers."""

from collections.abc import Callable

from exporter.demo.documents import (
    bare,
    batteries,
    contacts,
    everything,
    generator,
    home,
    html,
    inverters,
    limits,
    meters,
    production,
    quarterly,
    standard,
    tariff,
)
from exporter.demo.documents.device_data import device_data
from exporter.demo.documents.page import HTML, JSON, Pages, page
from exporter.demo.profile import DEFAULT, Profile


def pages(profile: Profile) -> Pages:
    """Return the pages of a kind of site; what is not among them is not there."""
    return TABLES[profile.name](profile)


def _battery(profile: Profile) -> Pages:
    return {
        **_metered(profile),
        "/ivp/ensemble/inventory": page(batteries.inventory),
        "/ivp/ensemble/power": page(batteries.power),
        "/ivp/ensemble/secctrl": page(batteries.secctrl),
        "/admin/lib/tariff": page(tariff.tariff),
        "/home.json": page(lambda state: home.home(state, profile.built), JSON),
    }


def _metered(profile: Profile) -> Pages:
    """Return what every gateway has that measures something."""
    return {
        "/ivp/meters": page(meters.meters),
        "/ivp/meters/readings": page(meters.readings),
        "/production.json": (production.production, JSON),
        "/production.json?details=1": (production.detailed, JSON),
        "/production": (production.production, JSON),
        "/api/v1/production": (quarterly.quarterly, JSON),
        "/api/v1/production/inverters": page(inverters.inverters, JSON),
        "/ivp/pdm/device_data": (
            lambda state, house: device_data(state, house, profile.serial),
            (),
        ),
        "/inventory.json": page(inverters.inventory, JSON),
    }


def _three_phase(profile: Profile) -> Pages:
    return {
        **_metered(profile),
        **_bare(profile),
        "/ivp/ensemble/secctrl": page(bare.secctrl),
        "/ivp/ensemble/generator": page(generator.none),
        "/ivp/ss/gen_config": page(generator.unset),
        "/ivp/ss/gen_schedule": page(generator.unset),
        "/ivp/ss/pel_settings": page(limits.unlimited),
        "/ivp/sc/pvlimit": page(limits.production),
        "/admin/lib/tariff": page(lambda state: tariff.tariff(state, "EUR")),
    }


def _standard(profile: Profile) -> Pages:
    return {
        **_bare(profile),
        "/ivp/meters": page(standard.nothing),
        "/ivp/meters/readings": page(standard.nothing),
        "/production.json": page(standard.page, JSON),
        "/production": page(standard.page, JSON),
        "/api/v1/production": page(standard.figures, JSON),
        "/api/v1/production/inverters": page(inverters.inverters, JSON),
        "/inventory.json": page(inverters.inventory, JSON),
        "/admin/lib/tariff": page(tariff.rates, JSON),
    }


def _bare(profile: Profile) -> Pages:
    """Return what gateways answer that have neither batteries nor a controller."""
    return {
        "/ivp/ensemble/inventory": page(standard.nothing),
        "/ivp/ensemble/power": page(bare.power),
        "/ivp/ensemble/dry_contacts": page(contacts.idle),
        "/ivp/ss/dry_contact_settings": page(contacts.unset),
        "/home.json": page(lambda state: home.home(state, profile.built, home.BARE), JSON),
    }


def _everything(profile: Profile) -> Pages:
    return {**_battery(profile), **everything.pages(profile)}


def _legacy(_profile: Profile) -> Pages:
    return {
        "/production": page(html.production, HTML),
        "/production.json": page(html.not_found, HTML),
        "/admin/lib/tariff": page(html.not_found, HTML),
        "/api/v1/production": page(standard.figures, JSON),
        "/api/v1/production/inverters": page(inverters.untyped, JSON),
    }


def _oldest(_profile: Profile) -> Pages:
    """Return two HTML pages, which this firmware takes for JSON."""
    return {
        "/production": page(html.production, JSON),
        "/production.json": page(html.not_found, JSON),
    }


TABLES: dict[str, Callable[[Profile], Pages]] = {
    DEFAULT: _battery,
    "standard": _standard,
    "three-phase": _three_phase,
    "legacy": _legacy,
    "oldest": _oldest,
    "everything": _everything,
}
