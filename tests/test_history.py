"""The demo's past, as a user puts it under a real Prometheus, and the mishaps in it."""

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import datetime
from itertools import pairwise
from pathlib import Path

import anyio
import httpx
import pytest
from harness import ROOT, Exporting, free_port, program, running
from prometheus_client.openmetrics.parser import text_string_to_metric_families

from exporter.demo import days
from exporter.demo.clock import Clock
from exporter.demo.documents import Documents
from exporter.demo.mishaps import Mishap, Mishaps
from exporter.demo.past import FALLEN, LOST, Past
from exporter.demo.profile import PROFILES
from exporter.demo.roof import serial
from exporter.demo.world import World
from exporter.exposition import Fragment
from exporter.playing import play
from exporter.rehearsal import Rehearsal

CLOCK = "2026-06-20T11:00-07:00"
END = int(datetime.fromisoformat(CLOCK).timestamp())
MIDNIGHT = int(days.midnight(END))
SUNNY = MIDNIGHT - days.DAY
OUTAGE = MIDNIGHT - 2 * days.DAY + 12 * 3600
ENOUGH = "demo --profile everything --output {output} --clock " + CLOCK
SUMMING_UP = {"/production.json", "/production.json?details=1", "/production"}
FRESH = {"enphase_certificate_info", "enphase_logins_total"}
"""A demo that starts has a new certificate, and logs in."""

Samples = dict[str, float]
Key = tuple[str, frozenset[tuple[str, str]]]

everything = Mishaps(END, PROFILES["everything"])


def demo(output: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Write a history as a user does."""
    command = [sys.executable, "-m", "exporter", *ENOUGH.format(output=output).split(), *arguments]
    environment = {name: value for name, value in os.environ.items() if "ENPHASE" not in name}
    return subprocess.run(
        command, check=False, capture_output=True, text=True, cwd=ROOT, env=environment
    )


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """Write two days of everything; return the file, and what was said."""
    output = tmp_path_factory.mktemp("history") / "history.om"
    done = demo(output, "--history=2d", "--step=300")
    assert done.returncode == 0, done.stderr
    return output, done.stderr


@pytest.fixture(scope="module")
def prometheus(written: tuple[Path, str]) -> Iterator[str]:
    """Run a Prometheus on the history, and return its address."""
    output, _ = written
    promtool, server = program("promtool", "prometheus"), program("prometheus", "prometheus")
    data, configuration = output.parent / "data", output.parent / "prometheus.yml"
    blocks = ["tsdb", "create-blocks-from", "--max-block-duration=720h", "openmetrics"]
    subprocess.run([promtool, *blocks, output, data], check=True, capture_output=True)
    configuration.write_text("")
    own = f"127.0.0.1:{free_port()}"
    options = [f"--config.file={configuration}", f"--storage.tsdb.path={data}"]
    with running([server, *options, f"--web.listen-address={own}"]):
        transport = httpx.HTTPTransport(retries=9)
        with httpx.Client(transport=transport, base_url=f"http://{own}") as client:
            while client.get("/-/ready").status_code != 200:
                time.sleep(0.1)
        yield own


def ask(address: str, expression: str, at: float) -> list[float]:
    """Ask a Prometheus about a moment."""
    parameters: dict[str, str | float] = {"query": expression, "time": at}
    answer = httpx.get(f"http://{address}/api/v1/query", params=parameters).json()
    return [float(series["value"][1]) for series in answer["data"]["result"]]


def told(profile: str, *moments: float) -> list[Samples]:
    """Scrape some moments of a past, one after the other."""
    rehearsal, scrapes = Rehearsal(Past(profile, END), END), list[Samples]()

    async def run() -> None:
        for moment in moments:
            fragments = await rehearsal.scrape(moment)
            scrapes.append(
                {
                    " ".join((sample.name, *sample.labels.values())): sample.value
                    for fragment in fragments
                    for family in fragment.families
                    for sample in family.samples
                }
            )

    anyio.run(run)
    return scrapes


def middle(mishap: Mishap) -> float:
    """Return when a mishap is half over."""
    return (mishap.began + mishap.ended) / 2


def test_a_sunny_day_makes_what_such_a_roof_makes(prometheus: str) -> None:
    """A day in June has 20 to 80 kWh, and its night next to nothing."""
    made = "increase(enphase_production_energy_joules_total[{}]) / 3.6e6"
    (day,) = ask(prometheus, made.format("1d"), SUNNY + days.DAY)
    assert 20 < day < 80
    (night,) = ask(prometheus, made.format("4h"), SUNNY + 4 * 3600)
    assert night == pytest.approx(0, abs=0.01)
    (power,) = ask(prometheus, "enphase_production_power_watts", SUNNY + 12 * 3600)
    assert 3000 < power < 9000


def test_the_home_adds_up_over_a_day(prometheus: str) -> None:
    """What was made and bought is what was used and sold, batteries aside."""
    flows = [
        ask(prometheus, f"avg_over_time(enphase_{flow}_power_watts[1d])", SUNNY + days.DAY)[0]
        for flow in ("production", "grid", "storage", "consumption")
    ]
    assert sum(flows[:3]) == pytest.approx(flows[3], abs=1)


def test_the_gateway_is_down_in_the_outage_and_up_around_it(prometheus: str) -> None:
    """The outage at noon and the nightly minutes show as enphase_up 0, and up stays 1."""
    assert ask(prometheus, "enphase_up", OUTAGE) == [0]
    assert ask(prometheus, "enphase_up", OUTAGE + 3600) == [1]
    assert ask(prometheus, "enphase_production_power_watts", OUTAGE) == []
    assert ask(prometheus, "min_over_time(enphase_up[10m])", SUNNY + 23 * 3600 + 300) == [0]
    assert ask(prometheus, "min_over_time(up[1d])", SUNNY + days.DAY) == [1]


def test_what_the_exporter_tells_of_itself_is_plausible(prometheus: str) -> None:
    """Ages, durations, requests and ends of token and certificate are as in a live demo."""
    noon = SUNNY + 12 * 3600
    assert 0 < ask(prometheus, "enphase_scrape_duration_seconds", noon)[0] < 5
    assert 0 < ask(prometheus, "scrape_duration_seconds", noon)[0] < 5
    assert ask(prometheus, "min(enphase_collector_success)", noon) == [1]
    assert 0 <= ask(prometheus, "max(enphase_document_age_seconds)", noon)[0] <= 7200
    for name in ("token", "certificate"):
        (left,) = ask(prometheus, f"enphase_{name}_expiry_timestamp_seconds - time()", noon)
        assert 200 * days.DAY < left < 365 * days.DAY
    (asked,) = ask(prometheus, "sum(increase(enphase_gateway_requests_total[1h]))", noon)
    assert asked > 100


def test_the_series_are_those_that_prometheus_scrapes(prometheus: str) -> None:
    """Each series carries job and instance; nothing is told of a process that never ran."""
    for matcher in ('job!="enphase"', 'instance!="localhost:9433"'):
        assert ask(prometheus, f'count({{__name__=~".+",{matcher}}})', SUNNY) == []
    assert ask(prometheus, 'count({__name__=~"process_.*|python_.*"})', SUNNY) == []


async def test_the_running_demo_goes_on_with_the_same_series(exporting: Exporting) -> None:
    """Whatever a live exporter tells of the demo is in the history too."""
    with World(clock=Clock(END), profile="everything") as world:
        async with exporting(world) as client:
            await client.scrape()
            live = (await client.scrape()).samples
    rehearsal, known = Rehearsal(Past("everything", END), END), set[Key]()
    for moment in (END - 60, END):
        for fragment in await rehearsal.scrape(moment):
            known.update(keys(fragment))
    missing = [name for name, labels in live if (name, labels) not in known]
    assert {name for name in missing if name.startswith("enphase_")} <= FRESH


def keys(fragment: Fragment) -> Iterator[Key]:
    """Name each series of a fragment as the harness does."""
    for family in fragment.families:
        for sample in family.samples:
            yield sample.name, frozenset(sample.labels.items())


def test_what_happened_is_told_with_its_times(written: tuple[Path, str]) -> None:
    """Standard error names the mishaps of the time written, without a bar: it is no terminal."""
    _, said = written
    assert "2026-06-18 11:40 to 2026-06-18 12:20  gateway outage" in said
    assert "cloudy day: 67 kWh" in said
    assert "firmware" not in said
    assert "\r" not in said


def test_a_history_is_good_openmetrics_and_the_same_each_time(tmp_path: Path) -> None:
    """The library's strict parser takes it, and a second run writes the same bytes."""
    texts = []
    for name in ("first", "second"):
        assert demo(tmp_path / name, "--history=30m", "--job=solar").returncode == 0
        texts.append((tmp_path / name).read_text())
    assert texts[0] == texts[1]
    families = list(text_string_to_metric_families(texts[0]))  # type: ignore[no-untyped-call]  # the library's
    by_name = {family.name: family for family in families}
    up = by_name["enphase_up"].samples
    assert {sample.labels["job"] for sample in up} == {"solar"}
    assert [float(sample.timestamp) for sample in up] == list(range(END - 1800, END + 1, 60))
    assert by_name["enphase_production_energy_joules"].type == "counter"


def test_wrong_options_are_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Each wrong option ends with a sentence."""
    usual = ["--clock", CLOCK, f"--output={tmp_path}/history.om"]
    for options, sentence in (
        (["--history=30"], "should be like 30d"),
        (["--history=2d", "--step=900"], "up to 300"),
        (["--history=2d", "--speed=9"], "its own options only"),
        (["--history=999w"], "had not been installed"),
        (["--history=1h", f"--output={tmp_path}/no/folder"], "cannot be written"),
    ):
        with pytest.raises(SystemExit) as ended:
            play([*usual, *options])
        assert ended.value.code == 2
        assert sentence in capsys.readouterr().err


def test_at_the_end_the_past_meets_the_running_demo() -> None:
    """Whatever happened, the last answers are those that the demo gives, in each profile.

    But for a page that sums up the last seven days, and these were others.
    """
    for profile in PROFILES:
        past, now = Past(profile, END), Documents(profile=profile)
        for target in {"/info", *now.pages} - SUMMING_UP:
            assert past.answer(target, END) == now.answer(target, END)


def test_without_a_grid_the_batteries_carry_the_home() -> None:
    """Relay open, nothing bought or sold, no counter moves; then all is as before."""
    mishap = everything.no_grid
    moments = (mishap.began - 60, middle(mishap), mishap.ended - 60, mishap.ended + 240)
    # Only the second scrape after a while shows the new state: the first one asks for it.
    before, within, later, _, after = told("everything", *moments[:3], mishap.ended, moments[3])
    relay, counters = "enphase_grid_relay_closed", ("import", "export")
    assert [each[relay] for each in (before, within, after)] == [1, 0, 1]
    assert within["enphase_grid_power_watts"] == 0
    assert within["enphase_consumption_power_watts"] > 100
    assert within["enphase_storage_power_watts"] > 100
    assert within["enphase_grid_mode enpower multimode-offgrid"] == 1
    for name in (f"enphase_grid_{way}_energy_joules_total" for way in counters):
        assert before[name] <= within[name] == later[name] <= after[name]
        assert after[name] - before[name] < 3_600_000


def test_a_silent_inverter_makes_up_for_it_later() -> None:
    """It shows no power, its energy stands still, and the home's production goes on."""
    mishap, name = everything.lost_inverter, serial(LOST)
    noon = mishap.began + 2 * 3600
    before, first, second, after = told(
        "everything", mishap.began, noon, noon + days.DAY, mishap.ended + 3 * 3600
    )
    energy = f"enphase_inverter_energy_joules_total {name}"
    assert f"enphase_inverter_power_watts {name}" in before
    assert f"enphase_inverter_power_watts {name}" not in first
    assert first[f"enphase_inverter_communicating {name}"] == 0
    assert before[energy] == first[energy] == second[energy] < after[energy] - 3_600_000
    assert first["enphase_production_power_watts"] > 3000


@pytest.mark.parametrize(
    ("profile", "series"),
    [
        ("everything", f"enphase_inverter_energy_joules_total {serial(FALLEN)}"),
        ("standard", "enphase_production_energy_joules_total"),
        ("legacy", "enphase_production_energy_joules_total"),
    ],
)
def test_a_falling_counter_is_not_seen(profile: str, series: str) -> None:
    """It is 2^32 joules short for three hours; the exported counter goes on as if it were not."""
    mishap, past, plain = everything.fall, Past(profile, END), Documents(profile=profile)
    pages = ["/ivp/pdm/device_data", "/api/v1/production"]
    assert [past.answer(page, middle(mishap)) for page in pages] != [
        plain.answer(page, middle(mishap)) for page in pages
    ]
    scrapes = told(profile, *range(int(mishap.began) - 300, int(mishap.ended) + 3600, 60))
    growth = [after[series] - before[series] for before, after in pairwise(scrapes)]
    assert min(growth) >= 0
    (usual,) = told(profile, mishap.began - 86_400)
    (later,) = told(profile, mishap.ended - 86_400)
    day_before = later[series] - usual[series]
    assert day_before / 2 < sum(growth) < 2 * day_before


def test_a_counters_jitter_is_not_seen() -> None:
    """The meter falls by 30 Wh; the exported counter stands still."""
    mishap = everything.jitter
    documents = [
        Past("everything", END).answer("/ivp/meters/readings", at)
        for at in (mishap.began - 60, mishap.began)
    ]
    assert documents[0].body != documents[1].body
    scrapes = told("everything", mishap.began - 60, mishap.began, middle(mishap), mishap.ended)
    assert len({each["enphase_production_energy_joules_total"] for each in scrapes}) == 1


def test_firmware_changes_once() -> None:
    """The older one is shown until the gateway starts anew."""
    update = everything.update
    before, after = told("everything", update.began - 60, update.ended + 240)
    identity = "enphase_gateway_info 202521056789 800-02409-r03"
    assert f"{identity} D8.3.5169" in before
    assert f"{identity} D8.3.5433" in after


@pytest.mark.parametrize("profile", PROFILES)
def test_thirty_days_hold_every_mishap_of_a_home(profile: str) -> None:
    """Whatever day it ends: seven mishaps with batteries, six without."""
    for date in range(0, 365, 30):
        end = END + date * days.DAY
        happened = Mishaps(end, PROFILES[profile]).since(end - 30 * days.DAY)
        assert len(happened) == (7 if PROFILES[profile].wiring.battery else 6)
