"""Who signs the demo's tokens: the ES256 key, and the claims a real gateway token carries."""

import uuid
from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric import ec
from jwt.types import Options

ISSUER = "Entrez"
KEY_ID = "7d10005d-756c-4d8c-8d4c-5b0d4c2ee2a8"


class Authority:
    """Issues tokens, remembers their ids, and tells its own tokens from all others."""

    def __init__(self) -> None:
        self._key = ec.generate_private_key(ec.SECP256R1())
        self.issued: list[str] = []

    def issue(
        self, serial: str, role: str, life: float, now: float, username: str = "demo@example.com"
    ) -> str:
        """Sign a token for one gateway that ends `life` seconds from now."""
        self.issued.append(str(uuid.uuid4()))
        claims = {
            "aud": serial,
            "iss": ISSUER,
            "enphaseUser": role,
            "exp": int(now + life),
            "iat": int(now),
            "jti": self.issued[-1],
            "username": username,
        }
        return jwt.encode(claims, self._key, algorithm="ES256", headers={"kid": KEY_ID})

    def check(self, token: str, serial: str, now: float) -> dict[str, Any] | None:
        """Return the claims of a token that is good for this gateway now, else None."""
        # The library compares with the machine's clock, the gateway with its own.
        options: Options = {
            "require": ["aud", "iss", "exp", "iat", "jti"],
            "verify_exp": False,
            "verify_iat": False,
            "verify_nbf": False,
        }
        try:
            claims: dict[str, Any] = jwt.decode(
                token,
                self._key.public_key(),
                algorithms=["ES256"],
                audience=serial,
                issuer=ISSUER,
                options=options,
            )
        except jwt.InvalidTokenError:
            return None
        return claims if float(claims["exp"]) > now else None
