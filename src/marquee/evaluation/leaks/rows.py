"""Test rows that can be read in what is learned from, under their own ids or others."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from marquee.data.interactions import Interactions
from marquee.evaluation.leaks.leak import Leak
from marquee.evaluation.splits import Split

LEAST_ROWS = 5
"""Rows that two viewers must have in common, moments too, to be taken for one."""
LEAST_SHARE = 0.5
"""Share of a viewer's rows that another must have."""
LEAST_ROWS_UNTIMED = 20
"""As :data:`LEAST_ROWS` where no moments are known."""
LEAST_SHARE_UNTIMED = 0.9
"""As :data:`LEAST_SHARE` where no moments are known: two who rate the same blockbusters alike share
one row in six at most, so that 18 of 20 happen once in 10^12 pairs of viewers."""
MATERIAL = 0.01
"""Share of the test rows below which repeats are only a note: a mean moves by no more than that."""
RAREST = 12
"""Test rows of a viewer, the rarest that are found at all, by which others are looked up."""
RAREST_UNTIMED = 4
"""As :data:`RAREST` where no moments are known and a row has many others like it."""
LOOKED_AT = 0.4
"""Share of those that another must have to be looked at in full; a copy has most of them."""

Keys = NDArray[np.uint64]


def pairs_in_training(split: Split) -> list[Leak]:
    """Pairs of the test part that are in the training part or in the profiles.

    Every single one counts: a split is made by dividing, and division leaves none. It has no false
    alarms.
    """
    shared = split.shared_pairs()
    if not shared.size:
        return []
    user = split.test.users.ids[split.test.rows[shared[0]]]
    item = split.test.items.ids[split.test.matrix.indices[shared[0]]]
    known = "the training part" if split.profiles is None else "the training part or profiles"
    return [
        Leak(
            check="test-in-training",
            words=f"{shared.size} of {len(split.test)} test pairs are in {known}, first user "
            f"{user} with item {item}; divide the ratings so that each is on one side",
            n=int(shared.size),
            where=split.name,
        )
    ]


def repeated_rows(split: Split) -> list[Leak]:
    """Viewers whose rows, test rows among them, stand in the training part under another id.

    Two rows are the same if title, rating and second are. Another viewer must have at least
    :data:`LEAST_ROWS` of a tested viewer's rows and :data:`LEAST_SHARE` of them all, or
    :data:`LEAST_ROWS_UNTIMED` and :data:`LEAST_SHARE_UNTIMED` where no seconds are known. On real
    data no two viewers come near to this: on MovieLens 1M, whose times are only places in a
    history, the most alike share 8 rows of hundreds. Repeats of under :data:`MATERIAL` of the test
    rows are a note.
    """
    timed = split.train.times is not None and split.test.times is not None
    timed = timed and split.history.times is not None
    learned, asked = _keys(split.train, timed), _keys(split.test, timed)
    told = _keys(split.history, timed)
    rarest, least, share = (
        (RAREST, LEAST_ROWS, LEAST_SHARE)
        if timed
        else (RAREST_UNTIMED, LEAST_ROWS_UNTIMED, LEAST_SHARE_UNTIMED)
    )
    twins = []
    for row, other in _candidates(split, learned, asked, rarest).tolist():
        own = np.concatenate([_of(split.test, asked, row), _of(split.history, told, row)])
        learned_of = _of(split.train, learned, other)
        there = np.isin(own, np.concatenate([learned_of, _asked_of(split, asked, other)]))
        n_test = len(_of(split.test, asked, row))
        if np.count_nonzero(there) >= max(least, share * len(own)):
            given_away = int(np.count_nonzero(np.isin(own[:n_test], learned_of)))
            twins.append((row, given_away, other))
    if not twins:
        return []
    by_row = {row: n for row, n, _ in twins}
    n_rows = sum(by_row.values())
    user = split.test.users.ids[twins[0][0]]
    twin = split.train.users.ids[twins[0][2]]
    share_of_all = n_rows / len(split.test)
    return [
        Leak(
            check="repeated-rows",
            words=f"{n_rows} test rows ({100 * share_of_all:.1f} %) of {len(by_row)} viewers stand "
            f"in the training part under another id, first user {user} as {twin}; "
            "keep one id of each viewer",
            n=n_rows,
            where=split.name,
            note=share_of_all < MATERIAL,
        )
    ]


def _keys(part: Interactions, timed: bool) -> Keys:
    """A number for each entry that tells title, rating and, where there are some, second."""
    key = np.asarray(part.matrix.indices).astype(np.uint64) * np.uint64(0x9E3779B97F4A7C15)
    key ^= (part.matrix.data.view(np.uint32).astype(np.uint64)) * np.uint64(0xC2B2AE3D27D4EB4F)
    if timed and part.times is not None:
        key += part.times.astype(np.uint64) * np.uint64(0x165667B19E3779F9)
    return key


def _of(part: Interactions, keys: Keys, row: int) -> Keys:
    return keys[part.matrix.indptr[row] : part.matrix.indptr[row + 1]]


def _asked_of(split: Split, asked: Keys, row: int) -> Keys:
    """Test rows of a viewer of the training part, who has none where the users are others."""
    if split.train.users == split.test.users:
        return _of(split.test, asked, row)
    return asked[:0]


def _candidates(split: Split, learned: Keys, asked: Keys, n_rarest: int) -> NDArray[np.int64]:
    """Pairs (test row, training row): the other viewer with most of a viewer's rarest test rows."""
    order = np.argsort(learned, kind="stable")
    ordered, owners = learned[order], split.train.rows[order]
    low = np.searchsorted(ordered, asked, side="left")
    found = np.searchsorted(ordered, asked, side="right") - low
    rows = split.test.rows
    entries = np.flatnonzero(found)
    entries = entries[np.lexsort((found[entries], rows[entries]))]
    counts = np.bincount(rows[entries], minlength=split.test.n_users)
    place = np.arange(len(entries)) - np.repeat(np.cumsum(counts) - counts, counts)
    rarest = entries[place < n_rarest]
    if not len(rarest):
        return np.empty((0, 2), np.int64)
    n = found[rarest]
    starts = np.repeat(low[rarest] - (np.cumsum(n) - n), n)
    one = np.repeat(rows[rarest], n).astype(np.int64)
    other = owners[starts + np.arange(len(one))].astype(np.int64)
    own: NDArray[Any] = split.train.users.find(split.test.users.ids)
    strangers = own[one] != other
    cells, shared = np.unique(
        one[strangers] * split.train.n_users + other[strangers], return_counts=True
    )
    if not len(cells):
        return np.empty((0, 2), np.int64)
    one, other = np.divmod(cells, split.train.n_users)
    # A copy has the most of them; so who has the most is looked at, and only that one.
    order = np.lexsort((-shared, one))
    first = np.append(True, one[order][1:] != one[order][:-1])
    best = order[first]
    best = best[shared[best] >= LOOKED_AT * np.minimum(counts, n_rarest)[one[best]]]
    return np.stack([one[best], other[best]], axis=1)
