"""What counts as liked, and how often two items were liked together."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from marquee.data.interactions import Interactions
from marquee.models.kernels import compiled


def liked(profiles: Interactions, liked_from: float) -> csr_array:
    """Ones where an interaction is worth at least ``liked_from``, shape (n_profiles, n_items)."""
    kept = profiles
    if profiles.matrix.nnz and profiles.matrix.data.min() < liked_from:
        kept = profiles.at_least(liked_from)
    ones = np.ones(kept.matrix.nnz, np.float32)
    return csr_array((ones, kept.matrix.indices, kept.matrix.indptr), kept.matrix.shape)


def gram(likes: csr_array) -> NDArray[np.float32]:
    """How many users liked both items, shape (n_items, n_items); the lower triangle alone.

    Counts are exact up to 2^24 users.
    """
    by_item = likes.T.tocsr()
    counts = np.zeros((likes.shape[1], likes.shape[1]), np.float32)
    # Copies, since the kernel is compiled for arrays that may be written.
    arrays = (likes.indptr, likes.indices, by_item.indptr, by_item.indices)
    user_starts, user_items, item_starts, item_users = (np.array(a, np.int32) for a in arrays)
    _count_pairs(user_starts, user_items, item_starts, item_users, counts)
    return counts


@compiled("void(int32[::1], int32[::1], int32[::1], int32[::1], float32[:, ::1])")
def _count_pairs(
    user_starts: NDArray[np.int32],
    user_items: NDArray[np.int32],
    item_starts: NDArray[np.int32],
    item_users: NDArray[np.int32],
    counts: NDArray[np.float32],
) -> None:
    # One row of counts at a time, which stays in the cache.
    for item in range(len(item_starts) - 1):
        row = counts[item]
        for place in range(item_starts[item], item_starts[item + 1]):
            user = item_users[place]
            for entry in range(user_starts[user], user_starts[user + 1]):
                other = user_items[entry]
                if other > item:
                    break
                row[other] += np.float32(1)
