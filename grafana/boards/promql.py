"""Expressions in PromQL: selectors made from the metric families, and sums that boards share.

Every selector takes the job and the instance from the dashboard's variables. Names of metrics come
from the families alone, so that a renamed one cannot leave a panel behind.

Energy is in watt hours here, which Grafana scales to kWh and MWh. ``increase`` of the raw counters
is right because the exporter keeps them from falling; the recording rules are not needed.
"""

from exporter.collectors import collar, controller, flows, inverters, production
from exporter.metric import Family

SITE = "job, instance"
"""What tells one gateway from another."""

SELECTED = 'job=~"$job", instance=~"$instance"'


def select(family: Family | str, **labels: str) -> str:
    """Return the selector of a family; a label's value with an operator before it keeps it."""
    name = family.name if isinstance(family, Family) else family
    matchers = "".join(f", {label}{_match(value)}" for label, value in labels.items())
    return f"{name}{{{SELECTED}{matchers}}}"


def total(family: Family | str, **labels: str) -> str:
    """Sum over all that is selected."""
    return f"sum({select(family, **labels)})"


def by_site(expression: str, *more: str, how: str = "sum") -> str:
    """Aggregate by gateway, and by further labels."""
    return f"{how} by ({', '.join((SITE, *more))}) ({expression})"


def energy(counter: Family | str, window: str, offset: str = "", **labels: str) -> str:
    """Return the watt hours of each gateway in the time that ends now, or an offset before."""
    return by_site(_increase(select(counter, **labels), window, offset)) + " / 3600"


def made(window: str, offset: str = "") -> str:
    """Return what each gateway's panels made."""
    return energy(production.ENERGY, window, offset)


def bought(window: str, offset: str = "") -> str:
    """Return what each gateway's house bought."""
    return energy(flows.IMPORTED, window, offset)


def sold(window: str, offset: str = "") -> str:
    """Return what each gateway's house sold."""
    return energy(flows.EXPORTED, window, offset)


def charged(window: str, offset: str = "") -> str:
    """Return what went into each gateway's storage: zero where no meter measures it."""
    return f"({energy(flows.CHARGED, window, offset)} or 0 * {made(window, offset)})"


def discharged(window: str, offset: str = "") -> str:
    """Return what came out of each gateway's storage: zero where no meter measures it."""
    return f"({energy(flows.DISCHARGED, window, offset)} or 0 * {made(window, offset)})"


def used(window: str, offset: str = "") -> str:
    """Return what each gateway's house used: what came in, less what went out.

    Where there is no grid meter, but one of the house's use, that one's counter.
    """
    return (
        f"(clamp_min({made(window, offset)} + {bought(window, offset)} - {sold(window, offset)}"
        f" - {charged(window, offset)} + {discharged(window, offset)}, 0)"
        f" or {energy(flows.CONSUMED, window, offset)})"
    )


def sun_to_house(window: str, offset: str = "") -> str:
    """Return what each house took from its panels at once: not sold, and not stored first."""
    return (
        f"clamp_min({made(window, offset)} - {sold(window, offset)} - {charged(window, offset)}, 0)"
    )


def everywhere(expression: str) -> str:
    """Sum what each gateway has."""
    return f"sum({expression})"


def sun_to_battery(window: str, offset: str = "") -> str:
    """Return what each gateway's storage took from the panels, and not from the grid."""
    left = f"{made(window, offset)} - {sold(window, offset)}"
    return f"clamp_min({left} - {sun_to_house(window, offset)}, 0)"


def unmetered(window: str, offset: str = "") -> str:
    """Return what panels made where no grid meter tells how much of it was sold."""
    return f"({made(window, offset)} unless on ({SITE}) {sold(window, offset)})"


def self_sufficiency(window: str, offset: str = "") -> str:
    """Return the share of what the houses used that was not bought.

    Only of gateways that measure both: a sum over others would compare unlike things.
    """
    use, grid = used(window, offset), bought(window, offset)
    return f"clamp(1 - sum({grid}) / (sum({use} and {grid}) > 0), 0, 1)"


def own_use(window: str, offset: str = "") -> str:
    """Return the share of what the panels made that was not sold."""
    sun, out = made(window, offset), sold(window, offset)
    return f"clamp(1 - sum({out}) / (sum({sun} and {out}) > 10), 0, 1)"


def relay() -> str:
    """Return whether each site is connected to the grid, by its system controller or its collar."""
    relay, switch = select(controller.RELAY), select(collar.CONNECTED)
    return f"({by_site(relay, how='min')} or {by_site(switch, how='min')})"


def to_median(dark: int = 20) -> str:
    """Return each inverter's power as a share of its site's median; none while that is dark."""
    power = by_site(select(inverters.POWER), "serial", how="max")
    median = f"quantile by ({SITE}) (0.5, {power})"
    return f"{power} / on ({SITE}) group_left () ({median} > {dark})"


def short_serial(expression: str, label: str = "inverter") -> str:
    """Add a label, the last six digits of the serial, which panels do not cut."""
    return labelled(expression, label, "serial", ".*(.{6})")


def labelled(expression: str, label: str, source: str, pattern: str = "(.*)") -> str:
    r"""Add a label: the pattern's group in another one.

    ``\x24`` is the dollar, spelt so that nothing takes ``$1`` for a variable of Grafana's.
    """
    return rf'label_replace({expression}, "{label}", "\x241", "{source}", "{pattern}")'


def _increase(selector: str, window: str, offset: str) -> str:
    return f"increase({selector}[{window}]{f' offset {offset}' if offset else ''})"


def _match(value: str) -> str:
    return f'{value[:2]}"{value[2:]}"' if value.startswith(("=~", "!=", "!~")) else f'="{value}"'
