"""Fitting a recommender on the training part of splits and measuring it on the test part."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np
import polars as pl

from marquee.data.interactions import Interactions
from marquee.errors import ParameterError
from marquee.evaluation.clock import clock_for, with_clock, without_times
from marquee.evaluation.metrics import (
    RANKING_METRICS,
    UserValues,
    mae,
    mae_by_user,
    mean_over_users,
    rmse,
    rmse_by_user,
    standard_error,
)
from marquee.evaluation.report import Report, SplitResult
from marquee.evaluation.splits import Split
from marquee.models.abilities import PredictsRatings, PredictsRatingsAt, UsesTitles, UsesViewers
from marquee.models.base import OnEpoch, Recommender
from marquee.models.ranking import TopK

OnStep = Callable[[int, int, str], None]
"""Called with the number of steps done, the number in all, and what comes next."""


class _Asked(NamedTuple):
    """What is measured, and by which clock."""

    ks: tuple[int, ...]
    relevant_from: float
    clock: str
    lists: bool
    timer: Callable[[], float]


def evaluate(
    make: Callable[[], Recommender],
    splits: Sequence[Split],
    *,
    k: int | Sequence[int] = 10,
    relevant_from: float = 4.0,
    clock: str | None = None,
    lists: bool = True,
    titles: pl.DataFrame | None = None,
    viewers: pl.DataFrame | None = None,
    seed: int | None = None,
    on_step: OnStep | None = None,
    on_epoch: OnEpoch | None = None,
    timer: Callable[[], float] = time.perf_counter,
) -> Report:
    """The report of a fresh model, fitted on the training part of each split and asked of its test.

    The profile of a test user is the one that the split tells, or else the user's training row,
    empty if there is none. Lists are ranked over the whole catalog with the titles of the profile
    left out; a test title is relevant from ``relevant_from`` stars on, unless the protocol of the
    split says otherwise. Predicted ratings are asked for where the model predicts them and the
    values of the split are ratings.

    Parameters
    ----------
    make
        Makes the model; called once per split, so that nothing is carried from one to the next.
    k
        Length of the lists, or several.
    clock
        What a prediction may know of times, one of ``none``, ``past`` and ``full``: the model's
        hyperparameter ``clock`` is set to it, and its members' too. With ``none`` the model is
        given no times at all; with the others a model that predicts ratings at a time is given
        those of the test. By default ``past`` for splits by time and else ``none``.
    lists
        Whether to rank the catalog; False where only rating errors are wanted.
    titles
        Given before the fit to a model that uses titles.
    viewers
        Given before the fit to a model that uses viewers.
    seed
        Seed that the splits were drawn with, to be told in the report.
    on_step
        Told before each step what comes next, and at the end that all are done.
    on_epoch
        Told after each pass of a fit that takes several.
    timer
        Seconds from any origin, never going back.

    Raises
    ------
    ParameterError
        If there is no split, a part of one is empty, its training or profiles share a pair of user
        and item with its test, k is below 1, ``relevant_from`` is not a finite number, or the clock
        needs times that are not there. Nothing is fitted then.
    """
    ks = (k,) if isinstance(k, int) else tuple(sorted(set(k)))
    if not ks or ks[0] < 1:
        raise ParameterError(f"k must be at least 1, got {k}")
    if not math.isfinite(relevant_from):
        raise ParameterError(f"relevant_from must be a finite number, got {relevant_from}")
    if not splits:
        raise ParameterError("there is no split to evaluate on; give at least one")
    for split in splits:
        _check(split)
    asked = _Asked(ks, relevant_from, clock_for(splits, clock), lists, timer)
    tell = on_step or (lambda _done, _total, _text: None)
    total = 2 * len(splits)
    results: list[SplitResult] = []
    for split in splits:
        tell(2 * len(results), total, f"{split.name}: fitting")
        model = with_clock(make(), asked.clock)
        if titles is not None and isinstance(model, UsesTitles):
            model.use_titles(titles)
        if viewers is not None and isinstance(model, UsesViewers):
            model.use_viewers(viewers)
        train = without_times(split.train) if asked.clock == "none" else split.train
        start = timer()
        model.fit(train, on_epoch=on_epoch)
        fit_seconds = timer() - start
        tell(2 * len(results) + 1, total, f"{split.name}: predicting")
        results.append(_measure(model, split, asked, fit_seconds))
    tell(total, total, "done")
    return Report(
        model=type(model).__name__,
        params=model.params(),
        k=ks,
        relevant_from=relevant_from,
        clock=asked.clock,
        seed=seed,
        splits=tuple(results),
    )


def _check(split: Split) -> None:
    if not len(split.train) or not len(split.test):
        raise ParameterError(
            f"split {split.name} has {len(split.train)} training and {len(split.test)} test "
            "interactions; both parts need some"
        )
    shared = split.shared_pairs()
    if shared.size:
        user = split.test.users.ids[split.test.rows[shared[0]]]
        item = split.test.items.ids[split.test.matrix.indices[shared[0]]]
        known = "the training part" if split.profiles is None else "the training part or profiles"
        raise ParameterError(
            f"split {split.name} leaks: {shared.size} of {len(split.test)} test pairs are in "
            f"{known}, first user {user} with item {item}"
        )


def _measure(model: Recommender, split: Split, asked: _Asked, fit_seconds: float) -> SplitResult:
    """What a fitted model is worth on the test part."""
    tested = np.flatnonzero(np.diff(split.test.matrix.indptr))
    profiles, test = split.history.take(tested), split.test.take(tested)
    if asked.clock == "none":
        profiles = without_times(profiles)
    by_user: dict[str, UserValues] = {}
    metrics: dict[str, float] = {}
    start = asked.timer()
    predicted = None if split.likes_only else _predicted(model, profiles, test, asked.clock)
    recommended = model.recommend(profiles, max(asked.ks)) if asked.lists else None
    predict_seconds = asked.timer() - start
    if predicted is not None:
        actual, rows = test.matrix.data, test.rows
        by_user["rmse"] = rmse_by_user(predicted, actual, rows, test.n_users)
        by_user["mae"] = mae_by_user(predicted, actual, rows, test.n_users)
        metrics["rmse"], metrics["mae"] = rmse(predicted, actual), mae(predicted, actual)
        for name in ("rmse", "mae"):
            metrics[f"{name}_user_averaged"] = mean_over_users(by_user[name])
    least = asked.relevant_from if split.relevant_from is None else split.relevant_from
    relevant = test.at_least(least).matrix
    if recommended is not None:
        for k in asked.ks:
            cut = TopK(recommended.items[:, :k], recommended.scores[:, :k])
            for name, metric in RANKING_METRICS.items():
                values = metric(cut, relevant)
                by_user[f"{name}@{k}"] = values
                metrics[f"{name}@{k}"] = mean_over_users(values)
    trained_items = np.bincount(split.train.matrix.indices, minlength=split.train.n_items) > 0
    return SplitResult(
        name=split.name,
        fingerprint=split.fingerprint,
        metrics=metrics,
        se={name: standard_error(values) for name, values in by_user.items() if "@" in name},
        n_train=len(split.train),
        n_test=len(split.test),
        n_items=split.train.n_items,
        n_users=test.n_users,
        n_users_ranked=int(np.count_nonzero(np.diff(relevant.indptr))),
        n_users_without_training=int(np.count_nonzero(np.diff(profiles.matrix.indptr) == 0)),
        n_test_items_without_training=int(
            np.count_nonzero(~trained_items[np.unique(test.matrix.indices)])
        ),
        relevant_from=least if math.isfinite(least) else None,
        test_starts=split.test_starts,
        fit_seconds=fit_seconds,
        predict_seconds=predict_seconds,
        users=test.users.ids,
        by_user=by_user,
    )


def _predicted(
    model: Recommender, profiles: Interactions, test: Interactions, clock: str
) -> np.ndarray[tuple[int], np.dtype[np.float32]] | None:
    """Predicted ratings of the test pairs, None from a model that predicts none."""
    rows, columns = test.rows, test.matrix.indices
    if clock != "none" and test.times is not None and isinstance(model, PredictsRatingsAt):
        return model.predict_ratings_at(profiles, rows, columns, test.times)
    if isinstance(model, PredictsRatings):
        return model.predict_ratings(profiles, rows, columns)
    return None
