"""What a model or a baseline answered about the films asked, before anything is measured."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from marquee.forecast.distribution import Forecast


@dataclass(frozen=True, eq=False, kw_only=True)
class Answer:
    """One of: a distribution, probabilities of classes, decided classes; a row per film asked."""

    name: str
    is_baseline: bool = False
    params: dict[str, Any] = field(default_factory=dict)
    forecast: Forecast | None = None
    """Of revenue where the target is of money, else of the target."""
    probabilities: NDArray[np.float64] | None = None
    """Shape (n, n_classes)."""
    decided: NDArray[np.int64] | None = None
    """Shape (n,)."""
    cut: NDArray[np.int64] | None = None
    """Classes by cuts that were chosen inside the training films, shape (n,)."""
    threshold: NDArray[np.float64] | None = None
    """Chance of the multiple from which on to say yes, chosen likewise, shape (n,)."""
    fit_seconds: float = 0.0
    predict_seconds: float = 0.0


def stacked(forecasts: Sequence[Forecast]) -> Forecast | None:
    """The forecasts under one another, at the levels of the first; none for none."""
    if not forecasts:
        return None
    first = forecasts[0]
    same = all(np.array_equal(each.levels, first.levels) for each in forecasts)
    quantiles = np.vstack([each.quantiles if same else each.at(first.levels) for each in forecasts])
    return Forecast(first.levels, quantiles, first.log)
