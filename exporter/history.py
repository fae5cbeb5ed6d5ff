"""Writes days of the demo's past as OpenMetrics text, so that dashboards are full at once.

    enphase-exporter demo --history 30d --output history.om
    promtool tsdb create-blocks-from --max-block-duration=720h openmetrics history.om data/
    prometheus --storage.tsdb.path=data/ --storage.tsdb.retention.time=1y

The series are those of the running demo, which goes on with them. Without the flag promtool reads
the whole text once for every two hours in it.

What happened, counted back from the end (``exporter.demo.mishaps`` says when exactly), and what
is seen of it:

- gateway outage: ``enphase_up`` is 0 for 40 minutes two days ago, and for 4 minutes each night;
- jitter: the production meter falls by 30 Wh three days ago; the ledger holds the counter, so
  that nothing is seen;
- no grid: ``enphase_grid_relay_closed`` is 0, ``enphase_grid_power_watts`` 0, and the mode is
  ``multimode-offgrid`` for an hour four or more days ago, in homes with batteries;
- a falling counter: one inverter's counter is cut to 32 bits for three hours six days ago, and so
  falls by 2^32 J or more, and rises again; ``enphase_inverter_energy_joules_total`` and, in the
  profiles ``standard`` and ``legacy``, ``enphase_production_energy_joules_total`` go on without a
  fall, since the ledger undoes it;
- a silent inverter, for two days that began nine days ago: no power and no temperature of it, and
  an energy that stands still and then makes up for it;
- new firmware twelve days ago: another ``firmware`` in ``enphase_gateway_info``;
- a cloudy day, of the house's own weather.

Each day is made by itself, in as many processes as there are CPUs, as if the exporter had been
started anew at the home's midnight: then its own counters begin at 0. What a series that ends
leaves in Prometheus (a staleness marker) no text can tell: queries show it 5 minutes longer.
"""

import logging
import multiprocessing
import os
import sys
import tempfile
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from itertools import groupby
from pathlib import Path

import anyio

from exporter.demo import days
from exporter.demo.mishaps import Mishap, Mishaps
from exporter.demo.past import Past
from exporter.demo.profile import PROFILES
from exporter.rehearsal import Rehearsal
from exporter.spool import Day, Spool, join

BAR = 30


@dataclass(frozen=True)
class History:
    """What is asked for: a site, its time, and the labels that Prometheus would add."""

    profile: str
    end: int
    seconds: int
    step: int
    labels: dict[str, str]

    @property
    def moments(self) -> range:
        """The scrapes' times."""
        return range(self.end - self.seconds // self.step * self.step, self.end + 1, self.step)

    @property
    def days(self) -> list[range]:
        """The scrapes' times, date by date of the home."""
        dates = (list(each) for _, each in groupby(self.moments, key=days.midnight))
        return [range(each[0], each[-1] + 1, self.step) for each in dates]


def write(history: History, output: Path) -> None:
    """Write a history, and tell on standard error what happened in it."""
    with tempfile.TemporaryDirectory(prefix=".history-", dir=output.parent) as folder:
        spooled = list(_spooled(history, Path(folder)))
        with output.open("wb") as file:
            size = join(spooled, file)
    _say(f"{len(history.moments)} scrapes, {size / 1e6:.0f} MB in {output}")
    _say(f"mishaps, in the home's time ({days.TIMEZONE}):")
    for mishap in Mishaps(history.end, PROFILES[history.profile]).since(history.moments[0]):
        _say(f"  {_when(mishap)}  {mishap.text}")


def rehearse(history: History, moments: range, file: Path) -> Day:
    """Scrape one day, and spool it."""
    rehearsal, spool = (
        Rehearsal(Past(history.profile, history.end), history.end),
        Spool(history.labels),
    )

    async def run() -> None:
        # An unseen scrape first: what comes in the background is at hand for the next one.
        await rehearsal.scrape(moments[0] - history.step)
        for moment in moments:
            spool.add(moment, await rehearsal.scrape(moment))

    anyio.run(run)
    return spool.lay(file)


def _spooled(history: History, folder: Path) -> Iterator[Day]:
    # A new interpreter for each process: a copy of this one might hold locks of its threads.
    context = multiprocessing.get_context("spawn")
    stretches = history.days
    files = [folder / str(number) for number in range(len(stretches))]
    workers = min(os.cpu_count() or 1, len(stretches))
    with ProcessPoolExecutor(workers, context, _hush) as pool:
        for number, day in enumerate(pool.map(partial(rehearse, history), stretches, files)):
            _progress(number + 1, len(stretches))
            yield day


def _hush() -> None:
    """Log nothing: that the gateway was silent in the past is no news."""
    logging.getLogger("exporter").setLevel(logging.CRITICAL)


def _progress(done: int, total: int) -> None:
    if sys.stderr.isatty():
        bar = "#" * (BAR * done // total)
        sys.stderr.write(f"\r[{bar:.<{BAR}}] {done}/{total} days" + "\n" * (done == total))
        sys.stderr.flush()


def _when(mishap: Mishap) -> str:
    began, ended = (
        datetime.fromtimestamp(moment, UTC) + timedelta(seconds=days.UTC_OFFSET)
        for moment in (mishap.began, mishap.ended)
    )
    return f"{began:%Y-%m-%d %H:%M} to {ended:%Y-%m-%d %H:%M}"


def _say(text: str) -> None:
    sys.stderr.write(text + "\n")
