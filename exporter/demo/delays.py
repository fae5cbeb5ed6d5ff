"""How long real gateways take to answer, for demos that are to feel like one.

Between the fastest and the slowest gateways lies a factor of five; these stand in the middle.
"""

QUICK = 0.1
REAL_DELAYS: dict[str, float] = {
    "/info": QUICK,
    "/api/v1/production": QUICK,
    "/api/v1/production/inverters": QUICK,
    "/admin/lib/tariff": QUICK,
    "/ivp/meters": QUICK,
    "/ivp/meters/readings": QUICK,
    "/ivp/pdm/device_data": 0.2,
    "/ivp/peb/devstatus": 0.2,
    "/ivp/livedata/status": QUICK,
    "/ivp/mod/603980032/mode/power": QUICK,
    "/ivp/ensemble/inventory": QUICK,
    "/ivp/ensemble/power": QUICK,
    "/ivp/ensemble/secctrl": QUICK,
    "/ivp/ensemble/relay": QUICK,
    "/ivp/ensemble/errors": QUICK,
    "/ivp/ensemble/generator": QUICK,
    "/ivp/ensemble/dry_contacts": QUICK,
    "/ivp/ss/dry_contact_settings": QUICK,
    "/ivp/ss/gen_config": QUICK,
    "/ivp/ss/gen_schedule": QUICK,
    "/ivp/ss/gen_mode": QUICK,
    "/ivp/ss/pel_settings": QUICK,
    "/ivp/sc/pvlimit": QUICK,
    "/production.json": 1.9,
    "/production.json?details=1": 3.1,
    "/production": 5.7,
    "/inventory.json": 3.5,
    "/home.json": 7.7,
}
"""Seconds for each target; lay them into `Gateway.delays`."""
