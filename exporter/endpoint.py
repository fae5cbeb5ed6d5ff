"""Which pages of a gateway the exporter reads, how often, and how long an answer stays good.

Latencies are those of real gateways: ``/ivp`` and ``/api/v1`` pages take 20 to 370 ms, the pages
marked ``slow`` seconds. A gateway refreshes its meters each second and asks its inverters every
5 to 15 minutes.
"""

from dataclasses import dataclass
from typing import Literal


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
    """Whether it may take long: such pages are asked for one at a time, beside all others."""

    heavy: bool = False
    """Whether it costs the gateway seconds of work: one such page a minute at most."""

    later: bool = False
    """Whether it leaves the first minute to heavy pages that tell what is made and used."""

    form: Literal["json", "xml", "html"] = "json"
    """What a good answer is written in."""

    role: str = "owner"
    """The least role of a token that it is answered to."""

    def __str__(self) -> str:
        """Name the page by its path."""
        return self.path


def _setting(path: str) -> Endpoint:
    """Make a page that changes when somebody changes a setting."""
    return Endpoint(path, fresh=QUARTER, keep=2 * HOUR)


def _heavy(path: str, fresh: float, keep: float, *, later: bool = False) -> Endpoint:
    return Endpoint(path, fresh, keep, patience=60, slow=True, heavy=True, later=later)


MINUTE, QUARTER, HOUR = 60.0, 900.0, 3600.0

INFO = Endpoint("/info", MINUTE, keep=2 * MINUTE, form="xml", role="none")
METERS = Endpoint("/ivp/meters", fresh=5 * MINUTE, keep=HOUR)
READINGS = Endpoint("/ivp/meters/readings", fresh=1)
PRODUCTION = _heavy("/production.json", fresh=MINUTE, keep=5 * MINUTE)
PRODUCTION_PAGE = Endpoint("/production", fresh=MINUTE, form="html", patience=60, slow=True)
V1_PRODUCTION = Endpoint("/api/v1/production", fresh=10)
INVERTERS = Endpoint("/api/v1/production/inverters", fresh=MINUTE, keep=5 * MINUTE)
DEVICE_DATA = Endpoint("/ivp/pdm/device_data", MINUTE, keep=QUARTER, patience=90, slow=True)
DEVICE_STATUS = Endpoint("/ivp/peb/devstatus", 5 * MINUTE, keep=QUARTER, role="installer")
INVENTORY = _heavy("/inventory.json", fresh=QUARTER, keep=2 * HOUR, later=True)
HOME = _heavy("/home.json", fresh=QUARTER, keep=2 * HOUR, later=True)

ENSEMBLE_INVENTORY = Endpoint("/ivp/ensemble/inventory", fresh=MINUTE, keep=QUARTER)
ENSEMBLE_POWER = Endpoint("/ivp/ensemble/power", fresh=1)
SECONDARY_CONTROL = Endpoint("/ivp/ensemble/secctrl", fresh=MINUTE, keep=5 * MINUTE)
DRY_CONTACTS = Endpoint("/ivp/ensemble/dry_contacts", fresh=MINUTE, keep=5 * MINUTE)
DRY_CONTACT_SETTINGS = _setting("/ivp/ss/dry_contact_settings")
GENERATOR = Endpoint("/ivp/ensemble/generator", fresh=MINUTE, keep=5 * MINUTE)
GENERATOR_SETTINGS = _setting("/ivp/ss/gen_config")
EXPORT_LIMIT = _setting("/ivp/ss/pel_settings")
PRODUCTION_LIMIT = _setting("/ivp/sc/pvlimit")
PRODUCTION_SWITCH = Endpoint("/ivp/mod/603980032/mode/power", fresh=5 * MINUTE, keep=QUARTER)
TARIFF = _setting("/admin/lib/tariff")
LIVE_DATA = Endpoint("/ivp/livedata/status", fresh=MINUTE, keep=2 * MINUTE)
