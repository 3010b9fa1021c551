"""A week's viewers beside those of the weeks before.

The unit is a viewer in a week: ratings of one viewer resemble one another, so a test that takes
each for a fact of its own finds drift in any week. What is compared is the mean over viewers of
each one's own distribution in that week, and the chance of a distance as large comes from drawing
anew which of all these viewers are this week's.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from marquee.evaluation.drift.distances import (
    grouped,
    kolmogorov_smirnov,
    stability_index,
    total_variation,
)

N_DRAWS = 999
MOST_NOW = 2_000
"""Viewers of the week that are looked at, drawn with the seed where there are more."""
MOST_BEFORE = 20_000
"""Likewise of the weeks before."""
_BATCH_CELLS = 1 << 23


@dataclass(frozen=True, eq=False)
class Shares:
    """What each viewer of a week did, as shares of the bins of one feature."""

    labels: tuple[Any, ...]
    """What each bin stands for; in order where ``ordered``."""
    ordered: bool
    rows: csr_array
    """Shape (n_viewer_weeks, n_bins); a row sums to 1, or to 0 where there is no value."""


@dataclass(frozen=True, eq=False)
class Apart:
    """How far a feature of the week is from what it was."""

    n_now: int
    """Viewers of the week with a value."""
    n_before: int
    """Viewers, one for each of their weeks, that they were compared with."""
    distance: float
    """Kolmogorov-Smirnov where the bins have an order, else total variation; NaN where one side
    is empty, as is all that follows."""
    usual: float
    """Median of the distance where this week's viewers are drawn from all at random."""
    p: float
    """Chance of a distance as large then."""
    psi: float
    """Population stability index over up to ten bands, or the bins that are not rare."""
    psi_by_chance: float
    """What it stays within in 95 of 100 draws."""
    before: NDArray[np.float64]
    """Share of each bin, shape (n_bins,)."""
    now: NDArray[np.float64]


def compare(
    features: Mapping[str, Shares],
    before: NDArray[np.int64],
    now: NDArray[np.int64],
    rng: np.random.Generator,
    *,
    n_draws: int = N_DRAWS,
) -> dict[str, Apart]:
    """Each feature of the viewers in rows ``now`` beside those in rows ``before``.

    Whoever draws anew draws whole viewers, with all of their features. With the draws the real week
    counts as one more, so p is never below 1 / (n_draws + 1), and at most a share a of quiet weeks
    has p <= a, with however few viewers.

    References
    ----------
    B. Phipson and G. K. Smyth, "Permutation p-values should never be zero", 2010; P. Good,
    "Permutation, Parametric and Bootstrap Tests of Hypotheses", 2005.
    """
    before, now = _some(before, MOST_BEFORE, rng), _some(now, MOST_NOW, rng)
    everybody = np.concatenate([before, now])
    rows = {name: shares.rows[everybody] for name, shares in features.items()}
    # Bins that nobody here uses would change nothing but the last bits of sums.
    used = {name: np.unique(each.indices) for name, each in rows.items()}
    parts = {name: each[:, used[name]].toarray() for name, each in rows.items()}
    sums: dict[str, list[NDArray[np.float64]]] = {name: [] for name in parts}
    counts: dict[str, list[NDArray[np.float64]]] = {name: [] for name in parts}
    there = {name: (part.sum(axis=1) > 0).astype(np.float64) for name, part in parts.items()}
    for drawn in _draws(len(everybody), len(now), n_draws, rng):
        for name, part in parts.items():
            sums[name].append(drawn @ part)
            counts[name].append(drawn @ there[name])
    return {
        name: _apart(
            shares,
            used[name],
            np.concatenate(sums[name]) if sums[name] else np.zeros((0, used[name].size)),
            np.concatenate(counts[name]) if counts[name] else np.zeros(0),
            parts[name].sum(axis=0),
            there[name].sum(),
        )
        for name, shares in features.items()
    }


def _apart(
    shares: Shares,
    used: NDArray[Any],
    sums: NDArray[np.float64],
    counts: NDArray[np.float64],
    total: NDArray[np.float64],
    n_total: float,
) -> Apart:
    """The comparison from the sums of the week, first the real one and then the drawn ones."""
    with np.errstate(invalid="ignore", divide="ignore"):
        now = sums / counts[:, None]
        before = (total - sums) / (n_total - counts)[:, None]
    n_now = int(counts[0]) if counts.size else 0
    n_before = int(n_total) - n_now
    if not n_now or not n_before:
        nan, empty = float("nan"), np.full(len(shares.labels), np.nan)
        return Apart(n_now, n_before, nan, nan, nan, nan, nan, empty, empty)
    told = (counts > 0) & (counts < n_total)
    now, before = now[told], before[told]
    distance = (kolmogorov_smirnov if shares.ordered else total_variation)(before, now)
    groups = grouped(total, ordered=shares.ordered)
    into = np.eye(groups.max() + 1)[groups]
    psi = stability_index(before @ into, now @ into)
    drawn = distance[1:]
    # Equal up to rounding is as far: sums in another order differ in the last place.
    as_far = np.count_nonzero(drawn >= distance[0] - 1e-12)
    return Apart(
        n_now=n_now,
        n_before=n_before,
        distance=float(distance[0]),
        usual=float(np.median(drawn)) if drawn.size else float("nan"),
        p=float((as_far + 1) / (drawn.size + 1)),
        psi=float(psi[0]),
        psi_by_chance=float(np.quantile(psi[1:], 0.95)) if drawn.size else float("nan"),
        before=_spread(before[0], used, len(shares.labels)),
        now=_spread(now[0], used, len(shares.labels)),
    )


def _spread(values: NDArray[np.float64], used: NDArray[Any], n: int) -> NDArray[np.float64]:
    found = np.zeros(n)
    found[used] = values
    return found


def _draws(n: int, k: int, n_draws: int, rng: np.random.Generator) -> Iterator[csr_array]:
    """Rows that add up k of n: first the last k themselves, then any k, as sparse matrices."""
    if not k:
        return
    yield _adding(np.arange(n - k, n)[None], n)
    batch = max(1, _BATCH_CELLS // n)
    for start in range(0, n_draws, batch):
        size = min(batch, n_draws - start)
        marks = rng.random((size, n), np.float32)
        chosen = np.argpartition(marks, k, axis=1)[:, :k] if k < n else np.tile(range(n), (size, 1))
        yield _adding(chosen, n)


def _adding(chosen: NDArray[np.int64], n: int) -> csr_array:
    ends = np.arange(0, chosen.size + 1, chosen.shape[1])
    return csr_array((np.ones(chosen.size), chosen.ravel(), ends), shape=(len(chosen), n))


def _some(rows: NDArray[np.int64], most: int, rng: np.random.Generator) -> NDArray[np.int64]:
    if len(rows) <= most:
        return rows
    return np.sort(rng.choice(rows, most, replace=False))
