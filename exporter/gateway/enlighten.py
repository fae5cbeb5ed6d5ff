"""The cloud login that Enphase documents: Enlighten's JSON login, then Entrez hands out the token.

It tells a wrong password (401) from an account with a second factor (200 without a session), and
gives owners a token for a year.
"""

import json
from http import HTTPStatus

from exporter.gateway.cloud import Cloud, CloudClient
from exporter.gateway.credentials import Credentials
from exporter.gateway.errors import Changed, CloudTrouble, NotOurs, Refused, SecondFactor
from exporter.gateway.jwt import SHAPE


async def login(cloud: Cloud, credentials: Credentials, serial: str) -> str:
    """Return the token's text for one gateway; raises ``LoginError``."""
    async with cloud.client() as client:
        session = await _session(cloud, client, credentials)
        return await _token(cloud, client, credentials, session, serial)


async def _session(cloud: Cloud, client: CloudClient, credentials: Credentials) -> str:
    answer = await client.post(
        f"{cloud.enlighten_url}/login/login.json",
        data={"user[email]": credentials.username, "user[password]": credentials.password},
    )
    if answer.status in {HTTPStatus.BAD_REQUEST, HTTPStatus.FORBIDDEN}:
        raise CloudTrouble(f"Enlighten answered {answer.status}")
    if answer.status != HTTPStatus.OK:
        raise Refused("Enlighten refuses ENPHASE_USERNAME with ENPHASE_PASSWORD: correct them")
    try:
        page = json.loads(answer.body)
    except (ValueError, RecursionError):
        page = None
    if not isinstance(page, dict):
        raise Changed("Enlighten's login answered no JSON object")
    if page.get("isBlocked") is True:
        raise Refused("Enlighten says that the account is blocked: sign in with a browser")
    if isinstance(session := page.get("session_id"), str) and session and session.isprintable():
        return session
    if page.get("success") is True or page.get("requires_mfa"):
        raise SecondFactor
    raise Changed("Enlighten's login answered without a session")


async def _token(
    cloud: Cloud, client: CloudClient, credentials: Credentials, session: str, serial: str
) -> str:
    answer = await client.post(
        f"{cloud.entrez_url}/tokens",
        json={"session_id": session, "serial_num": serial, "username": credentials.username},
    )
    if answer.status == HTTPStatus.FORBIDDEN:
        raise NotOurs
    if answer.status != HTTPStatus.OK:
        raise CloudTrouble(f"Entrez gave no token for Enlighten's session ({answer.status})")
    # The body is the bare token; JSON around it has been seen too.
    if (found := SHAPE.search(answer.text)) is None:
        raise Changed("Entrez answered without a token")
    return found.group()
