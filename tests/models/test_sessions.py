"""Sessions against a plain walk along each viewer's ratings."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from marquee.data.interactions import Interactions
from marquee.models.sessions import Moments, calendar, session_starts, sessions_at


def timed() -> Interactions:
    """Viewers who rate in bursts, at the same second, in no order; one rated once."""
    rng = np.random.default_rng(0)
    users = np.repeat([3, 1, 2, 9], [40, 1, 25, 12])
    items = np.concatenate([rng.choice(60, n, replace=False) for n in (40, 1, 25, 12)])
    times = (
        880_000_000 + rng.integers(0, 12, len(users)) * 100 + rng.choice([0, 0, 7, 31], len(users))
    )
    return Interactions.from_arrays(users, items, np.ones(len(users)), times)


def walked(profiles: Interactions, gap: int) -> list[list[tuple[int, int]]]:
    """The sessions of all viewers, each as pairs of row and time."""
    assert profiles.times is not None
    found: list[list[tuple[int, int]]] = []
    for row in range(profiles.n_users):
        last = None
        for time in np.sort(profiles.times[profiles.rows == row]).tolist():
            if last is None or time - last > gap:
                found.append([])
            found[-1].append((row, time))
            last = time
    return found


@pytest.mark.parametrize("gap", [0, 30, 99, 10_000])
def test_a_session_is_a_run_without_a_longer_pause(gap: int) -> None:
    profiles = timed()
    moments = Moments.of(profiles)
    starts = session_starts(moments, gap)
    sizes = np.diff(np.append(starts, len(moments.rows)))
    sessions = walked(profiles, gap)
    assert sizes.tolist() == [len(session) for session in sessions]
    firsts = list(zip(moments.rows[starts], moments.times[starts], strict=True))
    assert firsts == [session[0] for session in sessions]


@pytest.mark.parametrize("gap", [0, 30, 99, 10_000])
def test_a_moment_joins_the_nearest_session_within_the_gap(gap: int) -> None:
    profiles = timed()
    rng = np.random.default_rng(1)
    rows = rng.integers(0, 4, 300).astype(np.int32)
    times = 880_000_000 + rng.integers(-200, 1500, 300)
    found = sessions_at(Moments.of(profiles), rows, times, gap)
    sessions = walked(profiles, gap)
    for row, time, session in zip(rows, times, found, strict=True):
        away = [
            min(abs(time - own) for who, own in entries) if entries[0][0] == row else 1 << 40
            for entries in sessions
        ]
        nearest: NDArray[np.int64] = np.array(away)
        expected = int(nearest.argmin()) if nearest.min() <= gap else -1
        assert session == expected


def test_who_has_no_rating_has_no_session() -> None:
    none = timed().where(np.zeros(len(timed()), np.bool_))
    found = sessions_at(Moments.of(none), np.array([0], np.int32), np.array([5]), 30)
    assert found.tolist() == [-1]


def test_the_calendar_counts_hours_anew_each_day_and_weeks_for_ever() -> None:
    times = np.array([0, 3599, 3600, 86_400, 7 * 86_400 + 7200])
    assert calendar(times, "hour").tolist() == [0, 0, 1, 0, 2]
    assert calendar(times, "day").tolist() == [0, 0, 0, 1, 7]
    assert calendar(times, "week").tolist() == [0, 0, 0, 0, 1]
