"""The configured gateways, each with its session and token keeper, under one task group."""

import hashlib
from collections.abc import Mapping
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import Self

import anyio
from anyio.abc import TaskGroup

from exporter import clock
from exporter import settings as config
from exporter.gateway.account import Account
from exporter.gateway.cloud import Cloud
from exporter.gateway.credentials import Credentials
from exporter.gateway.digest import Digest
from exporter.gateway.documents import Documents
from exporter.gateway.login import logins
from exporter.gateway.session import Address, Session
from exporter.gateway.state import StateFile
from exporter.gateway.tls import AuthorityTrust, Pin, Trust, Unverified
from exporter.gateway.tokens import Given, Tokens
from exporter.ledger import Ledger
from exporter.setting_groups import Tls
from exporter.setting_values import secret
from exporter.settings import Settings
from exporter.site import Site
from exporter.telemetry import Telemetry

SAVED_EVERY = 600.0
"""Seconds between writes of what the ledgers keep: cards in small computers wear out."""


class Fleet:
    """All gateways by name; an async context in which their logins and requests live on."""

    def __init__(self, settings: Settings, telemetry: Telemetry) -> None:
        self._settings = settings
        self._telemetry = telemetry
        self._accounts: dict[Credentials, Account] = {}
        self._tasks: TaskGroup
        self.sites: Mapping[str, Site] = {}

    async def __aenter__(self) -> Self:
        self._tasks = await anyio.create_task_group().__aenter__()
        self.sites = {
            name: self._site(name, gateway) for name, gateway in self._settings.sites().items()
        }
        for site in self.sites.values():
            self._tasks.start_soon(site.tokens.keep)
        self._tasks.start_soon(self._keep_ledgers)
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._tasks.cancel_scope.cancel()
        await self._tasks.__aexit__(kind, error, trace)
        for site in self.sites.values():
            await site.session.aclose()
            if site.ledger.unsaved:
                self._ledger_file(site.name).write(site.ledger.page())

    def insist(self) -> None:
        """Let every account try its next login at once: a person asks for it."""
        for account in self._accounts.values():
            account.insist()

    async def _keep_ledgers(self) -> None:
        while True:
            await anyio.sleep(SAVED_EVERY)
            for site in self.sites.values():
                if site.ledger.unsaved:
                    file, page = self._ledger_file(site.name), site.ledger.page()
                    await anyio.to_thread.run_sync(file.write, page)

    def _account(self, gateway: config.Gateway) -> Account | None:
        """Return the account of a gateway; gateways with the same credentials share one."""
        if gateway.username is None:
            return None
        password = secret(gateway.password, gateway.password_file)
        credentials = Credentials(gateway.username, password)
        if credentials not in self._accounts:
            name = hashlib.sha256(gateway.username.encode()).hexdigest()[:12]
            self._accounts[credentials] = Account(
                credentials, logins(self._cloud()), self._file(f"account-{name}.json"), clock.wall
            )
        return self._accounts[credentials]

    def _site(self, name: str, gateway: config.Gateway) -> Site:
        trust, account = self._trust(name, gateway.tls), self._account(gateway)
        observe = partial(self._telemetry.login, name)
        log_in = None if account is None else partial(account.token, observe=observe)
        tokens = Tokens(
            given=Given(secret(gateway.token, None), gateway.token_file),
            log_in=log_in,
            file=self._file(f"{name}.token"),
            tasks=self._tasks,
            now=clock.wall,
        )
        session = Session(
            Address(
                str(gateway.host),
                gateway.serial,
                self._settings.scrape.in_flight,
                self._settings.scrape.heavy_pause,
            ),
            trust,
            tokens,
            Digest(
                gateway.digest.username,
                secret(gateway.digest.password, gateway.digest.password_file),
            ),
            observe=partial(self._telemetry.request, name),
        )
        return Site(
            name,
            str(gateway.host),
            session,
            Documents(session, self._tasks, clock.elapsed),
            tokens,
            trust,
            Ledger(self._ledger_file(name).read(), clock.wall, clock.elapsed),
            surprised=partial(self._telemetry.surprise, name),
        )

    def _trust(self, name: str, tls: Tls) -> Trust:
        if tls.trust == "ca" and tls.ca_file is not None:
            return AuthorityTrust(tls.ca_file)
        if tls.trust == "off":
            return Unverified(name)
        return Pin(self._file(f"{name}.certificate.json"), clock.wall)

    def _cloud(self) -> Cloud:
        cloud = self._settings.cloud
        return Cloud(cloud.entrez_url, cloud.enlighten_url, cloud.first, cloud.ca_file)

    def _ledger_file(self, name: str) -> StateFile:
        return self._file(f"{name}.counters.json")

    def _file(self, name: str) -> StateFile:
        return StateFile(Path(self._settings.state_dir) / name)
