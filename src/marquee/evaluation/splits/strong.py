"""Strong generalization: users are tested of whom nothing was learned."""

from __future__ import annotations

from itertools import pairwise
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from marquee.data.ids import IdIndex
from marquee.data.interactions import Interactions
from marquee.errors import ParameterError
from marquee.evaluation.splits.base import Split

SEED = 98765
"""Seed of the authors, for the users that are held out and for what of each is told."""
LEAST = 5
"""Users with fewer likes are left out; held-out users with fewer in the catalog are not tested."""
TARGET_SHARE = 0.2

Part = Literal["test", "validation"]


def strong_split(
    interactions: Interactions,
    *,
    liked_from: float = 4.0,
    n_users: int | None = None,
    part: Part = "test",
    places: NDArray[np.int64] | None = None,
) -> Split:
    """The split of Liang et al. (2018): held-out users, told in part, are to be completed.

    Ratings of at least ``liked_from`` are likes, of value 1, and the rest is forgotten; users with
    at least 5 are kept. Of the users in ascending order of id, permuted, the last ``n_users`` are
    for the test and as many before them for validation; the others are the training part, and the
    titles that they liked are the catalog. A fifth of the likes of each held-out user, rounded
    down, is asked, the rest told as the profile.

    Every choice is drawn as in the authors' code: ``RandomState(98765)`` for the permutation, and
    again for the fifths of each part. The likes of a user are numbered in the order of ``places``,
    which says where in the file each entry stood, shape (n_entries,); without them in the order of
    the items, which is another split where the file is not in that order.

    Parameters
    ----------
    n_users
        How many users to hold out for each of the two parts; by default :func:`n_held_out`.
    part
        Which of them are asked. Choose parameters on ``validation``, never on ``test``.

    Raises
    ------
    ParameterError
        If fewer than 1 user would be held out, or none be left to learn from or to ask.

    Notes
    -----
    Published tables name two measures of one list "recall": theirs has the denominator
    min(k, n_relevant), which is ``recall_capped`` here.

    References
    ----------
    D. Liang, R. G. Krishnan, M. D. Hoffman and T. Jebara, "Variational autoencoders for
    collaborative filtering", WWW 2018, section 4.1.
    """
    liked = interactions.matrix.data >= np.float32(liked_from)
    likes = interactions.where(liked)
    where = (interactions.matrix.indices if places is None else places)[liked]
    active = np.flatnonzero(np.diff(likes.matrix.indptr) >= LEAST)
    active = active[np.argsort(interactions.users.ids[active])]
    n_out = n_held_out(len(active)) if n_users is None else n_users
    if n_out < 1 or 2 * n_out >= len(active):
        raise ParameterError(
            f"strong cannot hold out {n_out} users twice: {len(active)} have {LEAST} or more "
            f"ratings of at least {liked_from:g}"
        )
    permuted = active[_random_state().permutation(len(active))]
    learned = np.sort(permuted[: -2 * n_out])
    asked = permuted[-n_out:] if part == "test" else permuted[-2 * n_out : -n_out]
    asked = asked[np.argsort(interactions.users.ids[asked])]
    popular = np.bincount(likes.take(learned).matrix.indices, minlength=likes.n_items)
    catalog = np.flatnonzero(popular)
    train = _likes_of(likes, learned, catalog)[0]
    told, entry = _likes_of(likes, asked, catalog)
    target = _targets(told, where[entry])
    if not target.any():
        raise ParameterError(f"strong leaves nothing to ask: {n_out} users with too few likes")
    word = "strong" if part == "test" else "strong-validation"
    return Split(
        f"{word}:{n_out}",
        train,
        told.where(target),
        told.where(~target),
        relevant_from=1.0,
        likes_only=True,
    )


def n_held_out(n_active: int) -> int:
    """How many of so many users to hold out: the greatest of 1, 5, 10, 50 ... 10,000 in a twelfth.

    It is what the authors hold out of MovieLens 20M (10,000), and what is usual for the 6,034 users
    of MovieLens 1M (500).
    """
    steps = [1, 5, 10, 50, 100, 500, 1_000, 5_000, 10_000]
    return max((step for step in steps if step <= n_active / 12), default=0)


def _likes_of(
    likes: Interactions, rows: NDArray[np.int64], catalog: NDArray[np.int64]
) -> tuple[Interactions, NDArray[np.int64]]:
    """Likes of those users over that catalog, as ones, and which entry of ``likes`` each is.

    Users without any are left out.
    """
    column = np.full(likes.n_items, -1, np.int64)
    column[catalog] = np.arange(len(catalog))
    row = np.full(likes.n_users, -1, np.int64)
    row[rows] = np.arange(len(rows))
    to, at = column[likes.matrix.indices], row[likes.rows]
    entries = np.flatnonzero((to >= 0) & (at >= 0))
    # The rows that were asked for come in the order of their ids, the entries by row and column.
    entries = entries[np.lexsort((to[entries], at[entries]))]
    present = np.unique(at[entries])
    own = Interactions.from_arrays(
        likes.users.ids[rows[at[entries]]],
        likes.items.ids[catalog[to[entries]]],
        None,
        None if likes.times is None else likes.times[entries],
        user_index=IdIndex(likes.users.ids[rows[present]]),
        item_index=IdIndex(likes.items.ids[catalog]),
    )
    return own, entries


def _targets(told: Interactions, where: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Which entries are asked: a fifth of each user's, drawn by the numbers that the file gives."""
    draw = _random_state()
    target = np.zeros(len(told), np.bool_)
    for first, after in pairwise(told.matrix.indptr.tolist()):
        if after - first >= LEAST:
            in_file = first + np.argsort(where[first:after], kind="stable")
            size = int(TARGET_SHARE * (after - first))
            target[in_file[draw.choice(after - first, size=size, replace=False)]] = True
    return target


def _random_state() -> np.random.RandomState:
    # The draws must be those of the published code, which a Generator cannot repeat.
    return np.random.RandomState(SEED)
