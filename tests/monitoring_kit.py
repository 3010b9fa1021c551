"""A reading in which everything has a value."""

from __future__ import annotations

from typing import Any

from marquee.lifecycle.monitoring.records import Accuracy, Drift, Latency, Lists, Reading


def drift(feature: str = "genre", **changes: Any) -> Drift:
    given: dict[str, Any] = {
        "feature": feature,
        "n_viewers": 60,
        "distance": 0.31,
        "psi": 0.42,
        "psi_by_chance": 0.11,
        "p": 0.001,
        "p_holm": 0.008,
        "ratio": 3.5,
        "surprise": 0.0002,
        "level": 1.5,
        "alarm": True,
        "moved": "Horror 41.0%, before 8.0%",
    }
    return Drift(**given | changes)


def reading(**changes: Any) -> Reading:
    given: dict[str, Any] = {
        "week": "2026-03-02",
        "snapshot": "000001",
        "model": "ease-content",
        "n_ratings": 700,
        "n_viewers": 61,
        "n_weeks_before": 52,
        "n_viewers_before": 3_000,
        "drift": [
            drift(),
            drift("rating", level=0.01, alarm=False, p_holm=0.7, moved="mean 3.40, before 3.38"),
        ],
        "accuracy": [
            Accuracy(
                metric="rmse",
                value=0.95,
                low=0.93,
                high=0.97,
                n_viewers=58,
                promised=[0.85, 0.87],
                alarm=True,
            )
        ],
        "lists": Lists(
            n_lists=120,
            coverage=0.3,
            head_share=0.6,
            overlap=0.2,
            n_picks=40,
            n_good=30,
            n_thumbs=5,
            n_thumbs_up=4,
        ),
        "latency": [
            Latency(route="/api/v1/x", n=900, p50_ms=2.0, p95_ms=9.0, p99_ms=21.0),
        ],
    }
    return Reading(**given | changes)
