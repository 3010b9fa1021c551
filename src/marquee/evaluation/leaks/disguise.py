"""Single columns that predict the outcome nearly perfectly, which no honest column does."""

from __future__ import annotations

import numpy as np
import polars as pl
from numpy.typing import NDArray

from marquee.data.interactions import Interactions
from marquee.evaluation.leaks.leak import Leak
from marquee.evaluation.leaks.ranks import ranks, spearman
from marquee.evaluation.splits import Split

NEARLY_PERFECT = 0.95
"""Rank correlation with the outcome from which a column is the outcome in disguise.

The best honest column before the release has 0.76 with the revenue of TMDB's films (what the last
part of the series took) and 0.68 in the built-in world (the budget); revenue in another currency
with a tenth of noise has 0.996. It is the correlation of ranks, so that a logarithm hides nothing.
"""
EXPLAINS = 0.9
"""Share of the variance of the outcome's ranks, about the square of :data:`NEARLY_PERFECT`, that
the groups of a category explain."""
LEAST = 50
"""Rows with a known value that this is judged on: chance reaches 0.95 on 50 rows never."""
LEAST_IN_GROUP = 5
"""Members of a category's groups: groups of one explain everything."""
NEARER = 2.0
"""How many times as near to the mean of the test ratings as that of the training ratings."""
LEAST_RATED = 5
"""Test ratings of a title or viewer whose mean is taken for an outcome."""


def disguised(
    columns: pl.DataFrame,
    outcome: NDArray[np.float64],
    *,
    where: str,
    of: str,
    least: float = NEARLY_PERFECT,
) -> list[Leak]:
    """Columns of the frame that predict the outcome, shape (n,), nearly perfectly by themselves.

    Numbers and flags by a rank correlation of at least ``least``, categories by the variance
    between their groups; lists and texts are not looked at. False alarms would need an honest fact
    as good as the outcome.
    """
    found = []
    for series in columns.get_columns():
        strength = _strength(series, outcome, least)
        if strength is not None:
            found.append(
                Leak(
                    check="target-in-disguise",
                    words=f"column {series.name} alone tells {of} ({strength}); it is made of "
                    "what is to be predicted: leave it out",
                    n=1,
                    where=f"{where}, {series.name}",
                )
            )
    return found


def _strength(series: pl.Series, outcome: NDArray[np.float64], least: float) -> str | None:
    if series.dtype.is_numeric() or series.dtype == pl.Boolean:
        values = series.cast(pl.Float64).to_numpy()
        known = np.isfinite(values) & np.isfinite(outcome)
        if np.count_nonzero(known) < LEAST:
            return None
        rho = spearman(values[known], outcome[known])
        return f"rank correlation {rho:+.3f}" if abs(rho) >= least else None
    if series.dtype == pl.String and not series.name.endswith("_text") and series.name != "text":
        share = explained(series, outcome)
        return f"its groups explain {100 * share:.0f} %" if share >= EXPLAINS else None
    return None


def explained(series: pl.Series, outcome: NDArray[np.float64]) -> float:
    """Share of the variance of the outcome's ranks between the groups of a category, from 0 to 1.

    Over groups of at least :data:`LEAST_IN_GROUP`; 0 where those hold under :data:`LEAST` rows.
    """
    known = np.isfinite(outcome) & series.is_not_null().to_numpy()
    _, group = np.unique(series.filter(pl.Series(known)).to_numpy(), return_inverse=True)
    counts = np.bincount(group) if len(group) else np.zeros(0, np.int64)
    large = counts[group] >= LEAST_IN_GROUP
    if np.count_nonzero(large) < LEAST:
        return 0.0
    ranked, group = ranks(outcome[known][large]), group[large]
    n = np.bincount(group)
    means = np.bincount(group, ranked) / np.maximum(n, 1)
    total = float(ranked.var())
    between = float(np.sum(n * (means - ranked.mean()) ** 2) / len(ranked))
    return between / total if total else 0.0


def disguised_ratings(split: Split, columns: dict[str, pl.DataFrame]) -> list[Leak]:
    """Columns told of titles or viewers that are the mean of their test ratings.

    ``columns`` holds frames by ``viewer`` and ``title``, whose first column is the id. A mean is
    over at least :data:`LEAST_RATED` test ratings. Where these are many the mean of the training
    part is nearly that of the test part, and honest; so a column must come :data:`NEARER` times as
    near to it, which none can from the training part. A count of test ratings is told by that of
    the training part, so it is no outcome here; ``sees-the-future`` finds it.
    """
    found = []
    for name, frame in columns.items():
        if split.likes_only or frame.is_empty():
            continue
        outcome = _mean_ratings(split.test, name, frame)
        honest = abs(spearman(_mean_ratings(split.train, name, frame), outcome))
        least = max(NEARLY_PERFECT, 1 - (1 - honest) / NEARER)
        where, of = f"{split.name}, {name}s", f"the mean test rating of each {name}"
        found += disguised(frame[:, 1:], outcome, where=where, of=of, least=least)
    return found


def _mean_ratings(part: Interactions, name: str, frame: pl.DataFrame) -> NDArray[np.float64]:
    """Mean rating of each row of the frame, NaN where it rests on too few."""
    index = part.users if name == "viewer" else part.items
    positions = part.rows if name == "viewer" else part.matrix.indices
    counts = np.bincount(positions, minlength=len(index))
    sums = np.bincount(positions, part.matrix.data, minlength=len(index))
    mean = np.full(len(index) + 1, np.nan)  # the last place is of ids without ratings, at -1
    rated = np.flatnonzero(counts >= LEAST_RATED)
    mean[rated] = sums[rated] / counts[rated]
    return mean[index.find(frame.to_series(0).to_numpy())]
