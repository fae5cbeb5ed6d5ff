"""The settings in force, which can be read again while the process runs."""

import logging
import signal
from collections.abc import Awaitable, Callable, Iterator

import anyio

from exporter import clock
from exporter.setting_groups import Section
from exporter.settings import Settings
from exporter.settings_source import WrongSettingError
from exporter.telemetry import Telemetry

log = logging.getLogger(__name__)

Read = Callable[[], Settings]
"""Reads the settings; raises ``WrongSettingError``."""

Take = Callable[[Settings], Awaitable[None]]
"""Goes on with other settings; raises ``OSError`` or ``ValueError``, and then goes on as before."""


class LiveSettings:
    """The settings in force; wrong ones never are."""

    def __init__(
        self, settings: Settings, read: Read | None, take: Take, telemetry: Telemetry
    ) -> None:
        self.now = settings
        self._read = read
        self._take = take
        self._telemetry = telemetry
        self._lock = anyio.Lock()
        telemetry.configured(clock.wall())

    @property
    def fixed(self) -> bool:
        """Whether they hold for the life of the process."""
        return self._read is None

    async def follow_hangups(self) -> None:
        """Reload with each SIGHUP, for ever."""
        with anyio.open_signal_receiver(signal.SIGHUP) as signals:
            async for _ in signals:
                await self.reload()

    async def reload(self) -> str | None:
        """Read the settings again and go on with them; return in one line what is wrong, if any.

        What is wrong is logged, and those in force stay.
        """
        async with self._lock:
            wrong = await self._try()
        if wrong is None:
            self._telemetry.configured(clock.wall())
            log.info("event=reloaded gateways=%s", ",".join(self.now.sites()))
        else:
            self._telemetry.configured(None)
            log.error("event=reload_failed the settings in force stay: %s", wrong)
        return wrong

    async def _try(self) -> str | None:
        if self._read is None:
            return "the settings are fixed"
        try:
            # A file may lie on a share that hangs, while scrapes go on.
            found = await anyio.to_thread.run_sync(self._read)
            await self._take(found)
        except WrongSettingError as error:
            return str(error)
        except (OSError, ValueError) as error:
            return f"a file that is named there cannot be read: {type(error).__name__}"
        except Exception as error:  # whatever it is, scrapes go on
            log.exception("reload=failed")
            return f"unexpected {type(error).__name__}: please report it with the log"
        self._follow(found)
        return None

    def _follow(self, found: Settings) -> None:
        """Let the rest of the process see them, but for what its socket and routes stand on."""
        web = self.now.web
        for name in _changed("web", web, found.web):
            log.warning("%s has changed: that takes a restart", name)
        if found.log.level != self.now.log.level:
            logging.getLogger("exporter").setLevel(found.log.level.upper())
        self.now = found.model_copy(update={"web": web})


def _changed(name: str, before: object, after: object) -> Iterator[str]:
    """Name each setting that differs, in a group and the groups in it."""
    if isinstance(before, Section):
        for part in type(before).model_fields:
            yield from _changed(f"{name}.{part}", getattr(before, part), getattr(after, part))
    elif before != after:
        yield name
