"""Every captured gateway, replayed over the real protocol through the real session."""

import json
from pathlib import Path
from typing import Any

import anyio
import pytest
from harness import CAPTURES, Exporting, Exposed, program

from exporter.demo.replay import Replay
from exporter.demo.world import World

WH = 3600

FOLDERS = sorted(path for path in CAPTURES.glob("*") if path.is_dir())
captured = pytest.mark.skipif(
    not FOLDERS, reason="the captured answers are not part of the project; CI has them beside it"
)


Document = Any


async def scraped(exporting: Exporting, name: str) -> Exposed:
    """Scrape a capture once."""
    with World(Replay(CAPTURES / name)) as world:
        async with exporting(world) as client:
            return await client.scrape()


def contents(name: str, page: str) -> Document:
    """Read a captured page; one that was not captured or is no JSON is ``None``."""
    try:
        return json.loads((CAPTURES / name / page).read_text())
    except (FileNotFoundError, ValueError):
        return None


def records(name: str, page: str) -> list[dict[str, Document]]:
    """Read the list that a captured page holds; a page that failed is empty."""
    found = contents(name, page)
    return found if isinstance(found, list) else []


@captured
@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.name)
async def test_every_captured_gateway_is_read(
    exporting: Exporting, folder: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """Each capture is up, no collector fails, nothing is logged as an error, promtool agrees."""
    promtool = program("promtool", "prometheus")
    exposed = await scraped(exporting, folder.name)
    assert exposed.value("up") == 1
    assert [
        kind
        for kind, success in exposed.of("collector_success", "collector").items()
        if not success
    ] == []
    assert [r for r in caplog.records if r.levelname in {"ERROR", "CRITICAL"}] == []
    assert exposed.value("gateway_time_seconds")
    lint = await anyio.run_process(
        [promtool, "check", "metrics"], input=exposed.text.encode(), check=False
    )
    assert (lint.returncode, lint.stderr) == (0, b"")


PRODUCTION = {
    # capture: watts, watt hours since installation, source
    "3.17.3": (5463, 93_706_280, "gateway"),
    "3.9.36": (1271, 6_012_540, "gateway"),
    "3.9.36_bad_auth": (0, 14_578_520, "gateway"),
    "4.10.35": (166.489, 26_785_327.449, "meter"),
    "4.2.27": (5894, 10_279_087, "gateway"),
    "5.0.62": (7907, 133_798_553, "gateway"),
    "7.3.130": (178.495, 3_659_506.105, "meter"),
    "7.3.130_no_consumption": (3624.573, 4_545_929.53, "meter"),
    "7.3.466_metered_disabled_cts": (751, 702_919, "inverters"),
    "7.3.517": (4556.139, 19_230_313.461, "meter"),
    "7.6.114_without_cts": (586, 1_544_282, "gateway"),
    "7.6.175": (3391, 8_717_473, "gateway"),
    "7.6.175_standard": (5740, 6_139_406, "gateway"),
    "8.1.41": (13_028.54, 1_510_198.655, "meter"),
    "8.2.127_with_3cts_and_battery_split": (1714.424, 3_165_834.272, "meter"),
    "8.2.127_with_generator_running": (2336.093, 15_097_304.67, "meter"),
    "8.2.4264_metered_noct": (5521, 32_465_106, "inverters"),
    "8.2.4345_with_device_data": (807.326, 1_243_812.228, "meter"),
    "8.2.4382_ACB": (308.373, 19_213_421.296, "meter"),
    "8.3.1598_collar": (0, 47_077.959, "meter"),
    "8.3.5167_3rd-pv": (5235.674, 569_122.622, "meter"),
    "8.3.5169_ACB_inventory": (-3.982, 1_692_970.739, "meter"),
}


@captured
@pytest.mark.parametrize("name", PRODUCTION)
async def test_production_comes_from_the_source_that_tells_the_truth(
    exporting: Exporting, name: str
) -> None:
    """Each kind of hardware is read by the source that is right on it, or wrong the least."""
    watts, watt_hours, source = PRODUCTION[name]
    exposed = await scraped(exporting, name)
    assert exposed.value("production_power_watts") == watts
    assert exposed.value("production_energy_joules_total") == pytest.approx(watt_hours * WH)
    assert exposed.labels("production_info") == [{"source": source}]


@captured
@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.name)
async def test_meters_say_what_the_readings_say(exporting: Exporting, folder: Path) -> None:
    """Of enabled meters every phase in use is shown; of disabled ones and unused phases nothing."""
    exposed = await scraped(exporting, folder.name)
    readings = {reading["eid"]: reading for reading in records(folder.name, "ivp_meters_readings")}
    expected = [
        (meter["measurementType"], f"L{index + 1}", readings[meter["eid"]]["channels"][index])
        for meter in records(folder.name, "ivp_meters")
        if meter["state"] == "enabled"
        for index in range(meter["phaseCount"])
    ]
    assert exposed.of("meter_power_watts", "meter", "phase") == {
        (kind, phase): channel["activePower"] for kind, phase, channel in expected
    }
    assert exposed.of("meter_energy_received_joules_total", "meter", "phase") == {
        (kind, phase): pytest.approx(channel["actEnergyRcvd"] * WH)
        for kind, phase, channel in expected
    }


METERED = [folder for folder in FOLDERS if records(folder.name, "ivp_meters_readings")]


@captured
@pytest.mark.parametrize("folder", METERED, ids=lambda folder: folder.name)
async def test_power_is_balanced(exporting: Exporting, folder: Path) -> None:
    """The house uses production + grid + storage; without a grid meter neither is shown.

    The storage's power is its meter's, else the batteries' own.
    """
    kinds = {
        meter["eid"]: meter["measurementType"]
        for meter in records(folder.name, "ivp_meters")
        if meter["state"] == "enabled"
    }
    power = {
        kinds[reading["eid"]]: reading["activePower"]
        for reading in records(folder.name, "ivp_meters_readings")
        if reading["eid"] in kinds
    }
    exposed = await scraped(exporting, folder.name)
    batteries = contents(folder.name, "ivp_ensemble_power")
    own = batteries["devices:"] if isinstance(batteries, dict) and "devices:" in batteries else []
    blocks = (contents(folder.name, "production.json") or {}).get("storage", [])
    ac = sum(block["wNow"] for block in blocks if block["activeCount"])
    power.setdefault("storage", sum(battery["real_power_mw"] for battery in own) / 1000 + ac)
    grid = power.get("net-consumption")
    used = None if grid is None else power["production"] + grid + power["storage"]
    assert exposed.value("grid_power_watts") == grid
    assert exposed.value("consumption_power_watts") == (used and pytest.approx(used))


@captured
async def test_export_is_negative_and_counted_as_export(exporting: Exporting) -> None:
    """8.3.5167 sells 4912 W over three phases."""
    exposed = await scraped(exporting, "8.3.5167_3rd-pv")
    assert exposed.value("grid_power_watts") == -4912.241
    assert exposed.value("grid_export_energy_joules_total") == pytest.approx(415_089.21 * WH)
    assert exposed.value("grid_import_energy_joules_total") == pytest.approx(99_056.453 * WH)
    assert len(exposed.labels("meter_voltage_volts")) == 6


@captured
async def test_a_night_shows_no_frozen_power(exporting: Exporting) -> None:
    """8.3.5169's inverters have been silent for over half an hour: no power, but their report."""
    exposed = await scraped(exporting, "8.3.5169_ACB_inventory")
    assert "inverter_power_watts" not in exposed
    assert "inverter_dc_voltage_volts" not in exposed
    assert "inverter_last_report_timestamp_seconds" in exposed
    powers = [value for (name, _), value in exposed.samples.items() if name.endswith("_watts")]
    assert max(powers) < 2**31


@captured
async def test_pages_kept_from_a_login_trip_nothing(exporting: Exporting) -> None:
    """7.3.130 answers ten pages with 401: one login, and the gateway is up."""
    with World(Replay(CAPTURES / "7.3.130_no_consumption")) as world:
        async with exporting(world) as client:
            for _ in range(3):
                exposed = await client.scrape()
        assert exposed.value("up") == 1
        assert world.cloud.logins == {"enlighten:ok": 1}


@captured
async def test_a_new_meter_stack_shows_only_what_it_measures(exporting: Exporting) -> None:
    """8.3.1598: four meters enabled of seven, no summed power factor, no EV charger's -20 Wh."""
    exposed = await scraped(exporting, "8.3.1598_collar")
    enabled = exposed.of("meter_enabled", "meter")
    assert len(enabled) == 7
    assert {kind for kind, on in enabled.items() if on} == {
        "production",
        "net-consumption",
        "storage",
        "backfeed",
    }
    factors = exposed.of("meter_power_factor_ratio", "meter", "phase")
    assert all(abs(factor) <= 1 for factor in factors.values())
    assert {kind for kind, _ in factors} == {kind for kind, on in enabled.items() if on}
    assert exposed.value("storage_power_watts") == pytest.approx(-1297.667)


@captured
async def test_wrong_digest_credentials_cost_the_inverters_only(exporting: Exporting) -> None:
    """3.9.36 with a wrong password shows its production, and no inverter."""
    exposed = await scraped(exporting, "3.9.36_bad_auth")
    assert exposed.value("production_energy_joules_total") == pytest.approx(14_578_520 * WH)
    assert "inverter_max_power_watts" not in exposed


@captured
async def test_inverters_by_their_own_counters(exporting: Exporting) -> None:
    """8.2.4345 tells each inverter's joules and measures; power is energy over the interval."""
    exposed = await scraped(exporting, "8.2.4345_with_device_data")
    serial = "122344043197"
    assert exposed.value("inverter_energy_joules_total", serial=serial) == 354_281_850
    assert exposed.value("inverter_power_watts", serial=serial) == pytest.approx(230_400 / 903)
    assert exposed.value("inverter_ac_voltage_volts", serial=serial) == pytest.approx(248.156)
    assert exposed.value("inverter_ac_frequency_hertz", serial=serial) == pytest.approx(50.013)
    assert exposed.value("inverter_ac_current_amperes", serial=serial) == pytest.approx(1.049)
    assert exposed.value("inverter_dc_voltage_volts", serial=serial) == pytest.approx(32.363)
    assert exposed.value("inverter_temperature_celsius", serial=serial) == 38
    assert exposed.value("inverters") == 15


@captured
@pytest.mark.parametrize("name", ["8.2.4382_ACB", "8.3.5169_ACB_inventory"])
async def test_an_ac_battery_is_no_inverter(exporting: Exporting, name: str) -> None:
    """Batteries in the list of inverters are left out of it."""
    exposed = await scraped(exporting, name)
    batteries = {
        panel["serialNumber"]
        for panel in records(name, "api_v1_production_inverters")
        if panel["devType"] == 11
    }
    assert batteries
    assert not batteries & exposed.of("inverter_max_power_watts", "serial").keys()
