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

BUCKETS = (0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 90)


class Telemetry:
    """Counters that live as long as the process."""

    def __init__(self) -> None:
        # Each counter's time of birth would double the series for no question that users ask.
        disable_created_metrics()  # type: ignore[no-untyped-call]  # the library left it untyped
        self._registry = CollectorRegistry()
        for collector in (ProcessCollector, PlatformCollector, GCCollector):
            collector(registry=self._registry)
        Info("enphase_exporter_build", "The exporter's version.", registry=self._registry).info(
            {"version": __version__}
        )
        self._requests = Counter(
            "enphase_gateway_requests",
            "Pages asked of a gateway, by how that ended.",
            ("gateway", "path", "outcome"),
            registry=self._registry,
        )
        self._durations = Histogram(
            "enphase_gateway_request_duration_seconds",
            "How long a gateway's page took, waiting for its turn and logging in included.",
            ("gateway",),
            buckets=BUCKETS,
            registry=self._registry,
        )
        self._surprises = Counter(
            "enphase_document_surprises",
            "Values in the gateway's pages that made no sense and were left out.",
            ("gateway", "collector"),
            registry=self._registry,
        )
        self._logins = Counter(
            "enphase_logins",
            "Logins to the cloud, by how they ended.",
            ("gateway", "outcome"),
            registry=self._registry,
        )

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

    def fragments(self) -> Iterable[Fragment]:
        """Hand over the metrics as they are now."""
        return (Fragment(list(self._registry.collect())),)
