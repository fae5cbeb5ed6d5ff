"""Who a gateway says it is on ``/info``, the one page that needs no login."""

import re
from dataclasses import dataclass

from lxml import etree

from exporter.gateway.errors import Malformed, Rejected

DIGITS = re.compile("[0-9]{1,15}")


@dataclass(frozen=True, slots=True)
class Identity:
    """A gateway's serial, the kind of login it wants, and its clock."""

    serial: str
    tokens: bool
    """Whether it wants a token (firmware 7 and later); older ones use HTTP Digest, if anything."""

    time: float | None
    """Its clock when it answered, in seconds since 1970."""

    @classmethod
    def of(cls, info: "etree._Element", expected_serial: str | None = None) -> "Identity":
        """Read the identity; raises ``Rejected`` where another serial is expected."""
        serial = info.findtext("device/sn", "")
        if expected_serial and serial != expected_serial:
            raise Rejected(
                "another gateway answers at this address than the one that ENPHASE_SERIAL names: "
                "correct ENPHASE_HOST or ENPHASE_SERIAL"
            )
        tokens = info.findtext("web-tokens") == "true"
        if tokens and not serial:
            raise Malformed("the gateway does not say its serial on /info: it may be starting")
        time = info.findtext("time", "")
        return cls(
            serial=serial,
            tokens=tokens,
            time=float(time) if DIGITS.fullmatch(time) else None,
        )
