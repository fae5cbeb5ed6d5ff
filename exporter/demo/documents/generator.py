"""A generator that waits for an outage and does not run; or none, which also is a document."""

from typing import Any

from exporter.demo.house import State

Settings = dict[str, Any]
BY = "ITK"
START, STOP = 30, 70


def generator(_state: State) -> Settings:
    """Return what it does: nothing."""
    return {
        "admin_state": "open",
        "oper_state": "open",
        "admin_mode": 2,
        "schedule": 1,
        "start_soc": START,
        "stop_soc": STOP,
        "exc_on": 0,
        "present": 1,
        "type": 1,
    }


def none(_state: State) -> Settings:
    """Return what a gateway says that has no generator."""
    return {
        "admin_state": "unknown",
        "oper_state": "open",
        "admin_mode": 0,
        "schedule": 0,
        "start_soc": 100,
        "stop_soc": -1,
        "exc_on": 0,
        "present": 0,
        "type": 1,
    }


def unset(_state: State) -> Settings:
    """Return the settings of no generator."""
    return {}


def config(_state: State) -> Settings:
    """Return its plate; the rating is in kilowatts, whatever its name says."""
    return {
        "max_cont_gen_amps": 58.3,
        "min_gen_loading_perc": 5,
        "max_gen_efficiency_perc": 100,
        "name_plate_rating_wat": 14.0,
        "start_method": "Auto",
        "warm_up_mins": 2,
        "cool_down_mins": 3,
        "gen_type": "Standby",
        "model": "Guardian 14",
        "manufacturer": "Generac",
        "last_updated_by": BY,
        "generator_id": "",
        "charge_from_generator": True,
    }


def schedule(_state: State) -> Settings:
    """Return when it may run, and its weekly exercise."""
    period = {
        "id": "normal_1",
        "start": 0.0,
        "duration": 1440.0,
        "start_soc": float(START),
        "stop_soc": float(STOP),
        "setting": "AON",
    }
    every_day = {"id": "all_days", "week_days": "Mon,Tue,Wed,Thu,Fri,Sat,Sun", "periods": [period]}
    return {
        "exercise_config": {"freq_in_weeks": 1, "start": 750, "duration": 30, "day": "Sun"},
        "default_soc": {"start_soc": START, "stop_soc": STOP},
        "schedule": {
            "default": [{"id": "always_on", "start": "1/1", "end": "12/31", "days": [every_day]}]
        },
        "last_updated_by": BY,
    }


def mode(_state: State) -> Settings:
    """Return who commands it."""
    return {"gen_cmd": "auto", "last_updated_by": BY}
