"""Panels that more than one dashboard shows, each in words of its own."""

from grafana_foundation_sdk.models import dashboard as model

from boards import look
from boards.panel import Face, Query
from boards.promql import select, short_serial
from boards.values import gauge_panel, ranking
from exporter.collectors import storage


def charge(title: str, about: str) -> model.Panel:
    """Show how full all batteries are, on a dial."""
    return gauge_panel(
        title,
        about,
        Query(f"avg({select(storage.CHARGE)})"),
        face=Face(look.SHARE, steps=look.CHARGES, least=0, most=1, empty=look.NO_BATTERY),
    )


def weakest(title: str, about: str, shares: str, *, height: int, empty: str) -> model.Panel:
    """Show the weakest inverters' shares of their site's median, by the ends of their serials."""
    return ranking(
        title,
        about,
        Query(short_serial(shares), "{{inverter}}"),
        face=Face(look.SHARE, steps=look.TO_MEDIAN, least=0, most=1, decimals=0, empty=empty),
        size=(8, height),
    )
