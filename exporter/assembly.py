"""Puts the parts of a gateway's site together, and those of an account, as a plan says."""

import hashlib
from functools import partial

from anyio.abc import TaskGroup

from exporter import clock
from exporter.gateway.account import Account
from exporter.gateway.cloud import Cloud
from exporter.gateway.credentials import Credentials
from exporter.gateway.digest import Digest
from exporter.gateway.documents import Documents
from exporter.gateway.given import Given
from exporter.gateway.login import logins
from exporter.gateway.session import Address, Keys, Session
from exporter.gateway.state import StateFile
from exporter.gateway.tls import AuthorityTrust, Pin, Trust, Unverified
from exporter.gateway.tokens import Tokens
from exporter.ledger import Ledger
from exporter.plan import Plan
from exporter.setting_values import secret
from exporter.site import Site
from exporter.telemetry import Telemetry


def site(plan: Plan, account: Account | None, telemetry: Telemetry, tasks: TaskGroup) -> Site:
    """Make a site; its logins and requests live in the task group."""
    name, trust = plan.name, _trust(plan)
    tokens = _tokens(plan, account, telemetry, tasks)
    session = Session(
        Address(str(plan.gateway.host), plan.gateway.serial, plan.in_flight, plan.heavy_pause),
        trust,
        Keys(tokens, Digest(plan.gateway.digest.username, plan.digest_password)),
        tasks,
        observe=partial(telemetry.request, name),
    )
    return Site(
        name,
        str(plan.gateway.host),
        session,
        Documents(session, tasks, clock.elapsed),
        tokens,
        trust,
        Ledger(counters(plan).read(), clock.wall, clock.elapsed),
        surprised=partial(telemetry.surprise, name),
    )


def account(plan: Plan, credentials: Credentials) -> Account:
    """Make an account of the plan's cloud."""
    cloud = plan.cloud
    name = hashlib.sha256(credentials.username.encode()).hexdigest()[:12]
    return Account(
        credentials,
        logins(Cloud(cloud.entrez_url, cloud.enlighten_url, cloud.first, cloud.ca_file)),
        plan.file(f"account-{name}.json"),
        clock.wall,
    )


def counters(plan: Plan) -> StateFile:
    """Return where a site's ledger is kept."""
    return plan.file(f"{plan.name}.counters.json")


def _tokens(plan: Plan, account: Account | None, telemetry: Telemetry, tasks: TaskGroup) -> Tokens:
    observe = partial(telemetry.login, plan.name)
    return Tokens(
        given=Given(secret(plan.gateway.token, None), plan.gateway.token_file),
        log_in=None if account is None else partial(account.token, observe=observe),
        file=plan.file(f"{plan.name}.token"),
        tasks=tasks,
        now=clock.wall,
    )


def _trust(plan: Plan) -> Trust:
    tls = plan.gateway.tls
    if tls.trust == "ca" and tls.ca_file is not None:
        return AuthorityTrust(tls.ca_file)
    if tls.trust == "off":
        return Unverified(plan.name)
    return Pin(plan.file(f"{plan.name}.certificate.json"), clock.wall)
