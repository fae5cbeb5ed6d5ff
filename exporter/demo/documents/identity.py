"""The serial numbers of the demo's devices, and what they have in common."""

SERIAL = "202312034567"
BATTERIES = ("482342012101", "482342012118")
CONTROLLER = "482340007203"
INSTALLED_AT = 1_704_132_000
"""Noon UTC of the day the home was installed, as devices record it."""
