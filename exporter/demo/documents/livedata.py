"""`/ivp/livedata/status`: every flow of the home, second by second, while somebody streams."""

from math import hypot
from typing import Any

from exporter.demo import banks
from exporter.demo.battery import RESERVE
from exporter.demo.documents.meters import REACTIVE
from exporter.demo.house import Flow, Meter, State

MILLI = 1000
WH = 3600
CLOSED, NO_GENERATOR = 1, 5
SELF_CONSUMPTION = 2
LETTERS = ("a", "b", "c")
NOTHING = Flow(0.0, 0.0, 0.0)


def status(state: State) -> dict[str, Any]:
    """Return all flows; the only document that knows what the home itself takes."""
    newer, older = banks.newer(state), banks.older(state)
    charge = (newer.stored + older.stored) / (newer.capacity + older.capacity)
    vars_ = {name: REACTIVE[name] for name in ("production", "net-consumption", "storage")}
    return {
        "connection": {
            "mqtt_state": "connected",
            "prov_state": "configured",
            "auth_state": "ok",
            "sc_stream": "enabled",
            "sc_debug": "disabled",
        },
        "meters": {
            "last_update": int(state.moment),
            "soc": round(charge * 100),
            "main_relay_state": CLOSED,
            "gen_relay_state": NO_GENERATOR,
            "backup_bat_mode": SELF_CONSUMPTION,
            "backup_soc": round(RESERVE * 100),
            "is_split_phase": int(state.wiring.mode == "split"),
            "phase_count": len(state.wiring.phases),
            "enc_agg_soc": round(newer.soc * 100),
            "enc_agg_energy": round(newer.stored / WH),
            "acb_agg_soc": round(older.soc * 100),
            "acb_agg_energy": round(older.stored / WH),
            "pv": _flow(state.production, vars_["production"]),
            "storage": _flow(state.storage, vars_["storage"]),
            "grid": _flow(state.grid, vars_["net-consumption"]),
            "load": _flow(state.load, sum(vars_.values())),
            "generator": _flow(Meter((NOTHING,) * len(state.wiring.phases)), 0.0),
        },
        "tasks": {"task_id": 0, "timestamp": 0},
        "counters": {"main_CfgLoad": 1, "main_CfgChanged": 1},
        "dry_contacts": {},
    }


def _flow(meter: Meter, reactive: float) -> dict[str, int]:
    """Return a flow in milliwatts; apparent power carries its sign."""
    watts = [flow.watts for flow in meter.phases]
    apparent = [hypot(each, reactive) * (-1 if each < 0 else 1) for each in watts]
    spare = [0.0] * (len(LETTERS) - len(watts))
    rows = {"p_ph_{}_mw": [*watts, *spare], "s_ph_{}_mva": [*apparent, *spare]}
    return {
        "agg_p_mw": sum(round(each * MILLI) for each in watts),
        "agg_s_mva": sum(round(each * MILLI) for each in apparent),
        **{
            "agg_" + name.format(letter): round(value * MILLI)
            for name, values in rows.items()
            for letter, value in zip(LETTERS, values, strict=True)
        },
    }
