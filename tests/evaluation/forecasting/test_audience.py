"""Figures of audiences, on data whose figures are known."""

from __future__ import annotations

import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import polars as pl
import pytest

from marquee.data.merge import merge
from marquee.data.sources import read_source
from marquee.data.tables import Tables
from marquee.data.world import build_world
from marquee.errors import ParameterError
from marquee.evaluation.forecasting.audience import (
    audience_of,
    calibration_error,
    choose_held_out,
    measure_audience,
    segment_coverage,
    to_markdown,
    top_share,
)
from marquee.forecast.audience import AUDIENCES, AudienceModel


def test_ties_at_the_edge_count_as_if_broken_at_random() -> None:
    rng = np.random.default_rng(0)
    scores = rng.integers(0, 4, 37).astype(float)
    inside = rng.random((1, 37)) < 0.3
    k = int(37 * 0.2)
    drawn = []
    for _ in range(20_000):
        order = np.lexsort((rng.random(37), -scores))
        drawn.append(inside[0, order[:k]].sum() / inside.sum())
    assert top_share(scores, inside, 0.2)[0] == pytest.approx(np.mean(drawn), abs=0.003)


def test_who_is_ranked_first_is_found() -> None:
    scores = np.array([[5.0, 4, 3, 2, 1, 0, -1, -2, -3, -4], np.zeros(10)])
    inside = np.zeros((2, 10), np.bool_)
    inside[:, [0, 9]] = True
    np.testing.assert_allclose(top_share(scores, inside), [0.5, 0.1])
    assert np.isnan(top_share(scores, np.zeros((2, 10), np.bool_))).all()
    assert top_share(scores[:, :3], inside[:, :3])[0] == 1  # one viewer at least is the top
    with pytest.raises(ParameterError, match="no viewers"):
        top_share(np.zeros((1, 0)), np.zeros((1, 0), np.bool_))


def test_calibration_error_is_the_distance_of_what_is_said_from_what_is() -> None:
    said = np.repeat([0.1, 0.6], 50)
    came = np.concatenate([np.arange(50) < 5, np.arange(50) < 20])
    assert calibration_error(said, came, 2) == pytest.approx((0 + 0.2) / 2)


def test_an_audience_is_who_gave_enough_stars() -> None:
    ratings = pl.DataFrame(
        {"viewer_id": [3, 3, 1, 8], "title_id": [5, 6, 5, 5], "rating": [4.0, 5.0, 3.5, 5.0]}
    )
    found = audience_of(ratings, [1, 2, 3], [6, 5, 7], 4.0)
    assert found.tolist() == [[False, False, True], [False, False, True], [False] * 3]


def test_titles_held_out_have_a_plot_and_ratings() -> None:
    tables = build_world(80, 40, 900, seed=2)
    titles = tables.titles.with_columns(
        overview=pl.when(pl.col("title_id") % 2 == 0).then("overview")
    )
    tables = tables.replace(titles=titles)
    ids = choose_held_out(tables, 20, seed=1)
    assert (ids % 2 == 0).all()
    assert set(ids.tolist()) <= set(tables.ratings["title_id"].to_list())
    assert (ids == choose_held_out(tables, 20, seed=1)).all()
    with pytest.raises(ParameterError, match="cannot be held out"):
        choose_held_out(tables, 60, seed=1)


def simulated(n_titles: int = 120, n: int = 400, seed: int = 0) -> tuple[Any, Any, Any]:
    """Forecasts that are true, what came of them, and an activity that tells half."""
    rng = np.random.default_rng(seed)
    taste, busy = rng.normal(size=(n_titles, n)), rng.normal(size=n)
    chance = 1 / (1 + np.exp(-(taste + busy - rng.uniform(1, 4, (n_titles, 1)))))
    inside = rng.random(chance.shape) < chance
    spread = 1.2816 * np.sqrt((chance * (1 - chance)).sum(axis=1))
    expected = chance.sum(axis=1)
    told = SimpleNamespace(
        viewer_ids=np.arange(n), chance=chance, expected=expected,
        low=np.floor(expected - spread), high=np.ceil(expected + spread),
    )  # fmt: skip
    return told, inside, busy


def test_true_forecasts_are_seen_to_be_true() -> None:
    told, inside, busy = simulated()
    report = measure_audience("liked", told, inside, busy, -2.0)
    assert report.lift.low > 1
    assert report.title_lift.low > 1
    assert report.found.value == pytest.approx(np.mean(top_share(told.chance, inside)))
    assert report.lift.value == pytest.approx(report.found.value / report.found_by_activity.value)
    assert report.coverage.value == pytest.approx(0.83, abs=0.08)
    assert report.calibration_error < 0.01
    assert report.log_rmse < report.log_rmse_of_mean
    json.dumps(report.to_dict())
    table = to_markdown({"liked": report}).splitlines()
    assert len({line.count("|") for line in table}) == 1


def test_a_ranking_by_activity_lifts_nothing_above_itself() -> None:
    told, inside, busy = simulated()
    told.chance = np.tile(1 / (1 + np.exp(-busy)), (len(inside), 1))
    report = measure_audience("liked", told, inside, busy, -2.0)
    assert (report.lift.value, report.lift.low, report.lift.high) == (1, 1, 1)
    assert report.title_lift.value == 1


def test_titles_that_nobody_likes_count_for_the_number_alone() -> None:
    told, inside, busy = simulated()
    inside[:10] = False
    told.low[:10] = 0
    report = measure_audience("liked", told, inside, busy, -2.0)
    assert report.n_titles == 110
    assert np.isfinite([report.found.value, report.log_rmse]).all()
    with pytest.raises(ParameterError, match="none of the 120"):
        measure_audience("liked", told, np.zeros_like(inside), busy, -2.0)


def test_intervals_of_segments_are_counted_by_kind() -> None:
    kinds = {"age": (np.array([0, 0, 1, 1], np.int32), ("young", "old"))}
    inside = np.array([[True, True, False, False], [True, False, False, True]])

    def row(label: str, low: float, high: float, lift: float) -> Any:
        return SimpleNamespace(
            kind="age", label=label, low=low, high=high, lift_low=lift, lift_high=lift
        )

    said = [
        [row("young", 2, 3, 2), row("old", 1, 2, 0)],
        [row("young", 0, 1, 1), row("old", 1, 1, 9)],
    ]
    found = segment_coverage(kinds, said, inside, fewest=1)
    assert found == {"age": {"number": 0.75, "lift": 0.75}}
    assert np.isnan(segment_coverage(kinds, said, inside)["age"]["lift"])


@pytest.mark.real
@pytest.mark.slow
def test_viewers_of_titles_held_out_of_movielens_are_found(data_root: Path) -> None:
    described = merge(Tables(), read_source(data_root / "tmdb-5000")[1].tables, "tmdb-5000").tables
    tables = merge(described, read_source(data_root / "ml-1m")[1].tables, "ml-1m").tables
    ids = choose_held_out(tables, 80, seed=3)
    model = AudienceModel(n_titles=100).fit(tables, held_out=ids)
    for name, found in model.forecast(tables, ids).items():
        inside = audience_of(tables.ratings, found.viewer_ids, ids, AUDIENCES[name])
        report = measure_audience(name, found, inside, model.histories_.activity, -3.0)
        assert report.lift.low > 1.1
        assert report.coverage.high > 0.8
        assert report.coverage.low < 0.87
