"""The house's state as the documents a gateway of firmware 8.2.4345 answers, path by path."""

import json
from collections.abc import Callable
from typing import Any

from exporter.demo.answer import ABSENT, Answer, Headers
from exporter.demo.documents import batteries, inverters, meters, production, site
from exporter.demo.documents.device_data import device_data
from exporter.demo.documents.identity import SERIAL
from exporter.demo.documents.info import info
from exporter.demo.house import House, State

Page = Callable[[State, House], Any]

XML: Headers = (("content-type", "text/xml"),)
JSON: Headers = (("content-type", "application/json"),)
PAGES: dict[str, tuple[Page, Headers]] = {
    "/ivp/meters": (lambda state, _: meters.meters(state), ()),
    "/ivp/meters/readings": (lambda state, _: meters.readings(state), ()),
    "/production.json": (production.production, JSON),
    "/production.json?details=1": (production.detailed, JSON),
    "/production": (production.production, JSON),
    "/api/v1/production": (production.quarterly, JSON),
    "/api/v1/production/inverters": (lambda state, _: inverters.inverters(state), JSON),
    "/ivp/pdm/device_data": (device_data, ()),
    "/ivp/ensemble/inventory": (lambda state, _: batteries.inventory(state), ()),
    "/ivp/ensemble/power": (lambda state, _: batteries.power(state), ()),
    "/ivp/ensemble/secctrl": (lambda state, _: batteries.secctrl(state), ()),
    "/admin/lib/tariff": (lambda state, _: site.tariff(state), ()),
    "/home.json": (lambda state, _: site.home(state), JSON),
    "/inventory.json": (lambda state, _: inverters.inventory(state), JSON),
}


class Documents:
    """A source of answers that shows a house through a gateway's eyes."""

    serial = SERIAL
    tokens = True

    def __init__(self, house: House | None = None) -> None:
        self.house = house or House()

    def answer(self, target: str, moment: float) -> Answer:
        """Answer a path with its query; what this home does not have is a 404."""
        path = target.partition("?")[0]
        if path == "/info":
            return Answer(200, XML, info(self.house.at(moment)).encode())
        page, headers = PAGES.get(target) or PAGES.get(path) or (None, ())
        if page is None:
            return ABSENT
        document = page(self.house.at(moment), self.house)
        return Answer(200, headers, json.dumps(document).encode() + b"\n")
