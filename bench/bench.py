"""Measures what a scrape costs: time, CPU, memory, requests. Prints figures; asserts nothing.

The exporter runs as a process of its own, as ``exporter serve``; the gateways, the cloud and the
scraping client are this process. Times are this machine's: ratios hold elsewhere, times do not.
"""

import os
import platform
import signal
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from statistics import fmean, median

from exporting import Exporter, Scraped, exporting
from sites import CAPTURE, Larger, Site, bare, capture, switched_on
from stopwatch import occupied

from exporter.demo.answer import Source
from exporter.demo.documents import Documents

HOUSE = "demo house"
EVERYTHING = "all equipment"
DELAYS = (0.05, 0.3)
SIZES = (24, 100, 300)
READINGS = "/ivp/meters/readings"
INTERVAL = 15.0
ROUNDS = 40
TIMED_ROUNDS = 20
MARGIN = 1.1
"""Readings stay fresh for a second from their answer on; no other page is due for a minute."""

HURRIED_TIMED = 12
HURRIED_CYCLE = 105
"""After so many scrapes of 15 s all pages of a minute and of five are due together again."""

HURRIED_GROWTH = 20
RUSH = (5, 200)
PER_HOUR = 3600 / INTERVAL


def main() -> None:
    """Run every measurement; they share gateways, so that one run's figures compare."""
    signal.signal(signal.SIGTERM, _end)
    began = time.perf_counter()
    print(
        f"enphase-exporter benchmark   Python {platform.python_version()}, {os.cpu_count()} CPUs, "
        f"{platform.machine()}; TLS over loopback\n"
        "aims: wall within 10 ms of the slowest answer; CPU at most 5 ms a scrape of 250 samples;\n"
        "      at most 60 MB resident; ready in under a second"
    )
    with ExitStack() as stack:
        sources = _sources()
        timed = [
            stack.enter_context(switched_on(name, source, delay))
            for name, source in sources.items()
            for delay in DELAYS
        ]
        equipped: dict[str, Source] = {EVERYTHING: Documents(profile="everything")}
        grown: dict[str, Source] = {f"{size} inverters": Larger(size) for size in SIZES}
        prompt = [
            stack.enter_context(switched_on(name, source, 0.0))
            for name, source in (sources | equipped | grown).items()
        ]
        _steady(timed, prompt)
        hurried = {site.name: _hurried(site, _cycle(site)) for site in prompt}
        _cpu_hurried(hurried)
        _requests({site.name: hurried[site.name] for site in prompt if site.name not in grown})
        _memory([*prompt[: len(sources)], prompt[-1]])
    print(f"\nThe benchmark took {time.perf_counter() - began:.0f} s.")


def _sources() -> dict[str, Source]:
    sources: dict[str, Source] = {HOUSE: Documents()}
    captured = capture()
    if captured is None:
        print("left out: the replay, since no captured gateways lie beside the checkout")
    else:
        sources[f"replay {CAPTURE.partition('_')[0]}"] = captured
    return sources


def _steady(timed: Sequence[Site], prompt: Sequence[Site]) -> None:
    """Scrape all sites in turn, one at a time, in rounds of a little more than a second."""
    with ExitStack() as stack:
        exporters = [stack.enter_context(exporting(site)) for site in (*timed, *prompt)]
        cold = {exporter: exporter.scrape() for exporter in exporters}
        for exporter in exporters:
            exporter.site.watch.settle(0.4)  # what the first scrape left on its way
        steady: dict[Exporter, list[Scraped]] = {exporter: [] for exporter in exporters}
        idle: list[float] = []
        for number in range(ROUNDS):
            turn = exporters if number < TIMED_ROUNDS else exporters[len(timed) :]
            until = time.perf_counter() + MARGIN + max(each.site.delay for each in turn)
            for exporter in turn:
                steady[exporter].append(exporter.scrape())
            idle.append(_rest(exporters[-1], until))
    _ready(exporters)
    slow, fast = exporters[: len(timed)], exporters[len(timed) :]
    _wall_cold({exporter: cold[exporter] for exporter in slow})
    _wall(
        "steady scrapes, 1.4 s apart, connections kept, only the readings due",
        {e: steady[e] for e in slow},
    )
    with ExitStack() as stack:
        later = [stack.enter_context(exporting(site, INTERVAL)) for site in timed]
        _wall(
            "steady scrapes, 15 s apart (the exporter's clock jumps), idle connections closed",
            {exporter: _later(exporter, HURRIED_TIMED) for exporter in later},
        )
    print(f"a bare request of {READINGS}, connection kept: {_ms(bare(timed[0], READINGS))} over it")
    _cpu({exporter: (cold[exporter], steady[exporter]) for exporter in fast}, median(idle))


def _rest(exporter: Exporter, until: float) -> float:
    """Wait for a moment; return what CPU an exporter uses meanwhile, per second."""
    cpu, began = exporter.cpu, time.perf_counter()
    time.sleep(max(0.01, until - began))
    return (exporter.cpu - cpu) / (time.perf_counter() - began)


def _later(exporter: Exporter, scrapes: int) -> list[Scraped]:
    exporter.scrape()
    return [exporter.later() for _ in range(scrapes)]


def _hurried(site: Site, scrapes: int) -> list[Scraped]:
    with exporting(site, INTERVAL) as exporter:
        return _later(exporter, scrapes)


def _cycle(site: Site) -> int:
    return HURRIED_GROWTH if site.name.endswith("inverters") else HURRIED_CYCLE


def _ready(exporters: Sequence[Exporter]) -> None:
    seconds = [exporter.ready_after for exporter in exporters]
    print(
        f"\nSTART-UP, process start until /-/ready answers, {len(seconds)} starts: "
        f"median {_ms(median(seconds))} ms, worst {_ms(max(seconds))} ms"
    )


def _wall_cold(scrapes: dict[Exporter, Scraped]) -> None:
    print("\nWALL TIME of a scrape in ms, as its client sees it; answers as timed at the gateway")
    print("the first scrape, login and new connections included")
    print(
        f"{'':<28}{'wall':>8}{'slowest answer':>16}{'over it':>9}{'answers':>9}"
        f"{'while none was under way':>26}"
    )
    for exporter, cold in scrapes.items():
        print(
            f"  {_name(exporter):<26}{_ms(cold.wall):>8}{_ms(cold.slowest):>16}"
            f"{_ms(cold.wall - cold.slowest):>9}{len(cold.answers):>9}"
            f"{_ms(cold.wall - occupied(cold.answers)):>26}"
        )


def _wall(title: str, scrapes: dict[Exporter, list[Scraped]]) -> None:
    count = max(map(len, scrapes.values()), default=0)
    print(f"{title}; median of {count}, and the worst")
    print(
        f"{'':<28}{'wall':>8}{'slowest answer':>16}{'over it':>9}{'worst wall':>12}{'over it':>9}"
    )
    for exporter, steady in scrapes.items():
        over = [scrape.wall - scrape.slowest for scrape in steady]
        print(
            f"  {_name(exporter):<26}{_ms(median(s.wall for s in steady)):>8}"
            f"{_ms(median(s.slowest for s in steady)):>16}{_ms(median(over)):>9}"
            f"{_ms(max(s.wall for s in steady)):>12}{_ms(max(over)):>9}"
        )


def _cpu(scrapes: dict[Exporter, tuple[Scraped, list[Scraped]]], idle: float) -> None:
    print("\nCPU of the exporter's process per scrape in ms, user and system, no delay")
    print(f"only the readings changed: {ROUNDS} scrapes, over a second apart, connections kept")
    print(f"{'':<28}{'samples':>8}{'mean':>8}{'median':>8}{'per 250':>9}{'first':>8}")
    for exporter, (cold, steady) in scrapes.items():
        _cpu_line(exporter.site.name, steady, f"{_ms(cold.cpu):>8}")
    _growth({exporter.site.name: steady for exporter, (_, steady) in scrapes.items()})
    print(f"  between scrapes, per second: {_ms(idle)} ms")


def _cpu_hurried(scrapes: dict[str, list[Scraped]]) -> None:
    print(
        "every 15 s, all pages as they fall due, new connections each time: mean of whole minutes\n"
        f"(the exporter's clock jumps 15 s: {HURRIED_CYCLE} scrapes, {HURRIED_GROWTH} for growth)"
    )
    for name, steady in scrapes.items():
        _cpu_line(name, steady, "")
    _growth(scrapes)


def _cpu_line(name: str, scrapes: Sequence[Scraped], more: str) -> None:
    cpu, samples = fmean(scrape.cpu for scrape in scrapes), scrapes[-1].samples
    print(
        f"  {name:<26}{samples:>8}{_ms(cpu):>8}{_ms(median(s.cpu for s in scrapes)):>8}"
        f"{_ms(cpu * 250 / samples):>9}{more}"
    )


def _growth(scrapes: dict[str, list[Scraped]]) -> None:
    small, large = (scrapes[f"{size} inverters"] for size in (SIZES[0], SIZES[-1]))
    samples = large[-1].samples / small[-1].samples
    cpu = fmean(s.cpu for s in large) / fmean(s.cpu for s in small)
    print(
        f"  {SIZES[-1]} inverters to {SIZES[0]}: {samples:.1f} times the samples, "
        f"{cpu:.1f} times the CPU"
    )


def _requests(scrapes: dict[str, list[Scraped]]) -> None:
    print(
        "\nREQUESTS to the gateway, counted by it, scraped every 15 s\n"
        f"(the exporter's clock jumps: {HURRIED_CYCLE} scrapes after the first, which is left out)"
    )
    for name, steady in scrapes.items():
        print(f"  {name:<42}{'per scrape':>11}{'per hour':>10}")
        for path, count in _counted(steady):
            print(f"    {path:<40}{count / len(steady):>11.2f}{_hourly(count, steady):>10.0f}")


def _counted(scrapes: Sequence[Scraped]) -> Iterator[tuple[str, int]]:
    counts = Counter(answer.path for scrape in scrapes for answer in scrape.asked)
    yield from counts.most_common()
    yield "all", counts.total()


def _hourly(count: int, scrapes: Sequence[Scraped]) -> float:
    return count / len(scrapes) * PER_HOUR


def _memory(sites: Sequence[Site]) -> None:
    few, many = RUSH
    print("\nRESIDENT MEMORY of `serve` in MB (VmRSS)")
    print(f"{'':<28}{'ready':>8}{f'{few} scrapes':>12}{f'{many} scrapes':>14}")
    for site in sites:
        with tempfile.TemporaryDirectory(prefix="enphase-bench-") as state:
            for title in (site.name, "  again, its state kept"):
                with exporting(site, state=state) as exporter:
                    ready = exporter.resident
                    after = [_rushed(exporter, few), _rushed(exporter, many - few)]
                print(f"  {title:<26}{ready:>8.1f}{after[0]:>12.1f}{after[1]:>14.1f}")


def _rushed(exporter: Exporter, scrapes: int) -> float:
    exporter.rush(scrapes)
    exporter.site.watch.settle(0.05)
    return exporter.resident


def _name(exporter: Exporter) -> str:
    return f"{exporter.site.name}, {exporter.site.delay * 1000:.0f} ms"


def _ms(seconds: float) -> str:
    return f"{seconds * 1000:.1f}"


def _end(number: int, frame: object) -> None:
    del number, frame
    sys.exit(1)


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:
        sys.exit(130)
