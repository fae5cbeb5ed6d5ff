"""The simulated documents: as real captures look, and true to the home they show."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from exporter.demo import days
from exporter.demo.documents import PAGES, Documents

NOON = 1_783_105_200.0
Shape = dict[str, set[type]]
STANDARD, BATTERIES = "8.2.4345_with_device_data", "8.2.127_with_3cts_and_battery_split"
LATER = "8.3.5169_ACB_inventory"
CAPTURED = {
    "/ivp/meters": (BATTERIES, "ivp_meters"),
    "/ivp/meters/readings": (BATTERIES, "ivp_meters_readings"),
    "/production.json": (BATTERIES, "production.json"),
    "/production.json?details=1": (STANDARD, "production.json_details_1"),
    "/production": (STANDARD, "production"),
    "/api/v1/production": (STANDARD, "api_v1_production"),
    "/api/v1/production/inverters": (STANDARD, "api_v1_production_inverters"),
    "/ivp/pdm/device_data": (STANDARD, "ivp_pdm_device_data"),
    "/ivp/ensemble/inventory": (BATTERIES, "ivp_ensemble_inventory"),
    "/ivp/ensemble/power": (BATTERIES, "ivp_ensemble_power"),
    "/ivp/ensemble/secctrl": (STANDARD, "ivp_ensemble_secctrl"),
    "/admin/lib/tariff": (STANDARD, "admin_lib_tariff"),
    "/home.json": (LATER, "home"),
    "/inventory.json": (LATER, "inventory"),
}
# What the captured inventory says about AC batteries, which this home does not have.
LACKING = {
    f"[].devices[].{key}"
    for key in (
        "sleep_enabled",
        "percentFull",
        "maxCellTemp",
        "sleep_min_soc",
        "sleep_max_soc",
        "charge_status",
    )
}


def document(target: str, moment: float = NOON) -> Any:
    """Return one of the demo's documents."""
    return json.loads(Documents().answer(target, moment).body)


def test_every_page_is_compared() -> None:
    """No document goes without a captured one to be measured by."""
    assert CAPTURED.keys() == PAGES.keys()


@pytest.mark.parametrize("target", CAPTURED)
@pytest.mark.parametrize("hour", [12, 1])
def test_documents_look_as_captured(
    captures: Path, shape: Callable[[Any], Shape], target: str, hour: int
) -> None:
    """Keys and types are those of a real gateway's document, by day and by night."""
    folder, name = CAPTURED[target]
    real = shape(json.loads((captures / folder / name).read_bytes()))
    ours = shape(document(target, NOON + (hour - 12) * 3600))
    lacking = LACKING if target == "/inventory.json" else set()
    assert ours.keys() == real.keys() - lacking
    for path, types in ours.items():
        assert types <= real[path], path


def test_info_tells_who_and_when() -> None:
    """The gateway shows its serial, its firmware, that it takes tokens, and the clock's time."""
    source = Documents()
    body = source.answer("/info", NOON).body.decode()
    for part in (
        f"<sn>{source.serial}</sn>",
        "<software>D8.2.4345</software>",
        "<web-tokens>true</web-tokens>",
        "<imeter>true</imeter>",
        f"<time>{NOON:.0f}</time>",
    ):
        assert part in body


def test_readings_are_the_homes() -> None:
    """The meters show the home's powers in watts and its energies in watt-hours."""
    state = Documents().house.at(NOON)
    meters = (state.production, state.grid, state.storage)
    for reading, meter in zip(document("/ivp/meters/readings"), meters, strict=True):
        for shown, flow in zip(reading["channels"][:2], meter.phases, strict=True):
            assert shown["activePower"] == pytest.approx(flow.watts, abs=1e-3)
            assert shown["actEnergyDlvd"] == pytest.approx(flow.delivered / 3600, abs=1e-3)
            assert shown["actEnergyRcvd"] == pytest.approx(flow.received / 3600, abs=1e-3)
        for key in ("activePower", "actEnergyDlvd", "actEnergyRcvd", "voltage", "current"):
            total = sum(channel[key] for channel in reading["channels"][:2])
            assert reading[key] == pytest.approx(total, abs=1e-3)


def test_an_unused_channel_is_a_trap() -> None:
    """The grid's third channel repeats the storage's second, as real gateways do."""
    _, grid, storage = document("/ivp/meters/readings")
    spare, copied = grid["channels"][2], storage["channels"][1]
    assert {**spare, "eid": 0} == {**copied, "eid": 0}
    assert spare["actEnergyDlvd"] > 0


def test_consumption_is_production_plus_net() -> None:
    """The page's total consumption adds up, and its net energy is import less export."""
    page = document("/production.json?details=1")
    made = page["production"][1]
    total, net = page["consumption"]
    assert total["wNow"] == pytest.approx(made["wNow"] + net["wNow"], abs=0.01)
    assert total["whLifetime"] == pytest.approx(made["whLifetime"] + net["whLifetime"], abs=0.01)
    grid = document("/ivp/meters/readings")[1]
    signed = grid["actEnergyDlvd"] - grid["actEnergyRcvd"]
    assert net["whLifetime"] == pytest.approx(signed, abs=0.01)
    for block in (made, total, net):
        assert sum(line["wNow"] for line in block["lines"]) == pytest.approx(
            block["wNow"], abs=0.01
        )


def test_an_inverters_counter_wraps() -> None:
    """The page's lifetime loses 2^32 joules for each inverter that has passed them."""
    devices = document("/ivp/pdm/device_data")
    joules = [
        device["channels"][0]["lifetime"]["joulesProduced"]
        for device in devices.values()
        if isinstance(device, dict) and device["devName"] == "pcu"
    ]
    assert any(each > 2**32 for each in joules)
    page = document("/production.json")["production"][0]
    assert page["whLifetime"] == sum(each % 2**32 for each in joules) // 3600


def test_inverters_agree_with_each_other() -> None:
    """All documents tell the same of an inverter."""
    devices = document("/ivp/pdm/device_data")
    assert devices["deviceCount"] == len(devices) - 2
    by_serial = {each["sn"]: each for each in devices.values() if isinstance(each, dict)}
    stored = {each["serial_num"]: each for each in document("/inventory.json")[0]["devices"]}
    listed = document("/api/v1/production/inverters")
    assert len(listed) == len(stored) == 24
    for each in listed:
        reading = by_serial[each["serialNumber"]]["channels"][0]["lastReading"]
        assert reading["endDate"] == each["lastReportDate"]
        assert round(reading["joulesProduced"] / reading["duration"]) == each["lastReportWatts"]
        assert stored[each["serialNumber"]]["last_rpt_date"] == str(each["lastReportDate"])
        assert NOON - days.STEP <= each["lastReportDate"] <= NOON
        assert each["maxReportWatts"] >= each["lastReportWatts"]


def test_inverters_sleep_at_night() -> None:
    """At night the page's inverters are at zero, and their modules gone since sunset."""
    midnight = NOON + 12 * 3600
    block = document("/production.json", midnight)["production"][0]
    assert (block["readingTime"], block["wNow"]) == (0, 0)
    devices = document("/ivp/pdm/device_data", midnight)
    assert all(each["modGone"] for each in devices.values() if isinstance(each, dict))
    reported = [
        each["lastReportDate"] for each in document("/api/v1/production/inverters", midnight)
    ]
    assert max(reported) < midnight - 3600


def test_batteries_are_the_homes() -> None:
    """Charging is negative, and the site's numbers are those of both batteries."""
    house = Documents().house
    moment = next(
        NOON - 4 * 3600 + n * 60
        for n in range(600)
        if house.at(NOON - 4 * 3600 + n * 60).storage.total.watts < -1000
    )
    state = house.at(moment)
    power = document("/ivp/ensemble/power", moment)["devices:"]
    watts = sum(each["real_power_mw"] for each in power) / 1000
    assert watts == pytest.approx(state.storage.total.watts, abs=2)
    batteries, controllers = document("/ivp/ensemble/inventory", moment)
    assert {each["led_status"] for each in batteries["devices"]} == {12}
    assert 60 < controllers["devices"][0]["temperature"] < 130
    site = document("/ivp/ensemble/secctrl", moment)
    assert site["agg_soc"] == round(state.soc * 100)
    assert site["Max_energy"] == sum(each["encharge_capacity"] for each in batteries["devices"])


def test_the_old_page_is_a_quarter_old() -> None:
    """The metered gateway's first page changes on the quarter hour only."""
    assert document("/api/v1/production", NOON + 1) == document("/api/v1/production", NOON + 899)
    assert document("/api/v1/production", NOON) != document("/api/v1/production", NOON + 900)


def test_what_the_home_lacks_is_absent() -> None:
    """Anything else is a 404; a query that means nothing changes nothing."""
    assert Documents().answer("/ivp/ss/gen_config", NOON).status == 404
    assert Documents().answer("/ivp/meters?x=1", NOON) == Documents().answer("/ivp/meters", NOON)
