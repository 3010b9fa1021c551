"""How fast a server answers, from what it tells Prometheus."""

from __future__ import annotations

import math
from collections.abc import Sequence

from prometheus_client.parser import text_string_to_metric_families

from marquee.lifecycle.monitoring.records import Latency

SECONDS = "marquee_request_seconds"
ROUTES = ("/api/v1/viewers/{viewer_id}/recommendations", "/", "/api/v1/recommendations")
"""Routes whose lists people wait for; those that were asked are told."""


def latencies(text: str) -> list[Latency]:
    """Times of the routes that make lists, since the server started; those asked at all."""
    buckets: dict[str, list[tuple[float, float]]] = {}
    for family in text_string_to_metric_families(text):
        for sample in family.samples:
            if sample.name == f"{SECONDS}_bucket":
                edge = float(sample.labels["le"])
                buckets.setdefault(sample.labels["route"], []).append((edge, sample.value))
    found = []
    for route in ROUTES:
        counts = sorted(buckets.get(route, []))
        if counts and counts[-1][1]:
            half, most, all_but_one = (quantile(counts, q) * 1e3 for q in (0.5, 0.95, 0.99))
            found.append(
                Latency(
                    route=route,
                    n=int(counts[-1][1]),
                    p50_ms=half,
                    p95_ms=most,
                    p99_ms=all_but_one,
                )
            )
    return found


def quantile(buckets: Sequence[tuple[float, float]], q: float) -> float:
    """The quantile of a histogram, as Prometheus works it out: evenly spread within a bucket.

    ``buckets`` are upper edges, ascending and the last infinite, with the number up to each. What
    lies beyond the last finite edge is told as that edge.
    """
    wanted = q * buckets[-1][1]
    below, count_below = 0.0, 0.0
    for edge, count in buckets:
        if count >= wanted:
            if math.isinf(edge):
                return below
            within = (wanted - count_below) / max(count - count_below, 1e-300)
            return below + (edge - below) * within
        below, count_below = edge, count
    return below
