"""What can go wrong between the exporter, a gateway and the cloud, told to the one who can mend it.

GatewayError
├── Unreachable         no connection
│   └── Untrusted       another certificate than the one that is trusted
├── Silent              no answer in time
│   ├── Late            not before the scrape had to end
│   └── Mute            to nothing that was asked: so this was not asked at all
├── Unavailable         the gateway answers that it cannot, or not now
├── Absent              the gateway has no such page
│   └── Forbidden       or keeps it from our login
├── Malformed           an answer that makes no sense
├── Rejected            the gateway does not let us in
└── LoginError          no token is to be had
    ├── Refused         wrong password: trying again would lock the account
    ├── SecondFactor    the account wants a code that only a person has
    ├── NotOurs         the account may not use this gateway
    ├── Changed         the login page is not the one we know
    └── CloudTrouble    the cloud is down, or does not want us now

``outcome`` names each kind in the metrics.
"""


class GatewayError(Exception):
    """Something failed between us and a gateway; its text says what, and what to do."""

    outcome = "error"


class Unreachable(GatewayError):
    """No connection."""

    outcome = "unreachable"


class Untrusted(Unreachable):
    """The gateway shows another certificate than the one that is trusted."""

    outcome = "untrusted"


class Silent(GatewayError):
    """No answer in time."""

    outcome = "timeout"


class Late(Silent):
    """No answer before the scrape had to end; the request goes on for the next one."""


class Mute(Silent):
    """The gateway does not answer anything, so that this was not asked."""


class Unavailable(GatewayError):
    """The gateway answers that it cannot, or not now."""

    outcome = "unavailable"


class Absent(GatewayError):
    """The gateway has no such page."""

    outcome = "absent"


class Forbidden(Absent):
    """The gateway keeps this page from our login: its role is too low."""

    outcome = "forbidden"


class Malformed(GatewayError):
    """An answer that makes no sense."""

    outcome = "malformed"


class Rejected(GatewayError):
    """The gateway does not let us in."""

    outcome = "rejected"


class LoginError(GatewayError):
    """No token is to be had."""

    outcome = "login"

    def __init__(self, message: str = "", retry_after: float = 0.0) -> None:
        super().__init__(message)
        self.retry_after = retry_after
        """Seconds that the cloud asked us to wait."""


class Refused(LoginError):
    """The cloud does not know this user with this password."""

    outcome = "refused"


class SecondFactor(LoginError):
    """The account asks for a one-time code, which only a person has."""

    outcome = "second_factor"

    def __init__(self, message: str = "") -> None:
        super().__init__(
            message
            or "the Enphase account asks for a one-time code, which a program cannot enter: sign "
            "in at https://entrez.enphaseenergy.com with a browser, choose the system and its "
            "gateway, and put the token shown there into ENPHASE_TOKEN or into the file that "
            "ENPHASE_TOKEN_FILE names"
        )


class NotOurs(LoginError):
    """The account may not use this gateway."""

    outcome = "not_ours"

    def __init__(self, message: str = "") -> None:
        super().__init__(
            message
            or "the Enphase account may not use this gateway: check ENPHASE_SERIAL, and that the "
            "system belongs to ENPHASE_USERNAME"
        )


class Changed(LoginError):
    """The cloud answers otherwise than the login we know."""

    outcome = "changed"


class CloudTrouble(LoginError):
    """The cloud is down, or does not want us now."""

    outcome = "cloud"
