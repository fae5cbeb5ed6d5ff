"""Colours by meaning, Grafana's names of units, and words for what a home does not have."""

SOLAR = "#F2CC0C"
HOUSE = "#5794F2"
BOUGHT = "#B877D9"
SOLD = "#73BF69"
BATTERY = "#FF9830"
CHARGING = "#C15C17"
UNMETERED = "#CCA300"
FAULT = "#F2495C"
GOOD = "#73BF69"
FAIR = "#FADE2A"
PLAIN = "#8E8E8E"

TO_MEDIAN = ((None, FAULT), (0.5, BATTERY), (0.8, GOOD))
"""Colours of an inverter's power as a share of its site's median."""

CHARGES = ((None, FAULT), (0.15, BATTERY), (0.4, GOOD))
"""Colours of a battery's charge."""

OWN = ((None, BOUGHT), (0.25, HOUSE), (0.6, GOOD))
"""Colours of self-sufficiency, and of the panels' own use."""

DASHED = {"custom.lineStyle": {"fill": "dash", "dash": [8, 8]}}
"""A line that is no measurement, but what others are held against."""

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
MINUTES = "m"
DURATION = "dtdurations"
BYTES = "bytes"
PER_SECOND = "reqps"
PER_MINUTE = "reqpm"
NUMBER = "none"
AGO = "dateTimeFromNow"

NO_DATA = "No data"
NO_GRID_METER = "No grid meter"
NO_BATTERY = "No battery"
NO_METERS = "No meters"
NO_STORAGE_METER = "No storage meter"
NO_STORED = "No battery, or no meter"
