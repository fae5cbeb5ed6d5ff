"""The gateways that the benchmark measures against: the demo house, a capture, larger houses."""

import contextlib
import http.client
import json
import ssl
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from statistics import median
from typing import Any, NamedTuple

from stopwatch import Stopwatch

from exporter.demo.answer import Answer, Source
from exporter.demo.clock import Clock
from exporter.demo.documents import Documents
from exporter.demo.replay import Replay
from exporter.demo.serving import Server
from exporter.demo.world import World

CAPTURES = Path(__file__).parents[1].parent / "shared" / "gateways"
CAPTURE = "8.2.4345_with_device_data"
DAY = 86_400
NOON = 19 * 3600
"""The demo house's noon, in UTC: by day, every inverter has something to say."""

Json = Any


class Site(NamedTuple):
    """A gateway that is switched on, with the stopwatch at its door."""

    name: str
    delay: float
    world: World
    watch: Stopwatch


@contextlib.contextmanager
def switched_on(name: str, source: Source, delay: float) -> Iterator[Site]:
    """Serve a source as a gateway that takes ``delay`` seconds more for each answer."""
    world = World(source, Clock(noon()))
    world.gateway.delay = delay
    watch = Stopwatch(world.gateway)
    world.gateway_server = Server(watch, world.gateway_server.certificate)
    for target in ("/info", "/ivp/meters/readings", *GROWING):
        source.answer(target, world.clock())  # the house computes its first day now, not later
    with world:
        yield Site(name, delay, world, watch)


def bare(site: Site, path: str, times: int = 10) -> float:
    """Return what a bare client waits for a page beyond the gateway's own time, in seconds.

    That is the least that anybody could: one kept connection, nothing read of the answer.
    """
    trusting = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    trusting.check_hostname, trusting.verify_mode = False, ssl.CERT_NONE
    server = site.world.gateway_server
    connection = http.client.HTTPSConnection(server.address, context=trusting)
    headers = {"Authorization": f"Bearer {site.world.token()}"}
    over = []
    for _ in range(times):
        began = time.perf_counter()
        connection.request("GET", path, headers=headers)
        response = connection.getresponse()
        response.read()
        wall = time.perf_counter() - began
        site.watch.settle(0.001)
        over.append(wall - sum(answer.seconds for answer in site.watch.since(began)))
        headers = {"Cookie": response.getheader("Set-Cookie", headers.get("Cookie", ""))}
    connection.close()
    return median(over)


def noon() -> float:
    """Return today's noon at the demo house."""
    return time.time() // DAY * DAY + NOON


def capture() -> Source | None:
    """Return the captured gateway, or nothing where the captures are not beside the checkout."""
    folder = CAPTURES / CAPTURE
    return Replay(folder) if folder.is_dir() else None


class Larger:
    """The demo house's documents with more inverters, captured at noon: they stand still.

    No list of devices ends at 50, so that all inverters have all their samples.
    """

    def __init__(self, inverters: int) -> None:
        self._inverters = inverters
        self._house = Documents()
        self._answers: dict[str, Answer] = {}
        self.serial, self.tokens = self._house.serial, self._house.tokens

    def answer(self, target: str, moment: float) -> Answer:
        """Answer as of noon, whatever the moment."""
        del moment
        if target not in self._answers:
            self._answers[target] = self._captured(target)
        return self._answers[target]

    def _captured(self, target: str) -> Answer:
        answer = self._house.answer(target, noon())
        if (grow := GROWING.get(target)) is None:
            return answer
        page = grow(json.loads(answer.body), self._inverters)
        return replace(answer, body=json.dumps(page).encode())


def _panels(panels: Json, count: int) -> Json:
    return [_copy(panels, number, "serialNumber") for number in range(count)]


def _devices(page: Json, count: int) -> Json:
    devices = [each for each in page.values() if isinstance(each, dict)]
    pcus = [each for each in devices if each["devName"] == "pcu"]
    found = [each for each in devices if each["devName"] != "pcu"]
    found += [_copy(pcus, number, "sn") for number in range(count)]
    named = {str(number): device for number, device in enumerate(found)}
    return {**named, "deviceCount": len(found), "deviceDataLimit": len(found) + 1}


def _inventory(page: Json, count: int) -> Json:
    pcus, *others = page
    devices = [_copy(pcus["devices"], number, "serial_num") for number in range(count)]
    return [{**pcus, "devices": devices}, *others]


def _copy(devices: Json, number: int, serial: str) -> Json:
    """Return a device of the list under a serial number of its own."""
    device = devices[number % len(devices)]
    return {**device, serial: str(int(device[serial]) + number // len(devices) * 1_000_000)}


GROWING = {
    "/api/v1/production/inverters": _panels,
    "/ivp/pdm/device_data": _devices,
    "/inventory.json": _inventory,
}
"""The pages that name inverters, with what makes them longer."""
