"""What a page is: a function of the home's state, and the headers it is sent with."""

from collections.abc import Callable
from typing import Any

from exporter.demo.answer import Headers
from exporter.demo.house import House, State

Page = Callable[[State, House], Any]
Pages = dict[str, tuple[Page, Headers]]
JSON: Headers = (("content-type", "application/json"),)
HTML: Headers = (("content-type", "text/html"),)


def page(content: Callable[[State], Any], headers: Headers = ()) -> tuple[Page, Headers]:
    """Return a page that needs no other moment than its own."""
    return (lambda state, _: content(state)), headers
