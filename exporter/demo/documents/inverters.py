"""`/api/v1/production/inverters` and `/inventory.json`: the inverters, as lists."""

from typing import Any

from exporter.demo.documents.identity import INSTALLED_AT
from exporter.demo.house import State
from exporter.demo.reports import Report

CHANNEL = 1627390225


def inverters(state: State) -> list[dict[str, Any]]:
    """Return each inverter's last report; an old one stays as it is."""
    return [
        {
            "serialNumber": report.inverter.serial,
            "lastReportDate": report.ended,
            "devType": 1,
            "lastReportWatts": report.watts,
            "maxReportWatts": report.inverter.most,
        }
        for report in state.inverters
    ]


def untyped(state: State) -> list[dict[str, Any]]:
    """Return the same from firmware that knew of no other kind of device."""
    rows = inverters(state)
    for row in rows:
        del row["devType"]
    return rows


def inventory(state: State) -> list[dict[str, Any]]:
    """Return every device but the batteries, with dates that are strings here."""
    return [
        {"type": "PCU", "devices": [device(report) for report in state.inverters]},
        {"type": "ACB", "devices": []},
        {"type": "NSRB", "devices": []},
    ]


def channel(report: Report) -> int:
    """Return the id of an inverter's only channel."""
    return CHANNEL + 256 * report.inverter.number


def device(report: Report) -> dict[str, Any]:
    """Return an inverter as the list of all devices knows it."""
    dark = ["envoy.cond_flags.pcu_ctrl.dc-pwr-low", "envoy.cond_flags.obs_strs.failure"]
    return {
        "part_num": "800-01736-r02",
        "installed": str(INSTALLED_AT),
        "serial_num": report.inverter.serial,
        "device_status": dark if report.gone else ["envoy.global.ok"],
        "last_rpt_date": str(report.ended),
        "admin_state": 2,
        "dev_type": 1,
        "created_date": str(INSTALLED_AT),
        "img_load_date": str(INSTALLED_AT),
        "img_pnum_running": "520-00082-r01-v04.30.32",
        "ptpn": "540-00134-r01-v04.30.10",
        "chaneid": channel(report),
        "device_control": [{"gficlearset": False}],
        "producing": not report.gone,
        "communicating": not report.gone,
        "provisioned": True,
        "operating": not report.gone,
        "phase": "ph-a",
    }
