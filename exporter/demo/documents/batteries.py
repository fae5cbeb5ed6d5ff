"""`/ivp/ensemble/*`: two batteries, and the controller between home and grid."""

from typing import Any

from exporter.demo.banks import QUIET, Bank, alone
from exporter.demo.battery import RESERVE
from exporter.demo.documents.identity import BATTERIES, CONTROLLER, INSTALLED_AT
from exporter.demo.house import State

CHARGING, DISCHARGING, IDLE = 12, 13, 14
WH = 3600
Device = dict[str, Any]


def inventory(state: State) -> list[Device]:
    """Return both kinds of device."""
    return [
        {"type": "ENCHARGE", "devices": batteries(state, alone(state))},
        {"type": "ENPOWER", "devices": [controller(state)]},
    ]


def power(state: State) -> dict[str, list[Device]]:
    """Return each battery's power, under a key that really ends with a colon."""
    return shared(alone(state))


def secctrl(state: State) -> Device:
    """Return the batteries as one."""
    return site(alone(state))


def shared(bank: Bank) -> dict[str, list[Device]]:
    """Return the power of each battery of a bank."""
    milliwatts = round(bank.watts / len(BATTERIES)) * 1000
    return {
        "devices:": [
            {
                "serial_num": serial,
                "real_power_mw": milliwatts,
                "apparent_power_mva": milliwatts,
                "soc": round(bank.soc * 100),
            }
            for serial in BATTERIES
        ]
    }


def site(bank: Bank) -> Device:
    """Return a bank that is alone as the gateway's sums show it."""
    percent, capacity = round(bank.soc * 100), round(bank.capacity / WH)
    phases = {
        f"{name}{phase}": zero
        for phase in ("_phaseb", "_phasec")
        for name, zero in (
            ("freq_bias_hz", 0.0),
            ("voltage_bias_v", 0.0),
            ("freq_bias_hz_q8", 0),
            ("voltage_bias_v_q5", 0),
        )
    }
    return {
        "shutdown": False,
        "freq_bias_hz": -0.06,
        "voltage_bias_v": -0.72,
        "freq_bias_hz_q8": -96,
        "voltage_bias_v_q5": -23,
        **phases,
        "configured_backup_soc": round(RESERVE * 100),
        "adjusted_backup_soc": round(RESERVE * 100),
        "agg_soc": percent,
        "Max_energy": capacity,
        "ENC_agg_soc": percent,
        "ENC_agg_soh": 100,
        "ENC_agg_backup_energy": round(capacity * RESERVE),
        "ENC_agg_avail_energy": round(bank.stored / WH),
        "Enc_commissioned_capacity": capacity,
        "Enc_max_available_capacity": capacity,
        "ACB_agg_soc": 0,
        "ACB_agg_energy": 0,
        "VLS_Limit": 10,
        "soc_rec_enabled": True,
        "soc_recovery_entry": 2,
        "soc_recovery_exit": 10,
        "Commission_in_progress": False,
        "ESS_in_progress": False,
    }


def batteries(state: State, bank: Bank) -> list[Device]:
    """Return the batteries of a bank."""
    return [_battery(state, bank, number) for number in range(len(BATTERIES))]


def _battery(state: State, bank: Bank, number: int) -> Device:
    watts = bank.watts
    celsius = round(state.celsius + 2 + abs(watts) / 900)
    return {
        **_common("836-01826-r81", BATTERIES[number], int(state.moment) - 7 - 20 * number),
        "admin_state": 6,
        "admin_state_str": "ENCHG_STATE_READY",
        "img_pnum_running": "3.0.6614_rel/31.33",
        "bmu_fw_version": "3.8.63",
        "sleep_enabled": False,
        "percentFull": round(bank.soc * 100),
        "temperature": celsius,
        "maxCellTemp": celsius + 1,
        "reported_enc_grid_state": "grid-tied",
        "led_status": IDLE if abs(watts) < QUIET else CHARGING if watts < 0 else DISCHARGING,
        "dc_switch_off": False,
        "encharge_rev": 3,
        "encharge_capacity": round(bank.capacity / WH) // len(BATTERIES),
        "phase": "ph-a",
        "der_index": number + 1,
    }


def controller(state: State) -> Device:
    """Return the controller between home and grid."""
    return {
        **_common("865-00378-r27", CONTROLLER, int(state.moment) - 4),
        "admin_state": 24,
        "admin_state_str": "ENPWR_STATE_OPER_CLOSED",
        "img_pnum_running": "3.0.5654_rel/31.33",
        # The one temperature in Fahrenheit, as on every controller.
        "temperature": round((state.celsius + 4) * 9 / 5 + 32),
        "mains_admin_state": "closed",
        "mains_oper_state": "closed",
        "Enpwr_grid_mode": "multimode-ongrid",
        "Enchg_grid_mode": "multimode-ongrid",
        "Enpwr_relay_state_bm": 15868,
        "Enpwr_curr_state_id": 16,
    }


def _common(part: str, serial: str, reported: int) -> Device:
    return {
        "part_num": part,
        "serial_num": serial,
        "installed": INSTALLED_AT,
        "device_status": ["envoy.global.ok", "prop.done"],
        "last_rpt_date": reported,
        "created_date": INSTALLED_AT,
        "img_load_date": INSTALLED_AT,
        "communicating": True,
        "comm_level_sub_ghz": 0,
        "comm_level_2_4_ghz": 0,
    }
