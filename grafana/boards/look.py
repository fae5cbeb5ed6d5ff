"""Colours by meaning, Grafana's names of units, and words for what a home does not have."""

SOLAR = "#F2CC0C"
HOUSE = "#5794F2"
BOUGHT = "#B877D9"
SOLD = "#73BF69"
BATTERY = "#FF9830"
FAULT = "#F2495C"
GOOD = "#73BF69"
FAIR = "#FADE2A"
PLAIN = "#8E8E8E"

TO_MEDIAN = ((None, FAULT), (0.5, BATTERY), (0.8, GOOD))
"""Colours of an inverter's power as a share of its site's median."""

L1, L2, L3 = "#5794F2", "#FF9830", "#B877D9"
PHASES = {"L1": L1, "L2": L2, "L3": L3}

WATT = "watt"
WATT_HOUR = "watth"
SHARE = "percentunit"
VOLT = "volt"
AMPERE = "amp"
HERTZ = "hertz"
CELSIUS = "celsius"
VOLT_AMPERE = "voltamp"
REACTIVE = "voltampreact"
SECONDS = "s"
BYTES = "bytes"
PER_SECOND = "reqps"
NUMBER = "none"
AGO = "dateTimeFromNow"

NO_DATA = "No data"
NO_GRID_METER = "No grid meter"
NO_BATTERY = "No battery"
NO_STORAGE_METER = "No storage meter"
