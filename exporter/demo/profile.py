"""The kinds of sites that the demo can show: what stands there, and what its firmware is like."""

from dataclasses import dataclass

from exporter.demo.wiring import SPLIT, SPLIT_BARE, THREE_BARE, Wiring

DIGEST = frozenset({"/api/v1/production/inverters", "/admin/lib/tariff"})
XML = "text/xml"


@dataclass(frozen=True)
class Profile:
    """A gateway, and the home behind it; which documents it has stands with the documents."""

    name: str
    serial: str
    part: str
    firmware: str
    built: int
    wiring: Wiring
    imeter: bool | None = True
    """Whether it can measure; None where the firmware does not say."""
    tokens: bool = True
    info_type: str = XML
    """What `/info` says it is: XML, mostly; nothing where this is empty."""
    installer: frozenset[str] = frozenset()
    """Paths for an installer's token only."""
    digest: frozenset[str] = frozenset()
    """Paths that ask for a digest, on firmware below 7."""

    @property
    def version(self) -> tuple[str, ...]:
        """The firmware's numbers, without the letter of its kind."""
        return tuple(self.firmware[1:].split("."))

    @property
    def login(self) -> tuple[str, str]:
        """The digest's user and password as they leave the factory."""
        return "envoy", self.serial[-6:]


DEFAULT = "battery"
PROFILES = {
    profile.name: profile
    for profile in (
        Profile(
            name=DEFAULT,
            serial="202312034567",
            part="800-00654-r08",
            firmware="D8.2.4345",
            built=1_725_031_207,
            wiring=SPLIT,
        ),
        Profile(
            name="standard",
            serial="122302047716",
            part="800-00656-r06",
            firmware="D7.6.175",
            built=1_687_460_237,
            wiring=SPLIT_BARE,
            imeter=False,
        ),
        Profile(
            name="three-phase",
            serial="122410051823",
            part="800-00555-r03",
            firmware="D8.2.4345",
            built=1_725_031_207,
            wiring=THREE_BARE,
        ),
        Profile(
            name="legacy",
            serial="121331016238",
            part="800-00069-r05",
            firmware="R3.9.36",
            built=1_420_070_400,
            wiring=SPLIT_BARE,
            imeter=None,
            tokens=False,
            digest=DIGEST,
        ),
        Profile(
            name="oldest",
            serial="121230010745",
            part="800-00069-r05",
            firmware="D3.7.0",
            built=1_370_044_800,
            wiring=SPLIT_BARE,
            imeter=None,
            tokens=False,
            info_type="application/json",
        ),
        Profile(
            name="everything",
            serial="202521056789",
            part="800-02409-r03",
            firmware="D8.3.5433",
            built=1_782_259_200,
            wiring=SPLIT,
            info_type="",
            installer=frozenset({"/ivp/peb/devstatus"}),
        ),
    )
}
