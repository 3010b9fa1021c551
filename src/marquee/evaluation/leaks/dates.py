"""Rows to learn from that were not there yet when the test begins."""

from __future__ import annotations

import datetime as dt

import numpy as np

from marquee.evaluation.leaks.leak import Leak
from marquee.evaluation.splits import Split


def known_later(split: Split) -> list[Leak]:
    """Rows to learn from that are later than a split by time allows; every single one counts.

    Where the split names the moment from which all is tested, no row of the training part or the
    profiles may be of that moment or later. Else it tests what comes last of each viewer, and no
    row of a viewer may be later than that viewer's last test row. Splits that are not by time
    promise nothing of the kind, which :func:`learns_from_later` notes. No false alarms.
    """
    if not split.by_time:
        return []
    late = 0
    for part in {id(p): p for p in (split.train, split.history)}.values():
        if part.times is None:
            continue
        if split.test_starts is not None:
            late += int(np.count_nonzero(part.times >= split.test_starts))
        elif split.test.times is not None and part.users == split.test.users:
            last = np.full(part.n_users, np.iinfo(np.int64).max)
            tested = np.flatnonzero(np.diff(split.test.matrix.indptr))
            last[tested] = np.maximum.reduceat(split.test.times, split.test.matrix.indptr[tested])
            late += int(np.count_nonzero(part.times > last[part.rows]))
    if not late:
        return []
    since = "the viewer's own test rows"
    if split.test_starts is not None:
        since = f"{dt.datetime.fromtimestamp(split.test_starts, dt.UTC):%Y-%m-%d %H:%M:%S}"
    return [
        Leak(
            check="known-later",
            words=f"{late} rows to learn from are not before {since}, when the test begins; "
            "leave them out",
            n=late,
            where=split.name,
        )
    ]


def learns_from_later(split: Split) -> list[Leak]:
    """A note on splits that are not by time: what is learned from is partly later than the test."""
    if split.by_time or split.train.times is None or split.test.times is None:
        return []
    later = int(np.count_nonzero(split.train.times > np.median(split.test.times)))
    if not later:
        return []
    return [
        Leak(
            check="known-later",
            words=f"{split.name} is no split by time: {100 * later / len(split.train):.0f} % of "
            "what is learned from is later than the middle of the test; it compares models, and "
            "does not tell what a live system gets",
            n=later,
            where=split.name,
            note=True,
        )
    ]
