"""HTTP Digest (RFC 7616, MD5) as gateways with firmware below 7 ask for it."""

import hashlib
import re
import secrets

REALM = "enphaseenergy.com"
FIELD = re.compile(r'(\w+)\s*=\s*(?:"([^"]*)"|([^\s,]+))')


class Digest:
    """Hands out challenges, and tells a right answer from a wrong one."""

    def __init__(self) -> None:
        self._nonces: set[str] = set()

    def challenge(self) -> str:
        """Return a new `WWW-Authenticate` header."""
        nonce = secrets.token_hex(8)
        self._nonces.add(nonce)
        return f'Digest qop="auth", realm="{REALM}", nonce="{nonce}"'

    def accepts(self, header: str, login: tuple[str, str], method: str, target: str) -> bool:
        """Whether an `Authorization` header proves the login, for this very request."""
        if not header.startswith("Digest "):
            return False
        fields = {name: quoted or plain for name, quoted, plain in FIELD.findall(header)}
        user, password = login
        expected = {"username": user, "realm": REALM, "uri": target, "qop": "auth"}
        if any(fields.get(name) != value for name, value in expected.items()):
            return False
        if fields.get("nonce") not in self._nonces:
            return False
        proof = (fields.get(name, "") for name in ("nonce", "nc", "cnonce", "qop"))
        whole = ":".join((_md5(f"{user}:{REALM}:{password}"), *proof, _md5(f"{method}:{target}")))
        return secrets.compare_digest(fields.get("response", ""), _md5(whole))


def _md5(text: str) -> str:
    return hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()
