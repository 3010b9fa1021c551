"""An experiment measures what it says, on what the model has not seen, and tells what it did."""

from __future__ import annotations

import itertools
import json
import math
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Self

import numpy as np
import polars as pl
import pytest
from numpy.typing import ArrayLike, NDArray

from marquee.data.ids import IdIndex
from marquee.data.interactions import Interactions
from marquee.errors import ParameterError
from marquee.evaluation.experiment import evaluate
from marquee.evaluation.metrics import RANKING_METRICS
from marquee.evaluation.report import Report
from marquee.evaluation.splits import Split, k_folds, random_split
from marquee.models.base import Recommender

Row = tuple[int, int, float]


@dataclass(kw_only=True, eq=False)
class Counter(Recommender):
    """Scores each item by how often it was seen, and remembers what it was given."""

    weight: float = 1.0
    count_: NDArray[np.float32] = field(init=False, repr=False)
    train_: Interactions = field(init=False, repr=False)
    asked_: list[Interactions] = field(init=False, repr=False, default_factory=list)

    def _fit(self, train: Interactions) -> None:
        self.train_ = train
        counts = np.bincount(train.matrix.indices, minlength=train.n_items)
        self.count_ = (self.weight * counts).astype(np.float32)
        self._epoch_done(1, 1)

    def _score(self, profiles: Interactions) -> NDArray[np.float32]:
        self.asked_.append(profiles)
        return np.tile(self.count_, (profiles.n_users, 1))


@dataclass(kw_only=True, eq=False)
class Rater(Counter):
    """Predicts the mean of the profile, 3 for an empty one, plus a tenth of a star per column."""

    def predict_ratings(
        self, profiles: Interactions, rows: ArrayLike, columns: ArrayLike
    ) -> NDArray[np.float32]:
        self.asked_.append(profiles)
        n_rated = np.diff(profiles.matrix.indptr)
        means = np.where(n_rated > 0, profiles.matrix.sum(axis=1) / np.maximum(n_rated, 1), 3.0)
        predicted = means[np.asarray(rows)] + 0.1 * np.asarray(columns)
        return np.asarray(predicted, np.float32)


@dataclass(kw_only=True, eq=False)
class Reader(Counter):
    """Takes in the titles."""

    texts_: list[str | None] = field(init=False, repr=False, default_factory=list)

    def use_titles(self, texts: pl.DataFrame) -> Self:
        assert not hasattr(self, "items_"), "titles come before the fit"
        self.texts_ = texts["text"].to_list()
        return self


def split_of(train: list[Row], test: list[Row], name: str = "by hand") -> Split:
    users = IdIndex.of([user for user, _, _ in train + test])
    items = IdIndex.of([item for _, item, _ in train + test])

    def held(rows: list[Row]) -> Interactions:
        ids, titles, values = (list(column) for column in zip(*rows, strict=True))
        return Interactions.from_arrays(ids, titles, values, user_index=users, item_index=items)

    return Split(name, held(train), held(test))


# User 1 knows 10 and 20; user 2 is new; user 3 likes nothing that is tested; user 4 is not tested.
TRAIN: list[Row] = [(1, 10, 5.0), (1, 20, 4.0), (3, 20, 2.0), (4, 30, 3.0), (4, 20, 4.0)]
TEST: list[Row] = [(1, 30, 4.0), (1, 50, 4.5), (2, 20, 5.0), (3, 10, 3.5)]
BY_HAND = split_of(TRAIN, TEST)


def body(seed: int = 0) -> Interactions:
    """Skewed interactions with ties in time and value."""
    rng = np.random.default_rng(seed)
    users, items = np.minimum(rng.geometric(0.1, (2, 300)), 40)
    return Interactions.from_arrays(users, items, rng.integers(1, 11, 300) / 2, users % 3)


def made(kind: type[Counter] = Rater) -> tuple[list[Counter], Callable[[], Recommender]]:
    """A list that fills with the models that are made."""
    models: list[Counter] = []

    def make() -> Recommender:
        models.append(kind())
        return models[-1]

    return models, make


def test_a_split_worked_out_by_hand() -> None:
    (result,) = evaluate(Rater, [BY_HAND], k=2).splits
    # Catalog 10, 20, 30, 50 with counts 1, 3, 1, 0; seen titles leave the lists:
    # user 1 gets 30, 50; user 2 gets 20, 10; user 3 has nothing relevant.
    predicted = np.array([4.5 + 0.2, 4.5 + 0.3, 3.0 + 0.1, 2.0 + 0.0])
    errors = predicted - [4.0, 4.5, 5.0, 3.5]
    users = [np.abs(errors[:2]), np.abs(errors[2:3]), np.abs(errors[3:])]
    expected = {
        "rmse": math.sqrt(np.mean(errors**2)),
        "mae": np.mean(np.abs(errors)),
        "rmse_user_averaged": np.mean([math.sqrt(np.mean(user**2)) for user in users]),
        "mae_user_averaged": np.mean([np.mean(user) for user in users]),
        "ndcg@2": 1.0,
        "recall@2": 1.0,
        "recall_capped@2": 1.0,
        "precision@2": (1.0 + 0.5) / 2,
        "hit_rate@2": 1.0,
        "mrr@2": 1.0,
        "map@2": 1.0,
        "map_capped@2": 1.0,
        # Predictions 4.7 and 4.8 are of one range; the ranges of 3.1 and 2.0 hold one each.
        "calibration_error": (2 * 0.5 + 1.9 + 1.5) / 4,
        # Popular is 20, new is 50, and 10 and 30 are the tail. User 3 gets 10, 30.
        "ndcg@2 popular": 1.0,
        "recall@2 popular": 1.0,
        "ndcg@2 tail": 1.0,
        "recall@2 tail": 1.0,
        "ndcg@2 new": 1 / math.log2(3),
        "recall@2 new": 1.0,
        "novelty@2": math.log2(3) * (1 + 1 / 2 + 1) / 3,
        "arp@2": (1 / 2 + 4 / 2 + 2 / 2) / 3,
        "aplt@2": (1 + 1 / 2 + 1) / 3,
        "serendipity@2": 0.0,
        "popularity_lift@2": (1 / 6 + 1 / 3 - (2 / 3 + 1)) / (2 / 3 + 1),
        "coverage@2": 1.0,
        "gini@2": (-3 * 1 - 1 * 1 + 1 * 2 + 3 * 2) / (4 * 6),
    }
    assert result.metrics == pytest.approx(expected, rel=1e-6)
    assert (result.n_train, result.n_test, result.n_items) == (5, 4, 4)
    assert (result.n_users, result.n_users_ranked, result.n_users_without_training) == (3, 2, 1)
    assert result.n_test_items_without_training == 1
    assert result.fingerprint == BY_HAND.fingerprint
    assert result.groups["activity"].tolist() == ["many", "new", "few"]


def test_the_profile_of_a_test_user_is_the_training_row_and_nothing_of_the_test() -> None:
    models, make = made()
    splits = k_folds(body(), 3, 1)
    evaluate(make, splits)
    for model, split in zip(models, splits, strict=True):
        assert model.train_.matrix is split.train.matrix
        assert model.asked_
        for profiles in model.asked_:
            rows = split.train.users.positions(profiles.users.ids)
            np.testing.assert_array_equal(
                profiles.matrix.toarray(), split.train.matrix.toarray()[rows]
            )
            assert set(profiles.users) == set(split.test.users.ids[np.unique(split.test.rows)])


def test_values_of_single_users_are_those_of_the_users_named() -> None:
    (result,) = evaluate(Rater, [BY_HAND], k=1).splits
    assert result.users.tolist() == [1, 2, 3]
    assert result.by_user["recall@1"].tolist() == pytest.approx([0.5, 1.0, math.nan], nan_ok=True)
    assert result.by_user["mae"].tolist() == pytest.approx([0.5, 1.9, 1.5])
    for name, values in result.by_user.items():
        where = name if name in result.metrics and "@" in name else f"{name}_user_averaged"
        assert result.metrics[where] == pytest.approx(np.nanmean(values))


def test_sums_make_the_figure_of_every_metric_that_is_one_of_users() -> None:
    (result,) = evaluate(Rater, [BY_HAND], k=[1, 2], auc=True).splits
    of_all = {name for name in result.metrics if result.parts(name) is None}
    assert of_all == {"coverage@1", "coverage@2", "gini@1", "gini@2", "calibration_error"}
    for name in result.metrics.keys() - of_all:
        parts = result.parts(name)
        assert parts is not None
        assert parts.value == pytest.approx(result.metrics[name])


def test_lists_are_the_same_whether_or_not_every_score_is_looked_at() -> None:
    without = evaluate(Counter, k_folds(body(), 2, 1), k=5)
    with_scores = evaluate(Counter, k_folds(body(), 2, 1), k=5, auc=True)
    assert "auc" not in without.mean
    assert 0 <= with_scores.mean["auc"] <= 1
    assert without.to_dict()["mean"].items() <= with_scores.to_dict()["mean"].items()


def test_who_viewers_are_and_what_titles_are_about_is_measured_where_it_is_known() -> None:
    titles = pl.DataFrame({"title_id": [50, 10, 30], "genres": [["War"], ["War", "Drama"], []]})
    viewers = pl.DataFrame({"viewer_id": [3, 1], "age": [17, None], "gender": ["F", "M"]})
    (result,) = evaluate(Counter, [BY_HAND], k=4, titles=titles, viewers=viewers).splits
    # Of user 1's list 30, 50 only one title has genres, of user 2's 20, 10, 30, 50 two have.
    np.testing.assert_allclose(result.by_user["diversity_genres@4"], [np.nan, 0.5, 0.5])
    assert result.groups["age"].tolist() == ["", "", "under 18"]
    assert result.groups["gender"].tolist() == ["M", "", "F"]
    assert "diversity_vectors@4" not in result.metrics


def test_memory_is_that_of_the_meter_between_begin_and_end_of_a_fit() -> None:
    told: list[str] = []

    def meter() -> Callable[[], int]:
        told.append("begin")

        def most() -> int:
            told.append("end")
            return 7_000

        return most

    report = evaluate(Rater, k_folds(body(), 2, 1), meter=meter)
    assert [result.fit_bytes for result in report.splits] == [7_000, 7_000]
    assert told == ["begin", "end", "begin", "end"]
    assert evaluate(Rater, [BY_HAND]).splits[0].fit_bytes is None


def test_a_title_is_relevant_from_the_given_rating_on() -> None:
    ranked = {
        stars: evaluate(Counter, [BY_HAND], relevant_from=stars).splits[0].n_users_ranked
        for stars in (0.5, 3.5, 4.0, 4.5, 5.0)
    }
    assert ranked == {0.5: 3, 3.5: 3, 4.0: 2, 4.5: 2, 5.0: 1}


def test_where_nothing_is_relevant_the_ranking_metrics_are_null() -> None:
    report = evaluate(Counter, [BY_HAND], relevant_from=9)
    assert report.splits[0].n_users_ranked == 0
    shown = report.to_dict()["mean"]
    assert {shown[f"{name}@10"] for name in [*RANKING_METRICS, "serendipity"]} == {None}


def test_only_a_model_that_predicts_ratings_has_errors() -> None:
    assert "rmse" in evaluate(Rater, [BY_HAND]).mean
    assert not {"rmse", "mae"} & evaluate(Counter, [BY_HAND]).mean.keys()


def test_every_split_gets_a_fresh_model() -> None:
    models, make = made()
    evaluate(make, k_folds(body(), 4, 1))
    assert len({id(model) for model in models}) == 4


def test_titles_reach_the_models_that_use_them_before_the_fit() -> None:
    models, make = made(Reader)
    titles = pl.DataFrame({"title_id": [10, 20], "text": ["Räuber", None]})
    evaluate(make, [BY_HAND], titles=titles)
    (reader,) = models
    assert isinstance(reader, Reader)
    assert reader.texts_ == ["Räuber", None]
    evaluate(Counter, [BY_HAND], titles=titles)


def test_the_mean_and_its_spread_are_over_the_splits() -> None:
    report = evaluate(Rater, k_folds(body(), 3, 1))
    for name, value in report.mean.items():
        values = [result.metrics[name] for result in report.splits]
        assert value == pytest.approx(sum(values) / 3, nan_ok=True)
        assert report.sd[name] == pytest.approx(np.std(values, ddof=1), nan_ok=True)


def test_a_split_without_a_value_is_not_left_out_of_the_mean_in_silence() -> None:
    nothing_relevant = split_of(TRAIN, [(1, 30, 1.0)], "dull")
    mean = evaluate(Rater, [BY_HAND, nothing_relevant]).mean
    assert math.isnan(mean["ndcg@10"])
    assert math.isfinite(mean["rmse"])


def test_the_report_is_json_and_holds_what_repeating_it_takes() -> None:
    split = random_split(body(), 0.2, 7)
    report = evaluate(lambda: Rater(weight=2.0), [split], k=3, relevant_from=3.5, seed=7)
    shown = json.loads(json.dumps(report.to_dict(), allow_nan=False))
    assert shown["model"] == "Rater"
    assert shown["params"] == {"weight": 2.0}
    assert (shown["k"], shown["relevant_from"], shown["seed"]) == ([3], 3.5, 7)
    assert shown["splits"][0]["name"] == "random:0.2"
    assert shown["splits"][0]["fingerprint"] == split.fingerprint
    for told, found in (
        (shown["splits"][0]["metrics"], report.splits[0].metrics),
        (shown["mean"], report.mean),
    ):
        assert {name: math.nan if value is None else value for name, value in told.items()} == (
            pytest.approx(found, nan_ok=True)
        )
    assert set(shown["sd"].values()) == {None}
    assert not {"users", "by_user", "sums", "items", "groups"} & shown["splits"][0].keys()


def test_parameters_of_every_kind_become_json() -> None:
    @dataclass(kw_only=True, eq=False)
    class Odd(Counter):
        members: tuple[Recommender, ...] = (Counter(weight=3.0),)
        weights: dict[str, Any] = field(default_factory=lambda: {"é": np.float32(0.5)})
        none: int | None = None
        infinite: float = math.inf
        several: Any = field(default_factory=lambda: np.arange(2))

    shown = json.loads(json.dumps(evaluate(Odd, [BY_HAND]).to_dict(), allow_nan=False))
    assert shown["params"] == {
        "weight": 1.0,
        "members": [{"model": "Counter", "params": {"weight": 3.0}}],
        "weights": {"é": 0.5},
        "none": None,
        "infinite": None,
        "several": [0, 1],
    }


def test_seconds_are_those_of_the_clock_between_fit_and_answers() -> None:
    ticks = itertools.count(100.0, 2.0)
    report = evaluate(Rater, k_folds(body(), 2, 1), timer=lambda: next(ticks))
    assert [result.fit_seconds for result in report.splits] == [2.0, 2.0]
    assert [result.predict_seconds for result in report.splits] == [2.0, 2.0]
    assert next(ticks) == 100.0 + 2 * 8, "asked before and after each fit and each prediction"


def test_the_steps_are_told_in_order_and_end_when_all_are_done() -> None:
    told: list[tuple[int, int, str]] = []
    passes: list[tuple[int, int]] = []
    evaluate(
        Rater,
        k_folds(body(), 2, 1),
        on_step=lambda *step: told.append(step),
        on_epoch=lambda *done: passes.append(done),
    )
    assert told == [
        (0, 4, "kfold:2/1: fitting"),
        (1, 4, "kfold:2/1: predicting"),
        (2, 4, "kfold:2/2: fitting"),
        (3, 4, "kfold:2/2: predicting"),
        (4, 4, "done"),
    ]
    assert passes == [(1, 1), (1, 1)]


@pytest.mark.parametrize("stopped_at", [1, 2, 3])
def test_an_interrupt_keeps_the_splits_that_are_done_where_that_is_asked_for(
    stopped_at: int,
) -> None:
    told: list[str] = []

    def on_step(done: int, _total: int, text: str) -> None:
        told.append(text)
        if done == stopped_at and text != "done":
            raise KeyboardInterrupt

    splits = k_folds(body(), 3, 1)
    with pytest.raises(KeyboardInterrupt):
        evaluate(Rater, splits, on_step=on_step)
    if stopped_at < 2:
        with pytest.raises(KeyboardInterrupt):  # nothing is done that could be kept
            evaluate(Rater, splits, on_step=on_step, keep_done=True)
        return
    told.clear()
    report = evaluate(Rater, splits, on_step=on_step, keep_done=True)
    assert report.interrupted
    assert report.to_dict()["interrupted"]
    assert [one.name for one in report.splits] == ["kfold:3/1"]
    assert same(report, evaluate(Rater, splits[:1]))
    assert not evaluate(Rater, splits, keep_done=True).interrupted


def same(one: Report, two: Report) -> bool:
    return bool(one.to_dict()["mean"] == two.to_dict()["mean"])


def test_the_same_splits_give_the_same_figures_again() -> None:
    assert same(evaluate(Rater, k_folds(body(), 3, 1)), evaluate(Rater, k_folds(body(), 3, 1)))
    assert not same(evaluate(Rater, k_folds(body(), 3, 1)), evaluate(Rater, k_folds(body(), 3, 2)))


@pytest.mark.parametrize("again", [5.0, 1.0], ids=["same rating", "other rating"])
def test_a_pair_in_training_and_test_stops_the_evaluation_before_any_fit(again: float) -> None:
    models, make = made()
    leaking = split_of(TRAIN, [*TEST, (1, 10, again)], "leaky")
    said = (
        "split leaky leaks: 1 of 5 test pairs are in the training part, first user 1 with item 10"
    )
    with pytest.raises(ParameterError, match=said):
        evaluate(make, [BY_HAND, leaking])
    assert not models


def empty(part: Interactions) -> Interactions:
    return part.where(np.zeros(len(part), np.bool_))


@pytest.mark.parametrize(
    ("splits", "options", "said"),
    [
        ([], {}, "at least one"),
        ([BY_HAND], {"k": 0}, "k must be at least 1, got 0"),
        ([BY_HAND], {"relevant_from": math.nan}, "relevant_from must be a finite number"),
        ([Split("x", BY_HAND.train, empty(BY_HAND.test))], {}, "5 training and 0 test"),
        ([Split("x", empty(BY_HAND.train), BY_HAND.test)], {}, "0 training and 4 test"),
    ],
)
def test_what_cannot_be_measured_is_refused_before_any_fit(
    splits: list[Split], options: dict[str, Any], said: str
) -> None:
    models, make = made()
    with pytest.raises(ParameterError, match=said):
        evaluate(make, splits, **options)
    assert not models


def test_lists_longer_than_the_catalog_are_measured_too() -> None:
    (result,) = evaluate(Counter, [BY_HAND], k=50).splits
    assert result.metrics["recall@50"] == 1.0
    assert result.metrics["precision@50"] == pytest.approx((2 / 50 + 1 / 50) / 2)


def test_titles_that_nobody_rated_at_all_are_ranked_but_not_counted_as_tested() -> None:
    catalog = IdIndex([5, *BY_HAND.train.items])
    wider = Split("wide", BY_HAND.train.with_items(catalog), BY_HAND.test.with_items(catalog))
    (result,) = evaluate(Counter, [wider]).splits
    assert result.n_items == 5
    assert result.n_test_items_without_training == 1
