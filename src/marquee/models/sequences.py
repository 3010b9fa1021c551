"""Profiles as sequences of titles in order of time, padded to one length."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from marquee.data.interactions import Interactions


class Sequences(NamedTuple):
    """The latest titles of each profile, oldest first."""

    items: NDArray[np.int32]
    """Item positions, shape (n_profiles, longest); 0 where a sequence is over."""
    lengths: NDArray[np.int32]
    """How many titles each has, shape (n_profiles,); 0 for an empty profile."""

    def take(self, rows: NDArray[np.int64]) -> Sequences:
        """The sequences at those rows, cut to the longest of them."""
        lengths = self.lengths[rows]
        return Sequences(self.items[rows, : lengths.max(initial=0)], lengths)


def sequences_of(
    profiles: Interactions,
    longest: int,
    rng: np.random.Generator | None = None,
    *,
    earlier: float = 0.0,
) -> Sequences:
    """The latest ``longest`` titles of each profile in order of time.

    What was taken up at the same second, which is everything where there are no times, is in the
    order of the catalog; with ``rng`` in one drawn from it. Of a share ``earlier`` of the profiles
    that hold more, drawn from ``rng`` too, it is not the latest but as many from any place on.
    """
    n_entries = len(profiles)
    second = np.zeros(n_entries, np.int64) if profiles.times is None else profiles.times
    ties = np.arange(n_entries) if rng is None else rng.permutation(n_entries)
    # By row first, so that the sorted entries of a row stand where its entries stood.
    ordered = profiles.matrix.indices[np.lexsort((ties, second, profiles.rows))]
    counts = np.diff(profiles.matrix.indptr)
    lengths = np.minimum(counts, longest).astype(np.int32)
    items = np.zeros((profiles.n_users, lengths.max(initial=0)), np.int32)
    places = np.arange(items.shape[1])
    filled = places < lengths[:, None]
    starts = profiles.matrix.indptr[1:] - lengths
    if rng is not None and earlier > 0:
        back = rng.integers(0, counts - lengths, endpoint=True)
        starts = starts - np.where(rng.random(len(back)) < earlier, back, 0)
    items[filled] = ordered[(starts[:, None] + places)[filled]]
    return Sequences(items, lengths)
