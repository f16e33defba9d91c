"""What Prometheus collects: requests by route and outcome, how long they took, and how the data stands.

With several workers each keeps its counts in files of the folder that PROMETHEUS_MULTIPROC_DIR names, and whichever of
them is asked adds up all: the numbers are the service's. How the data stands is read from the database when asked.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import TYPE_CHECKING

from ..core.errors import StorageUnavailable
from ..editorial.database import Database
from ..editorial.gauges import Gauges, gauges

if TYPE_CHECKING:
    from prometheus_client.metrics_core import Metric

FOLDER = "PROMETHEUS_MULTIPROC_DIR"
CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"

_SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10)
_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
_SPARQL = "/sparql"


class Metrics:
    """The counts of one app. Safe to share between threads."""

    def __init__(self) -> None:
        from prometheus_client import CollectorRegistry, Counter, Histogram

        self._registry = CollectorRegistry()
        labels = ("method", "route", "status")
        self._requests = Counter("skin_r1_requests", "Requests answered.", labels, registry=self._registry)
        self._seconds = Histogram(
            "skin_r1_request_seconds", "From the first byte in to the last one out.", ("route",), buckets=_SECONDS,
            registry=self._registry,
        )  # fmt: skip
        self._known: dict[tuple[str, str, int], tuple[Counter, Histogram]] = {}
        self._queries = Counter("skin_r1_sparql_queries", "SPARQL queries.", ("status",), registry=self._registry)

    def count(self, method: str, route: str, status: int, seconds: float) -> None:
        """One answered request. `route` is the template of its path, or empty where no route took it."""
        known = self._known.get((method, route, status))
        if known is None:
            told = route or "none"
            count = self._requests.labels(method if method in _METHODS else "other", told, str(status))
            known = count, self._seconds.labels(told)
            if method in _METHODS:  # strangers can make up methods without end
                self._known[method, route, status] = known
        known[0].inc()
        known[1].observe(seconds)
        if route == _SPARQL:
            self._queries.labels(str(status)).inc()

    def text(self, database: Database) -> bytes:
        """Everything in Prometheus' text format. A database that is gone leaves its own numbers out and is said so."""
        from prometheus_client import CollectorRegistry, generate_latest
        from prometheus_client.multiprocess import MultiProcessCollector

        counted = self._registry
        if os.environ.get(FOLDER):
            MultiProcessCollector(counted := CollectorRegistry())
        stored = CollectorRegistry()
        stored.register(_Stored(database))
        return generate_latest(counted) + generate_latest(stored)


class _Stored:
    """A collector over what the database says now."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def collect(self) -> Iterator[Metric]:
        from prometheus_client.core import GaugeMetricFamily

        try:
            with self._database.reading() as session:
                found = gauges(session)
        except StorageUnavailable:
            yield GaugeMetricFamily("skin_r1_database_up", "Whether the database answers.", value=0)
            return
        yield GaugeMetricFamily("skin_r1_database_up", "Whether the database answers.", value=1)
        yield from _families(found)


def _families(found: Gauges) -> Iterator[Metric]:
    from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily

    yield GaugeMetricFamily("skin_r1_seq", "The last change of the log.", value=found.seq)
    yield GaugeMetricFamily("skin_r1_release_seq", "The last change of the newest release.", value=found.release_seq)
    yield CounterMetricFamily("skin_r1_edits_accepted", "Proposals that became a change.", value=found.accepted)
    release = GaugeMetricFamily("skin_r1_release", "The newest release.", labels=("id", "digest"))
    release.add_metric((found.release, found.digest), 1)
    yield release
    proposals = GaugeMetricFamily("skin_r1_proposals", "Proposals by what became of them.", labels=("state",))
    for state, count in found.proposals.items():
        proposals.add_metric((state,), count)
    yield proposals
