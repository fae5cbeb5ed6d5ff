"""The token: what it says of itself, whatever text claims to be one."""

import base64
import contextlib
import json
import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exporter.demo.authority import Authority
from exporter.gateway.jwt import DAY, SHAPE, Token

NOW = 1_783_105_200.0
SERIAL = "122300000000"


def part(content: bytes) -> str:
    """Write one of a JWT's parts."""
    return base64.urlsafe_b64encode(content).rstrip(b"=").decode()


def token(claims: Any) -> str:
    """Write a JWT with any claims, signed by nobody."""
    return ".".join((part(b'{"alg": "ES256"}'), part(json.dumps(claims).encode()), "c2lnbmVk"))


def test_a_token_tells_what_it_is() -> None:
    """Gateway, role, issue and end are read from the claims."""
    read = Token.parse(Authority().issue(SERIAL, "installer", 43_200, NOW))
    assert (read.serial, read.role) == (SERIAL, "installer")
    assert (read.issued, read.ends) == (NOW, NOW + 43_200)


def test_a_token_may_be_pasted_with_blanks_around_it() -> None:
    """Blanks and line ends around a token, as files have them, do not count."""
    text = token({"exp": NOW})
    assert Token.parse(f"\n {text}\r\n").text == text


def test_a_token_keeps_its_text_to_itself() -> None:
    """Neither its text nor the gateway's serial is shown where a token is printed."""
    read = Token.parse(Authority().issue(SERIAL, "owner", 43_200, NOW))
    assert read.text not in repr(read)
    assert SERIAL not in repr(read)
    assert "owner" in repr(read)


def test_claims_that_only_inform_may_be_missing() -> None:
    """A token that says only when it ends is good enough."""
    read = Token.parse(token({"exp": NOW}))
    assert (read.serial, read.role, read.issued, read.ends) == ("", "", 0.0, NOW)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "hello",
        "a.b.c",
        "eyJh.eyJi",
        "eyJh.eyJi.c2ln.more",
        "eyJh.eyJi.c 2ln",
        "eyJh.!!!.c2ln",
        "eyJh.eyJ.c2ln",
        token({"exp": NOW}) + "é",
        f"{part(b'[]')}.{part(b'{}')}.c2ln",
        token([]),
        token(None),
        token({}),
        token({"exp": None}),
        token({"exp": "soon"}),
        token({"exp": []}),
        token({"exp": math.nan}),
        token({"exp": math.inf}),
        token({"exp": 10**400}),
        token({"exp": 10**14}),
        token({"exp": NOW, "iat": {}}),
        token({"exp": NOW, "iat": math.nan}),
        token({"exp": NOW, "iat": NOW + 1}),
        "<html>eyJh.eyJi.c2ln</html>",
    ],
)
def test_what_is_no_token_is_refused(text: str) -> None:
    """Another shape, claims that cannot be read, and an end that is no time are errors."""
    with pytest.raises(ValueError, match=r"^its? "):
        Token.parse(text)


TIMES = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=8), st.just(10**400)
)
CLAIMS = st.fixed_dictionaries(
    {}, optional=dict.fromkeys(("exp", "iat", "aud", "enphaseUser"), TIMES)
)


@given(st.one_of(st.text(), CLAIMS.map(token), st.binary().map(part).map("eyJ.{}.x".format)))
def test_no_text_breaks_the_reading_of_a_token(text: str) -> None:
    """Whatever a cloud or a user gives as a token: it is one, or a plain error."""
    with contextlib.suppress(ValueError):
        read = Token.parse(text)
        assert math.isfinite(read.renewal)
        assert read.renewal <= read.ends
        assert read.text.isascii()


def test_an_owners_token_is_renewed_a_month_before_its_end() -> None:
    """Of a year there is a month left, time enough for trouble of the cloud."""
    read = Token.parse(Authority().issue(SERIAL, "owner", 365 * DAY, NOW))
    assert read.ends - read.renewal == 30 * DAY


def test_an_installers_token_is_renewed_after_nine_of_its_twelve_hours() -> None:
    """Of a short life a quarter is left."""
    read = Token.parse(Authority().issue(SERIAL, "installer", 43_200, NOW))
    assert read.renewal == NOW + 9 * 3600


def test_a_token_of_unknown_age_is_renewed_a_month_before_its_end() -> None:
    """Where a token does not say when it was issued, it counts as an owner's."""
    assert Token.parse(token({"exp": NOW})).renewal == NOW - 30 * DAY


def test_a_token_fits_its_own_gateway() -> None:
    """Another gateway's token does not fit, one for a gateway not yet set up fits any."""
    fits = {
        audience: Token.parse(token({"exp": NOW, "aud": audience})).fits(SERIAL)
        for audience in (SERIAL, "122300000001", "un-commissioned", "")
    }
    assert fits == {SERIAL: True, "122300000001": False, "un-commissioned": True, "": True}


def test_a_token_is_found_by_its_shape() -> None:
    """In any page, a token stands out by its three parts."""
    text = token({"exp": NOW})
    found = SHAPE.search(f'<html data-x="eyJ.a.b">\n<pre>{text}</pre>, say')
    assert found is not None
    assert found.group() == text


@pytest.mark.parametrize("text", ["eyJ-", "eyJa", "eyJ.", "eyJa.", "a.eyJa-"])
def test_a_search_for_tokens_takes_time_in_proportion(text: str) -> None:
    """A megabyte of beginnings of tokens is searched once, not once for each beginning."""
    found = SHAPE.search(text * (1_000_000 // len(text)))
    assert found is None or found.start() < 100


@pytest.mark.parametrize("role", ["\ud800", "owner\nlevel=error", ["owner"], 5])
def test_a_role_that_cannot_be_shown_is_unknown(role: Any) -> None:
    """What stands in logs and on pages is one line of text, whatever the token holds."""
    assert Token.parse(token({"exp": NOW, "enphaseUser": role})).role == ""


@pytest.mark.parametrize("audience", ["\ud800", ["122300000000"], None, {}])
def test_a_token_for_nobody_is_refused(audience: Any) -> None:
    """A token that is not clear on its gateway fits none; it is not taken for one that fits any."""
    with pytest.raises(ValueError, match="which gateway"):
        Token.parse(token({"exp": NOW, "aud": audience}))
