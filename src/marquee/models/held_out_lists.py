"""Lists that a ranker learns from: parts of the training data, and what became of them."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from marquee.data.interactions import Interactions

HOLDOUTS = ("auto", "time", "viewers")
"""How lists are held out: the last interactions in time, or some of each of some viewers'; ``auto``
is the former where the training data has times, else the latter."""
TOLD_SHARE = 0.8
"""Share of a held-out viewer's interactions that is told as the profile."""


class HeldOut(NamedTuple):
    """A part of the training data to fit on, profiles, and what they turned out to want."""

    train: Interactions
    profiles: Interactions
    wanted: Interactions
    """Rows as in ``profiles``; each has at least one interaction."""


def held_out(
    train: Interactions,
    holdout: str,
    *,
    folds: int,
    share: float,
    new_share: float,
    liked_from: float,
    rng: np.random.Generator,
) -> list[HeldOut]:
    """The training data as seen before each of several parts of it, and these parts.

    By time, part f is the f-th last ``share`` of the interactions, and all before it is learned
    from; by viewers they are dealt into as many folds, those of a fold are not learned from, and a
    fifth of what each liked is asked. In either case a ``new_share`` of the items of each fold is
    taken out of what is learned from and told, as if they had come out since. Nothing that was
    liked, nothing asked: such profiles are left out, and so are parts without any or with nothing
    to learn from.
    """
    by_time = train.times is not None and holdout != "viewers"
    parts = []
    dealt = rng.permutation(train.n_users) % max(folds, 1)
    for fold in range(folds):
        new = rng.random(train.n_items) < new_share
        if by_time:
            learned, asked = _by_time(train, fold, share)
            told = learned
        else:
            own = (dealt == fold)[train.rows] if folds > 1 else _some(train, share, rng)
            asked = own & (rng.random(len(train)) >= TOLD_SHARE)
            learned, told = ~own, own & ~asked
        of_new = new[train.matrix.indices]
        asked = asked | (of_new & told) if not by_time else asked
        asked = asked & (train.matrix.data >= np.float32(liked_from))
        part = HeldOut(
            train.where(learned & ~of_new), train.where(told & ~of_new), train.where(asked)
        )
        rows = np.flatnonzero(np.diff(part.wanted.matrix.indptr))
        if len(rows) and len(part.train):
            parts.append(HeldOut(part.train, part.profiles.take(rows), part.wanted.take(rows)))
    return parts


def _by_time(
    train: Interactions, fold: int, share: float
) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Which entries lie before the f-th last share of all, and which within it.

    Entries of one second are on one side.
    """
    assert train.times is not None
    order = np.sort(train.times)
    n = len(order)
    start = order[int((1 - (fold + 1) * share) * n)] if n else 0
    end = order[int((1 - fold * share) * n)] if fold and n else np.iinfo(np.int64).max
    return train.times < start, (train.times >= start) & (train.times < end)


def _some(train: Interactions, share: float, rng: np.random.Generator) -> NDArray[np.bool_]:
    """Which entries are of a random share of the viewers."""
    return (rng.random(train.n_users) < share)[train.rows]
