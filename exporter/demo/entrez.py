"""Entrez as browsers see it: a login form, and a page that holds the gateway's token."""

from urllib.parse import parse_qs

from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from exporter.demo.accounts import Accounts

SESSION = "SESSION"
PAGE = """<!DOCTYPE html>
<html lang="en">
<head><meta charset="UTF-8"><title>Entrez</title></head>
<body>
<div class="container">
{}
</div>
</body>
</html>
"""
LOGIN = """<form action="/login" method="post">
<p class="error">{}</p>
<input type="text" id="username" name="username" placeholder="Email">
<input type="password" id="password" name="password" placeholder="Password">
<button type="submit">Sign in</button>
</form>"""
CODE = """<form action="/login_otp" method="post">
<p>Enter the one-time code that was sent to you.</p>
<input type="text" id="otp" name="otp" maxlength="6" autocomplete="one-time-code">
<button type="submit">Verify</button>
</form>"""
TOKEN = {
    "usual": """<p>Your access token:</p>
<textarea name="accessToken" id="JWTToken" cols="30" rows="10" >{}</textarea>
<button id="copy">Copy</button>""",
    "renamed": '<p>Your access token:</p>\n<pre class="tok">\n  {}\n</pre>',
    "without": "<p>Tokens are not available at the moment.</p>",
}


async def home(_accounts: Accounts, _request: Request) -> Response:
    """Show where a login leads to."""
    return _page("<h2>Welcome</h2>")


async def form(_accounts: Accounts, _request: Request) -> Response:
    """Ask for a login."""
    return _login()


async def login(accounts: Accounts, request: Request) -> Response:
    """Log in, or show the form again, with status 200 as the real one does."""
    fields = await fields_of(request)
    username = fields.get("username", "")
    outcome = accounts.attempt("entrez", username, fields.get("password", ""))
    if outcome == "mfa":
        return _page(CODE)
    if outcome != "ok":
        return _login("Bad credentials: the e-mail or the password is wrong.")
    response = RedirectResponse("/", status_code=302)
    response.set_cookie(
        SESSION, accounts.open(username), secure=True, httponly=True, samesite="lax"
    )
    return response


async def tokens(accounts: Accounts, request: Request) -> Response:
    """Show a token for the gateway asked for, or the login form to who is not logged in."""
    username = accounts.user(request.cookies.get(SESSION, ""))
    if username is None:
        return _login()
    token = accounts.token(username, (await fields_of(request)).get("serialNum", ""))
    if token is None:
        return _page("<p>You have no access to this gateway.</p>", status=403)
    return _page(TOKEN[accounts.page].format(token))


async def fields_of(request: Request) -> dict[str, str]:
    """Return the fields of a posted form."""
    body = (await request.body()).decode(errors="replace")
    return {name: values[-1] for name, values in parse_qs(body, keep_blank_values=True).items()}


def _login(error: str = "") -> Response:
    return _page(LOGIN.format(error))


def _page(content: str, status: int = 200) -> Response:
    return HTMLResponse(PAGE.replace("{}", content), status)
