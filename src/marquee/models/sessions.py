"""Rating sessions: runs of a viewer's ratings without a longer pause; hour and week of each."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from marquee.data.interactions import Interactions

DAY = 86_400
KINDS = {"hour": (3_600, 24), "day": (DAY, 0), "week": (7 * DAY, 0)}
"""What a calendar may tell of a moment: seconds in one unit, and after how many it starts anew."""
FAR = 1 << 32
"""Seconds beyond any that are asked for, so that viewers can lie one after another on one line."""


class Moments(NamedTuple):
    """The stored entries of profiles in order of viewer and time."""

    order: NDArray[np.int64]
    """Place of each in the entries of the profiles."""
    rows: NDArray[np.int32]
    """Profile of each."""
    times: NDArray[np.int64]
    """Unix seconds of each."""

    @classmethod
    def of(cls, profiles: Interactions) -> Moments:
        """The entries of profiles that have times; zeros stand for times that are not known."""
        rows = profiles.rows
        times = np.zeros(len(rows), np.int64) if profiles.times is None else profiles.times
        order = np.lexsort((times, rows))
        return cls(order, rows[order], times[order])


def session_starts(moments: Moments, gap: int) -> NDArray[np.int32]:
    """Places at which a session starts, ascending.

    Entries of one viewer that are at most ``gap`` seconds apart are in one session.
    """
    new = np.ones(len(moments.rows), np.bool_)
    new[1:] = (np.diff(moments.rows) > 0) | (np.diff(moments.times) > gap)
    return np.flatnonzero(new).astype(np.int32)


def sessions_at(
    moments: Moments, rows: NDArray[np.int32], times: NDArray[np.int64], gap: int
) -> NDArray[np.int32]:
    """The session that each moment asked for belongs to, -1 for none; aligned with ``rows``.

    It is that of the viewer's entry nearest in time, of two the earlier, if that is at most ``gap``
    seconds away.
    """
    found = np.full(len(rows), -1, np.int32)
    if not len(moments.rows):
        return found
    starts = session_starts(moments, gap)
    origin = min(int(moments.times.min()), int(times.min(initial=FAR)))
    line = moments.rows.astype(np.int64) * FAR + (moments.times - origin)
    asked = rows.astype(np.int64) * FAR + (times - origin)
    after = np.searchsorted(line, asked)
    nearest = np.full(len(rows), gap + 1)
    for place in (after - 1, after):
        there = np.clip(place, 0, len(line) - 1)
        away = np.abs(line[there] - asked)
        closer = (moments.rows[there] == rows) & (away < nearest)
        nearest[closer] = away[closer]
        found[closer] = np.searchsorted(starts, there[closer], side="right") - 1
    return found


def calendar(times: NDArray[np.int64], kind: str) -> NDArray[np.int64]:
    """Number of the hour of the day, of the day or of the week that each moment falls in."""
    seconds, period = KINDS[kind]
    units = times // seconds
    return units % period if period else units
