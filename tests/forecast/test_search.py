"""Searches for hyperparameters, and the parts of the films on which they are tried."""

from __future__ import annotations

import sys
from dataclasses import dataclass, replace
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from forecast_kit import films
from marquee.errors import ParameterError
from marquee.forecast.classifiers import Logistic
from marquee.forecast.comparables import BudgetMultiple
from marquee.forecast.folds import rolling_blocks, rolling_years, stratified_folds
from marquee.forecast.optuna_search import optuna_search
from marquee.forecast.pipelines import MLP, Neighbors, PipelineForecaster, RandomForest, Ridge
from marquee.forecast.search import Search, grid_search
from marquee.forecast.space import Range, Space
from marquee.forecast.tuned import TunedMLP, TunedRandomForest
from marquee.forecast.validation import ranked_probability_loss, scaled_rmse, validate

pytestmark = pytest.mark.slow

SPACE: Space = {"l2": (0.1, 10.0, 1e4)}
RANGES: Space = {"l2": Range(0.1, 1e4, log=True), "scale": (None, "minmax", "standard")}


class StoppedError(Exception):
    """Somebody stopped a search."""


@dataclass
class StopAfter:
    """Stops a search once so many trials are done, and remembers what it was told."""

    n: int

    def __post_init__(self) -> None:
        self.told: list[tuple[int, int]] = []

    def __call__(self, done: int, total: int) -> None:
        self.told.append((done, total))
        if done == self.n:
            raise StoppedError


def ridge() -> Ridge:
    return Ridge(min_count=3, calibration=0.0)


def test_the_grid_tries_every_combination_and_the_best_is_the_lowest() -> None:
    features, revenue = films()
    folds = rolling_blocks(features, 2)
    space = {"l2": (1.0, 100.0), "scale": (None, "minmax", "standard")}
    found = grid_search(ridge(), features, revenue, space, folds=folds)
    assert [trial.params for trial in found.trials] == [
        {"l2": l2, "scale": scale} for l2 in (1.0, 100.0) for scale in (None, "minmax", "standard")
    ]
    assert found.best.loss == min(trial.loss for trial in found.trials)
    expected = validate(
        Ridge(min_count=3, calibration=0, l2=100, scale="minmax"), features, revenue, folds
    )
    assert found.trials[4].loss == expected


def test_the_loss_is_the_error_on_the_scale_weighed_by_films() -> None:
    features, revenue = films()
    folds = rolling_blocks(features, 2)
    errors = []
    for train, tried in folds:
        median = (
            BudgetMultiple().fit(features[train], revenue[train]).predict(features[tried]).median
        )
        errors.append(np.sqrt(np.mean(np.log(median / revenue[tried]) ** 2)))
    assert validate(BudgetMultiple(), features, revenue, folds) == pytest.approx(np.mean(errors))
    assert validate(BudgetMultiple(), features, revenue, folds, lambda *_: 7.0) == 7.0


def test_outcomes_without_a_logarithm_are_judged_on_the_scale_of_the_model() -> None:
    features, revenue = films()
    outcome = np.where(np.arange(80) % 9 == 0, 0.0, revenue / 1e6)
    model = Ridge(min_count=3, calibration=0.0, outcome_scale="log1p")
    ((train, tried),) = rolling_blocks(features, 1)
    answer = model.fit(features[train], outcome[train]).predict(features[tried])
    expected = np.sqrt(np.mean((np.log1p(answer.median) - np.log1p(outcome[tried])) ** 2))
    assert validate(model, features, outcome, [(train, tried)]) == pytest.approx(expected)
    assert scaled_rmse(answer, outcome[tried], "log1p") == pytest.approx(expected)


def test_ranked_probability_is_the_squared_distance_of_cumulative_sums() -> None:
    told = np.array([[0.2, 0.5, 0.3], [1.0, 0.0, 0.0], [0.0, 0.0, 1.0]])
    # |0.2 - 0|², |0.7 - 1|²; nothing; as wrong as can be
    expected = ((0.04 + 0.09) / 2 + 0 + 1) / 3
    assert ranked_probability_loss(told, np.array([1, 0, 0])) == pytest.approx(expected)


def test_a_classifier_is_searched_by_the_ranked_probability(tmp_path: Path) -> None:
    features, revenue = films(120)
    classes = np.searchsorted(np.quantile(revenue, [1 / 3, 2 / 3]), revenue)
    folds = rolling_blocks(features, 2)
    model, space = Logistic(n_classes=3, min_count=3), {"l2": (0.01, 1.0, 1e5)}
    log = tmp_path / "grid.jsonl"
    found = grid_search(model, features, classes, space, folds=folds, log=log)
    assert found == grid_search(model, features, classes, space, folds=folds, log=log)
    losses = []
    for train, tried in folds:
        fitted = Logistic(n_classes=3, min_count=3, l2=1.0).fit(features[train], classes[train])
        told = fitted.probabilities(features[tried])
        losses.append(ranked_probability_loss(told, classes[tried]))
    assert found.trials[1].loss == pytest.approx(np.mean(losses))
    assert found.best.loss < found.trials[2].loss


def test_a_grid_search_goes_on_where_it_stopped(tmp_path: Path) -> None:
    features, revenue = films()
    log, stop = tmp_path / "grid.jsonl", StopAfter(2)
    with pytest.raises(StoppedError):
        grid_search(ridge(), features, revenue, SPACE, log=log, on_trial=stop)
    assert stop.told == [(1, 3), (2, 3)]
    with log.open("a") as file:
        file.write('{"study": "cut off')  # as when the machine went down
    lines = len(log.read_text().splitlines())
    found = grid_search(ridge(), features, revenue, SPACE, log=log)
    assert len(log.read_text().splitlines()) == lines + 1
    assert found == grid_search(ridge(), features, revenue, SPACE)
    assert found == grid_search(ridge(), features, revenue, SPACE, log=log)
    assert len(log.read_text().splitlines()) == lines + 1


def test_trials_of_other_data_are_not_taken_for_these(tmp_path: Path) -> None:
    features, revenue = films()
    log = tmp_path / "grid.jsonl"
    grid_search(ridge(), features, revenue, SPACE, log=log)
    changed = grid_search(ridge(), features, revenue[::-1].copy(), SPACE, log=log)
    assert changed == grid_search(ridge(), features, revenue[::-1].copy(), SPACE)
    assert len(log.read_text().splitlines()) == 6


@pytest.mark.parametrize("name", ["search.db", "search.journal"])
def test_an_optuna_search_that_stopped_ends_as_one_that_did_not(tmp_path: Path, name: str) -> None:
    pytest.importorskip("optuna")
    features, revenue = films()

    def search(n_trials: int, storage: Path | None = None) -> Search:
        return optuna_search(
            ridge(), features, revenue, RANGES, n_trials=n_trials, storage=storage, seed=3
        )

    whole = search(14)
    stored = tmp_path / name
    assert search(4, stored).trials == whole.trials[:4]
    assert search(14, stored).trials == whole.trials
    assert search(6, stored).trials == whole.trials[:6]
    assert len({trial.params["l2"] for trial in whole.trials}) == 14


def test_an_optuna_search_stays_in_its_space_and_finds_the_good_part() -> None:
    pytest.importorskip("optuna")
    features, revenue = films(120)
    space: Space = {"k": Range(1, 60, whole=True), "by_distance": (True, False)}
    told = StopAfter(99)
    found = optuna_search(
        Neighbors(min_count=3, calibration=0), features, revenue, space, n_trials=12, on_trial=told
    )
    assert all(1 <= trial.params["k"] <= 60 for trial in found.trials)
    assert {type(trial.params["k"]) for trial in found.trials} == {int}
    assert told.told == [(n, 12) for n in range(1, 13)]
    losses = [trial.loss for trial in found.trials]
    assert found.best.loss < np.median(losses)


def test_without_optuna_it_says_how_to_install_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "optuna", None)
    features, revenue = films()
    with pytest.raises(ParameterError, match=r"pip install 'marquee\[tune\]'"):
        optuna_search(ridge(), features, revenue, RANGES)
    with pytest.raises(ParameterError, match=r"pip install 'marquee\[tune\]'"):
        TunedMLP(method="optuna").fit(features, revenue)


@pytest.mark.parametrize(
    ("space", "said"),
    [
        ({}, "needs a space"),
        ({"alpha": (1, 2)}, r"no hyperparameter \['alpha'\]; it has"),
        ({"l2": Range(1, 2)}, r"needs values for \['l2'\]"),
    ],
)
def test_a_space_that_cannot_be_searched_is_refused(space: dict[str, Any], said: str) -> None:
    with pytest.raises(ParameterError, match=said):
        grid_search(ridge(), *films(), space)


@pytest.mark.parametrize("wrong", [(2, 1, False), (0, 1, True), (float("nan"), 1, False)])
def test_an_empty_range_is_refused(wrong: tuple[float, float, bool]) -> None:
    with pytest.raises(ParameterError, match="low < high"):
        Range(*wrong)


@pytest.mark.parametrize(
    "model", [TunedRandomForest(n_trees=4, min_count=3), TunedMLP(min_count=3, n_networks=1)]
)
def test_a_tuned_model_is_the_model_of_the_best_trial(model: TunedRandomForest | TunedMLP) -> None:
    features, revenue = films()
    told = StopAfter(99)
    model.fit(features, revenue, on_epoch=told)
    combinations = len(list(product(*model.grid.values())))  # type: ignore[arg-type]  # no ranges
    assert told.told[-1] == (combinations, combinations)
    template: PipelineForecaster = (
        MLP(n_networks=1) if isinstance(model, TunedMLP) else RandomForest(n_trees=4)
    )
    bare = replace(template, min_count=3, calibration=0.0)
    folds = rolling_blocks(features, model.n_blocks)
    assert (
        model.chosen_ == grid_search(bare, features, revenue, model.grid, folds=folds).best.params
    )
    assert {name: model.model_.params()[name] for name in model.chosen_} == model.chosen_
    alone = type(model.model_)(**model.model_.params()).fit(features, revenue)
    np.testing.assert_array_equal(
        alone.predict(features).quantiles, model.predict(features).quantiles
    )
    assert model.model_.calibration == MLP().calibration


def test_a_tuned_model_may_be_tuned_by_optuna() -> None:
    pytest.importorskip("optuna")
    model = TunedRandomForest(n_trees=3, method="optuna", n_trials=4, min_count=3).fit(*films())
    assert set(model.chosen_) == {"min_leaf", "max_features"}
    with pytest.raises(ParameterError, match="method must be"):
        TunedMLP(method="luck")  # type: ignore[arg-type]  # wrong on purpose


def test_rolling_years_learn_from_earlier_years_alone() -> None:
    features, _ = films(200)
    year = features["as_of"].dt.year().to_numpy()
    folds = rolling_years(features, 3)
    assert [set(year[tried]) for _, tried in folds] == [{y} for y in sorted(set(year))[-3:]]
    for train, tried in folds:
        assert year[train].max() < year[tried].min()
        assert train.size == (year < year[tried][0]).sum()
    with pytest.raises(ParameterError, match="year"):
        rolling_years(features, 99)


def test_rolling_blocks_are_the_latest_films_and_learn_from_all_before() -> None:
    features, _ = films(53)
    shuffled = features.sample(fraction=1, shuffle=True, seed=1)
    folds = rolling_blocks(shuffled, 3, 0.2)
    when = shuffled["as_of"].to_numpy()
    assert [tried.size for _, tried in folds] == [11, 11, 11]
    assert [train.size for train, _ in folds] == [20, 31, 42]
    for train, tried in folds:
        assert when[train].max() <= when[tried].min()
    with pytest.raises(ParameterError, match="leave none"):
        rolling_blocks(features, 5, 0.2)


def test_stratified_folds_part_the_films_and_are_alike() -> None:
    rng = np.random.default_rng(0)
    outcome = np.round(np.exp(rng.normal(0, 2, 103)), 1)
    folds = stratified_folds(outcome, 5, seed=1)
    assert sorted(np.concatenate([tried for _, tried in folds]).tolist()) == list(range(103))
    ranks = np.argsort(np.argsort(outcome, kind="stable"))
    for train, tried in folds:
        assert set(train).isdisjoint(tried)
        assert train.size + tried.size == 103
        assert abs(ranks[tried].mean() - 51) < 2.5
    again = stratified_folds(outcome, 5, seed=1)
    assert all(
        (a == b).all()
        for one, two in zip(folds, again, strict=True)
        for a, b in zip(one, two, strict=True)
    )
    with pytest.raises(ParameterError, match="n_folds"):
        stratified_folds(outcome, 1)
