"""The exporter's own metrics: what it asks of gateways and of the cloud, and what it costs."""

from collections.abc import Iterable

from prometheus_client import (
    CollectorRegistry,
    Counter,
    GCCollector,
    Histogram,
    Info,
    PlatformCollector,
    ProcessCollector,
    disable_created_metrics,
)

from exporter import __version__
from exporter.exposition import Fragment
from exporter.metric import PREFIX, Family, counter, families, gauge, info

BUILD = info("exporter_build_info", "The exporter's version.", "version")
REQUESTS = counter(
    "gateway_requests_total",
    "Pages asked of a gateway, by how that ended.",
    "gateway",
    "path",
    "outcome",
)
DURATIONS = Family(
    PREFIX + "gateway_request_duration_seconds",
    "histogram",
    "How long a gateway's page took, waiting for its turn and logging in included.",
    ("gateway",),
)
SURPRISES = counter(
    "document_surprises_total",
    "Values in the gateway's pages that made no sense and were left out.",
    "gateway",
    "collector",
)
LOGINS = counter("logins_total", "Logins to the cloud, by how they ended.", "gateway", "outcome")
RELOADED = gauge(
    "config_last_reload_successful",
    "Whether the settings were right when they were last read (1) or not (0).",
)
RELOAD_TIME = gauge(
    "config_last_reload_success_timestamp_seconds", "Since when the settings in force are so."
)

BUCKETS = (0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 90)


class Telemetry:
    """Counters that live as long as the process."""

    def __init__(self) -> None:
        # Each counter's time of birth would double the series for no question that users ask.
        disable_created_metrics()  # type: ignore[no-untyped-call]  # the library left it untyped
        self._registry = CollectorRegistry()
        for collector in (ProcessCollector, PlatformCollector, GCCollector):
            collector(registry=self._registry)
        Info(BUILD.base, BUILD.help, registry=self._registry).info({"version": __version__})
        self._requests = self._counter(REQUESTS)
        self._durations = Histogram(
            DURATIONS.name,
            DURATIONS.help,
            DURATIONS.labels,
            buckets=BUCKETS,
            registry=self._registry,
        )
        self._surprises = self._counter(SURPRISES)
        self._logins = self._counter(LOGINS)
        self._reloaded: bool | None = None
        self._reload_time: float | None = None

    def surprise(self, gateway: str, collector: str, count: int) -> None:
        """Count what made no sense in a collector's documents."""
        if count:
            self._surprises.labels(gateway, collector).inc(count)

    def request(self, gateway: str, path: str, outcome: str, seconds: float) -> None:
        """Count a request."""
        self._requests.labels(gateway, path, outcome).inc()
        self._durations.labels(gateway).observe(seconds)

    def login(self, gateway: str, outcome: str) -> None:
        """Count an attempt at a login."""
        self._logins.labels(gateway, outcome).inc()

    def configured(self, moment: float | None) -> None:
        """Note when the settings were read, or ``None`` if they were wrong."""
        self._reloaded = moment is not None
        self._reload_time = moment or self._reload_time

    def fragments(self) -> Iterable[Fragment]:
        """Hand over the metrics as they are now."""
        settings = families([*RELOADED(self._reloaded), *RELOAD_TIME(self._reload_time)])
        return (Fragment([*self._registry.collect(), *settings]),)

    def _counter(self, family: Family) -> Counter:
        return Counter(family.base, family.help, family.labels, registry=self._registry)
