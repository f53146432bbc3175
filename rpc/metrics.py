"""Prometheus metrics of the RPC surface, in a registry of their own.

Composition adds the collectors of other subsystems to ``REGISTRY``; ``GET /metrics`` shows all.
"""

from __future__ import annotations

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4

REGISTRY = CollectorRegistry()
CONTENT_TYPE = CONTENT_TYPE_PLAIN_0_0_4

REQUESTS = Counter(
    "animica_rpc_requests", "JSON-RPC requests by method and outcome.", ["method", "code"],
    registry=REGISTRY,
)  # fmt: skip
SECONDS = Histogram(
    "animica_rpc_seconds", "Time to serve a JSON-RPC request.", ["method"],
    buckets=(0.0002, 0.001, 0.005, 0.02, 0.1, 0.5, 2, 10), registry=REGISTRY,
)  # fmt: skip
SOCKETS = Gauge("animica_rpc_sockets", "Open WebSocket connections.", registry=REGISTRY)
PUSHED = Counter(
    "animica_rpc_pushed", "Messages put into socket queues.", ["topic"], registry=REGISTRY
)
DROPPED = Counter(
    "animica_rpc_overflowed", "Messages dropped because a socket was too slow.", registry=REGISTRY
)


class Counting:
    """The dispatcher's observer. Looks label children up once: that is most of their cost."""

    def __init__(self) -> None:
        self._requests: dict[tuple[str, str], Counter] = {}
        self._seconds: dict[str, Histogram] = {}

    def answered(self, method: str, code: str, seconds: float) -> None:
        """Count one request; both labels come from fixed tables, never from the caller."""
        name = method or "unknown"
        counter = self._requests.get((name, code))
        if counter is None:
            counter = self._requests[name, code] = REQUESTS.labels(name, code or "ok")
        counter.inc()
        timer = self._seconds.get(name)
        if timer is None:
            timer = self._seconds[name] = SECONDS.labels(name)
        timer.observe(seconds)


def exposition() -> bytes:
    """All metrics in Prometheus' text format."""
    return generate_latest(REGISTRY)
