"""`/ivp/ensemble/*` of a home with everything: more devices, and sums of two kinds of battery."""

from typing import Any

from exporter.demo import banks
from exporter.demo.documents import batteries
from exporter.demo.documents.identity import COLLAR, COMBINER, INSTALLED_AT, METER_BOARD
from exporter.demo.house import State

WH = 3600
Device = dict[str, Any]


def inventory(state: State) -> list[Device]:
    """Return five kinds of device."""
    ready = {
        "admin_state": 63,
        "admin_state_str": "ENCMN_MDE_ENCHARGE_READY",
        "img_pnum_running": "4.5.35",
        "bmu_fw_version": "4.5.35",
        "encharge_rev": 4,
    }
    newer = batteries.batteries(state, banks.newer(state))
    return [
        {"type": "ENCHARGE", "devices": [{**each, **ready} for each in newer]},
        {"type": "ENPOWER", "devices": [batteries.controller(state)]},
        {"type": "COLLAR", "devices": [_collar(state)]},
        {"type": "C6 COMBINER CONTROLLER", "devices": [_combiner()]},
        {"type": "C6 RGM", "devices": [_meter_board()]},
    ]


def power(state: State) -> dict[str, list[Device]]:
    """Return the newer batteries' power: the older ones are in no such list."""
    return batteries.shared(banks.newer(state))


def secctrl(state: State) -> Device:
    """Return all batteries as one, and each kind by itself."""
    newer, older = banks.newer(state), banks.older(state)
    capacity = newer.capacity + older.capacity
    return {
        **batteries.site(newer),
        "offgrid_secctrl": OFF_GRID,
        "agg_soc": round((newer.stored + older.stored) / capacity * 100),
        "Max_energy": round(capacity / WH),
        "ACB_agg_soc": round(older.soc * 100),
        "ACB_agg_energy": round(older.stored / WH),
        "ESS_R3_To_R4_in_progress": False,
    }


def relay(_state: State) -> Device:
    """Return how the home is connected."""
    return {
        "mains_admin_state": "closed",
        "mains_oper_state": "closed",
        "srt12_state": "open",
        "srt13_state": "open",
        "der1_state": 1,
        "der2_state": 1,
        "der3_state": 1,
        "Enchg_grid_mode": "multimode-ongrid",
        "Solar_grid_mode": "multimode-ongrid",
    }


OFF_GRID = {
    **dict.fromkeys(("F", "V", "Vd_neg", "Vq_neg", "Vd_zero", "Vq_zero"), 0.0),
    "is_active": False,
    "is_system_balanced": True,
}


def _device(part: str, serial: str) -> Device:
    return {"part_num": part, "serial_num": serial, "installed": INSTALLED_AT}


def _collar(state: State) -> Device:
    return {
        **_device("865-00400-r22", COLLAR),
        "device_status": ["envoy.global.ok", "prop.done"],
        "last_rpt_date": int(state.moment) - 11,
        "admin_state": 88,
        "admin_state_str": "ENCMN_MDE_ON_GRID",
        "created_date": INSTALLED_AT,
        "img_load_date": INSTALLED_AT,
        "img_pnum_running": "3.0.6-D0",
        "communicating": True,
        "temperature": round(state.celsius + 9),
        "mid_state": "close",
        "grid_state": "on_grid",
        "control_error": 0,
        "collar_state": "Installed",
    }


def _combiner() -> Device:
    """Return the one device without status and temperature."""
    return {
        **_device("800-02403-r08", COMBINER),
        "last_rpt_date": INSTALLED_AT,
        "admin_state": 82,
        "admin_state_str": "ENCMN_C6_CC_READY",
        "created_date": INSTALLED_AT,
        "img_load_date": INSTALLED_AT,
        "fw_version": "0.1.20-D1",
        "dmir_version": "0.1.20-D1",
        "communicating": True,
    }


def _meter_board() -> Device:
    return {
        **_device("800-02403-r08", METER_BOARD),
        "FW Version": "2.2.1-D4119",
        "Device State": 80,
    }
