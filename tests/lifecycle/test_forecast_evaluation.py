"""From films to measured forecasts: what is read, what is counted, what a search may see."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from forecasting_kit import made_up
from marquee.data.world import build_world
from marquee.errors import ParameterError
from marquee.evaluation.forecasting.frames import Labeled, labeled
from marquee.forecast.pipelines import Ridge, XGBoost
from marquee.lifecycle.forecast_evaluation import (
    LATEST,
    evaluate_films,
    measure_leaks,
    tables_fingerprint,
    usual_year,
)
from marquee.lifecycle.forecast_models import forecast_models
from marquee.lifecycle.readings import readings

pytestmark = pytest.mark.slow

DAY = date(2026, 3, 1)
RIDGE = {"ridge": Ridge()}


def honest(n: int = 300) -> Labeled:
    """Made-up films of 2000 to 2009 without the column that is the outcome."""
    films = made_up("revenue", n)
    return Labeled(**{**films.__dict__, "features": films.features.drop("secret")})


def test_the_usual_split_learns_from_about_four_fifths_and_each_look_is_counted(
    tmp_path: Path,
) -> None:
    films, log = honest(), tmp_path / "log"
    told = [
        evaluate_films(films, RIDGE, fingerprint="f", log=log, day=DAY, n_resamples=20)
        for _ in range(2)
    ]
    assert [each.n_readings for each in told] == [1, 2]
    report = told[0].report
    assert report.split == f"time:{usual_year(films)}"
    assert 0.7 < report.splits[0].n_train / len(films) < 0.9
    assert [reading.models for reading in readings(log)] == [("ridge",)] * 2
    assert told[0].to_dict()["n_readings"] == 1
    names = [result.name for result in report.results if result.is_baseline]
    assert names == ["budget × multiples", "training films"]


def test_validation_asks_about_training_films_alone_and_is_not_counted(tmp_path: Path) -> None:
    films, log = honest(), tmp_path / "log"
    told = evaluate_films(
        films,
        RIDGE,
        "time:2007",
        fingerprint="f",
        validation=True,
        log=log,
        day=DAY,
        n_resamples=20,
    )
    assert told.report.split == "rolling:2005-2007"
    assert max(split.last_asked for split in told.report.splits) <= "2007-12-31"
    assert told.n_readings is None
    assert not log.exists()
    # Outcomes of the test films could be anything.
    spoiled = films.outcome.copy()
    spoiled[films.years > 2007] = 1.0
    other = Labeled(**{**films.__dict__, "outcome": spoiled, "revenue_usd": spoiled})
    again = evaluate_films(
        other, RIDGE, "time:2007", fingerprint="f", validation=True, n_resamples=20
    )
    assert [result.metrics for result in again.report.results] == [
        result.metrics for result in told.report.results
    ]


def test_the_latest_years_are_asked_about_one_by_one() -> None:
    films = honest()
    report = evaluate_films(films, RIDGE, LATEST, fingerprint="f", n_resamples=20).report
    assert [split.name for split in report.splits] == [
        f"rolling:{year}" for year in range(usual_year(films) + 1, 2010)
    ]


def test_a_search_sees_training_films_alone(tmp_path: Path) -> None:
    films = honest()
    spoiled = films.outcome.copy()
    spoiled[films.years > 2007] = 1.0
    other = Labeled(**{**films.__dict__, "outcome": spoiled, "revenue_usd": spoiled})
    seen: list[tuple[int, int]] = []
    told = [
        evaluate_films(
            each,
            RIDGE,
            "time:2007",
            fingerprint="f",
            n_trials=3,
            searches=tmp_path,
            n_resamples=20,
            on_epoch=lambda done, total: seen.append((done, total)),
        )
        for each in (films, other)
    ]
    assert told[0].tuned == told[1].tuned
    assert told[0].report.result("ridge").params["l2"] == told[0].tuned["ridge"]["l2"]
    assert told[0].report.result("ridge").params["calibration"] == Ridge().calibration
    # The second search found the trials of the first, for it is the same search.
    assert seen == [(1, 3), (2, 3), (3, 3)]


def test_a_search_goes_on_only_with_the_settings_that_it_began_with(tmp_path: Path) -> None:
    seen: list[tuple[int, int]] = []
    for min_count in (10, 40, 10):
        evaluate_films(
            honest(),
            {"ridge": Ridge(min_count=min_count)},
            "time:2007",
            fingerprint="f",
            n_trials=2,
            searches=tmp_path,
            n_resamples=20,
            on_epoch=lambda done, total: seen.append((done, total)),
        )
    assert seen == [(1, 2), (2, 2)] * 2


def test_a_search_leaves_what_was_set_as_it_is() -> None:
    told = evaluate_films(
        honest(),
        {"boosted": XGBoost(depth=2, n_trees=20)},
        "time:2007",
        fingerprint="f",
        n_trials=2,
        fixed=("depth", "n_trees"),
        n_resamples=20,
    )
    assert set(told.tuned["boosted"]) == set(XGBoost.space) - {"depth", "n_trees"}
    params = told.report.result("boosted").params
    assert (params["depth"], params["n_trees"]) == (2, 20)
    with pytest.raises(
        ParameterError, match=r"ridge has no hyperparameters .* beside what is set .l2."
    ):
        evaluate_films(
            honest(), RIDGE, "time:2007", fingerprint="f", n_trials=2, fixed=tuple(Ridge.space)
        )


@pytest.mark.parametrize(
    ("kind", "sentence"),
    [({"n_trials": 2}, "tune with a split by time"), ({"validation": True}, "by chance")],
)
def test_a_division_by_chance_has_no_later_films(kind: dict[str, int], sentence: str) -> None:
    with pytest.raises(ParameterError, match=sentence):
        evaluate_films(honest(), RIDGE, "kfold:3", fingerprint="f", **kind)  # type: ignore[arg-type]  # one of two options


def test_a_model_with_nothing_to_search_is_told() -> None:
    models = forecast_models(["ols"], "revenue")
    with pytest.raises(ParameterError, match="ols has no hyperparameters to search"):
        evaluate_films(honest(), models, "time:2007", fingerprint="f", n_trials=2)


def test_a_column_that_knows_the_outcome_is_suspected() -> None:
    report = evaluate_films(
        made_up("revenue"), RIDGE, "time:2007", fingerprint="f", n_resamples=20
    ).report
    assert report.suspicions
    assert "LEAK?" in report.suspicions[0]


def test_a_fingerprint_names_what_forecasts_are_made_of() -> None:
    tables = build_world(n_titles=60, n_viewers=10, n_ratings=100, seed=1)
    same = tables_fingerprint(tables)
    assert tables_fingerprint(tables.replace(ratings=tables.ratings.head(3))) == same
    moved = tables.outcomes.with_columns(pl.col("value") + 1)
    assert tables_fingerprint(tables.replace(outcomes=moved)) != same


def test_the_usual_year_leaves_films_to_ask_about() -> None:
    films = honest()
    for first in (2000, 2008):
        late = films.take(np.flatnonzero(films.years >= first))
        assert first <= usual_year(late) < late.years.max()


def test_the_leak_lab_counts_as_a_look_at_all_films_of_money(tmp_path: Path) -> None:
    tables, log = build_world(n_titles=420, n_viewers=5, n_ratings=20, seed=3), tmp_path / "log"
    report, n_readings = measure_leaks(tables, log=log, day=DAY)
    assert n_readings == 1
    [reading] = readings(log)
    assert (reading.split, reading.data_fingerprint) == ("leak-lab", tables_fingerprint(tables))
    assert int(reading.first_asked[:4]) < report.last_year < int(reading.last_asked[:4])
    assert "random forest" in reading.models
    # Who evaluates revenue afterwards is told of it.
    told = evaluate_films(
        labeled(tables, "revenue", themes=["budget"]),
        RIDGE,
        fingerprint=tables_fingerprint(tables),
        log=log,
        day=DAY,
        n_resamples=20,
    )
    assert told.n_readings == 2
    assert measure_leaks(tables)[1] is None
