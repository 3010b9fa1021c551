"""What a fitted model is worth on the test part of one split."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from marquee.data.interactions import Interactions
from marquee.evaluation.clock import without_times
from marquee.evaluation.metrics import (
    CATALOG_METRICS,
    LIST_METRICS,
    RANKING_METRICS,
    Background,
    UserValues,
    auc,
    background_of,
    calibration_error,
    exposure,
    genre_miscalibration,
    mae,
    mae_by_user,
    mean_over_users,
    popularity_lift,
    reliability,
    rmse,
    rmse_by_user,
    standard_error,
    title_segments,
    viewer_segments,
)
from marquee.evaluation.metrics.segments import relevant_among
from marquee.evaluation.report import SplitResult, Sums
from marquee.evaluation.splits import Split
from marquee.models.abilities import PredictsRatings, PredictsRatingsAt
from marquee.models.base import BLOCK_CELLS, Recommender
from marquee.models.ranking import TopK, top_k

IN_SEGMENTS = ("ndcg", "recall")
"""Metrics of lists that are measured on each segment of titles too."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Asked:
    """What is measured, and by which clock."""

    ks: tuple[int, ...]
    relevant_from: float
    clock: str
    lists: bool
    auc: bool
    titles: pl.DataFrame | None
    viewers: pl.DataFrame | None
    timer: Callable[[], float]


@dataclass
class _Found:
    """What has been measured so far."""

    metrics: dict[str, float] = field(default_factory=dict)
    by_user: dict[str, UserValues] = field(default_factory=dict)
    sums: dict[str, Sums] = field(default_factory=dict)

    def add(self, name: str, values: UserValues) -> None:
        """Takes in one value per user, and their mean."""
        self.by_user[name] = values
        self.metrics[name] = mean_over_users(values)

    def add_sums(self, name: str, sums: Sums) -> None:
        """Takes in the parts of a ratio, and the ratio."""
        self.sums[name] = sums
        self.metrics[name] = sums.value


def measure(
    model: Recommender, split: Split, asked: Asked, fit_seconds: float, fit_bytes: int | None
) -> SplitResult:
    """What a fitted model is worth on the test part."""
    tested = np.flatnonzero(np.diff(split.test.matrix.indptr))
    profiles, test = split.history.take(tested), split.test.take(tested)
    if asked.clock == "none":
        profiles = without_times(profiles)
    least = asked.relevant_from if split.relevant_from is None else split.relevant_from
    relevant = test.at_least(least).matrix
    found = _Found()
    start = asked.timer()
    predicted = None if split.likes_only else _predicted(model, profiles, test, asked.clock)
    listed = _listed(model, profiles, relevant, asked, found) if asked.lists else None
    predict_seconds = asked.timer() - start
    if predicted is not None:
        _add_errors(found, predicted, test)
    background = background_of(split.train, profiles, relevant, max(asked.ks), asked.titles)
    if listed is not None:
        for k in asked.ks:
            cut = TopK(listed.items[:, :k], listed.scores[:, :k])
            _add_lists(found, f"@{k}", cut, background)
    trained_items = background.counts > 0
    return SplitResult(
        name=split.name,
        fingerprint=split.fingerprint,
        metrics=found.metrics,
        se={name: standard_error(values) for name, values in found.by_user.items() if "@" in name},
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
        fit_bytes=fit_bytes,
        predict_seconds=predict_seconds,
        reliability=() if predicted is None else reliability(predicted, test.matrix.data),
        users=test.users.ids,
        by_user=found.by_user,
        sums=found.sums,
        items=None if listed is None else listed.items,
        groups=viewer_segments(test.users, background, asked.viewers),
    )


def _listed(
    model: Recommender, profiles: Interactions, relevant: Any, asked: Asked, found: _Found
) -> TopK:
    """The lists; with the area under the curve every score is looked at once for both."""
    k = max(asked.ks)
    if not asked.auc:
        return model.recommend(profiles, k)
    block = max(1, BLOCK_CELLS // max(profiles.n_items, 1))
    parts, areas = [], []
    for start in range(0, profiles.n_users, block):
        rows = np.arange(start, min(start + block, profiles.n_users))
        own = profiles.take(rows)
        scores = model.score(own)
        parts.append(top_k(scores, k, exclude=own.matrix))
        areas.append(auc(scores, relevant[rows], own.matrix))
    found.add("auc", np.concatenate(areas))
    return TopK(*(np.concatenate(arrays) for arrays in zip(*parts, strict=True)))


def _add_errors(found: _Found, predicted: NDArray[np.float32], test: Interactions) -> None:
    actual, rows, n = test.matrix.data, test.rows, test.n_users
    found.by_user["rmse"] = rmse_by_user(predicted, actual, rows, n)
    found.by_user["mae"] = mae_by_user(predicted, actual, rows, n)
    counts = np.bincount(rows, minlength=n).astype(np.float64)
    found.sums["rmse"] = Sums(np.nan_to_num(found.by_user["rmse"] ** 2) * counts, counts, True)
    found.sums["mae"] = Sums(np.nan_to_num(found.by_user["mae"]) * counts, counts)
    found.metrics["rmse"], found.metrics["mae"] = rmse(predicted, actual), mae(predicted, actual)
    for name in ("rmse", "mae"):
        found.metrics[f"{name}_user_averaged"] = mean_over_users(found.by_user[name])
    found.metrics["calibration_error"] = calibration_error(reliability(predicted, actual))


def _add_lists(found: _Found, at: str, cut: TopK, background: Background) -> None:
    relevant = background.relevant
    for name, metric in RANKING_METRICS.items():
        found.add(f"{name}{at}", metric(cut, relevant))
    for title_group, members in title_segments(background).items():
        own = relevant_among(relevant, members)
        for name in IN_SEGMENTS:
            found.add(f"{name}{at} {title_group}", RANKING_METRICS[name](cut, own))
    for name, of_lists in LIST_METRICS.items():
        values = of_lists(cut, background)
        if values is not None:
            found.add(f"{name}{at}", values)
    miscalibrated = genre_miscalibration(cut, background)
    if miscalibrated is not None:
        found.add(f"genre_miscalibration{at}", miscalibrated)
    found.add_sums(f"popularity_lift{at}", Sums(*popularity_lift(cut, background)))
    shown = exposure(cut.items, len(background.counts))
    for name, of_all in CATALOG_METRICS.items():
        found.metrics[f"{name}{at}"] = of_all(shown)


def _predicted(
    model: Recommender, profiles: Interactions, test: Interactions, clock: str
) -> NDArray[np.float32] | None:
    """Predicted ratings of the test pairs, None from a model that predicts none."""
    rows, columns = test.rows, test.matrix.indices
    if clock != "none" and test.times is not None and isinstance(model, PredictsRatingsAt):
        return model.predict_ratings_at(profiles, rows, columns, test.times)
    if isinstance(model, PredictsRatings):
        return model.predict_ratings(profiles, rows, columns)
    return None
