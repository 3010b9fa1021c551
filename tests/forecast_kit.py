"""Small feature frames made by hand: ragged, skewed, tied, in many scripts, with gaps."""

from __future__ import annotations

from collections.abc import Container, Iterable
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl
import pytest
from numpy.typing import NDArray

if TYPE_CHECKING:
    from _pytest.mark import ParameterSet

GENRES = ("Drama", "Comédie", "ホラー", "Sci-Fi & Fantasy", "Action")
CERTIFICATES = ("PG-13", "R", "Not Rated", "К‑18")
FIRST = date(1999, 1, 1)


def films(n: int = 80, seed: int = 0) -> tuple[pl.DataFrame, NDArray[np.float64]]:
    """Features of n films and their revenue in dollars; the budget and the genre carry it.

    Several films open on each day. One number in seven, the budget of every eleventh film and one
    certificate in six are unknown; a column is unknown for all, one is constant; some films list
    no genre, and for some the genres are unknown.
    """
    rng = np.random.default_rng(seed)
    budget = np.exp(rng.normal(16.5, 1.2, n))
    main = rng.integers(0, len(GENRES), n)
    certificate = rng.integers(0, len(CERTIFICATES), n)
    log_revenue = np.log(budget) + 0.4 * main + rng.normal(0, 0.6, n)
    gap = rng.random((n, 4)) < 1 / 7
    genres: list[list[str] | None] = [
        sorted({GENRES[int(place)], GENRES[int(rng.integers(len(GENRES)))]}) for place in main
    ]
    genres[3 % n], genres[5 % n] = [], None
    frame = pl.DataFrame(
        {
            "title_id": rng.permutation(n) + 100,
            "as_of": [FIRST + timedelta(days=60 * (row // 3)) for row in range(n)],
            "budget_usd": _holed(budget, np.arange(n) % 11 == 10),
            "runtime_min": _holed(rng.normal(105, 18, n), gap[:, 0]),
            "director_mean_usd": _holed(np.exp(rng.normal(17, 2, n)), gap[:, 1]),
            "sequel": pl.Series(rng.random(n) < 0.2, dtype=pl.Boolean),
            "debut": _holed(rng.random(n) < 0.3, gap[:, 2]),
            "certificate": _holed([CERTIFICATES[int(c)] for c in certificate], gap[:, 3]),
            "genres": pl.Series(genres, dtype=pl.List(pl.String)),
            "never_known": pl.Series([None] * n, dtype=pl.Float64),
            "always_one": np.ones(n),
            "plot_text": _holed(
                [("ship ocean storm " if place % 2 else "robot city night ") * 2 for place in main],
                gap[:, 2],
            ),
        }
    )
    return frame, np.exp(log_revenue)


def members(names: Iterable[str], light: Container[str]) -> list[ParameterSet]:
    """The names in order, for a suite over each; all but the light ones are slow."""
    return [
        pytest.param(name, marks=() if name in light else pytest.mark.slow)
        for name in sorted(names)
    ]


def _holed(values: Any, gaps: NDArray[np.bool_]) -> list[Any]:
    """The values with None at the gaps."""
    given = values.tolist() if isinstance(values, np.ndarray) else values
    return [None if gap else value for value, gap in zip(given, gaps, strict=True)]
