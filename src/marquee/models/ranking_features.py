"""What a ranker sees of a profile and an item: scores and ranks of members, and plain facts."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from marquee.data.interactions import Interactions

SECONDS_PER_DAY = 86_400
WINDOWS_DAYS = (3, 7, 14, 30, 90)
"""Windows before the end of the training data whose shares are facts of an item."""
DIGITS = 3
"""Decimals that scaled scores keep: the rounding of a sum must not decide on a branch of a tree."""

Facts = dict[str, NDArray[np.float32]]
"""What is known of the items: ``table`` of shape (n_items, n_facts); ``popularity``, the logarithm
of the share of viewers, and ``unrated``, 1 where there is none, both of shape (n_items,)."""


def item_facts(train: Interactions) -> Facts:
    """Popularity, popularity of late and age of every item, from the training data alone.

    Shares are logarithms, so that more data is no other data; ages are logarithms of days before
    the end of the data, of the first and of the last interaction. Without times the facts that need
    them are 0.
    """
    columns, n_items = train.matrix.indices, train.n_items
    counts = np.bincount(columns, minlength=n_items)
    popularity = _log_share(counts, max(train.n_users, 1))
    totals = np.bincount(columns, train.matrix.data, n_items)
    overall = totals.sum() / max(len(train), 1)
    found = [popularity, (totals + 5 * overall) / (counts + 5)]
    if train.times is None or not len(train):
        found += [np.zeros(n_items)] * (len(WINDOWS_DAYS) + 2)
    else:
        age_days = (int(train.times.max()) - train.times) / SECONDS_PER_DAY
        for days in WINDOWS_DAYS:
            late = age_days < days
            found.append(_log_share(np.bincount(columns[late], minlength=n_items), late.sum()))
        first, last = np.zeros(n_items), np.full(n_items, age_days.max())
        np.maximum.at(first, columns, age_days)
        np.minimum.at(last, columns, age_days)
        found += [np.where(counts > 0, np.log1p(age), -1) for age in (first, last)]
    table = np.stack(found, axis=1).astype(np.float32)
    return {
        "table": table,
        "popularity": popularity.astype(np.float32),
        "unrated": (counts == 0).astype(np.float32),
    }


def _log_share(counts: NDArray[np.int64], total: int) -> NDArray[np.float64]:
    """Logarithm of the share, with a half added to every count."""
    return np.asarray(np.log((counts + 0.5) / (total + 1)))


def scaled(scores: NDArray[np.float32]) -> NDArray[np.float32]:
    """The scores of each profile over their standard deviation, rounded; 0 where all are equal."""
    if not scores.size:
        return scores
    spread = scores.std(axis=1, dtype=np.float64)
    known = spread > 1e-5 * np.abs(scores).max(axis=1)
    inverse = np.where(known, 1 / np.where(known, spread, 1), 0)
    return np.round(scores * inverse[:, None], DIGITS).astype(np.float32)


def ranks(scores: NDArray[np.float32], told: Interactions | None) -> NDArray[np.float32]:
    """Logarithm of one plus the number of better-scored items outside the profile, for each."""
    masked = scores.copy()
    if told is not None:
        masked[told.rows, told.matrix.indices] = -np.inf
    found = np.empty_like(scores)
    for row, own in enumerate(masked):
        better = scores.shape[1] - np.searchsorted(np.sort(own), scores[row], side="right")
        found[row] = np.log1p(better)
    return found


def profile_facts(profiles: Interactions, facts: Facts) -> NDArray[np.float32]:
    """Logarithm of the length and mean popularity of each profile, shape (n_profiles, 2)."""
    lengths = np.diff(profiles.matrix.indptr)
    totals = np.bincount(
        profiles.rows, facts["popularity"][profiles.matrix.indices], profiles.n_users
    )
    usual = totals / np.maximum(lengths, 1)
    return np.round(np.stack([np.log1p(lengths), usual], axis=1), DIGITS).astype(np.float32)
