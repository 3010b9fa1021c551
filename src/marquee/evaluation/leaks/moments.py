"""Predictions that know the moment of the test rating, or what came after it."""

from __future__ import annotations

import dataclasses

import numpy as np

from marquee.evaluation.leaks.leak import Leak
from marquee.evaluation.splits import Split
from marquee.models.abilities import PredictsRatingsAt
from marquee.models.base import Recommender

PROBED = 64
"""Test ratings that are asked about a second time, one of each of as many viewers."""
LATER_SECONDS = 10 * 86_400
"""By how much the times of later ratings are moved."""
TOLERANCE = 1e-3
"""Stars by which a prediction may change for the order of additions alone; rounding of float32
makes 1e-6 of a star, and what a rating later in time tells makes a hundredth and more."""


def asked_moment(clock: str, model: Recommender) -> list[Leak]:
    """Whether a model that predicts ratings at a time is told the moment of the test rating.

    By what was asked, so there are no false alarms: ``full`` is a benchmark's rule, which the best
    published figures follow too, and no live system can keep it.
    """
    if clock != "full" or not isinstance(model, PredictsRatingsAt):
        return []
    return [
        Leak(
            check="test-moment",
            words="predictions know the moment of the test rating and what the viewer rated after "
            "it (clock full), which no live system does; use --clock past",
            n=1,
            where=type(model).__name__,
        )
    ]


def later_ratings(clock: str, model: Recommender, split: Split) -> list[Leak]:
    """Whether predictions under clock ``past`` change with the times of later ratings.

    For at most :data:`PROBED` test ratings the times of all ratings of the viewer's profile that
    are not strictly earlier are moved by :data:`LATER_SECONDS`. Who keeps to the clock cannot see
    that; a prediction that changes by more than :data:`TOLERANCE` stars is a leak. No honest model
    does, so the only false alarm would be a prediction that differs from call to call.
    """
    if clock != "past" or not isinstance(model, PredictsRatingsAt) or split.likes_only:
        return []
    profiles, test = split.history, split.test
    if profiles.times is None or test.times is None:
        return []
    tested = np.flatnonzero(np.diff(test.matrix.indptr))
    first = test.matrix.indptr[tested]
    last_told = np.full(profiles.n_users, np.iinfo(np.int64).min)
    np.maximum.at(last_told, profiles.rows, profiles.times)
    # Only who has a later rating can tell anything; and of these some all over the data.
    telling = np.flatnonzero(last_told[tested] >= test.times[first])
    if not len(telling):
        return []
    chosen = telling[np.linspace(0, len(telling) - 1, min(PROBED, len(telling))).astype(int)]
    own, columns = profiles.take(tested[chosen]), test.matrix.indices[first[chosen]]
    asked = test.times[first[chosen]]
    assert own.times is not None
    not_before = own.times >= asked[own.rows]
    moved = dataclasses.replace(own, times=own.times + LATER_SECONDS * not_before)
    rows = np.arange(len(chosen))
    before = model.predict_ratings_at(own, rows, columns, asked)
    after = model.predict_ratings_at(moved, rows, columns, asked)
    changed = int(np.count_nonzero(np.abs(after - before) > TOLERANCE))
    if not changed:
        return []
    return [
        Leak(
            check="later-ratings",
            words=f"{changed} of {len(rows)} predictions change with the times of ratings that "
            "are not earlier than the one asked about, though the clock is past; let the model "
            "look at strictly earlier entries alone",
            n=changed,
            where=type(model).__name__,
        )
    ]
