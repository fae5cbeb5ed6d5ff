"""Which pages of a gateway the exporter reads, how often, and how long an answer stays good.

Latencies are those of real gateways: ``/ivp`` and ``/api/v1`` pages take 20 to 370 ms, the pages
marked ``slow`` seconds. A gateway refreshes its meters each second and asks its inverters every
5 to 15 minutes.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Endpoint:
    """A page, with its rules of freshness; all times are in seconds."""

    path: str
    fresh: float
    """How long an answer counts as new: no request in that time."""

    keep: float = 0.0
    """How long an older answer may be shown while a new one is on its way."""

    patience: float = 15.0
    """When a request is given up."""

    slow: bool = False
    """Slow pages are asked for one at a time, so that they never hold up the others."""

    open: bool = False
    """Answered without a login."""

    def __str__(self) -> str:
        """Name the page by its path."""
        return self.path


INFO = Endpoint("/info", fresh=60, open=True)
METERS = Endpoint("/ivp/meters", fresh=300, keep=3600)
READINGS = Endpoint("/ivp/meters/readings", fresh=1)
PRODUCTION = Endpoint("/production.json", fresh=60, keep=300, patience=60, slow=True)
V1_PRODUCTION = Endpoint("/api/v1/production", fresh=15)
INVERTERS = Endpoint("/api/v1/production/inverters", fresh=60, keep=300)
DEVICE_DATA = Endpoint("/ivp/pdm/device_data", fresh=60, keep=900, patience=90, slow=True)
