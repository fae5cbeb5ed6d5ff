"""The site that has everything: each device, each oddity, and all of them consistent."""

import json
from typing import Any

import httpx
import pytest

from exporter.demo import days
from exporter.demo.clock import Clock
from exporter.demo.documents import Documents
from exporter.demo.documents.identity import (
    AC_BATTERIES,
    BATTERIES,
    COLLAR,
    COMBINER,
    CONTROLLER,
    METER_BOARD,
    RELAY,
    REMOVED,
)
from exporter.demo.world import World

NOON = 1_783_105_200.0
MOMENTS = [NOON - 7 * 3600 + n * 2633.7 for n in range(40)]
SOURCE = Documents(profile="everything")
DEVSTATUS = "/ivp/peb/devstatus"


def document(target: str, moment: float = NOON) -> Any:
    """Return one of the documents."""
    return json.loads(SOURCE.answer(target, moment).body)


def devices(name: str, moment: float = NOON) -> list[dict[str, Any]]:
    """Return the devices of one kind in the fine numbers."""
    page = document("/ivp/pdm/device_data", moment)
    assert page["deviceCount"] == len(page) - 2 < page["deviceDataLimit"]
    return [each for each in page.values() if isinstance(each, dict) and each["devName"] == name]


def test_seven_meters_and_a_stray_reading() -> None:
    """Four meters are on; the others' readings, and that of no meter, are traps."""
    known = {each["measurementType"]: each for each in document("/ivp/meters")}
    states = [each["state"] for each in known.values()]
    assert states == ["enabled"] * 4 + ["disabled"] * 3
    assert list(known)[3:] == ["backfeed", "load", "evse", "pv3p"]
    readings = {each["eid"]: each for each in document("/ivp/meters/readings")}
    assert readings.keys() - {each["eid"] for each in known.values()} == {1023410688}
    assert readings[known["evse"]["eid"]]["actEnergyRcvd"] < 0
    assert readings[known["pv3p"]["eid"]]["timestamp"] == 0
    assert readings[known["production"]["eid"]]["pwrFactor"] > 1


def test_the_firmwares_errors_are_shown() -> None:
    """Total consumption repeats the net one, today is for ever, and the first page stands still."""
    page = document("/production.json?details=1")
    total, net = page["consumption"]
    for key in ("wNow", "whLifetime", "rmsCurrent"):
        assert total[key] == net[key]
    made = page["production"][1]
    assert made["whToday"] == made["whLifetime"]
    assert [line["wNow"] for line in made["lines"]][2:] == [0.0]
    assert "lines" not in document("/production.json")["production"][1]
    first = "/api/v1/production"
    assert document(first, NOON) == document(first, NOON + 2 * days.DAY)
    for meter in devices("eim"):
        assert meter["channels"][0]["lastReading"]["endDate"] < NOON - days.DAY


def test_two_kinds_of_batteries_share_the_storage() -> None:
    """Their powers add up to the meter's, their energies to the site's, at every moment."""
    for moment in MOMENTS:
        state = SOURCE.house.at(moment)
        power = document("/ivp/ensemble/power", moment)["devices:"]
        assert [each["serial_num"] for each in power] == list(BATTERIES)
        newer = sum(each["real_power_mw"] for each in power) / 1000
        assert newer == pytest.approx(0.94 * state.storage.total.watts, abs=2)
        site = document("/ivp/ensemble/secctrl", moment)
        energy = site["ENC_agg_avail_energy"] + site["ACB_agg_energy"]
        assert site["agg_soc"] == pytest.approx(energy / site["Max_energy"] * 100, abs=0.6)
        assert site["ENC_agg_soc"] == power[0]["soc"]
        stored = site["ENC_agg_avail_energy"] + site["ACB_agg_energy"] - 0.2 * site["Max_energy"]
        assert stored == pytest.approx((state.soc - 0.2) * 10_000, abs=2)


def test_ac_batteries_agree_with_each_other() -> None:
    """All documents tell the same of an AC Battery, and it counts what it did."""
    for moment in MOMENTS:
        fine = {each["sn"]: each["channels"][0] for each in devices("acb", moment)}
        rows = document("/api/v1/production/inverters", moment)
        listed = {each["serialNumber"]: each for each in rows if each["devType"] == 11}
        stored = {
            each["serial_num"]: each for each in document("/inventory.json", moment)[1]["devices"]
        }
        assert fine.keys() == listed.keys() == stored.keys() == set(AC_BATTERIES)
        watts = 0.0
        for serial, channel in fine.items():
            reading = channel["lastReading"]
            assert 0 <= moment - reading["endDate"] <= days.STEP
            assert listed[serial]["lastReportDate"] == reading["endDate"]
            assert stored[serial]["percentFull"] == reading["SOC"]
            watts += (reading["joulesProduced"] - reading["joulesUsed"]) / days.STEP
        [block] = document("/production.json", moment)["storage"]
        assert block["wNow"] == pytest.approx(watts, abs=1)
        assert block["activeCount"] == 2
        before = {each["sn"]: each["channels"][0] for each in devices("acb", moment - days.STEP)}
        for serial, channel in fine.items():
            for key in ("joulesProduced", "joulesUsed"):
                gained = channel["lifetime"][key] - before[serial]["lifetime"][key]
                assert gained == pytest.approx(channel["lastReading"][key], abs=2)


def test_every_device_is_somewhere() -> None:
    """Each kind of device is in the inventories, with its serial number."""
    known = document("/ivp/ensemble/inventory")
    serials = {each["type"]: [one["serial_num"] for one in each["devices"]] for each in known}
    assert serials == {
        "ENCHARGE": list(BATTERIES),
        "ENPOWER": [CONTROLLER],
        "COLLAR": [COLLAR],
        "C6 COMBINER CONTROLLER": [COMBINER],
        "C6 RGM": [METER_BOARD],
    }
    [relay] = devices("nsrb")
    assert relay["sn"] == document("/inventory.json")[2]["devices"][0]["serial_num"] == RELAY


def test_an_inverter_was_removed_and_one_is_ill() -> None:
    """The removed one is inactive, deleted and counted nowhere; the other has conditions."""
    [gone] = [each for each in devices("pcu") if not each["active"]]
    assert (gone["sn"], gone["channels"][0]["lifetime"]) == (REMOVED, {})
    stored = document("/inventory.json")[0]["devices"]
    [deleted] = [each for each in stored if each["admin_state"] == 3]
    assert deleted["serial_num"] == REMOVED
    assert "producing" not in deleted
    assert document("/production.json")["production"][0]["activeCount"] == 24
    rows = document("/api/v1/production/inverters")
    assert REMOVED not in {each["serialNumber"] for each in rows}
    ill = [each for each in stored if "envoy.global.ok" not in each["device_status"]]
    assert [each["device_status"][0] for each in ill] == [
        "envoy.cond_flags.pcu_chan.dcvoltagetoolow"
    ]


def test_live_data_adds_up() -> None:
    """The home's load is what sun, batteries and grid bring, to the milliwatt or two."""
    for moment in MOMENTS:
        page = document("/ivp/livedata/status", moment)["meters"]
        flows = [page[name]["agg_p_mw"] for name in ("pv", "storage", "grid")]
        assert page["load"]["agg_p_mw"] == pytest.approx(sum(flows), abs=5)
        assert page["last_update"] == int(moment)
        assert page["soc"] == document("/ivp/ensemble/secctrl", moment)["agg_soc"]


def test_contacts_and_generator_are_set_up() -> None:
    """One contact switches a load, one solar, two nothing; the generator rests."""
    kinds = [each["type"] for each in document("/ivp/ss/dry_contact_settings")["dry_contacts"]]
    assert kinds == ["LOAD", "NONE", "PV", "NONE"]
    assert document("/ivp/ss/gen_config")["name_plate_rating_wat"] == 14.0
    assert document("/ivp/ensemble/generator")["oper_state"] == "open"
    limit = document("/ivp/ss/pel_settings")
    assert (limit["PEL"], limit["percent"], limit["PEL_Limit"]) == (True, True, 100.0)


def test_installers_see_more_than_owners() -> None:
    """The powerline's page is an HTML 401 to an owner, by token and by session."""
    with (
        World(clock=Clock(NOON, 0), profile="everything") as world,
        httpx.Client(base_url=world.gateway_server.url, verify=False) as client,  # noqa: S501 - self-signed, as real
    ):
        for role, status in (("owner", 401), ("installer", 200)):
            client.cookies.clear()
            headers = {"Authorization": f"Bearer {world.token(role=role)}"}
            assert client.get(DEVSTATUS, headers=headers).status_code == status
            assert client.get("/auth/check_jwt", headers=headers).status_code == 200
            page = client.get(DEVSTATUS)
            assert page.status_code == status
            assert page.text.startswith("<html>" if status == 401 else "{")


def test_the_powerline_tells_columns() -> None:
    """Each row has a value for each field; watts are really milliwatts."""
    page = document(DEVSTATUS)
    for kind, count in (("pcu", 24), ("acb", 2), ("nsrb", 1)):
        table = page[kind]
        assert [len(row) for row in table["values"]] == [len(table["fields"])] * count
        assert page["counters"][kind]["expected"] == count
    rows = [dict(zip(page["pcu"]["fields"], row, strict=True)) for row in page["pcu"]["values"]]
    watts = {
        each["serialNumber"]: each["lastReportWatts"]
        for each in document("/api/v1/production/inverters")
    }
    for row in rows:
        assert row["acPowerINmW"] / 1000 == pytest.approx(watts[row["serialNumber"]], abs=0.6)
