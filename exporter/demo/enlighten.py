"""Enlighten's JSON login, and Entrez's answer to it: a token as bare text."""

import json
import secrets

from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response

from exporter.demo.accounts import Accounts
from exporter.demo.entrez import fields_of

ACCEPTABLE = ("text/plain", "text/*", "*/*")


async def login(accounts: Accounts, request: Request) -> Response:
    """Log in; an account with a second factor gets a nonce where others get a session."""
    fields = await fields_of(request)
    username = fields.get("user[email]", "")
    outcome = accounts.attempt("enlighten", username, fields.get("user[password]", ""))
    if outcome == "refused":
        return JSONResponse({"message": "Invalid email or password"}, 401)
    if outcome == "mfa":
        response = JSONResponse({"success": True, "isBlocked": False})
        nonce = secrets.token_hex(16)
        response.set_cookie("login_otp_nonce", nonce, secure=True, httponly=True, samesite="lax")
        return response
    return JSONResponse(_success(accounts.open(username)))


async def tokens(accounts: Accounts, request: Request) -> Response:
    """Return a token as text, to a client that takes text."""
    accepted = [kind.partition(";")[0].strip() for kind in _accept(request).split(",")]
    if not any(kind in ACCEPTABLE for kind in accepted):
        return Response(status_code=406)
    wanted = _json(await request.body())
    username = accounts.user(str(wanted.get("session_id")))
    if username is None or username != wanted.get("username"):
        return JSONResponse({"message": "Invalid session"}, 401)
    token = accounts.token(username, str(wanted.get("serial_num") or ""))
    if token is None:
        return JSONResponse({"message": "No access to this gateway"}, 403)
    return PlainTextResponse(token)


def _accept(request: Request) -> str:
    return request.headers.get("accept") or "*/*"


def _json(body: bytes) -> dict[str, object]:
    try:
        document = json.loads(body)
    except ValueError:
        return {}
    return document if isinstance(document, dict) else {}


def _success(session: str) -> dict[str, object]:
    return {
        "message": "success",
        "session_id": session,
        "manager_token": secrets.token_hex(16),
        "is_consumer": True,
        "system_id": 1_000_001,
        "redirect_url": "",
    }
