"""Batteries, grid, generator and what else hangs on a gateway, on captured answers.

The expected numbers are taken from the captured documents here, not through the exporter's mapping.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import anyio
import pytest
from harness import CAPTURES, Exporting, Exposed
from test_captures import FOLDERS, captured, contents

from exporter.collectors.flows import unmetered_storage
from exporter.collectors.generator import generator
from exporter.collectors.installer import installer_inverters
from exporter.demo.replay import Replay
from exporter.demo.world import World

WH = 3600


async def whole(exporting: Exporting, name: str) -> Exposed:
    """Scrape a capture until its heavy pages have come as well."""
    with World(Replay(CAPTURES / name)) as world:
        async with exporting(world, ENPHASE_SCRAPE__HEAVY_PAUSE="0") as client:
            for _ in range(4):
                exposed = await client.scrape()
                await anyio.sleep(0.05)
    assert "document_surprises_total" not in exposed
    return exposed


def inventory(name: str, kind: str) -> list[dict[str, Any]]:
    """List the devices of one kind as the gateway does."""
    groups = contents(name, "ivp_ensemble_inventory")
    if not isinstance(groups, list):
        return []
    return [device for group in groups if group.get("type") == kind for device in group["devices"]]


def contacts(name: str, which: str) -> list[dict[str, Any]]:
    """List the dry contacts' states or settings."""
    file = {"states": "ivp_ensemble_dry_contacts", "settings": "ivp_ss_dry_contact_settings"}
    page = contents(name, file[which])
    return page.get("dry_contacts", []) if isinstance(page, dict) else []


def live(name: str) -> dict[str, dict[str, Any]]:
    """Return the page of the batteries' powers, by serial."""
    page = contents(name, "ivp_ensemble_power")
    devices = page["devices:"] if isinstance(page, dict) and "devices:" in page else []
    return {device["serial_num"]: device for device in devices}


ENCHARGE: dict[str, Callable[[dict[str, Any], dict[str, Any]], float]] = {
    "battery_capacity_joules": lambda battery, _: battery["encharge_capacity"] * WH,
    "battery_temperature_celsius": lambda battery, _: battery["temperature"],
    "battery_max_cell_temperature_celsius": lambda battery, _: battery["maxCellTemp"],
    "battery_communicating": lambda battery, _: int(battery["communicating"]),
    "battery_last_report_timestamp_seconds": lambda battery, _: battery["last_rpt_date"],
    "battery_sleep_enabled": lambda battery, _: int(battery["sleep_enabled"]),
    "battery_dc_switch_off": lambda battery, _: int(battery["dc_switch_off"]),
    "battery_led_status": lambda battery, _: battery["led_status"],
    "battery_installed_timestamp_seconds": lambda battery, _: battery["installed"],
    "battery_revision": lambda battery, _: battery["encharge_rev"],
    "battery_soc_ratio": lambda _, power: power["soc"] / 100,
    "battery_power_watts": lambda _, power: power["real_power_mw"] / 1000,
    "battery_apparent_power_volt_amperes": lambda _, power: power["apparent_power_mva"] / 1000,
}


@captured
@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.name)
async def test_batteries_say_what_the_documents_say(exporting: Exporting, folder: Path) -> None:
    """Every number of every IQ Battery is shown, in base units; a home without one shows none."""
    exposed = await whole(exporting, folder.name)
    batteries = {device["serial_num"]: device for device in inventory(folder.name, "ENCHARGE")}
    powers = live(folder.name)
    ac = {labels["serial"] for labels in exposed.labels("battery_info") if labels["kind"] == "acb"}
    for name, expected in ENCHARGE.items():
        shown = exposed.of(name, "serial")
        assert {serial: shown[serial] for serial in shown.keys() - ac} == {
            serial: pytest.approx(expected(battery, powers[serial]))
            for serial, battery in batteries.items()
        }, name


SECONDARY_CONTROL = {
    "storage_capacity_joules": ("Max_energy", WH),
    "storage_reserve_energy_joules": ("ENC_agg_backup_energy", WH),
    "storage_reserve_soc_ratio": ("configured_backup_soc", 0.01),
}


@captured
@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.name)
async def test_storage_says_what_the_documents_say(exporting: Exporting, folder: Path) -> None:
    """The sums of all batteries are shown; a home without a battery shows nothing, not zeros."""
    exposed = await whole(exporting, folder.name)
    panels = contents(folder.name, "api_v1_production_inverters")
    ac = isinstance(panels, list) and any(panel.get("devType") == 11 for panel in panels)
    sums = contents(folder.name, "ivp_ensemble_secctrl")
    if not ac and not inventory(folder.name, "ENCHARGE"):
        names = {name for name, _ in exposed.samples}
        assert [n for n in names if n.startswith(("enphase_storage", "enphase_battery"))] == []
    elif isinstance(sums, dict):
        for name, (key, factor) in SECONDARY_CONTROL.items():
            assert exposed.value(name) == pytest.approx(sums[key] * factor)


@captured
@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.name)
async def test_the_controller_says_what_the_documents_say(
    exporting: Exporting, folder: Path
) -> None:
    """Relay, temperature (Fahrenheit in the document) and dry contacts; nothing without one."""
    exposed = await whole(exporting, folder.name)
    controllers = {device["serial_num"]: device for device in inventory(folder.name, "ENPOWER")}
    assert exposed.of("system_controller_temperature_celsius", "serial") == {
        serial: pytest.approx((device["temperature"] - 32) / 1.8)
        for serial, device in controllers.items()
    }
    relays = {int(device["mains_oper_state"] == "closed") for device in controllers.values()}
    assert exposed.value("grid_relay_closed") == (relays.pop() if relays else None)
    used = {use["id"] for use in contacts(folder.name, "settings") if use["type"] != "NONE"}
    assert exposed.of("dry_contact_closed", "contact") == {
        contact["id"]: int(contact["status"] == "closed")
        for contact in contacts(folder.name, "states")
        if controllers and contact["id"] in used
    }


@captured
@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.name)
async def test_a_generator_is_shown_where_one_is_configured(
    exporting: Exporting, folder: Path
) -> None:
    """Firmware that calls a generator present which nobody has configured shows none."""
    exposed = await whole(exporting, folder.name)
    settings = contents(folder.name, "ivp_ss_gen_config")
    configured = isinstance(settings, dict) and "name_plate_rating_wat" in settings
    assert ("generator_running" in exposed) == configured


@captured
async def test_a_running_generator(exporting: Exporting) -> None:
    """8.2.127 off the grid: mains open, generator closed and running, battery charging."""
    exposed = await whole(exporting, "8.2.127_with_generator_running")
    assert exposed.value("grid_relay_closed") == 0
    assert exposed.value("grid_relay_admin_closed") == 1
    assert exposed.value("generator_relay_closed") == 1
    assert exposed.value("generator_running") == 1
    assert exposed.value("generator_rated_power_watts") == 14_000
    assert exposed.value("generator_start_soc_ratio") == 1
    assert exposed.value("generator_stop_soc_ratio") is None
    assert exposed.of("system_controller_temperature_celsius", "serial") == {
        "122210043898": pytest.approx(32.78, abs=0.01)
    }
    assert exposed.value("battery_power_watts", serial="492234001350") == -1250
    assert exposed.value("battery_soc_ratio", serial="492234001350") == 0.98
    assert exposed.value("grid_mode", device="encharge", mode="multimode-generator") == 1
    assert exposed.value("grid_mode", device="encharge", mode="multimode-ongrid") == 0
    assert exposed.of("dry_contact_info", "contact", "load") == {
        ("NO1", "Fridge and Freezer"): 1,
        ("NO2", "HVAC and Furnace"): 1,
    }


@captured
async def test_a_collar_and_a_combiner(exporting: Exporting) -> None:
    """8.3.1598: the collar is at 42 degrees, closed and on the grid; the combiner has two parts."""
    exposed = await whole(exporting, "8.3.1598_collar")
    serial = "482520020939"
    assert exposed.value("collar_temperature_celsius", serial=serial) == 42
    assert exposed.value("collar_mid_closed", serial=serial) == 1
    assert exposed.value("collar_on_grid", serial=serial) == 1
    assert exposed.value("collar_control_error", serial=serial) == 0
    assert exposed.of("combiner_info", "serial", "firmware").keys() == {
        ("482523040549", "0.1.20-D1"),
        ("482523040550", "2.2.1-D4119"),
    }
    assert exposed.of("network_interface_up", "interface") == {"ppp0": 1, "eth0": 0, "wlan0": 1}
    assert exposed.value("network_interface_signal_ratio", interface="wlan0", kind="wifi") == 0.8
    assert exposed.value("network_cloud_connected") == 1


@captured
async def test_mixed_batteries(exporting: Exporting) -> None:
    """8.2.4382: 54 % as the power page says, not the inventory's stale 10 %; three AC batteries."""
    exposed = await whole(exporting, "8.2.4382_ACB")
    (serial,) = live("8.2.4382_ACB")
    assert exposed.value("battery_soc_ratio", serial=serial) == 0.54
    assert exposed.value("ac_batteries") == 3
    assert exposed.value("ac_battery_power_watts") == 260
    assert exposed.value("ac_battery_soc_ratio") == 0.25
    assert exposed.value("ac_battery_stored_energy_joules") == 930 * WH
    assert exposed.value("ac_battery_charge_state", state="discharging") == 1
    assert exposed.value("storage_soc_ratio") == pytest.approx(0.39)
    assert exposed.value("storage_available_energy_joules") == (1890 + 930) * WH
    assert exposed.value("export_limit_enabled") == 1
    assert exposed.value("export_limit_ratio") == 1


@captured
async def test_ac_batteries_one_by_one(exporting: Exporting) -> None:
    """8.3.5169: two AC batteries at 0 and 2 %, with their own counters and state of health."""
    exposed = await whole(exporting, "8.3.5169_ACB_inventory")
    batteries = {labels["serial"] for labels in exposed.labels("battery_info")}
    assert sorted(exposed.of("battery_soc_ratio", "serial").values()) == [0, 0.02]
    assert exposed.of("battery_charge_state", "serial", "state")[min(batteries), "idle"] == 1
    devices = contents("8.3.5169_ACB_inventory", "ivp_pdm_device_data")
    counted = {
        device["sn"]: device["channels"][0]["lifetime"]
        for device in devices.values()
        if isinstance(device, dict) and device["devName"] == "acb"
    }
    for way, key in (("charge", "joulesUsed"), ("discharge", "joulesProduced")):
        assert exposed.of(f"battery_{way}_energy_joules_total", "serial") == {
            serial: lifetime[key] for serial, lifetime in counted.items()
        }


@captured
async def test_inventory_tells_faults_of_inverters(exporting: Exporting) -> None:
    """8.3.5169's inverters are short of sunlight at night: each fault is a series."""
    exposed = await whole(exporting, "8.3.5169_ACB_inventory")
    groups = {
        group["type"]: group["devices"] for group in contents("8.3.5169_ACB_inventory", "inventory")
    }
    expected = {
        (device["serial_num"], fault)
        for device in groups["PCU"]
        for fault in device["device_status"]
        if fault not in {"envoy.global.ok", "prop.done"}
    }
    assert expected
    assert exposed.of("inverter_condition", "serial", "condition").keys() == expected
    assert exposed.value("devices", kind="pcu") == len(groups["PCU"])
    assert exposed.value("devices_communicating", kind="acb") == 2


@captured
async def test_the_oldest_firmware_is_read_from_its_web_page(exporting: Exporting) -> None:
    """3.7.0 shows 6630 W, and its energies of three digits as gauges, not as counters."""
    exposed = await whole(exporting, "3.7.0")
    assert exposed.value("production_power_watts") == 6630
    assert "production_energy_joules_total" not in exposed
    assert exposed.of("production_page_energy_joules", "period") == {
        "today": 53_600 * WH,
        "week": 405_000 * WH,
        "lifetime": 133_000_000 * WH,
    }


@captured
@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.name)
async def test_no_address_leaves_the_house(exporting: Exporting, folder: Path) -> None:
    """Neither an IP nor a MAC address of the gateway's network stands in the metrics."""
    page = contents(folder.name, "home")
    if not isinstance(page, dict):
        return
    exposed = await whole(exporting, folder.name)
    assert "network_interface_up" in exposed
    for interface in page["network"]["interfaces"]:
        for secret in (interface.get("mac"), interface.get("ip")):
            assert not secret or secret not in exposed.text


@pytest.mark.parametrize("odd", [5, "x", {}, [5], [[]], [{}], None])
def test_an_installers_table_of_another_shape_is_empty(odd: Any) -> None:
    """Where names or rows are none, nothing is read, and nothing breaks."""
    for table in ({"fields": odd, "values": [[1]]}, {"fields": ["serialNumber"], "values": odd}):
        assert not list(installer_inverters.read({"pcu": table}, moment=0.0))


@pytest.mark.parametrize("odd", [[], {}, [[]]])
def test_a_kind_that_is_no_text_is_no_kind(odd: Any) -> None:
    """A list where a meter's kind or the grid's mode belongs costs that value alone."""
    assert unmetered_storage.opens([{"state": "enabled", "measurementType": odd}])
    controllers = [{"type": "ENPOWER", "devices": [{"Enchg_grid_mode": odd}]}]
    names = [s.family.name for s in generator.read({"oper_state": "open"}, {"x": 1}, controllers)]
    assert "enphase_generator_running" in names
