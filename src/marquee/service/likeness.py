"""How much titles are alike: what they have in common of genres, people and franchises."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from marquee.models.kernels import compiled
from marquee.service.facts import TitleFacts

Similarity = Callable[[NDArray[np.int32]], NDArray[np.float32]]
"""Similarities of the titles at n positions with one another, shape (n, n), 1 for equal ones."""

TRAITS = {"genres": 0.6, "people": 0.25, "collections": 0.15}
"""Share of each trait in the similarity of two titles that have all of them."""


@lru_cache(maxsize=2)
def trait_similarity(facts: TitleFacts) -> Similarity:
    """The cosine of two titles' traits: genres, people (directors and leads) and collection.

    Titles without any trait are like nothing but themselves. It is made once for a catalog.
    """
    starts, words, weights = _traits(facts)
    n_words = int(words.max(initial=-1)) + 1

    def similarity(positions: NDArray[np.int32]) -> NDArray[np.float32]:
        alike = np.zeros((len(positions), len(positions)), np.float32)
        _cosines(starts, words, weights, n_words, positions.astype(np.int32), alike)
        return alike

    return similarity


def _traits(
    facts: TitleFacts,
) -> tuple[NDArray[np.int32], NDArray[np.int32], NDArray[np.float32]]:
    """Starts, traits and weights of each title, traits ascending within it, of length 1."""
    kinds = {
        "genres": (facts.genres,),
        "people": (facts.directors, facts.actors),
        "collections": (facts.collections,),
    }
    n_items, offset = len(facts.items), 0
    rows, numbers, weights = [], [], []
    for name, share in TRAITS.items():
        sizes = sum(np.diff(words.title_starts) for words in kinds[name])
        for words in kinds[name]:
            row = np.repeat(np.arange(n_items, dtype=np.int32), np.diff(words.title_starts))
            rows.append(row)
            numbers.append(words.numbers + np.int32(offset))
            weights.append(np.sqrt(share / np.asarray(sizes)[row]).astype(np.float32))
            offset += len(words)
    row, number, weight = np.concatenate(rows), np.concatenate(numbers), np.concatenate(weights)
    order = np.lexsort((number, row))
    row, number, weight = row[order], number[order], weight[order]
    length = np.sqrt(np.bincount(row, weight.astype(np.float64) ** 2, minlength=n_items))
    starts = np.zeros(n_items + 1, np.int32)
    np.cumsum(np.bincount(row, minlength=n_items), out=starts[1:])
    return starts, number.astype(np.int32), (weight / length[row]).astype(np.float32)


@compiled("void(int32[::1], int32[::1], float32[::1], int64, int32[::1], float32[:, ::1])")
def _cosines(
    starts: NDArray[np.int32],
    words: NDArray[np.int32],
    weights: NDArray[np.float32],
    n_words: int,
    positions: NDArray[np.int32],
    alike: NDArray[np.float32],
) -> None:
    # One title's weights laid out over all traits: the others then only look theirs up.
    laid = np.zeros(n_words, np.float32)
    for i in range(len(positions)):
        alike[i, i] = np.float32(1)
        own = range(starts[positions[i]], starts[positions[i] + 1])
        for a in own:
            laid[words[a]] = weights[a]
        for j in range(i):
            total = np.float32(0)
            for b in range(starts[positions[j]], starts[positions[j] + 1]):
                total += laid[words[b]] * weights[b]
            alike[i, j] = total
            alike[j, i] = total
        for a in own:
            laid[words[a]] = np.float32(0)
