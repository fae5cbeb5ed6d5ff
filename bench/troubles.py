"""A day of troubles for a demo world, hour by hour; its first hour and its evening are calm."""

import datetime as dt

from exporter.demo.faults import Fault
from exporter.demo.world import World

HOUR, DAY = 3600.0, 86_400.0
PATHS = (
    "*",
    "/ivp/meters/readings",
    "/production.json",
    "/info",
    "/ivp/pdm/device_data",
    "/auth/check_jwt",
)
"""What fails, another one each day."""

FAULTS = tuple(Fault)
SESSIONS, OFF, REFUSED, NO_CLOUD = range(len(FAULTS) + 1, len(FAULTS) + 5)
TOKENS_LIVE = 3 * DAY
CERTIFICATES_LIVE = 8 * DAY
DUE = 0.8
"""The share of its life after which a gateway renews its certificate."""


class Troubles:
    """Whatever goes wrong at an hour of the run begins and ends here."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._began = self._certified = world.clock()
        self._hour = -1
        world.cloud.token_life = TOKENS_LIVE

    def certify(self) -> None:
        """Show a certificate whose life begins now."""
        self._certified = self._world.clock()
        start = dt.datetime.fromtimestamp(self._certified, dt.UTC)
        self._world.new_certificate(start, start + dt.timedelta(seconds=CERTIFICATES_LIVE))

    @property
    def hanging(self) -> bool:
        """Whether requests are to remain without an answer."""
        return bool({Fault.HANG, Fault.TRICKLE} & set(self._world.gateway.faults.values()))

    def go_on(self) -> None:
        """End and begin what the clock says."""
        day, seconds = divmod(self._world.clock() - self._began, DAY)
        hour = int(seconds // HOUR)
        if hour != self._hour:
            self._end()
            self._hour = hour
            self._begin(int(day), hour)
        if hour == SESSIONS:
            self._world.gateway.drop_sessions()

    def _begin(self, day: int, hour: int) -> None:
        world = self._world
        if 1 <= hour <= len(FAULTS):
            world.gateway.faults[PATHS[day % len(PATHS)]] = FAULTS[hour - 1]
        elif hour == OFF:
            world.gateway_server.stop()
        elif hour == REFUSED:
            world.gateway.revoke()
        elif hour == NO_CLOUD:
            world.cloud.faults["*"] = 503
            world.gateway.revoke()

    def _end(self) -> None:
        world = self._world
        world.gateway.faults.clear()
        world.cloud.faults.clear()
        world.gateway_server.start()
        if world.clock() - self._certified > DUE * CERTIFICATES_LIVE:
            self.certify()
