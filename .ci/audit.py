"""Asks what is known against the pinned versions where the index has no page for each version.

Mirrors are like that: they tell of a project's newest version only. Of any other one nothing is
known there; pip-audit lists it as skipped.
"""

import sys
from typing import Any

import requests
from pip_audit import _cli
from pip_audit._service import pypi
from requests.adapters import HTTPAdapter


class Newest(HTTPAdapter):
    """Answers for a version with the project's own page, if that is of this version."""

    def send(self, request: requests.PreparedRequest, *rest: Any, **options: Any) -> Any:
        """Ask for the version's page, and where there is none for the project's."""
        answer = super().send(request, *rest, **options)
        if answer.status_code != requests.codes.not_found or request.url is None:
            return answer
        project, version = request.url.removesuffix("/json").rsplit("/", 1)
        request.url = f"{project}/json"
        newest = super().send(request, *rest, **options)
        return newest if newest.ok and newest.json()["info"]["version"] == version else answer


def session(*_: Any) -> requests.Session:
    """Make the session that pip-audit asks through."""
    made = requests.Session()
    made.mount("https://", Newest())
    return made


vars(pypi)["caching_session"] = session
sys.argv[1:] = ["--no-deps", "--disable-pip", "--requirement", "constraints.txt"]
_cli.audit()
