"""How much is asked, how fast it is answered, and how content viewers are, for Prometheus."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from prometheus_client import CollectorRegistry, Counter, Histogram, generate_latest
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector
from starlette.types import Scope

from marquee.app.api.weekly import Weekly
from marquee.data.feedback import FeedbackStore
from marquee.service.records import Source

if TYPE_CHECKING:
    from marquee.lifecycle.monitoring.records import Reading

BUCKETS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5)
"""Upper bounds in seconds; 0.025 is what 99 of 100 recommendations should stay within."""

METHODS = frozenset({"DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT"})


class Metrics:
    """The counters of one application, and what the last reading of its workspace says."""

    CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"

    def __init__(
        self,
        source: Callable[[], Source],
        feedback: FeedbackStore | None,
        newest: Callable[[], Reading | None] = lambda: None,
    ) -> None:
        self.registry = CollectorRegistry()
        self._requests = Counter(
            "marquee_requests",
            "Requests answered.",
            ("method", "route", "status"),
            registry=self.registry,
        )
        self._seconds = Histogram(
            "marquee_request_seconds",
            "Time from the request to the end of its answer.",
            ("route",),
            registry=self.registry,
            buckets=BUCKETS,
        )
        self.registry.register(_Serving(source))
        if feedback is not None:
            self.registry.register(_Content(feedback))
        self.registry.register(Weekly(newest))

    def count(self, scope: Scope, status: int, seconds: float) -> None:
        """Counts one request."""
        # Those to no route are counted together: anybody can make up addresses.
        route = getattr(scope.get("route"), "path", None) or "none"
        method = scope["method"] if scope["method"] in METHODS else "other"
        self._requests.labels(method, route, str(status)).inc()
        self._seconds.labels(route).observe(seconds)

    def text(self) -> bytes:
        """Everything in Prometheus's text format."""
        return generate_latest(self.registry)


class _Serving(Collector):
    """What answers at the time of the scrape."""

    def __init__(self, source: Callable[[], Source]) -> None:
        self._source = source

    def describe(self) -> list[GaugeMetricFamily]:
        """Nothing: who answers is known when somebody asks."""
        return []

    def collect(self) -> Iterator[GaugeMetricFamily]:
        """1 for the model and data that answer."""
        family = GaugeMetricFamily(
            "marquee_serving",
            "The model and data that answer.",
            labels=["model", "version", "snapshot"],
        )
        source = self._source()
        family.add_metric([source["model"], source["model_version"], source["snapshot"]], 1)
        yield family


class _Content(Collector):
    """How content viewers are, read from the feedback database when somebody asks."""

    def __init__(self, feedback: FeedbackStore) -> None:
        self._feedback = feedback

    def describe(self) -> list[GaugeMetricFamily]:
        """Nothing: the database is not asked before the first scrape."""
        return []

    def collect(self) -> Iterator[GaugeMetricFamily]:
        """Counts of judged picks and lists by model; their quotients are the rates."""
        counts = {
            "n_picks": "Picks judged good or bad.",
            "n_good": "Picks judged good.",
            "n_thumbs": "Lists with a thumb.",
            "n_thumbs_up": "Lists with a thumb up.",
            "n_answers": "Lists shown.",
            "n_impressions": "Titles shown.",
        }
        by_model = self._feedback.satisfaction().by_model
        for name, meaning in counts.items():
            family = GaugeMetricFamily(
                f"marquee_feedback_{name.removeprefix('n_')}", meaning, labels=["model"]
            )
            for model, satisfaction in by_model.items():
                family.add_metric([model], getattr(satisfaction, name))
            yield family
