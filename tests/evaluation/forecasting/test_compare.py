"""Comparisons: same films for all, baselines always there, one revenue behind all of money."""

from __future__ import annotations

import json
import math
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import polars as pl
import pytest
from numpy.typing import NDArray
from sklearn.metrics import cohen_kappa_score, r2_score, roc_auc_score

from forecasting_kit import Shares, Straight, made_up
from marquee.errors import ParameterError
from marquee.evaluation.forecasting.baselines import best_constant, like_all_multiples
from marquee.evaluation.forecasting.compare import compare
from marquee.evaluation.forecasting.frames import TARGETS, Labeled, Target
from marquee.evaluation.forecasting.markdown import to_markdown
from marquee.evaluation.forecasting.report import ForecastReport
from marquee.evaluation.forecasting.splits import film_splits
from marquee.forecast.base import Forecaster
from marquee.forecast.distribution import Forecast
from marquee.forecast.targets import SUCCESS, class_probabilities, success_class

PULLED = [0.4, 0.2, 0.2, 0.2]
"""Shares of four classes: the first is the most frequent, and none is next to it."""


def compared(films: Labeled, split: str = "time:2006", **models: Forecaster) -> ForecastReport:
    return compare(films, film_splits(split, films), models or {}, n_resamples=60)


@dataclass(kw_only=True, eq=False)
class Recorder(Straight):
    """Remembers which films it was shown, for the test to look at."""

    shown: ClassVar[list[tuple[set[int], set[int]]]] = []

    def _predict(self, features: pl.DataFrame) -> Forecast:
        self.shown.append((set(self.learned_), set(features["title_id"].to_list())))
        return super()._predict(features)


@pytest.mark.parametrize(
    ("target", "names"),
    [
        ("revenue", ["budget × multiples", "training films"]),
        ("profit", ["budget × multiples", "training films"]),
        ("return", ["budget × multiples", "training films"]),
        ("popularity", ["training films"]),
        ("audience", ["training films"]),
        (
            "success",
            ["majority class", "best constant", "best constant in hindsight", "class shares"],
        ),
    ],
)
def test_the_baselines_are_in_every_report(target: Target, names: list[str]) -> None:
    report = compared(made_up(target), line=Straight())
    found = dict.fromkeys(result.name for result in report.results)
    assert list(found) == [*names, "line"]
    assert all(result.is_baseline == (result.name != "line") for result in report.results)
    assert list(dict.fromkeys(result.name for result in compared(made_up(target)).results)) == names


def test_figures_of_revenue_are_those_of_the_median_on_the_test_films() -> None:
    films = made_up("revenue")
    (split,) = film_splits("time:2006", films)
    metrics = compared(films, line=Straight()).result("line").metrics
    model = Straight().fit(films.features[split.train], films.outcome[split.train])
    forecast = model.predict(films.features[split.test])
    guess, actual = np.log(forecast.median), np.log(films.outcome[split.test])
    assert metrics["log_rmse"] == pytest.approx(np.sqrt(np.mean((guess - actual) ** 2)))
    assert metrics["r2_log"] == pytest.approx(r2_score(actual, guess))
    assert metrics["r2_usd"] == pytest.approx(r2_score(np.exp(actual), np.exp(guess)))
    assert metrics["within_2"] == pytest.approx(np.mean(np.abs(guess - actual) <= math.log(2)))
    low, high = np.log(forecast.interval(0.8))
    assert metrics["coverage_80"] == np.mean((low <= actual) & (actual <= high))
    assert metrics["width_80"] == pytest.approx(np.exp(np.median(high - low)))
    budget = films.budget_usd[split.test]
    above = 1 - forecast.cdf(2 * budget)
    assert metrics["auc_2x"] == pytest.approx(
        roc_auc_score(films.outcome[split.test] >= 2 * budget, above)
    )


def test_the_naive_rule_is_the_budget_times_the_median_multiple() -> None:
    films = made_up("revenue", noise=2)
    (split,) = film_splits("time:2006", films)
    multiple = np.median(films.outcome[split.train] / films.budget_usd[split.train])
    error = np.log(multiple * films.budget_usd[split.test] / films.outcome[split.test])
    metrics = compared(films).result("budget × multiples").metrics
    assert metrics["log_rmse"] == pytest.approx(np.sqrt(np.mean(error**2)))
    assert metrics["bias_log"] == pytest.approx(error.mean())
    assert metrics["auc_2x"] == 0.5
    assert metrics["top_decile_2x"] == pytest.approx(metrics["rate_2x"])


def test_a_difference_is_that_of_the_figures_and_the_better_model_has_it_below_zero() -> None:
    report = compared(made_up("revenue"), line=Straight())
    line, naive = report.result("line"), report.result("budget × multiples")
    difference = line.differences["log_rmse"]
    assert difference.against == "budget × multiples"
    assert difference.value == pytest.approx(line.metrics["log_rmse"] - naive.metrics["log_rmse"])
    assert difference.low <= difference.value <= difference.high < 0
    assert not naive.differences
    assert line.intervals["log_rmse"].low < line.metrics["log_rmse"]


def test_a_model_against_itself_differs_by_nothing_on_every_resample() -> None:
    films = made_up("revenue")
    report = compare(
        films,
        film_splits("time:2006", films),
        {"one": Straight(), "two": Straight()},
        against="one",
        n_resamples=40,
    )
    for difference in report.result("two").differences.values():
        assert (difference.value, difference.low, difference.high) == (0, 0, 0)
    assert not report.result("one").differences
    assert report.result("training films").differences["log_rmse"].against == "one"


@pytest.mark.parametrize("split", ["time:2006", "rolling:2004-2008", "kfold:4"])
def test_a_model_learns_from_the_training_films_of_each_split_alone(split: str) -> None:
    films, given = made_up("revenue"), Recorder()
    Recorder.shown.clear()
    splits = film_splits(split, films)
    compare(films, splits, {"line": given}, n_resamples=5)
    ids = films.title_ids
    assert Recorder.shown == [(set(ids[each.train]), set(ids[each.test])) for each in splits]
    assert not hasattr(given, "columns_")


def test_years_of_a_rolling_backtest_are_those_of_each_year_alone() -> None:
    films = made_up("revenue")
    report = compared(films, "rolling:2003-2005", line=Straight())
    assert report.split == "rolling:2003-2005"
    years = report.result("line").years
    assert [year.name for year in years] == ["2003", "2004", "2005"]
    for year in years:
        alone = compared(films, f"rolling:{year.name}-{year.name}", line=Straight())
        assert alone.result("line").metrics == pytest.approx(year.metrics)
    assert sum(year.n for year in years) == report.n_asked


def test_thirds_of_the_budget_hold_every_film_once() -> None:
    report = compared(made_up("revenue"), line=Straight())
    slices = report.result("line").slices
    assert [part.name for part in slices] == [
        "low third of budgets", "middle third of budgets", "high third of budgets"
    ]  # fmt: skip
    assert sum(part.n for part in slices) == report.n_asked
    covered = sum(part.n * part.metrics["coverage_80"] for part in slices) / report.n_asked
    assert covered == pytest.approx(report.result("line").metrics["coverage_80"])


def test_films_of_unknown_budget_are_a_slice_of_their_own() -> None:
    report = compared(made_up("popularity", unknown=0.3), line=Straight(inputs=("signal",)))
    parts = {part.name: part.n for part in report.result("line").slices}
    assert parts["budget known"] + parts["budget unknown"] == report.n_asked
    thirds = ("low", "middle", "high")
    assert sum(parts[f"{third} third of budgets"] for third in thirds) == parts["budget known"]


def test_classes_and_money_follow_from_one_distribution_of_revenue() -> None:
    films = made_up("success")
    (split,) = film_splits("time:2006", films)
    model = Straight().fit(films.features[split.train], films.revenue_usd[split.train])
    revenue = model.predict(films.features[split.test])
    given = class_probabilities(revenue, films.budget_usd[split.test])
    actual = films.outcome[split.test].astype(int)
    report = compared(films, line=Straight())
    most = report.result("line", "most-likely")
    assert most.metrics["accuracy"] == np.mean(given.argmax(axis=1) == actual)
    assert most.metrics["quadratic_kappa"] == pytest.approx(
        cohen_kappa_score(actual, given.argmax(axis=1), weights="quadratic")
    )
    other = made_up("return")
    metrics = compared(other, line=Straight()).result("line").metrics
    money = compared(made_up("revenue"), line=Straight()).result("line").metrics
    for name in ("log_rmse", "within_2", "coverage_80", "width_80", "auc_2x"):
        assert metrics[name] == pytest.approx(money[name])
    profit = compared(made_up("profit"), line=Straight()).result("line").metrics
    assert profit["rmse_usd"] == pytest.approx(money["rmse_usd"])
    assert profit["coverage_80"] == pytest.approx(money["coverage_80"])


def test_each_rule_of_decision_is_a_named_row_and_does_best_what_it_is_for() -> None:
    films = made_up("success", 1500)
    report = compare(
        films,
        film_splits("kfold:3", films),
        {"line": Straight(), "shares": Shares()},
        n_resamples=5,
    )
    rules = [result.rule for result in report.results if result.name == "line"]
    assert rules == ["most-likely", "within-one", "median", "expected"]
    rows = {rule: report.result("line", rule).metrics for rule in rules}
    assert max(rows, key=lambda rule: rows[rule]["accuracy"]) == "most-likely"
    assert max(rows, key=lambda rule: rows[rule]["one_away"]) == "within-one"
    assert len({row["rps"] for row in rows.values()}) == 1
    assert {result.rule for result in report.results if result.name == "majority class"} == {None}


def test_class_baselines_are_learned_from_training_films() -> None:
    films = made_up("success")
    late = films.years > 2006
    rng = np.random.default_rng(0)
    drawn = np.where(late, rng.choice([5, 6, 7], 300), rng.choice([0, 5, 6, 7], 300, p=PULLED))
    films.outcome[:] = drawn
    report = compared(films)
    known, actual = drawn[~late], drawn[late]
    assert report.result("majority class").metrics["accuracy"] == 0
    assert report.result("majority class").metrics["quadratic_kappa"] == 0
    assert best_constant(known, 9) == 6
    assert report.result("best constant").metrics["one_away"] == 1
    assert report.result("best constant").metrics["accuracy"] == np.mean(actual == 6)
    assert report.result("best constant in hindsight").metrics["one_away"] == 1
    shares = np.bincount(known, minlength=9) / known.size
    assert report.result("class shares").metrics["log_loss"] == pytest.approx(
        -np.log(shares[actual]).mean()
    )


def test_no_constant_is_more_often_one_away_than_that_in_hindsight() -> None:
    films = made_up("success")
    (split,) = film_splits("time:2006", films)
    actual = films.outcome[split.test].astype(int)
    best = max(np.mean(np.abs(actual - each) <= 1) for each in range(9))
    report = compared(films)
    assert report.result("best constant in hindsight").metrics["one_away"] == best
    assert report.result("best constant").metrics["one_away"] <= best


def test_differences_of_classes_are_against_the_baseline_that_fits_the_figure() -> None:
    films = made_up("success")
    report = compare(films, film_splits("time:2006", films), {"shares": Shares()}, n_resamples=20)
    against = {
        name: difference.against
        for name, difference in report.result("shares", "most-likely").differences.items()
    }
    assert against == {
        **dict.fromkeys(("accuracy", "macro_f1", "quadratic_kappa"), "majority class"),
        "one_away": "best constant in hindsight",
        **dict.fromkeys(("rps", "log_loss"), "class shares, most-likely"),
    }


def test_the_confusion_matrix_and_every_class_are_told() -> None:
    films = made_up("success")
    result = compared(films, line=Straight()).result("line", "within-one")
    assert result.confusion is not None
    assert result.per_class is not None
    (split,) = film_splits("time:2006", films)
    counts = np.bincount(films.outcome[split.test].astype(int), minlength=9)
    assert [sum(line) for line in result.confusion] == counts.tolist()
    assert [each.n for each in result.per_class] == counts.tolist()


@pytest.mark.parametrize("target", TARGETS)
def test_a_report_is_json_and_markdown_with_every_model(target: Target) -> None:
    films = made_up(target, unknown=0.2)
    report = compared(films, line=Straight(inputs=("signal",)))
    told = json.loads(json.dumps(report.to_dict(), allow_nan=False))
    assert told["splits"][0]["fingerprint"] == film_splits("time:2006", films)[0].fingerprint
    assert told["results"][-1]["params"] == {"inputs": ["signal"]}
    text = to_markdown(report, details=("line",))
    assert all(f"| {result.name}" in text for result in report.results)
    assert ("all-time blockbuster" in text) == (target == "success")
    for block in text.split("## ")[1:]:
        lines = [line for line in block.splitlines() if line.startswith("|")]
        assert len({line.count("|") for line in lines}) == 1


def test_a_division_by_chance_is_labeled_as_a_comparison() -> None:
    report = compared(made_up("revenue"), "kfold:3", line=Straight())
    assert report.comparison_only
    assert "(comparison)" in to_markdown(report)
    assert not compared(made_up("revenue")).comparison_only


def test_the_same_seed_gives_the_same_report() -> None:
    films = made_up("revenue")
    splits = film_splits("time:2006", films)

    def told(seed: int) -> dict[str, object]:
        return compare(
            films, splits, {"line": Straight()}, n_resamples=20, seed=seed, clock=lambda: 0.0
        ).to_dict()

    assert told(1) == told(1)
    assert told(1) != told(2)


def test_fit_and_predict_are_timed_apart_by_the_clock_given() -> None:
    films, ticks = made_up("revenue"), iter(range(100))
    report = compare(
        films,
        film_splits("rolling:2004-2005", films),
        {"line": Straight()},
        n_resamples=2,
        clock=lambda: float(next(ticks)),
    )
    assert (report.result("line").fit_seconds, report.result("line").predict_seconds) == (2, 2)


def test_a_revenue_below_a_dollar_counts_as_a_dollar() -> None:
    @dataclass(kw_only=True, eq=False)
    class Negative(Straight):
        def _predict(self, features: pl.DataFrame) -> Forecast:
            return Forecast(np.array([0.1, 0.9]), np.tile([-5e6, -1e6], (features.height, 1)))

    metrics = compared(made_up("revenue"), line=Negative()).result("line").metrics
    films = made_up("revenue")
    test = films.outcome[films.years > 2006]
    assert metrics["log_rmse"] == pytest.approx(np.sqrt(np.mean(np.log(test) ** 2)))


def test_what_cannot_be_compared_is_refused_before_any_fit() -> None:
    films = made_up("revenue")
    splits = film_splits("time:2006", films)
    with pytest.raises(ParameterError, match="no split"):
        compare(films, [], {})
    with pytest.raises(ParameterError, match="target success"):
        compare(films, splits, {"shares": Shares()})
    with pytest.raises(ParameterError, match="name of a baseline"):
        compare(films, splits, {"training films": Straight()})
    with pytest.raises(ParameterError, match="there are budget × multiples"):
        compare(films, splits, {}, against="the best")
    with pytest.raises(ParameterError, match="no forecaster"):
        compare(films, splits, {"text": "ridge"})  # type: ignore[dict-item]


def test_a_multiple_baseline_has_the_spread_of_the_training_multiples() -> None:
    revenue: NDArray[np.float64] = np.array([1.0, 2.0, 3.0]) * 1e6
    forecast = like_all_multiples(revenue, np.full(3, 1e6), [1e6, 5e6])
    assert forecast.median == pytest.approx([2e6, 1e7])
    assert [each.name for each in SUCCESS][success_class([2e6], [1e6])[0]] == "above average"
