"""Tries each step that a scrape takes, once, and tells a person what it found."""

from collections.abc import Iterator
from dataclasses import replace

import anyio

from exporter import clock, collectors
from exporter.endpoint import INFO
from exporter.fleet import Fleet
from exporter.gateway.errors import GatewayError
from exporter.gateway.tls import Pin
from exporter.logs import set_up_logging
from exporter.scrape import scrape
from exporter.settings import Settings
from exporter.site import Site
from exporter.telemetry import Telemetry

PATIENCE = 60.0
SHOWN = (
    "enphase_production_power_watts",
    "enphase_consumption_power_watts",
    "enphase_grid_power_watts",
    "enphase_inverters",
)


def check(settings: Settings) -> int:
    """Print what works; returns 0 if all does, else 1."""
    set_up_logging("error")
    return anyio.run(_check, settings)


def trust(settings: Settings) -> int:
    """Pin the certificate that each gateway shows now; returns 0 if all did, else 1."""
    set_up_logging("error")
    return anyio.run(_trust, settings)


async def _check(settings: Settings) -> int:
    hurried = settings.scrape.model_copy(update={"heavy_pause": 0.0})
    settings = settings.model_copy(update={"scrape": hurried})
    async with Fleet(settings, Telemetry(), counts=False) as fleet:
        fleet.insist()
        results = [await _check_site(site) for site in fleet.sites.values()]
    return 0 if all(results) else 1


async def _check_site(site: Site) -> bool:
    print(f"{site.name} ({site.host})")
    try:
        await site.session.get(INFO)
    except GatewayError as error:
        return _bad("gateway", str(error))
    identity = site.session.identity
    if identity is None:
        return _bad("gateway", "it did not say who it is")
    _good("gateway", f"serial {identity.serial}, at {site.session.url}")
    if site.trust.certificate is not None:
        days = clock.days_until(site.trust.certificate.not_after)
        _good("certificate", f"SHA-256 {site.trust.certificate.sha256}, ends in {days:.0f} days")
    if identity.tokens:
        try:
            token = await site.tokens.current(identity.serial)
        except GatewayError as error:
            return _bad("login", str(error))
        days = clock.days_until(token.ends)
        _good("login", f"token for the role {token.role}, ends in {days:.0f} days")
    return await _check_collectors(site)


async def _check_collectors(site: Site) -> bool:
    # Nothing is left for later here: a person wants to see all pages, and waits.
    every = [replace(collector, background=False) for collector in collectors.ALL]
    result = await scrape(site, every, anyio.current_time() + PATIENCE)
    for outcome in result.outcomes:
        if outcome.error is not None:
            _bad(outcome.collector, outcome.error)
        else:
            _good(outcome.collector, f"{outcome.seconds:.1f} s")
    samples = {
        sample.name: sample.value
        for fragment in result.fragments
        for family in fragment.families
        for sample in family.samples
    }
    for line in _figures(samples):
        _good("reads", line)
    return result.up and all(outcome.error is None for outcome in result.outcomes)


def _figures(samples: dict[str, float]) -> Iterator[str]:
    for name in SHOWN:
        if name in samples:
            yield f"{name} {samples[name]:g}"


async def _trust(settings: Settings) -> int:
    results = []
    async with Fleet(settings, Telemetry(), counts=False) as fleet:
        for site in fleet.sites.values():
            print(f"{site.name} ({site.host})")
            results.append(await _pin_anew(site))
    return 0 if all(results) else 1


async def _pin_anew(site: Site) -> bool:
    if not isinstance(site.trust, Pin):
        return _bad("certificate", "nothing is pinned: ENPHASE_TLS__TRUST is not 'pin'")
    site.trust.take_next()
    try:
        await site.session.get(INFO)
    except GatewayError as error:
        return _bad("certificate", str(error))
    if site.trust.certificate is None:
        return _bad("certificate", "the gateway speaks plain HTTP and has none")
    return _good("certificate", f"trusted now: SHA-256 {site.trust.certificate.sha256}")


def _good(step: str, what: str) -> bool:
    print(f"  ok    {step:<26} {what}")
    return True


def _bad(step: str, what: str) -> bool:
    print(f"  FAIL  {step:<26} {what}")
    return False
