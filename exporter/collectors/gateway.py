"""Who the gateway is, and what its clock says."""

from collections.abc import Iterator

from lxml import etree

from exporter.collector import collects
from exporter.endpoint import INFO
from exporter.metric import Sample, gauge, info
from exporter.unit import numeral

GATEWAY = info("gateway_info", "The gateway's identity.", "serial", "part_number", "firmware")
TIME = gauge("gateway_time_seconds", "The gateway's own clock, in seconds since 1970.")


@collects(INFO)
def gateway(page: "etree._Element | None") -> Iterator[Sample]:
    """Read ``/info``."""
    if page is None:
        return
    device = {name: page.findtext(f"device/{name}") for name in ("sn", "pn", "software")}
    yield from GATEWAY(1, device["sn"], device["pn"], device["software"])
    yield from TIME(numeral(page.findtext("time")))
