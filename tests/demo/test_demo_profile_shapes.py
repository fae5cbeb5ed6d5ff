"""Each kind of site beside real gateways of its kind: the same keys, and the same types."""

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from exporter.demo.documents import Documents

NOON = 1_783_105_200.0
Shape = dict[str, set[type]]
COLLAR, ACB, ACB_TOO = "8.3.1598_collar", "8.3.5169_ACB_inventory", "8.2.4382_ACB"
GENERATOR, THREE, NO_CT = (
    "8.2.127_with_generator_running",
    "8.3.5167_3rd-pv",
    "8.2.4264_metered_noct",
)
STANDARD, OLD_STANDARD = "7.6.175_standard", "5.0.62"
LINED = "production.json"
CAPTURED: dict[str, dict[str, tuple[str, ...]]] = {
    "everything": {
        "/ivp/meters": (COLLAR,),
        "/ivp/meters/readings": (COLLAR,),
        "/production.json?details=1": (f"{COLLAR}/{LINED}", f"{ACB_TOO}/{LINED}"),
        "/production": (COLLAR, ACB),
        "/api/v1/production": (COLLAR,),
        "/api/v1/production/inverters": (ACB,),
        "/ivp/pdm/device_data": (ACB, THREE),
        "/ivp/ensemble/inventory": (COLLAR, GENERATOR),
        "/ivp/ensemble/power": (COLLAR,),
        "/ivp/ensemble/secctrl": (COLLAR,),
        "/ivp/ensemble/dry_contacts": (COLLAR,),
        "/ivp/ensemble/generator": (GENERATOR,),
        "/ivp/ss/dry_contact_settings": (COLLAR, GENERATOR),
        "/ivp/ss/gen_config": (GENERATOR,),
        "/ivp/ss/gen_schedule": (GENERATOR,),
        "/ivp/ss/pel_settings": (ACB_TOO,),
        "/ivp/sc/pvlimit": (COLLAR,),
        "/admin/lib/tariff": (COLLAR, ACB),
        "/home.json": (f"{COLLAR}/home",),
        "/inventory.json": (f"{ACB}/inventory",),
    },
    "standard": {
        "/ivp/meters": (OLD_STANDARD,),
        "/ivp/meters/readings": (OLD_STANDARD,),
        "/production.json": (STANDARD,),
        "/production": (STANDARD,),
        "/api/v1/production": (STANDARD,),
        "/api/v1/production/inverters": (STANDARD,),
        "/ivp/ensemble/inventory": (STANDARD,),
        "/ivp/ensemble/power": (STANDARD,),
        "/ivp/ensemble/dry_contacts": (STANDARD,),
        "/ivp/ss/dry_contact_settings": (STANDARD,),
        "/admin/lib/tariff": (OLD_STANDARD,),
        "/home.json": ("7.6.175/home",),
    },
    "three-phase": {
        "/ivp/meters": (THREE,),
        "/ivp/meters/readings": (THREE,),
        "/production.json?details=1": (f"{THREE}/{LINED}",),
        "/api/v1/production/inverters": (NO_CT,),
        "/ivp/pdm/device_data": (THREE,),
        "/ivp/ensemble/inventory": (NO_CT,),
        "/ivp/ensemble/power": (NO_CT,),
        "/ivp/ensemble/secctrl": (NO_CT,),
        "/ivp/ensemble/dry_contacts": (NO_CT,),
        "/ivp/ensemble/generator": (NO_CT,),
        "/ivp/ss/gen_config": (NO_CT,),
        "/ivp/ss/gen_schedule": (NO_CT,),
        "/ivp/ss/dry_contact_settings": (NO_CT,),
        "/ivp/ss/pel_settings": (COLLAR,),
        "/ivp/sc/pvlimit": (NO_CT,),
        "/admin/lib/tariff": (NO_CT,),
    },
    "legacy": {
        "/api/v1/production": ("3.9.36",),
        "/api/v1/production/inverters": ("3.9.36",),
    },
}
CASES = [(profile, target) for profile, targets in CAPTURED.items() for target in targets]
# No capture has an IQ Relay, or a contact for solar; these are theirs.
UNSEEN = {
    "pv_serial_nb[]",
    *("relay", "reason_code", "reason", "line-count"),
    *("line1-connected", "line2-connected", "line3-connected"),
    *("temperature", "acCurrOffset", "VrmsL1N", "VrmsL2N", "VrmsL3N", "freqInmHz"),
    *("stateChngCnt", "vrmsB1L12_or_L12", "vrmsB2L12_or_L23", "vrmsL31"),
}
# What the first of the captures has and our site does not: rates by season, readings lost by day.
ELSEWHERE = {"seasons", "seasons_sell"}


@pytest.mark.parametrize(("profile", "target"), CASES)
@pytest.mark.parametrize("hour", [12, 1])
def test_each_profile_looks_as_captured(
    captures: Path, shape: Callable[[Any], Shape], profile: str, target: str, hour: int
) -> None:
    """Nothing is there that real gateways lack, and nothing lacks that the first of them has."""
    body = Documents(profile=profile).answer(target, NOON + (hour - 12) * 3600).body
    ours = shape(json.loads(body))
    first, *others = (
        shape(_captured(captures, name, target)) for name in CAPTURED[profile][target]
    )
    known = dict(first)
    for other in others:
        known = {path: known.get(path, set()) | other.get(path, set()) for path in {*known, *other}}
    new = {path for path in ours.keys() - known.keys() if path.rsplit(".", 1)[-1] not in UNSEEN}
    assert not new
    lost = {path for path in first.keys() - ours.keys() if not ELSEWHERE & set(_words(path))}
    assert not lost
    for path, types in ours.items():
        assert types <= known.get(path, types), path


@pytest.mark.parametrize("profile", ["legacy", "oldest"])
def test_old_pages_look_as_captured(captures: Path, profile: str) -> None:
    """The table's rows are a real page's, and the page that is not there says so."""
    rows = re.compile(r"<td>([A-Z][A-Za-z ]+)</td>\s*<td>( *[\d.]+) ([kM]?Wh?)</td>")
    source = Documents(profile=profile)
    folder = captures / {"legacy": "3.9.36", "oldest": "3.7.0"}[profile]
    ours = rows.findall(source.answer("/production", NOON).body.decode())
    real = rows.findall((folder / "production").read_text())
    assert [row[0] for row in ours] == [row[0] for row in real]
    assert {len(row[1]) for row in ours} == {len(row[1]) for row in real} == {5}
    for page in (
        source.answer("/production.json", NOON).body,
        (captures / "3.7.0" / LINED).read_bytes(),
    ):
        assert b"<h2>Page Not Found</h2>" in page


def _captured(captures: Path, name: str, target: str) -> Any:
    folder, _, file = name.partition("/")
    path = captures / folder / (file or target[1:].replace("/", "_"))
    return json.loads(path.read_bytes())


def _words(path: str) -> list[str]:
    return re.split(r"[.\[\]]+", path)
