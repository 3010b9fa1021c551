"""Splits whose test part lies after the training part."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from marquee.data.interactions import Interactions
from marquee.errors import ParameterError
from marquee.evaluation.splits.base import Split, holding_out

DAY = 86_400
EVERYTHING = -np.inf
"""Value from which on every test title is relevant: these protocols ask what comes next."""


def split_by_time(interactions: Interactions, start: float | dt.date) -> Split:
    """The split in which everything from a moment on is tested, and all before may be learned from.

    ``start`` is the day whose midnight (UTC) is the moment, or a share q between 0 and 1: of n
    interactions in the order of time the moment is that of number floor(q n), counted from 0, so
    that at most the share q is learned from. Interactions of one second are all on one side.

    Raises
    ------
    ParameterError
        If there are no times, the share is not between 0 and 1, or a part would be empty.
    """
    times = _times(interactions, "a split by time")
    if isinstance(start, dt.date):
        word = start.isoformat()
        midnight = dt.datetime.combine(start, dt.time(), dt.UTC)
        moment = int(midnight.timestamp())
    else:
        if not 0 < start < 1:
            raise ParameterError(f"share of the time split must lie between 0 and 1, got {start}")
        word = f"{start:g}"
        moment = int(np.sort(times)[int(start * len(times))]) if len(times) else 0
    later = times >= moment
    if later.all() or not later.any():
        raise ParameterError(
            f"time:{word} leaves {np.count_nonzero(~later)} of {len(times)} interactions for "
            f"training and {np.count_nonzero(later)} for the test; {_span(times)}"
        )
    split = holding_out(f"time:{word}", interactions, later)
    return replace(split, by_time=True, test_starts=moment)


def rolling_windows(interactions: Interactions, n: int, days: float) -> list[Split]:
    """The n splits that each test a window of so many days, and learn from all before it.

    The windows follow one another, and the last ends with the last interaction: what comes after a
    window is neither learned from nor tested. Named ``rolling:NxDAYS/1`` to ``/N`` in order of
    time.

    Raises
    ------
    ParameterError
        If there are no times, n is below 1, the days are not above 0, or a window or what comes
        before it is empty.
    """
    times = _times(interactions, "a rolling split")
    if n < 1 or not 0 < days < np.inf:
        raise ParameterError(f"rolling windows need a number and days above 0, got {n}x{days:g}")
    end = int(times.max()) + 1 if len(times) else 0
    found = []
    for place in range(n):
        start = end - round((n - place) * days * DAY)
        before, inside = times < start, (times >= start) & (times < start + round(days * DAY))
        name = f"rolling:{n}x{days:g}/{place + 1}"
        if not before.any() or not inside.any():
            raise ParameterError(
                f"{name} leaves {np.count_nonzero(before)} interactions for training and "
                f"{np.count_nonzero(inside)} for the test; {_span(times)}"
            )
        found.append(
            Split(
                name,
                interactions.where(before),
                interactions.where(inside),
                by_time=True,
                test_starts=start,
            )
        )
    return found


def last_share(
    interactions: Interactions, share: float, places: NDArray[np.int64] | None = None
) -> Split:
    """The split that tests the last part of every viewer's own history.

    Of n interactions the last floor(share n) are tested, so a viewer with fewer than 1 / share is
    learned from alone. Those of one second are ordered as by :func:`last_one`. What others did
    later may be learned from: for a moment that holds for everybody take :func:`split_by_time`.

    Raises
    ------
    ParameterError
        If there are no times, the share is not between 0 and 1, or nothing would be tested.
    """
    times = _times(interactions, "last-share")
    if not 0 < share < 1:
        raise ParameterError(f"share of last-share must lie between 0 and 1, got {share}")
    order, counts = _in_time(interactions, times, places)
    # How many of the viewer's own come after each, in order of time.
    after = np.repeat(np.cumsum(counts), counts) - 1 - np.arange(len(times))
    held = np.zeros(len(times), np.bool_)
    held[order] = after < np.repeat(np.floor(share * counts + 1e-9), counts)
    if not held.any():
        raise ParameterError(
            f"last-share:{share:g} tests nothing: no viewer has {int(np.ceil(1 / share))} "
            "interactions"
        )
    return replace(holding_out(f"last-share:{share:g}", interactions, held), by_time=True)


def last_one(interactions: Interactions, places: NDArray[np.int64] | None = None) -> Split:
    """The split that tests the last interaction of every user who has at least two.

    Of several at a user's last second it is the one with the greatest of ``places``, which says
    where in the file each entry stood, shape (n_entries,); without them the one with the last item.
    Every test title is relevant, whatever its rating: the question is what was watched next.

    Raises
    ------
    ParameterError
        If there are no times, or no user has two interactions.
    """
    times = _times(interactions, "last-one")
    order, counts = _in_time(interactions, times, places)
    ends = np.cumsum(counts) - 1
    last = np.zeros(len(times), np.bool_)
    last[order[ends[counts > 1]]] = True
    if not last.any():
        raise ParameterError("last-one needs users with at least two interactions; there is none")
    split = holding_out("last-one", interactions, last)
    return replace(split, by_time=True, relevant_from=EVERYTHING)


def _in_time(
    interactions: Interactions, times: NDArray[np.int64], places: NDArray[np.int64] | None
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Entries by user, then time, then place; and the number of each user."""
    rows = interactions.rows
    within = np.arange(len(times)) if places is None else places
    order = np.lexsort((within, times, rows))
    return order, np.bincount(rows, minlength=interactions.n_users)


def _times(interactions: Interactions, what: str) -> NDArray[np.int64]:
    if interactions.times is None:
        raise ParameterError(
            f"{what} needs the time of every rating, and this data lacks some; "
            "use random:0.1 or kfold:5"
        )
    return interactions.times


def _span(times: NDArray[np.int64]) -> str:
    if not len(times):
        return "there are none"
    days = [dt.datetime.fromtimestamp(int(t), dt.UTC).date() for t in (times.min(), times.max())]
    return f"the data runs from {days[0]} to {days[1]}"
