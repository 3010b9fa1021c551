"""What every classifier promises, whatever it learns."""

from __future__ import annotations

import dataclasses
from datetime import timedelta
from functools import cache
from typing import Any

import numpy as np
import polars as pl
import pytest
from numpy.typing import NDArray

from forecast_kit import films, members
from marquee.errors import NotFittedError, ParameterError, SchemaError
from marquee.forecast import CLASSIFIERS
from marquee.forecast.base import Classifier
from marquee.forecast.classifiers import (
    AdaBoostClassifier,
    Logistic,
    NeighborsClassifier,
    Prior,
)
from marquee.forecast.ordinal import OrdinalLogistic
from marquee.forecast.stacked import StackedClassifier

SMALL: dict[str, dict[str, Any]] = {
    "adaboost": {"n_trees": 8},
    "frank-hall": {"n_trees": 10, "min_weight": 0.5, "learning_rate": 0.2},
    "gradient-boosting": {"n_trees": 10, "min_leaf": 3, "learning_rate": 0.2},
    "knn": {"k": 9, "smoothing": 0.1},
    "logistic": {"l2": 1.0},
    "mlp": {"hidden": (8,), "l2": 1.0, "n_epochs": 30, "learning_rate": 0.02},
    "network": {
        "hidden": (8,),
        "max_epochs": 15,
        "learning_rate": 0.02,
        "dropout": 0.1,
        "batch": 32,
        "class_weight": None,
        "use_gpu": False,
    },
    "ordinal-logistic": {"l2": 1.0},
    "random-forest": {"n_trees": 25},
    "stacking": {
        "members": (Logistic(min_count=3), OrdinalLogistic(min_count=3)),
        "n_folds": 3,
        "l2": 1.0,
    },
    "xgboost": {"n_trees": 10, "min_weight": 0.5, "learning_rate": 0.2},
}
"""Settings that make them quick, and sure of themselves on few films."""

BASELINES = {"majority", "prior"}
"""Those that say the same of every title."""

LIGHT = {"knn", "majority", "ordinal-logistic", "prior"}
"""Those that `make check` tries; the whole suite tries all."""

each_classifier = pytest.mark.parametrize("name", members(CLASSIFIERS, LIGHT))
each_learner = pytest.mark.parametrize("name", members(set(CLASSIFIERS) - BASELINES, LIGHT))
each_evened = pytest.mark.parametrize(
    "name",
    members((name for name, kind in CLASSIFIERS.items() if hasattr(kind, "resampling")), LIGHT),
)


def small(name: str, **more: Any) -> Classifier:
    """An unfitted classifier, quick to fit."""
    if name == "network":
        pytest.importorskip("torch", reason="the network needs PyTorch")
    kind = CLASSIFIERS[name]
    settings = dict(SMALL.get(name, {}))
    if "min_count" in {f.name for f in dataclasses.fields(kind)}:
        settings["min_count"] = 3
    return kind(**(settings | more))


def classed(n: int = 90, seed: int = 0) -> tuple[pl.DataFrame, NDArray[np.int64]]:
    """Ugly features and classes 1, 2, 4 and 7 of unlike size; the others do not occur.

    The class follows the revenue, and with it the budget and the genre.
    """
    features, revenue = films(n, seed)
    place = np.searchsorted(np.quantile(revenue, [0.15, 0.5, 0.9]), revenue, side="right")
    return features, np.array([1, 2, 4, 7])[place]


@cache
def fitted(name: str) -> Classifier:
    """A classifier fitted on the small films, shared by tests that only ask it."""
    return small(name).fit(*classed())


def log_loss(p: NDArray[np.float64], classes: NDArray[np.int64]) -> float:
    return float(-np.log(np.maximum(p[np.arange(classes.size), classes], 1e-3)).mean())


@each_classifier
def test_it_says_what_it_is_and_what_it_is_told(name: str) -> None:
    model = small(name)
    assert CLASSIFIERS[name].__doc__
    assert type(model)(**model.params()).params() == model.params()


@each_classifier
def test_its_space_names_its_own_hyperparameters(name: str) -> None:
    assert set(getattr(CLASSIFIERS[name], "space", {})) <= set(small(name).params())


@each_classifier
def test_rows_are_probabilities_of_all_classes(name: str) -> None:
    later, _ = classed(40, seed=7)
    p = fitted(name).probabilities(later)
    assert p.shape == (40, 9)
    assert p.dtype == np.float64
    assert (p >= 0).all()
    np.testing.assert_allclose(p.sum(axis=1), 1, atol=1e-9)


@each_classifier
def test_a_class_that_no_film_has_gets_probability_zero(name: str) -> None:
    p = fitted(name).probabilities(classed(40, seed=7)[0])
    assert (p[:, [0, 3, 5, 6, 8]] == 0).all()


@each_learner
def test_every_class_that_occurs_is_possible(name: str) -> None:
    if name == "random-forest":
        pytest.skip("a leaf of a tree may hold films of one class alone")
    p = fitted(name).probabilities(classed(40, seed=7)[0])
    assert (p[:, [1, 2, 4, 7]] > 0).all()


@each_learner
def test_what_the_features_tell_is_learned(name: str) -> None:
    later, truth = classed(300, seed=3)
    said, usual = (fitted(each).probabilities(later).argmax(axis=1) for each in (name, "majority"))
    assert (said == truth).mean() > (usual == truth).mean() + 0.05


@each_classifier
def test_only_classes_of_one_kind_are_certain(name: str) -> None:
    features, classes = classed()
    p = small(name).fit(features, np.full(classes.size, 6)).probabilities(features)
    np.testing.assert_array_equal(p, np.tile(np.eye(9)[6], (classes.size, 1)))


@each_classifier
def test_two_classes_are_enough_and_may_be_all(name: str) -> None:
    features, classes = classed()
    settings = {"members": (Logistic(n_classes=2),)} if name == "stacking" else {}
    p = small(name, n_classes=2, **settings).fit(features, classes // 4).probabilities(features)
    assert p.shape == (classes.size, 2)
    np.testing.assert_allclose(p.sum(axis=1), 1, atol=1e-9)


@each_classifier
def test_a_class_of_a_single_film_is_no_hindrance(name: str) -> None:
    features, classes = classed()
    classes[17] = 8
    p = small(name).fit(features, classes).probabilities(features)
    np.testing.assert_allclose(p.sum(axis=1), 1, atol=1e-9)


@each_classifier
def test_the_same_seed_gives_the_same_answer(name: str) -> None:
    later, _ = classed(40, seed=7)
    again = small(name).fit(*classed())
    np.testing.assert_array_equal(again.probabilities(later), fitted(name).probabilities(later))


@each_classifier
def test_a_refit_forgets_the_past(name: str) -> None:
    features, classes = classed()
    model = small(name).fit(features, np.where(classes > 2, 8, 0))
    model.fit(features, np.full(classes.size, 5))
    model.fit(features, classes)
    np.testing.assert_array_equal(
        model.probabilities(features), fitted(name).probabilities(features)
    )


@each_classifier
def test_the_parameters_and_the_films_are_left_as_they_were(name: str) -> None:
    features, classes = classed()
    model = small(name)
    before = repr(model.params()), features.clone(), classes.copy()
    model.fit(features, classes).probabilities(features)
    assert repr(model.params()) == before[0]
    assert features.equals(before[1])
    np.testing.assert_array_equal(classes, before[2])


@each_classifier
def test_titles_are_answered_one_by_one_in_any_order_of_rows_and_columns(name: str) -> None:
    model, (later, _) = fitted(name), classed(40, seed=7)
    p = model.probabilities(later)
    np.testing.assert_allclose(model.probabilities(later[::-1])[::-1], p, atol=1e-7)
    np.testing.assert_allclose(model.probabilities(later[4:5]), p[4:5], atol=1e-7)
    shuffled = later.select(sorted(later.columns))
    np.testing.assert_allclose(model.probabilities(shuffled), p, atol=1e-7)


@each_classifier
def test_no_title_gets_no_answer(name: str) -> None:
    assert fitted(name).probabilities(classed()[0].head(0)).shape == (0, 9)


@each_classifier
def test_words_and_gaps_that_training_never_saw_are_answered(name: str) -> None:
    later, _ = classed(40, seed=7)
    strange = later.with_columns(
        pl.lit("未分類 🎬").alias("certificate"),
        pl.Series("genres", [["Опера", "Drama", "Drama"]] * 40),
        *(pl.lit(None, pl.Float64).alias(each) for each in ("budget_usd", "always_one")),
        pl.lit(None, pl.Boolean).alias("sequel"),
        pl.lit(1e300).alias("director_mean_usd"),
        pl.lit("").alias("plot_text"),
    )
    p = fitted(name).probabilities(strange)
    assert np.isfinite(p).all()
    np.testing.assert_allclose(p.sum(axis=1), 1, atol=1e-9)


@each_learner
def test_which_title_it_is_and_when_it_was_asked_are_no_inputs(name: str) -> None:
    model, (later, _) = fitted(name), classed(40, seed=7)
    other = later.with_columns(pl.col("title_id") + 9, pl.col("as_of") + timedelta(days=4000))
    np.testing.assert_array_equal(model.probabilities(other), model.probabilities(later))


@each_classifier
def test_a_column_that_is_gone_is_named(name: str) -> None:
    with pytest.raises(SchemaError, match="sequel"):
        fitted(name).probabilities(classed()[0].drop("sequel"))


@each_classifier
def test_it_must_be_fitted_first_and_a_failed_fit_is_none(name: str) -> None:
    features, classes = classed()
    model = small(name)
    with pytest.raises(NotFittedError):
        model.probabilities(features)
    with pytest.raises(ParameterError, match="0 to 8"):
        model.fit(features, classes + 3)
    with pytest.raises(ParameterError, match="0 to 8"):
        model.fit(features, np.where(classes == 1, -1, classes))
    with pytest.raises(NotFittedError):
        model.probabilities(features)


def test_a_setting_that_a_library_refuses_is_told_as_such() -> None:
    model = small("random-forest", n_trees=0)
    with pytest.raises(ParameterError, match=r"cannot be fitted: .*n_estimators"):
        model.fit(*classed())
    with pytest.raises(NotFittedError):
        model.probabilities(classed()[0])


# Options


def skewed() -> tuple[pl.DataFrame, NDArray[np.int64]]:
    """Two classes, the upper one of few films, which the features part with some overlap."""
    features, revenue = films(160, seed=2)
    return features, np.where(revenue > np.quantile(revenue, 0.9), 5, 3)


def recall(model: Classifier) -> float:
    """Share of the rare films of later years that get it as their likeliest class."""
    later, revenue = films(1000, seed=9)
    rare = revenue > np.quantile(films(160, seed=2)[1], 0.9)
    return float((model.probabilities(later)[rare].argmax(axis=1) == 5).mean())


@each_evened
@pytest.mark.parametrize(
    "option", [{"class_weight": "balanced"}, {"resampling": "over"}, {"resampling": "under"}]
)
def test_evening_out_the_classes_finds_more_films_of_the_rare_one(
    name: str, option: dict[str, str]
) -> None:
    settings: dict[str, Any] = {"network": {"max_epochs": 60, "held_back": 0.3}}.get(name, {})
    plain = small(name, **settings).fit(*skewed())
    evened = small(name, **settings, **option).fit(*skewed())
    assert recall(evened) > recall(plain)


@each_evened
@pytest.mark.parametrize("option", [{"class_weight": "even"}, {"resampling": "smote"}])
def test_an_unknown_option_is_refused(name: str, option: dict[str, str]) -> None:
    with pytest.raises(ParameterError, match="must be None or one of"):
        small(name, **option)


def test_even_classes_make_weights_and_draws_needless() -> None:
    features, revenue = films(90)
    classes = np.argsort(np.argsort(revenue)) // 30
    plain = small("logistic").fit(features, classes).probabilities(features)
    for option in ({"class_weight": "balanced"}, {"resampling": "over"}, {"resampling": "under"}):
        evened = small("logistic", **option).fit(features, classes).probabilities(features)
        np.testing.assert_allclose(evened, plain, atol=1e-9)


# Against second derivations


def encoded(model: Any, features: pl.DataFrame) -> NDArray[np.float64]:
    return np.asarray(model.encoder_.transform(features))


def test_neighbors_vote_as_counted_by_hand() -> None:
    (features, classes), (later, _) = classed(), classed(40, seed=7)
    model = NeighborsClassifier(k=7, smoothing=0.5, min_count=3, class_weight="balanced")
    p = model.fit(features, classes).probabilities(later)
    X, Z = encoded(model, features), encoded(model, later)
    sizes = np.bincount(classes, minlength=9)
    for row, z in enumerate(Z):
        nearest = np.argsort(((X - z) ** 2).sum(axis=1), kind="stable")[:7]
        votes = np.bincount(classes[nearest], minlength=9) + 0.5 * sizes / classes.size
        weighed = np.divide(votes, sizes, out=np.zeros(9), where=sizes > 0)
        np.testing.assert_allclose(p[row], weighed / weighed.sum(), atol=1e-9)


def test_more_neighbors_than_films_are_all_films() -> None:
    features, classes = classed()
    model = NeighborsClassifier(k=5000, min_count=3).fit(features, classes)
    shares = np.bincount(classes, minlength=9) / classes.size
    np.testing.assert_allclose(model.probabilities(features)[0], shares)


@pytest.mark.parametrize("name", ["logistic", "random-forest", "xgboost", "gradient-boosting"])
def test_answers_are_those_of_the_library_on_the_encoded_films(name: str) -> None:
    model, (features, classes) = fitted(name), classed()
    later, _ = classed(40, seed=7)
    from sklearn.base import clone

    estimator = clone(model.pipeline_[-1])  # type: ignore[attr-defined]  # pipelines have it
    labels = np.searchsorted([1, 2, 4, 7], classes)
    by_hand = estimator.fit(encoded(model, features), labels).predict_proba(encoded(model, later))
    np.testing.assert_allclose(model.probabilities(later)[:, [1, 2, 4, 7]], by_hand, atol=1e-6)
    whole = model.pipeline_.predict_proba(later)  # type: ignore[attr-defined]  # and it is whole
    np.testing.assert_allclose(whole, by_hand, atol=1e-6)


@pytest.mark.parametrize("n_classes", [2, 9])
def test_boosted_trees_vote_with_their_whole_weights(n_classes: int) -> None:
    features, classes = classed()
    labels = classes // 4 if n_classes == 2 else classes
    model = AdaBoostClassifier(n_classes=n_classes, n_trees=6, min_count=3).fit(features, labels)
    X, n_labels = encoded(model, features), model.occurring_.size
    votes = np.zeros((labels.size, n_labels))
    boosted = model.pipeline_[-1]
    for tree, weight in zip(boosted.estimators_, boosted.estimator_weights_, strict=False):
        said = tree.predict(X)[:, None] == np.arange(n_labels)
        votes += weight * np.where(said, 1, -1 / (n_labels - 1))
    p = np.exp(votes / (n_labels - 1))
    np.testing.assert_allclose(
        model.probabilities(features)[:, model.occurring_],
        p / p.sum(axis=1, keepdims=True),
        atol=1e-9,
    )


def test_the_logistic_penalty_is_what_it_says() -> None:
    features, classes = classed()
    model = Logistic(l2=2.0, min_count=3).fit(features, classes)
    X, labels = encoded(model, features), np.searchsorted([1, 2, 4, 7], classes)
    weights, bias = model.pipeline_[-1].coef_, model.pipeline_[-1].intercept_

    def loss(weights: NDArray[np.float64]) -> float:
        logits = X @ weights.T + bias
        log_p = logits - np.log(np.exp(logits).sum(axis=1, keepdims=True))
        return float(-log_p[np.arange(labels.size), labels].sum() + 2.0 / 2 * (weights**2).sum())

    rng = np.random.default_rng(0)
    for _ in range(20):
        step = rng.normal(0, 1e-2, weights.shape)
        assert loss(weights + step) > loss(weights)


def test_baselines_say_the_shares_and_the_lowest_of_the_commonest() -> None:
    features, _ = classed(6)
    classes = np.array([7, 2, 2, 7, 0, 3])
    prior, majority = (CLASSIFIERS[name]().fit(features, classes) for name in ("prior", "majority"))
    shares = np.array([1, 0, 2, 1, 0, 0, 0, 2, 0]) / 6
    np.testing.assert_allclose(prior.probabilities(features), np.tile(shares, (6, 1)))
    np.testing.assert_array_equal(majority.probabilities(features).argmax(axis=1), [2] * 6)


# The stack


class _Memory(Prior):
    """A member that has every film of its training by heart and knows nothing of others."""

    def _fit(self, features: pl.DataFrame, classes: NDArray[np.int64]) -> None:
        super()._fit(features, classes)
        self.heart = dict(zip(features["title_id"].to_list(), classes.tolist(), strict=True))

    def _probabilities(self, features: pl.DataFrame) -> NDArray[np.float64]:
        p = super()._probabilities(features)
        for row, title in enumerate(features["title_id"]):
            if title in self.heart:
                p[row] = np.eye(self.n_classes)[self.heart[title]]
        return p


def test_a_member_that_learns_by_heart_does_not_take_over_the_stack() -> None:
    features, classes = classed()
    later, truth = classed(300, seed=3)
    sober, memory = Logistic(min_count=3), _Memory()
    stack = StackedClassifier(members=(memory, sober), l2=1.0).fit(features, classes)
    alone = StackedClassifier(members=(sober,), l2=1.0).fit(features, classes)
    unknown = later.with_columns(pl.col("title_id") + 10_000)
    losses = [log_loss(each.probabilities(unknown), truth) for each in (stack, alone)]
    assert losses[0] < losses[1] + 0.02


def test_a_stack_leaves_its_templates_unfitted_and_tells_of_its_progress() -> None:
    features, classes = classed()
    told: list[tuple[int, int]] = []
    model = small("stacking")
    model.fit(features, classes, on_epoch=lambda *step: told.append(step))
    with pytest.raises(NotFittedError):
        model.params()["members"][0].probabilities(features)
    assert [done for done, _ in told] == sorted({done for done, _ in told})
    assert told[-1] == (8, 8)


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"members": ()}, "needs one or more members"),
        ({"n_folds": 1}, "n_folds must be at least 2, got 1"),
        ({"members": (Prior(n_classes=4),)}, r"members have \[4\] classes, the stack has 9"),
    ],
)
def test_a_stack_that_cannot_be_is_refused(settings: dict[str, Any], words: str) -> None:
    with pytest.raises(ParameterError, match=words):
        StackedClassifier(**settings)
