"""Clusters of directions, and how many of them come back when the data is drawn again."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

ITERATIONS = 50
DIGITS = 5
"""Decimals of a cosine that count: the rounding of a sum must not choose a cluster."""


class Stability(NamedTuple):
    """How well the clusters of two draws of the data agree, for each number of clusters."""

    numbers: NDArray[np.int64]
    means: NDArray[np.float64]
    """Mean adjusted Rand index over pairs of draws."""
    errors: NDArray[np.float64]
    """Standard errors of the means."""


def unit(rows: NDArray[np.float64]) -> NDArray[np.float64]:
    """The rows brought to length 1; rows of zeros stay."""
    lengths = np.sqrt((rows * rows).sum(axis=1, keepdims=True))
    return np.asarray(rows / np.where(lengths > 1e-9, lengths, 1))


def nearest(rows: NDArray[np.float64], centers: NDArray[np.float64]) -> NDArray[np.int64]:
    """The center of greatest cosine for each row, the first of equal ones."""
    return np.asarray(np.round(rows @ centers.T, DIGITS).argmax(axis=1))


def spherical_means(
    rows: NDArray[np.float64], n_clusters: int, rng: np.random.Generator, *, starts: int = 3
) -> NDArray[np.float64]:
    """Centers of clusters of rows of length 1, shape (n_clusters, n_dimensions), of length 1.

    The best of several starts, each drawn far apart; ``n_clusters`` is at most the number of rows.
    A cluster that loses all its rows takes the row that fits its own center least.

    References
    ----------
    I. S. Dhillon and D. S. Modha, "Concept decompositions for large sparse text data using
    clustering", Machine Learning 42, 2001. D. Arthur and S. Vassilvitskii, "k-means++: the
    advantages of careful seeding", SODA 2007 (the start).
    """
    best, best_fit = np.zeros((n_clusters, rows.shape[1])), -np.inf
    for _ in range(starts):
        centers = _far_apart(rows, n_clusters, rng)
        labels = np.full(len(rows), -1)
        for _ in range(ITERATIONS):
            before, labels = labels, nearest(rows, centers)
            own = (rows * centers[labels]).sum(axis=1)
            for lost in np.flatnonzero(np.bincount(labels, minlength=n_clusters) == 0):
                odd = int(own.argmin())
                labels[odd], own[odd] = lost, np.inf
            if (labels == before).all():
                break
            sums = np.zeros_like(centers)
            np.add.at(sums, labels, rows)
            centers = unit(sums)
        fit = float((rows * centers[nearest(rows, centers)]).sum())
        if fit > best_fit + 1e-9:
            best, best_fit = centers, fit
    return best


def _far_apart(
    rows: NDArray[np.float64], n_clusters: int, rng: np.random.Generator
) -> NDArray[np.float64]:
    """Rows drawn one after another, each by how far it is from those before."""
    chosen = [int(rng.integers(len(rows)))]
    distance = 1 - rows @ rows[chosen[0]]
    while len(chosen) < n_clusters:
        weights = np.maximum(distance, 0) + 1e-9
        chosen.append(int(rng.choice(len(rows), p=weights / weights.sum())))
        distance = np.minimum(distance, 1 - rows @ rows[chosen[-1]])
    return rows[chosen].copy()


def adjusted_rand(one: NDArray[np.int64], other: NDArray[np.int64]) -> float:
    """Agreement of two clusterings of the same things: 1 for the same, about 0 for chance.

    Where both have one cluster, or both one for each thing, it is 1.

    References
    ----------
    L. Hubert and P. Arabie, "Comparing partitions", Journal of Classification 2, 1985, equation 5.
    """
    table = np.zeros((int(one.max(initial=0)) + 1, int(other.max(initial=0)) + 1))
    np.add.at(table, (one, other), 1)
    together, first, second = (
        float((counts * (counts - 1) / 2).sum())
        for counts in (table, table.sum(axis=1), table.sum(axis=0))
    )
    n = len(one)
    by_chance = first * second / max(n * (n - 1) / 2, 1)
    most = (first + second) / 2
    return 1.0 if most == by_chance else (together - by_chance) / (most - by_chance)


def stability(
    rows: NDArray[np.float64],
    numbers: NDArray[np.int64],
    rng: np.random.Generator,
    *,
    pairs: int,
    share: float = 0.8,
) -> Stability:
    """How well clusters found in two random shares of the rows agree on all of them.

    References
    ----------
    A. Ben-Hur, A. Elisseeff and I. Guyon, "A stability based method for discovering structure in
    clustered data", Pacific Symposium on Biocomputing 2002. T. Lange, V. Roth, M. L. Braun and
    J. M. Buhmann, "Stability-based validation of clustering solutions", Neural Computation 16, 2004
    (each clustering extended to all rows before they are compared).
    """
    n_drawn = max(int(share * len(rows)), 1)
    means, errors = np.zeros(len(numbers)), np.zeros(len(numbers))
    for place, number in enumerate(numbers):
        agreed = []
        for _ in range(pairs):
            labels = []
            for _ in range(2):
                drawn = rows[np.sort(rng.permutation(len(rows))[:n_drawn])]
                centers = spherical_means(drawn, min(int(number), n_drawn), rng, starts=2)
                labels.append(nearest(rows, centers))
            agreed.append(adjusted_rand(*labels))
        means[place] = np.mean(agreed)
        errors[place] = np.std(agreed, ddof=1) / np.sqrt(pairs) if pairs > 1 else 0.0
    return Stability(numbers, means, errors)


def most_stable(found: Stability) -> int:
    """The greatest number of clusters about as stable as the most stable: within one error of it.

    Of numbers that come back equally well the greater one says more.
    """
    best = int(found.means.argmax())
    good = found.means >= found.means[best] - found.errors[best] - 1e-12
    return int(found.numbers[good].max())
