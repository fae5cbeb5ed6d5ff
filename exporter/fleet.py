"""The configured gateways, each with its session and token keeper; they can change under way."""

import itertools
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

import anyio
from anyio.abc import TaskGroup, TaskStatus

from exporter import assembly
from exporter.gateway.account import Account
from exporter.gateway.credentials import Credentials
from exporter.gateway.state import StateFile
from exporter.plan import Plan, plans
from exporter.setting_groups import Cloud
from exporter.settings import Settings
from exporter.site import Site
from exporter.telemetry import Telemetry

LOOK = 60.0
"""Seconds between looks at the ledgers: a process that is killed forgets no more than that of what
matters in them."""

SAVED_EVERY = 10
"""Looks between writes of what the ledgers keep: cards in small computers wear out."""


@dataclass(frozen=True, slots=True)
class _Life:
    """A site that is there now, and the way to end it."""

    plan: Plan
    site: Site
    scope: anyio.CancelScope
    ended: anyio.Event


class Fleet:
    """All gateways by name; an async context in which their logins and requests live on."""

    def __init__(self, settings: Settings, telemetry: Telemetry, *, counts: bool = True) -> None:
        """Make what the settings say; unless it ``counts``, others' kept counters stay as they are.

        Two processes that kept the same counters would each put aside what the other has told.
        """
        self._settings = settings
        self._counts = counts
        self._telemetry = telemetry
        self._accounts: dict[tuple[str, str, Cloud, Path], Account] = {}
        self._lives: dict[str, _Life] = {}
        self._tasks: TaskGroup
        self._change = anyio.Lock()
        self.sites: Mapping[str, Site] = {}

    async def __aenter__(self) -> Self:
        planned = plans(self._settings)
        self._tasks = await anyio.create_task_group().__aenter__()
        await self._become(planned)
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._tasks.cancel_scope.cancel()
        await self._tasks.__aexit__(kind, error, trace)

    async def take(self, settings: Settings) -> None:
        """Become what other settings say; a gateway whose own stay as they are notices nothing.

        Raises ``OSError`` or ``ValueError`` for a file that cannot be read; then all stays as it
        was.
        """
        await self._become(plans(settings))

    async def settled(self) -> Mapping[str, Site]:
        """Return all sites by name, once none is being replaced."""
        async with self._change:
            return self.sites

    def insist(self) -> None:
        """Let every account try its next login at once: a person asks for it."""
        for account in self._accounts.values():
            account.insist()

    async def _become(self, planned: dict[str, Plan]) -> None:
        async with self._change:
            await self._end([x for x in self._lives.values() if planned.get(x.plan.name) != x.plan])
            try:
                for name, plan in planned.items():
                    if name not in self._lives:
                        self._lives[name] = await self._tasks.start(self._live, plan)
            finally:
                self.sites = {n: self._lives[n].site for n in planned if n in self._lives}
            wanted = {_key(plan) for plan in planned.values()}
            self._accounts = {k: each for k, each in self._accounts.items() if k in wanted}

    async def _end(self, lives: list[_Life]) -> None:
        """End some sites; what they keep on disk is there when this returns."""
        for life in lives:
            life.scope.cancel()
        for life in lives:
            await life.ended.wait()
            del self._lives[life.plan.name]

    async def _live(self, plan: Plan, *, task_status: TaskStatus[_Life]) -> None:
        """Be one gateway until cancelled."""
        tasks, ended, file = anyio.create_task_group(), anyio.Event(), assembly.counters(plan)
        site = assembly.site(plan, self._account(plan), self._telemetry, tasks)
        try:
            async with tasks:
                tasks.start_soon(site.tokens.keep)
                task_status.started(_Life(plan, site, tasks.cancel_scope, ended))
                if self._counts:
                    tasks.start_soon(_keep_counters, site, file)
                await anyio.sleep_forever()
        finally:
            await site.session.aclose()
            if self._counts and len(site.ledger):
                file.write(site.ledger.page(ended=True))
            ended.set()

    def _account(self, plan: Plan) -> Account | None:
        """Return the account of a gateway; gateways with the same credentials share one."""
        username = plan.gateway.username
        if username is None:
            return None
        key = _key(plan)
        if key not in self._accounts:
            self._accounts[key] = assembly.account(plan, Credentials(username, plan.password))
        return self._accounts[key]


def _key(plan: Plan) -> tuple[str, str, Cloud, Path]:
    """Tell accounts apart, also by what they are made from."""
    return plan.gateway.username or "", plan.password, plan.cloud, plan.state_dir


async def _keep_counters(site: Site, file: StateFile) -> None:
    for look in itertools.count():
        due = site.ledger.urgent or look % SAVED_EVERY == 0
        if due and site.ledger.unsaved:
            page = site.ledger.page()
            if not await anyio.to_thread.run_sync(file.write, page):
                site.ledger.unsaved = True
        await anyio.sleep(LOOK)
