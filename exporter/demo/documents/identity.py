"""The serial numbers of the demo's devices, and what they have in common."""

from exporter.demo.roof import COUNT, serial

BATTERIES = ("482342012101", "482342012118")
CONTROLLER = "482340007203"
AC_BATTERIES = ("121912004401", "121912004417")
RELAY = "121930007005"
COLLAR = "482510020102"
COMBINER = "482511040203"
METER_BOARD = "482511040210"
REMOVED = serial(COUNT)
"""An inverter that once hung on the roof, and is still remembered."""
INSTALLED_AT = 1_704_132_000
"""Noon UTC of the day the home was installed, as devices record it."""
