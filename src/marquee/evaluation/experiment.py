"""Fitting a recommender on the training part of splits and measuring it on the test part."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Sequence

import numpy as np
import polars as pl

from marquee.errors import ParameterError
from marquee.evaluation.metrics import (
    RANKING_METRICS,
    UserValues,
    mae,
    mae_by_user,
    mean_over_users,
    rmse,
    rmse_by_user,
)
from marquee.evaluation.report import Report, SplitResult
from marquee.evaluation.splits import Split
from marquee.models.abilities import PredictsRatings, UsesTitles, UsesViewers
from marquee.models.base import OnEpoch, Recommender

OnStep = Callable[[int, int, str], None]
"""Called with the number of steps done, the number in all, and what comes next."""


def evaluate(
    make: Callable[[], Recommender],
    splits: Sequence[Split],
    *,
    k: int = 10,
    relevant_from: float = 4.0,
    titles: pl.DataFrame | None = None,
    viewers: pl.DataFrame | None = None,
    seed: int | None = None,
    on_step: OnStep | None = None,
    on_epoch: OnEpoch | None = None,
    clock: Callable[[], float] = time.perf_counter,
) -> Report:
    """The report of a fresh model, fitted on the training part of each split and asked of its test.

    The profile of a test user is the user's training row, empty if there is none. Lists are ranked
    over the whole catalog with the training titles of the user left out; a test title is relevant
    from ``relevant_from`` stars on. Predicted ratings are asked for where the model predicts them.

    Parameters
    ----------
    make
        Makes the model; called once per split, so that nothing is carried from one to the next.
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
    clock
        Seconds from any origin, never going back.

    Raises
    ------
    ParameterError
        If there is no split, a part of one is empty, its training and test share a pair of user and
        item, k is below 1, or ``relevant_from`` is not a finite number. Nothing is fitted then.
    """
    if k < 1:
        raise ParameterError(f"k must be at least 1, got {k}")
    if not math.isfinite(relevant_from):
        raise ParameterError(f"relevant_from must be a finite number, got {relevant_from}")
    if not splits:
        raise ParameterError("there is no split to evaluate on; give at least one")
    for split in splits:
        _check(split)
    tell = on_step or (lambda _done, _total, _text: None)
    total = 2 * len(splits)
    results: list[SplitResult] = []
    for split in splits:
        tell(2 * len(results), total, f"{split.name}: fitting")
        model = make()
        if titles is not None and isinstance(model, UsesTitles):
            model.use_titles(titles)
        if viewers is not None and isinstance(model, UsesViewers):
            model.use_viewers(viewers)
        start = clock()
        model.fit(split.train, on_epoch=on_epoch)
        fit_seconds = clock() - start
        tell(2 * len(results) + 1, total, f"{split.name}: predicting")
        results.append(_measure(model, split, k, relevant_from, fit_seconds, clock))
    tell(total, total, "done")
    return Report(
        model=type(model).__name__,
        params=model.params(),
        k=k,
        relevant_from=relevant_from,
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
        raise ParameterError(
            f"split {split.name} leaks: {shared.size} of {len(split.test)} test pairs are in the "
            f"training part, first user {user} with item {item}"
        )


def _measure(
    model: Recommender,
    split: Split,
    k: int,
    relevant_from: float,
    fit_seconds: float,
    clock: Callable[[], float],
) -> SplitResult:
    """What a fitted model is worth on the test part."""
    tested = np.flatnonzero(np.diff(split.test.matrix.indptr))
    profiles, test = split.train.take(tested), split.test.take(tested)
    rows, columns, actual = test.rows, test.matrix.indices, test.matrix.data
    metrics: dict[str, float] = {}
    by_user: dict[str, UserValues] = {}
    start = clock()
    predicted = None
    if isinstance(model, PredictsRatings):
        predicted = model.predict_ratings(profiles, rows, columns)
    recommended = model.recommend(profiles, k)
    predict_seconds = clock() - start
    if predicted is not None:
        by_user["rmse"] = rmse_by_user(predicted, actual, rows, test.n_users)
        by_user["mae"] = mae_by_user(predicted, actual, rows, test.n_users)
        metrics["rmse"], metrics["mae"] = rmse(predicted, actual), mae(predicted, actual)
        for name in ("rmse", "mae"):
            metrics[f"{name}_user_averaged"] = mean_over_users(by_user[name])
    relevant = test.at_least(relevant_from).matrix
    for name, metric in RANKING_METRICS.items():
        values = metric(recommended, relevant)
        by_user[f"{name}@{k}"] = values
        metrics[f"{name}@{k}"] = mean_over_users(values)
    trained_items = np.bincount(split.train.matrix.indices, minlength=split.train.n_items) > 0
    return SplitResult(
        name=split.name,
        fingerprint=split.fingerprint,
        metrics=metrics,
        n_train=len(split.train),
        n_test=len(split.test),
        n_items=split.train.n_items,
        n_users=test.n_users,
        n_users_ranked=int(np.count_nonzero(np.diff(relevant.indptr))),
        n_users_without_training=int(np.count_nonzero(np.diff(profiles.matrix.indptr) == 0)),
        n_test_items_without_training=int(np.count_nonzero(~trained_items[np.unique(columns)])),
        fit_seconds=fit_seconds,
        predict_seconds=predict_seconds,
        users=test.users.ids,
        by_user=by_user,
    )
