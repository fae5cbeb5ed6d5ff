"""The cloud login meant for humans: Entrez's web form, and the page that shows the token.

The token stands in ``textarea#JWTToken``. Where the page has changed, anything in it that looks
like a JWT is taken.
"""

from http import HTTPStatus

from lxml import etree, html

from exporter.gateway.cloud import Cloud
from exporter.gateway.credentials import Credentials
from exporter.gateway.errors import Changed, NotOurs, Refused, SecondFactor
from exporter.gateway.exchange import Answer
from exporter.gateway.jwt import SHAPE


async def login(cloud: Cloud, credentials: Credentials, serial: str) -> str:
    """Return the token's text for one gateway; raises ``LoginError``."""
    async with cloud.client() as client:
        welcome = await client.post(
            f"{cloud.entrez_url}/login",
            data={"username": credentials.username, "password": credentials.password},
        )
        _check_admitted(welcome)
        page = await client.post(
            f"{cloud.entrez_url}/entrez_tokens", data={"Site": "", "serialNum": serial}
        )
    if page.status == HTTPStatus.FORBIDDEN:
        raise NotOurs
    _check_admitted(page)
    return token_in(page.text)


def token_in(page: str) -> str:
    """Find the token in the page; raises ``Changed`` where there is none."""
    root = _parsed(page)
    areas = [] if root is None else root.xpath("//textarea[@id='JWTToken']")
    texts = [area.text_content() for area in areas]
    for text in (*texts, page):
        if (found := SHAPE.search(text)) is not None:
            return found.group()
    raise Changed("Entrez's page shows no token")


def _check_admitted(answer: Answer) -> None:
    """See whether we are in: a refused login is answered with the login page again."""
    root = _parsed(answer.text)
    fields = set() if root is None else set(root.xpath("//form//input/@type | //form//input/@name"))
    if answer.status == HTTPStatus.UNAUTHORIZED or "password" in fields:
        raise Refused("Entrez refuses ENPHASE_USERNAME with ENPHASE_PASSWORD: correct them")
    if any("otp" in field.lower() for field in fields):
        raise SecondFactor
    if answer.status != HTTPStatus.OK:
        raise Changed(f"Entrez answered {answer.status}")


def _parsed(page: str) -> html.HtmlElement | None:
    parser = html.HTMLParser(no_network=True)
    try:
        return html.document_fromstring(page, parser=parser)
    except (etree.ParserError, etree.XMLSyntaxError, ValueError):
        return None
