"""The exporter's HTTP side: metrics, a page for people, and answers for those who watch over it."""

from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager

import anyio
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, PlainTextResponse, Response
from starlette.routing import Route

from exporter import collectors
from exporter.exposition import Format, Fragment, packed, page
from exporter.fleet import Fleet
from exporter.landing import landing
from exporter.live_settings import LiveSettings, Read
from exporter.scrape import Scrape, scrape
from exporter.settings import Settings
from exporter.site import Site
from exporter.telemetry import Telemetry

TIMEOUT_HEADER = "X-Prometheus-Scrape-Timeout-Seconds"

LONGEST = 3600.0
"""Seconds; a longer timeout is nobody's wish."""


class Exporter:
    """The handlers, over one fleet and the exporter's own metrics."""

    def __init__(self, settings: Settings, read: Read | None) -> None:
        self._telemetry = Telemetry()
        self.fleet = Fleet(settings, self._telemetry)
        self.settings = LiveSettings(settings, read, self.fleet.take, self._telemetry)

    async def metrics(self, request: Request) -> Response:
        """Scrape the gateway, if there is just one, and add the exporter's own metrics.

        Of several gateways none is shown here, since no label would tell them apart:
        Prometheus asks ``/probe`` for each.
        """
        read: tuple[Fragment, ...] = ()
        sites = await self.fleet.settled()
        if len(sites) == 1:
            (site,) = sites.values()
            read = (await self._scrape(site, request)).fragments
        return _exposed(request, [*read, *self._telemetry.fragments()])

    async def probe(self, request: Request) -> Response:
        """Scrape one gateway by its name; a host is no name, or the token would go anywhere."""
        sites = await self.fleet.settled()
        site = sites.get(request.query_params.get("target", ""))
        if site is None:
            names = ", ".join(sites)
            return PlainTextResponse(f"target should be one of: {names}\n", status_code=400)
        return _exposed(request, (await self._scrape(site, request)).fragments)

    async def index(self, request: Request) -> Response:
        """Show a person what is configured, what works, and where to go on."""
        del request
        page_ = landing(self.fleet.sites.values(), self.settings.now.web.telemetry_path)
        return HTMLResponse(page_)

    async def healthy(self, request: Request) -> Response:
        """Say that the process answers."""
        del request
        return PlainTextResponse("enphase-exporter is healthy\n")

    async def ready(self, request: Request) -> Response:
        """Say that scrapes are served, whatever the gateways do."""
        del request
        return PlainTextResponse("enphase-exporter is ready\n")

    async def reload(self, request: Request) -> Response:
        """Read the settings again, where the one who started the process allows it."""
        del request
        if self.settings.fixed or not self.settings.now.web.enable_lifecycle:
            return PlainTextResponse("start with --web.enable-lifecycle for that\n", 403)
        wrong = await self.settings.reload()
        if wrong is not None:
            return PlainTextResponse(f"the settings in force stay: {wrong}\n", 500)
        return PlainTextResponse("reloaded\n")

    async def _scrape(self, site: Site, request: Request) -> Scrape:
        deadline = anyio.current_time() + self._seconds(request)
        return await scrape(site, collectors.ALL, deadline)

    def _seconds(self, request: Request) -> float:
        """Return how long a scrape may take: a little less than Prometheus waits."""
        options = self.settings.now.scrape
        try:
            timeout = float(request.headers.get(TIMEOUT_HEADER, ""))
        except ValueError:
            timeout = options.timeout
        if not 0 < timeout < LONGEST:
            timeout = options.timeout
        return timeout - options.timeout_offset if timeout > options.timeout_offset else timeout


def application(settings: Settings, read: Read | None = None) -> Starlette:
    """Make the ASGI application; its lifespan is that of the fleet.

    With ``read``, the settings can be read again: on SIGHUP, and on request if they allow it.
    """
    exporter = Exporter(settings, read)

    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        async with exporter.fleet, anyio.create_task_group() as tasks:
            if read is not None:
                tasks.start_soon(exporter.settings.follow_hangups)
            yield
            tasks.cancel_scope.cancel()

    return Starlette(
        routes=[
            Route(settings.web.telemetry_path, exporter.metrics),
            Route("/probe", exporter.probe),
            Route("/", exporter.index),
            Route("/-/healthy", exporter.healthy),
            Route("/-/ready", exporter.ready),
            Route("/-/reload", exporter.reload, methods=["POST", "PUT"]),
        ],
        lifespan=lifespan,
    )


def _exposed(request: Request, fragments: Iterable[Fragment]) -> Response:
    """Answer in the format and the packing that the client takes."""
    format_ = Format.accepted(request.headers.get("Accept", ""))
    body = page(fragments, format_)
    headers = {"Content-Type": format_.content_type, "Vary": "Accept, Accept-Encoding"}
    if "gzip" in request.headers.get("Accept-Encoding", ""):
        return Response(packed(body), headers=headers | {"Content-Encoding": "gzip"})
    return Response(body, headers=headers)
