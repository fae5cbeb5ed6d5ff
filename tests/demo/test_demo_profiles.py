"""Each kind of site: true to the home it stands on, and without what it does not have."""

import itertools
import json
import re
from typing import Any

import httpx
import pytest

from exporter.demo.clock import Clock
from exporter.demo.delays import REAL_DELAYS
from exporter.demo.documents import Documents
from exporter.demo.house import House
from exporter.demo.profile import PROFILES
from exporter.demo.world import World

NOON = 1_783_105_200.0
MOMENTS = [NOON - 7 * 3600 + n * 2633.7 for n in range(40)]
METERED = ["battery", "three-phase", "everything"]
SOURCES = {name: Documents(profile=name) for name in PROFILES}
INVERTERS = "/api/v1/production/inverters"
DEVSTATUS = "/ivp/peb/devstatus"
WRAP = 1 << 32


def document(profile: str, target: str, moment: float = NOON) -> Any:
    """Return a document of a kind of site."""
    return json.loads(SOURCES[profile].answer(target, moment).body)


def devices(profile: str, name: str, moment: float = NOON) -> list[dict[str, Any]]:
    """Return the devices of one kind in the fine numbers."""
    page = document(profile, "/ivp/pdm/device_data", moment)
    assert page["deviceCount"] == len(page) - 2 < page["deviceDataLimit"]
    return [each for each in page.values() if isinstance(each, dict) and each["devName"] == name]


def meters(profile: str, moment: float) -> dict[str, dict[str, Any]]:
    """Return the readings of the meters that are on, by what they measure."""
    readings = {each["eid"]: each for each in document(profile, "/ivp/meters/readings", moment)}
    on = [each for each in document(profile, "/ivp/meters") if each["state"] == "enabled"]
    return {each["measurementType"]: readings[each["eid"]] for each in on}


@pytest.mark.parametrize("profile", PROFILES)
def test_every_page_of_every_profile_answers(profile: str) -> None:
    """All pages answer by day, by night and before there was a home; the rest is absent."""
    source = SOURCES[profile]
    for moment, target in itertools.product((NOON, NOON + 46_800, 0), ("/info", *source.pages)):
        assert source.answer(target, moment).status == 200
    assert source.answer("/nowhere", NOON).status == 404
    assert source.serial.encode() in source.answer("/info", NOON).body


@pytest.mark.parametrize("profile", METERED)
def test_meters_show_the_home(profile: str) -> None:
    """Powers and counters are the home's on each phase; the powers add up to its load."""
    for moment in MOMENTS:
        state, shown = SOURCES[profile].house.at(moment), meters(profile, moment)
        flows = {"production": state.production, "net-consumption": state.grid}
        flows |= {"storage": state.storage} if state.wiring.battery else {}
        for name, meter in flows.items():
            for row, flow in zip(shown[name]["channels"], meter.phases, strict=False):
                assert row["activePower"] == pytest.approx(flow.watts, abs=1e-3)
                assert row["actEnergyDlvd"] == pytest.approx(flow.delivered / 3600, abs=1e-3)
                assert row["actEnergyRcvd"] == pytest.approx(flow.received / 3600, abs=1e-3)
        used = sum(shown[name]["activePower"] for name in flows)
        assert used == pytest.approx(state.load.total.watts, abs=0.01)


def test_three_phases_are_european() -> None:
    """Three phases of 230 V at 50 Hz; the aggregate's volts are their sum."""
    for reading in meters("three-phase", NOON).values():
        assert [round(row["voltage"] / 10) for row in reading["channels"]] == [23, 23, 23]
        assert reading["voltage"] == pytest.approx(690, abs=10)
        assert reading["freq"] == pytest.approx(50, abs=0.1)
    assert len(document("three-phase", "/production.json?details=1")["production"][1]["lines"]) == 3
    for meter in devices("three-phase", "eim"):
        assert all(channel["lastReading"] for channel in meter["channels"])


def test_a_standard_gateway_has_one_right_page() -> None:
    """The first page counts all there was; the other one wraps at 2^32 joules."""
    joules = [report.lifetime for report in SOURCES["standard"].house.at(NOON).inverters]
    assert document("standard", "/api/v1/production")["wattHoursLifetime"] == sum(joules) // 3600
    page = document("standard", "/production.json")
    assert page["production"][0]["whLifetime"] == sum(joules) % WRAP // 3600
    assert [each["type"] for each in page["production"]] == ["inverters"]
    assert page["storage"][0]["activeCount"] == 0
    assert "consumption" not in page
    assert "storage_settings" not in document("standard", "/admin/lib/tariff")["tariff"]


@pytest.mark.parametrize(
    ("profile", "targets"),
    {
        "standard": ["/ivp/pdm/device_data", "/ivp/livedata/status"],
        "three-phase": ["/ivp/livedata/status", "/ivp/ensemble/relay"],
        "legacy": ["/ivp/meters", "/ivp/ensemble/inventory", "/inventory.json", "/home.json"],
        "oldest": ["/api/v1/production", INVERTERS, "/ivp/meters", "/admin/lib/tariff"],
        "battery": ["/ivp/ss/gen_config", DEVSTATUS],
    }.items(),
)
def test_what_a_profile_lacks_is_absent(profile: str, targets: list[str]) -> None:
    """What was not built, or not yet invented, is a 404."""
    for target in targets:
        assert SOURCES[profile].answer(target, NOON).status == 404


@pytest.mark.parametrize("profile", ["standard", "three-phase"])
def test_homes_without_batteries_show_none(profile: str) -> None:
    """Lists are empty, and sums are zero."""
    assert document(profile, "/ivp/ensemble/inventory") == []
    assert document(profile, "/ivp/ensemble/power") == {"devices:": []}
    if profile == "three-phase":
        page = document(profile, "/ivp/ensemble/secctrl")
        assert {page[key] for key in page if "soc" in key.lower() and "rec" not in key} == {0}
        assert (page["Max_energy"], page["ENC_agg_avail_energy"]) == (0, 0)


def test_the_oldest_pages_are_html() -> None:
    """The table shows three digits of what the home made."""
    state = SOURCES["oldest"].house.at(NOON)
    body = SOURCES["oldest"].answer("/production", NOON).body.decode()
    [watts] = re.findall(r"<td>Currently</td>\s*<td> *([\d.]+) kW</td>", body)
    assert float(watts) * 1000 == pytest.approx(sum(each.watts for each in state.inverters), abs=5)
    night = SOURCES["oldest"].answer("/production", NOON + 13 * 3600).body.decode()
    assert "<td>Currently</td>    <td>    0 W</td>" in night
    assert "<td>Today</td>    <td>    0 Wh</td>" in night


@pytest.mark.parametrize("profile", ["legacy", "oldest"])
def test_old_gateways_speak_plainly(profile: str) -> None:
    """No TLS and no tokens: the settings lead to plain HTTP."""
    with World(clock=Clock(NOON, 0), profile=profile) as world:
        assert world.settings()["ENPHASE_HOST"].startswith("http://")
        response = httpx.get(f"{world.settings()['ENPHASE_HOST']}/production")
        assert "Since Installation" in response.text
        assert b"web-tokens" not in httpx.get(f"{world.gateway_server.url}/info").content


def test_legacy_asks_for_a_digest() -> None:
    """Inverters are for the user envoy, whose password is the serial's end; the sum is for all."""
    with World(clock=Clock(NOON, 0), profile="legacy") as world:
        url = world.gateway_server.url
        assert httpx.get(f"{url}/api/v1/production").status_code == 200
        refused = httpx.get(f"{url}{INVERTERS}")
        assert refused.status_code == 401
        assert refused.headers["www-authenticate"].startswith("Digest ")
        login = httpx.DigestAuth("envoy", world.source.serial[-6:])
        rows = httpx.get(f"{url}{INVERTERS}", auth=login).json()
        assert len(rows) == 24
        assert "devType" not in rows[0]
        wrong = httpx.DigestAuth("envoy", "000000")
        assert httpx.get(f"{url}{INVERTERS}", auth=wrong).status_code == 401


def test_a_house_fits_its_profile() -> None:
    """A house that is wired otherwise is refused; profiles have each a gateway of their own."""
    with pytest.raises(ValueError, match="three-phase"):
        Documents(House(), profile="three-phase")
    assert len({profile.serial for profile in PROFILES.values()}) == len(PROFILES)


def test_real_delays_are_known_for_every_page() -> None:
    """Every page of every site has its typical seconds; no gateway is slow unless it is asked."""
    assert {"/info"}.union(*(source.pages for source in SOURCES.values())) == REAL_DELAYS.keys()
    assert World().gateway.delays == {}
