"""The house's state as the documents a gateway answers, path by path, for each kind of site."""

import json

from exporter.demo.answer import ABSENT, Answer, Headers
from exporter.demo.documents.info import info
from exporter.demo.documents.tables import pages
from exporter.demo.house import House
from exporter.demo.profile import DEFAULT, PROFILES

PAGES = pages(PROFILES[DEFAULT])
"""What the default site has, but for `/info`."""


class Documents:
    """A source of answers that shows a house through a gateway's eyes.

    A house that is given has to be wired as the profile says.
    """

    def __init__(self, house: House | None = None, profile: str = DEFAULT) -> None:
        self.profile = PROFILES[profile]
        self.house = house or House(self.profile.wiring)
        if self.house.wiring is not self.profile.wiring:
            raise ValueError(f"This house is not wired as the profile {profile!r} is")
        self.serial = self.profile.serial
        self.tokens = self.profile.tokens
        self.pages = pages(self.profile)

    def answer(self, target: str, moment: float) -> Answer:
        """Answer a path with its query; what this home does not have is a 404."""
        path = target.partition("?")[0]
        if path == "/info":
            headers = _typed(self.profile.info_type)
            return Answer(200, headers, info(self.house.at(moment), self.profile).encode())
        page, headers = self.pages.get(target) or self.pages.get(path) or (None, ())
        if page is None:
            return self._absent
        document = page(self.house.at(moment), self.house)
        body = document if isinstance(document, str) else json.dumps(document) + "\n"
        return Answer(200, headers, body.encode())

    @property
    def _absent(self) -> Answer:
        """A 404, to which old firmware gives a type of its own."""
        old = () if self.tokens else _typed("application/json; charset=ISO-8859-4")
        return Answer(ABSENT.status, old, ABSENT.body)


def _typed(content_type: str) -> Headers:
    return (("content-type", content_type),) if content_type else ()
