"""Class metrics against scikit-learn and loops, with classes that nobody has or that are tied."""

from __future__ import annotations

import math
import statistics

import numpy as np
import pytest
from numpy.typing import NDArray
from sklearn.metrics import (
    accuracy_score,
    cohen_kappa_score,
    confusion_matrix,
    f1_score,
    precision_recall_fscore_support,
)
from sklearn.metrics import log_loss as log_loss_of_library

from marquee.errors import ParameterError
from marquee.evaluation.forecasting import classes

N = 9
SEEDS = range(6)


def decisions(seed: int) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.float64]]:
    """Skewed classes, some absent from the truth, some from both truth and decisions, and
    probabilities with ties, exact zeros for what happened and exact ones."""
    rng = np.random.default_rng(seed)
    actual = rng.choice(N - 3, 70, p=rng.dirichlet(np.full(N - 3, 0.5)))
    probabilities = rng.multinomial(4, rng.dirichlet(np.ones(N), 70)) / 4
    decided = np.clip(actual + rng.integers(-2, 3, 70), 0, N - 1)
    return actual, decided, probabilities


@pytest.mark.parametrize("seed", SEEDS)
def test_what_depends_on_the_decision_agrees_with_an_independent_library(seed: int) -> None:
    actual, decided, _ = decisions(seed)
    matrix = classes.confusion_matrix(actual, decided, N)
    assert (matrix == confusion_matrix(actual, decided, labels=range(N))).all()
    assert classes.accuracy(matrix) == pytest.approx(accuracy_score(actual, decided))
    assert classes.macro_f1(matrix) == pytest.approx(
        f1_score(actual, decided, average="macro", zero_division=0)
    )
    assert classes.weighted_f1(matrix) == pytest.approx(
        f1_score(actual, decided, average="weighted", zero_division=0)
    )
    assert classes.quadratic_kappa(matrix) == pytest.approx(
        cohen_kappa_score(actual, decided, weights="quadratic")
    )
    near = [abs(truth - guess) <= 1 for truth, guess in zip(actual, decided, strict=True)]
    assert classes.one_away(matrix) == pytest.approx(statistics.fmean(near))


@pytest.mark.parametrize("seed", SEEDS)
def test_each_class_agrees_with_an_independent_library(seed: int) -> None:
    actual, decided, _ = decisions(seed)
    found = classes.by_class(classes.confusion_matrix(actual, decided, N))
    expected = precision_recall_fscore_support(actual, decided, labels=range(N), zero_division=0)
    for name, values in zip(("precision", "recall", "f1", "n"), expected, strict=True):
        assert [getattr(each, name) for each in found] == pytest.approx(values)
    assert [each.decided for each in found] == np.bincount(decided, minlength=N).tolist()


@pytest.mark.parametrize("seed", SEEDS)
def test_ranked_probability_score_agrees_with_a_loop_over_films_and_borders(seed: int) -> None:
    actual, _, probabilities = decisions(seed)
    scores = []
    for row, truth in zip(probabilities.tolist(), actual.tolist(), strict=True):
        terms = [(sum(row[: k + 1]) - (1 if truth <= k else 0)) ** 2 for k in range(N - 1)]
        scores.append(sum(terms) / (N - 1))
    assert classes.ranked_probability_by_film(probabilities, actual) == pytest.approx(scores)
    assert classes.ranked_probability_score(probabilities, actual) == pytest.approx(
        statistics.fmean(scores)
    )


@pytest.mark.parametrize("seed", SEEDS)
def test_log_loss_agrees_with_an_independent_library_even_where_it_was_sure_and_wrong(
    seed: int,
) -> None:
    actual, _, probabilities = decisions(seed)
    assert (probabilities[np.arange(actual.size), actual] == 0).any()
    assert classes.log_loss(probabilities, actual) == pytest.approx(
        log_loss_of_library(actual, probabilities, labels=range(N))
    )


def test_a_constant_decision_has_no_kappa_beyond_chance() -> None:
    actual = np.arange(9)
    assert classes.quadratic_kappa(classes.confusion_matrix(actual, np.full(9, 4), N)) == 0
    same = classes.confusion_matrix(np.full(3, 4), np.full(3, 4), N)
    assert math.isnan(classes.quadratic_kappa(same))


def test_to_miss_by_four_classes_costs_more_than_by_one() -> None:
    sure = np.eye(N)
    scores = classes.ranked_probability_by_film(sure[[4, 5, 8]], [4, 4, 4])
    assert scores.tolist() == [0, 1 / 8, 4 / 8]


def test_films_without_a_class_are_refused_not_counted_as_a_disaster() -> None:
    with pytest.raises(ParameterError, match="left out"):
        classes.confusion_matrix([0, -1], [0, 0], N)
    with pytest.raises(ParameterError, match="whole numbers"):
        classes.confusion_matrix([0.0, 1.0], [0, 0], N)
    with pytest.raises(ParameterError, match="1 decided"):
        classes.confusion_matrix([0, 1], [0], N)


def test_probabilities_that_do_not_sum_to_one_are_refused() -> None:
    for bad in ([[0.5, 0.4]], [[1.5, -0.5]], [[math.nan, 1.0]]):
        with pytest.raises(ParameterError):
            classes.ranked_probability_score(bad, [0])
