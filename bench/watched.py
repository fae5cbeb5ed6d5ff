"""Runs ``exporter serve`` with clocks that jump, and lets it tell what it holds.

``GET /soak?jump=60`` moves the clocks, and answers how many tasks, descriptors and sockets there
are, and how much memory is resident. Nothing else differs from the real thing.
"""

import asyncio
import contextlib
import ctypes
import gc
import sys
from pathlib import Path

from skipping import Skipping
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route


class Jumps(Skipping):
    """Clocks that jump when they are asked to."""

    async def jump(self, request: Request) -> JSONResponse:
        """Skip some seconds, and tell what this process holds."""
        self.ahead += float(request.query_params["jump"])
        return JSONResponse(held() if "held" in request.query_params else {})


def held() -> dict[str, float]:
    """Count what may leak; garbage, and memory that is free but not given back, are no leak."""
    gc.collect()
    with contextlib.suppress(AttributeError):  # glibc's own
        ctypes.CDLL(None).malloc_trim(0)
    links = [str(link.readlink()) for link in Path("/proc/self/fd").iterdir() if link.is_symlink()]
    lines = Path("/proc/self/status").read_text(encoding="ascii").splitlines()
    status = dict(line.split(":", 1) for line in lines)
    return {
        "resident": int(status["VmRSS"].split()[0]) / 1024,
        "peak": int(status["VmHWM"].split()[0]) / 1024,
        "descriptors": len(links),
        "connections": sum(link.startswith("socket:") for link in links),
        "tasks": len(asyncio.all_tasks()),
    }


def main() -> None:
    """Put the clocks in place before any module of the exporter takes hold of the real ones."""
    clock = Jumps()
    clock.put_in_place()
    from exporter import server  # noqa: PLC0415  only now, since modules keep the clock they find
    from exporter.cli import run  # noqa: PLC0415  the same
    from exporter.live_settings import Read  # noqa: PLC0415  the same
    from exporter.settings import Settings  # noqa: PLC0415  the same
    from exporter.web import application  # noqa: PLC0415  the same

    def watched(settings: Settings, read: Read | None) -> Starlette:
        app = application(settings, read)
        app.routes.append(Route("/soak", clock.jump))
        return app

    vars(server)["application"] = watched
    sys.exit(run(["serve"]))


if __name__ == "__main__":
    main()
