"""Firmware 3.7, which tells its production on a web page for people, and nowhere else."""

import re
from collections.abc import Iterator

from lxml import etree

from exporter.collector import collects, fact
from exporter.collectors import hardware
from exporter.collectors.production import POWER, SOURCE
from exporter.endpoint import INFO, PRODUCTION_PAGE, V1_PRODUCTION
from exporter.metric import Sample, gauge
from exporter.unit import joules
from exporter.wire import Json

ENERGY = gauge(
    "production_page_energy_joules",
    "Energy as the production page shows it, in three digits: no counter.",
    "period",
)

CELL = re.compile(r"\s*([0-9]+(?:\.[0-9]+)?)\s*([kMG]?)(W|Wh)\s*")
FACTORS = {"": 1.0, "k": 1e3, "M": 1e6, "G": 1e9}
PERIODS = ("today", "week", "lifetime")


@fact(INFO, given=hardware.meterless)
def is_old(info: "etree._Element | None") -> bool:
    """Whether the firmware is below 7: with tokens, the same path is another page."""
    return info is not None and info.findtext("web-tokens") != "true"


@fact(V1_PRODUCTION, given=is_old)
def has_nothing_else(page: Json) -> bool:
    """Whether the page for people is all there is."""
    return page is None


@collects(PRODUCTION_PAGE, given=has_nothing_else)
def production_page(page: "etree._Element | None") -> Iterator[Sample]:
    """Read the table's four rows by their order and units: their names are translated."""
    if page is None:
        return
    cells = [CELL.fullmatch(str(cell.xpath("string()"))) for cell in page.iterfind(".//td")]
    found = [(cell[3], float(cell[1]) * FACTORS[cell[2]]) for cell in cells if cell]
    if [unit for unit, _ in found] != ["W", "Wh", "Wh", "Wh"]:
        return
    (_, power), *energies = found
    yield from POWER(power)
    yield from SOURCE(1, "page")
    for period, (_, energy) in zip(PERIODS, energies, strict=True):
        yield from ENERGY(joules(energy), period)
