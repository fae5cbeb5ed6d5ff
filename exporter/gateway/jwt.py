"""The token (a JWT) that opens a gateway, and what it says of itself."""

import base64
import binascii
import json
import re
from dataclasses import dataclass, field
from typing import Any

SHAPE = re.compile(r"(?<![\w-])eyJ[\w-]++\.[\w-]++\.[\w-]++", re.ASCII)
"""How a JWT looks in any text: three parts in base64url, the first one a JSON object.

A search takes time in proportion to the text: no part is begun inside another, or given back.
"""

FAR = 253_402_300_800.0
"""The end of the year 9999, in seconds since 1970: dates go no further."""

DAY = 86_400.0
RENEWAL_DAYS = 30
RENEWAL_SHARE = 0.25


@dataclass(frozen=True, slots=True)
class Token:
    """A token; its own text stays out of ``repr``. Times are seconds since 1970."""

    text: str = field(repr=False)
    serial: str = field(repr=False)
    role: str
    issued: float
    ends: float

    @classmethod
    def parse(cls, text: str) -> "Token":
        """Read the claims, unverified: the gateway verifies. Raises ``ValueError``.

        A JWT library would bring the cryptography that only verifying needs: 10 MB resident.
        """
        text = text.strip()
        if not SHAPE.fullmatch(text):
            raise ValueError("it has not the shape of a JWT")
        claims = _claims(text)
        try:
            ends = float(claims["exp"])
            issued = float(claims.get("iat", 0.0))
        except (KeyError, TypeError, ValueError, OverflowError):
            raise ValueError("it does not say when it ends") from None
        if not 0 <= issued < ends < FAR:
            raise ValueError("its times make no sense")
        return cls(text, _serial(claims), _role(claims), issued, ends)

    @property
    def renewal(self) -> float:
        """When to get the next one: 30 days before the end, or at three quarters of a short life.

        Owners' tokens live a year, installers' 12 hours.
        """
        return self.ends - min(RENEWAL_DAYS * DAY, RENEWAL_SHARE * (self.ends - self.issued))

    def fits(self, serial: str) -> bool:
        """Whether it is for this gateway; an uncommissioned one takes any such token."""
        return self.serial in {serial, "un-commissioned", ""}


def _serial(claims: dict[str, Any]) -> str:
    serial = claims.get("aud", "")
    if not isinstance(serial, str | int) or not str(serial).isprintable():
        raise ValueError("it does not say which gateway it is for")
    return str(serial)


def _role(claims: dict[str, Any]) -> str:
    """Read what only informs; it goes into logs and pages, where not every text can stand."""
    role = claims.get("enphaseUser")
    return role if isinstance(role, str) and role.isprintable() else ""


def _claims(text: str) -> dict[str, Any]:
    payload = text.split(".")[1]
    try:
        claims = json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
    except (binascii.Error, ValueError, RecursionError):
        raise ValueError("its claims cannot be read") from None
    if not isinstance(claims, dict):
        raise ValueError("its claims are no object")  # noqa: TRY004  one error for all bad tokens
    return claims
