"""What a blender of rating predictors is told of a pair beside the predictions."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from marquee.data.interactions import Interactions
from marquee.models.side_codes import TitleFacts, Traits, bins

N_YEARS, N_LIKED = 12, 6
"""Groups of titles by year and by how many rated them."""
L2_ITEM, L2_USER, L2_GENRE, L2_TRAIT, L2_GROUP = 3.0, 5.0, 4.0, 6.0, 5.0
"""Penalties of the shrunk means, in ratings."""

Titles = dict[str, NDArray[np.float64]]
"""What the training data tells of each item, by name; the first dimension is the item."""


class Pairs(NamedTuple):
    """Pairs asked about: rows of profiles, columns of the catalog."""

    rows: NDArray[np.int32]
    columns: NDArray[np.int32]


def title_statistics(train: Interactions, facts: TitleFacts, traits: Traits) -> Titles:
    """Counts, shrunk means and variances of each item, and its residuals by traits of viewers."""
    n, matrix = train.n_items, train.matrix
    mean = float(matrix.data.mean(dtype=np.float64)) if len(train) else 0.0
    deviations = matrix.data.astype(np.float64) - mean
    counts = np.bincount(matrix.indices, minlength=n)
    totals = np.bincount(matrix.indices, deviations, n)
    activity = np.log1p(np.diff(matrix.indptr))[train.rows]
    found: Titles = {
        "mean": np.full(1, mean),
        "offset": totals / (counts + L2_ITEM),
        "count": counts.astype(np.float64),
        "variance": np.bincount(matrix.indices, deviations**2, n) / (counts + 1),
        "activity": np.bincount(matrix.indices, activity, n) / np.maximum(counts, 1),
        "genres": facts.genres.toarray(),
        "year": facts.years.copy(),
        "year_group": bins(facts.years, N_YEARS).astype(np.float64),
        "liked_group": bins(counts.astype(np.float64), N_LIKED).astype(np.float64),
    }
    own = _viewers(train, found)
    codes = traits.of_users(train.users)[train.rows]
    for place, size in enumerate(traits.sizes.tolist()):
        told = codes[:, place] >= 0
        cell = matrix.indices[told] * np.int64(size) + codes[told, place]
        sums = np.bincount(cell, own.residuals[told], n * size).reshape(n, size)
        support = np.bincount(cell, minlength=n * size).reshape(n, size)
        found[f"trait_{place}"] = sums / (support + L2_TRAIT)
    return found


class Viewers(NamedTuple):
    """What profiles tell of their viewers."""

    offsets: NDArray[np.float64]
    counts: NDArray[np.int64]
    variances: NDArray[np.float64]
    residuals: NDArray[np.float64]
    """What is left of each stored rating after mean and offsets."""


def _viewers(profiles: Interactions, titles: Titles) -> Viewers:
    rows, n = profiles.rows, profiles.n_users
    deviations = profiles.matrix.data - titles["mean"][0]
    deviations = deviations - titles["offset"][profiles.matrix.indices]
    counts = np.bincount(rows, minlength=n)
    offsets = np.bincount(rows, deviations, n) / (counts + L2_USER)
    variances = np.bincount(rows, deviations**2, n) / (counts + 1)
    return Viewers(offsets, counts, variances, deviations - offsets[rows])


def residuals(profiles: Interactions, titles: Titles) -> NDArray[np.float64]:
    """What is left of each stored rating after the mean and the offsets of title and viewer."""
    return _viewers(profiles, titles).residuals


def pair_features(
    profiles: Interactions, titles: Titles, traits: Traits, pairs: Pairs
) -> NDArray[np.float32]:
    """Features of the pairs that need no time, shape (n_pairs, n_features)."""
    rows, columns = pairs
    own = _viewers(profiles, titles)
    counts, genres = titles["count"], titles["genres"]
    n = profiles.n_users
    popularity = np.log1p(counts)
    tastes = np.bincount(profiles.rows, popularity[profiles.matrix.indices], n)
    found = [
        titles["offset"][columns],
        popularity[columns],
        own.offsets[rows],
        np.log1p(own.counts[rows]),
        own.variances[rows],
        titles["variance"][columns],
        tastes[rows] / np.maximum(own.counts[rows], 1),
        titles["activity"][columns],
        titles["year"][columns],
        _by_group(profiles, own.residuals, titles["year_group"], pairs),
        _by_group(profiles, own.residuals, titles["liked_group"], pairs),
        *_by_genre(profiles, own.residuals, genres, pairs),
        *genres[columns].T,
    ]
    codes = traits.of_users(profiles.users)[rows]
    for place, code in enumerate(codes.T):
        means = titles[f"trait_{place}"]
        found.append(np.where(code >= 0, means[columns, code], 0.0))
        found.append(np.where(code >= 0, code, np.nan))
    return np.stack(found, axis=1).astype(np.float32)


def _by_group(
    profiles: Interactions, left: NDArray[np.float64], group: NDArray[np.float64], pairs: Pairs
) -> NDArray[np.float64]:
    """The viewer's mean residual among titles of the same group, 0 for titles of none."""
    codes = group.astype(np.int64)
    size = int(codes.max(initial=-1)) + 1
    entry = codes[profiles.matrix.indices]
    told = entry >= 0
    cell = profiles.rows[told] * np.int64(size) + entry[told]
    sums = np.bincount(cell, left[told], profiles.n_users * size)
    support = np.bincount(cell, minlength=profiles.n_users * size)
    wanted = codes[pairs.columns]
    found: NDArray[np.float64] = np.zeros(len(wanted))
    known = wanted >= 0
    cell = pairs.rows[known] * np.int64(size) + wanted[known]
    found[known] = sums[cell] / (support[cell] + L2_GROUP)
    return found


def _by_genre(
    profiles: Interactions,
    left: NDArray[np.float64],
    genres: NDArray[np.float64],
    pairs: Pairs,
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Mean, and sum of best and worst, of the viewer's mean residuals in the title's genres."""
    if not genres.shape[1]:
        return np.zeros(len(pairs.rows)), np.zeros(len(pairs.rows))
    matrix = profiles.matrix
    sums = csr_array((left, matrix.indices, matrix.indptr), shape=matrix.shape) @ genres
    ones = np.ones(len(left))
    support = csr_array((ones, matrix.indices, matrix.indptr), shape=matrix.shape) @ genres
    tastes = (sums / (support + L2_GENRE))[pairs.rows] * genres[pairs.columns]
    n_genres = np.maximum(genres.sum(axis=1), 1)[pairs.columns]
    return tastes.sum(axis=1) / n_genres, tastes.max(axis=1) + tastes.min(axis=1)
