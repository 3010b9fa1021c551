"""A split inside the training part of another, of the same kind: where parameters are chosen."""

from __future__ import annotations

import numpy as np

from marquee.evaluation.splits.base import Split
from marquee.evaluation.splits.drawn import random_split
from marquee.evaluation.splits.strong import strong_split
from marquee.evaluation.splits.timed import last_one, last_share, split_by_time


def inner_split(split: Split, seed: int) -> Split:
    """The split of the training part alone that asks of it what the split asks of the whole.

    Where the test part lies after a moment, the end of the training part is asked, the same share
    of it; where it is each viewer's last, the last of what is left; where viewers are held out,
    viewers of the training part, as many if they are enough; else a share drawn with the seed. The
    test part of the split is not read, only counted.

    Raises
    ------
    ParameterError
        If the training part is too small to be divided in this way.
    """
    train, n_test = split.train, len(split.test)
    share = n_test / (n_test + len(train))
    if split.profiles is not None:
        active = int(np.count_nonzero(np.diff(train.matrix.indptr) >= 5))
        found = strong_split(train, liked_from=1.0, n_users=min(split.test.n_users, active // 6))
    elif split.test_starts is not None:
        found = split_by_time(train, 1 - share)
    elif split.by_time and np.diff(split.test.matrix.indptr).max(initial=0) == 1:
        found = last_one(train)
    elif split.by_time:
        found = last_share(train, share)
    else:
        found = random_split(train, share, seed)
    named = f"{found.name} inside {split.name}"
    return Split(
        named,
        found.train,
        found.test,
        found.profiles,
        relevant_from=split.relevant_from,
        likes_only=split.likes_only,
        by_time=split.by_time,
        test_starts=found.test_starts,
    )
