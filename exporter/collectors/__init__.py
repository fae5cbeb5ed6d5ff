"""One file per subject; ``ALL`` is every collector there is, in the order of the exposition."""

from exporter.collectors import flows, gateway, inverters, meters, production

ALL = (
    gateway.gateway,
    production.production_metered,
    production.production_unmetered,
    production.production_unmetered_energy,
    production.production_standard,
    production.production_standard_energy,
    production.production_pageless,
    flows.flows,
    flows.flows_pageless,
    meters.meter_status,
    meters.meters,
    inverters.inverters,
)
