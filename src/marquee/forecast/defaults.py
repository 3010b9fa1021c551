"""The forecaster that is used for an outcome where nobody names another."""

from __future__ import annotations

from typing import Any

from marquee.errors import ParameterError
from marquee.forecast.base import Forecaster
from marquee.forecast.forward_blend import ForwardBlend

NAMED = ("cast_people", "director_people", "writer_people", "producer_people", "companies")
"""Lists of who makes a film, for the setting ``records``. No default looks them up: asked about
six years ahead they do not tell popularity better."""

SETTINGS: dict[str, dict[str, Any]] = {
    "revenue": {},
    "popularity": {
        "outcome_scale": "log1p",
        "rising": (),
        "after_ridge": "both",
        "ridge_l2": 300.0,
        "n_trees": 250,
        "learning_rate": 0.04,
        "columns": 0.25,
        "forest_trees": 150,
        "forest_columns": 0.3,
        "min_leaf": 3,
        "shares": (1 / 3, 1 / 3, 1 / 3),
    },
    "audience": {"outcome_scale": "plain", "rising": ()},
}
"""Settings of :class:`ForwardBlend` by outcome, chosen on films up to 2011; see
``benchmarks/forecast_choices.py``."""


def default_forecaster(target: str = "revenue", *, seed: int = 0) -> Forecaster:
    """An unfitted forecaster of that outcome; return, profit and success follow from revenue.

    Raises
    ------
    ParameterError
        If there is no such outcome.
    """
    learned = "revenue" if target in ("return", "profit", "success") else target
    if learned not in SETTINGS:
        raise ParameterError(
            f"there is no default forecaster for {target!r}; there are {', '.join(SETTINGS)}"
        )
    return ForwardBlend(**SETTINGS[learned], seed=seed)
