"""What opens an Enphase account."""

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Credentials:
    """A user's name and password; neither is shown where this is printed."""

    username: str = field(repr=False)
    password: str = field(repr=False)
