"""Plays a month of scrapes at speed, with troubles coming and going, and looks for leaks.

    soak.py --days 30 --step 1200 --minutes 60

Ends with 1 where memory, descriptors, tasks or connections grow, where the exporter does not come
back after a day's troubles, where it hardly asked the gateway (then nothing was tried), or where
there was no time for all days.
"""

import argparse
import asyncio
import contextlib
import signal
import sys
import time
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import httpx
from exporting import HEADERS, WATCHED, exporting
from sites import Site
from stopwatch import Stopwatch
from troubles import CERTIFICATES_LIVE, DAY, HOUR, TOKENS_LIVE, Troubles

from exporter.demo.clock import Clock
from exporter.demo.profile import PROFILES
from exporter.demo.serving import Server
from exporter.demo.world import World

MARGINS = {"resident": 8.0, "descriptors": 8, "connections": 8, "tasks": 2}
"""By how much the last day may end above the highest of the warm-up: MB, and numbers.

A jump ends a TLS handshake by two deadlines at once, in which case httpcore leaves its socket to
the garbage collector: some stay open as long as the error is remembered that came of it. In real
time the connection's own deadline comes first, and closes it.
"""

PATIENCE = 0.2
"""Real seconds that a scrape may take before simulated ones pass: pages hang."""

HURRY = 5.0
"""Simulated seconds that pass then."""

WORKING = 0.1
"""Real seconds for what a scrape has set off."""

LAST_PAGES = 5
"""Simulated minutes in which what waits for its turn is asked for: heavy pages, one a minute."""

ABOUT = f"""\
Real: the process `exporter serve`, TLS, sessions, tokens, logins, files, and each request.
Simulated: the gateway and the cloud (the demo), and time. All clocks of the exporter, the gateway
and the cloud jump between scrapes; OpenSSL's own does not, and verifies the cloud by the real date.
Each day has an hour of each fault on some page, lost sessions, a gateway that is off, refused
tokens, no cloud, and a calm evening, in the end of which the day's figures are taken.
RSS is taken once free memory is given back (malloc_trim); the peak is the process's highest.
Tokens live {TOKENS_LIVE / DAY:.0f} days, certificates {CERTIFICATES_LIVE / DAY:.0f}."""


class Figures(NamedTuple):
    """What the exporter held in the evening of a day, and what it asked for in that day."""

    held: dict[str, float]
    up: bool
    scrapes: int
    requests: int
    logins: int


class Soak:
    """A world, and an exporter that is scraped at speed."""

    def __init__(self, site: Site, client: httpx.AsyncClient) -> None:
        self._world, self._watch, self._client = site.world, site.watch, client
        self._troubles = Troubles(site.world)
        self._troubles.certify()
        self._evening = site.world.clock()

    async def day(self, step: float) -> Figures:
        """Play one day."""
        requests, logins = self._requests, self._logins
        body, scrapes = "", 0
        self._evening += DAY
        while self._world.clock() < self._evening:
            scrapes += 1
            self._troubles.go_on()
            body = await self._scrape()
            await self._rest()
            await self._jump(step)
        for _ in range(LAST_PAGES):
            await self._jump(60)
            await self._rest()
        held = (await self._ask("/soak?jump=0&held")).json()
        up = "\nenphase_up 1" in body
        return Figures(held, up, scrapes, self._requests - requests, self._logins - logins)

    @property
    def _requests(self) -> int:
        return self._world.gateway.requests.total()

    @property
    def _logins(self) -> int:
        return self._world.cloud.logins.total()

    async def _scrape(self) -> str:
        asked = asyncio.create_task(self._ask("/metrics"))
        while not (await asyncio.wait({asked}, timeout=PATIENCE))[0]:
            await self._jump(HURRY)
        return asked.result().text

    async def _rest(self) -> None:
        """Let the gateway answer what nobody waits for, unless it never will."""
        until = time.perf_counter() + WORKING
        while time.perf_counter() < until and not self._troubles.hanging:
            await asyncio.sleep(0.003)
            if self._watch.rests(0.003):
                break

    async def _jump(self, seconds: float) -> None:
        self._world.clock.advance(seconds)
        await self._ask(f"/soak?jump={seconds}")

    async def _ask(self, path: str) -> httpx.Response:
        return (await self._client.get(path)).raise_for_status()


def growth(days: Sequence[Figures], warm_up: int) -> Iterator[str]:
    """Yield a sentence for each thing of which there is more than the margin allows."""
    for name, margin in MARGINS.items():
        before = max(day.held[name] for day in days[:warm_up])
        after = days[-1].held[name]
        if after > before + margin:
            yield f"{name} grew from {before:.1f} to {after:.1f}, by more than {margin:g}"


async def soak(options: argparse.Namespace) -> int:
    """Play all days, or as many as there is time for; returns the exit code."""
    until = time.monotonic() + 60 * options.minutes
    days: list[Figures] = []
    with _site(options.profile) as site, exporting(site, command=WATCHED) as exporter:
        # A connection that is kept would be closed by a jump, at times amid the next request.
        limits = httpx.Limits(max_keepalive_connections=0)
        async with httpx.AsyncClient(
            base_url=exporter.address, headers=HEADERS, timeout=60, trust_env=False, limits=limits
        ) as client:
            played = Soak(site, client)
            _head()
            while len(days) < options.days and time.monotonic() < until:
                days.append(await played.day(options.step))
                _row(len(days), days[-1])
    return _judge(days, options)


@contextlib.contextmanager
def _site(profile: str) -> Iterator[Site]:
    world = World(clock=Clock(time.time()), profile=profile)
    watch = Stopwatch(world.gateway)
    world.gateway_server = Server(watch, world.gateway_server.certificate)
    with world:
        yield Site("soak", 0.0, world, watch)


def _judge(days: Sequence[Figures], options: argparse.Namespace) -> int:
    print(f"\n{len(days)} of {options.days} days played; warm-up: {options.warm_up}")
    print(
        f"{sum(day.scrapes for day in days)} scrapes, "
        f"{sum(day.requests for day in days)} requests to the gateway, "
        f"{sum(day.logins for day in days)} attempts at a login"
    )
    if len(days) < options.days or len(days) <= options.warm_up:
        print("FAIL: too few days to tell: give it more --minutes")
        return 1
    faults = list(growth(days, options.warm_up))
    for number, day in enumerate(days, 1):
        if not day.up:
            faults.append(f"down in the evening of day {number}")
        if day.requests < day.scrapes:
            faults.append(f"{day.requests} requests for {day.scrapes} scrapes on day {number}")
    for fault in faults:
        print(f"FAIL: {fault}")
    if not faults:
        print("ok: " + ", ".join(f"{name} within {m:g}" for name, m in MARGINS.items()))
    return 1 if faults else 0


def _head() -> None:
    names = (
        "day",
        "RSS MB",
        "peak MB",
        "descriptors",
        "sockets",
        "tasks",
        "scrapes",
        "requests",
        "logins",
    )
    print("".join(f"{name:>12}" for name in names))


def _row(number: int, day: Figures) -> None:
    counts: list[Any] = [day.held[name] for name in ("descriptors", "connections", "tasks")]
    counts += [day.scrapes, day.requests, day.logins]
    memory = "".join(f"{day.held[name]:>12.1f}" for name in ("resident", "peak"))
    print(f"{number:>12}{memory}" + "".join(f"{each:>12}" for each in counts), flush=True)


def main(arguments: Sequence[str]) -> int:
    """Read the options, and play."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--days", type=int, default=30, help="to play; default: %(default)s")
    parser.add_argument("--step", type=float, default=1200, help="seconds between scrapes")
    parser.add_argument("--minutes", type=float, default=60, help="real ones, at most")
    parser.add_argument("--warm-up", type=int, default=3, help="days whose end may be exceeded")
    parser.add_argument("--profile", choices=tuple(PROFILES), default="everything")
    options = parser.parse_args(arguments)
    if not 0 < options.step <= HOUR:
        parser.error("--step should be an hour at most")
    print(ABOUT)
    return asyncio.run(soak(options))


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    sys.exit(main(sys.argv[1:]))
