"""How good ordered classes and their probabilities are.

Classes are whole numbers from 0 to n_classes - 1 in their order. What depends on the decided class
alone is read off the confusion matrix, whose rows are the actual and columns the decided classes.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from marquee.errors import ParameterError

Confusion = NDArray[np.int64]

SURE = float(np.finfo(np.float64).eps)
"""Probability below which the logarithmic loss takes a class to be, lest one film cost infinity."""


def confusion_matrix(actual: ArrayLike, decided: ArrayLike, n_classes: int) -> Confusion:
    """Number of films by actual class (row) and decided class (column), (n_classes, n_classes).

    Raises
    ------
    ParameterError
        If the arrays are not flat and of one length, are empty, or a class lies outside.
    """
    truth, guess = _labels(actual, n_classes), _labels(decided, n_classes)
    if truth.shape != guess.shape:
        raise ParameterError(f"{guess.size} decided classes for {truth.size} films")
    cells = np.bincount(truth * n_classes + guess, minlength=n_classes**2)
    return cells.reshape(n_classes, n_classes).astype(np.int64)


def accuracy(confusion: Confusion) -> float:
    """Share of films whose class was hit."""
    return float(np.trace(confusion) / confusion.sum())


def one_away(confusion: Confusion) -> float:
    """Share of films whose decided class is the actual one or a neighbor of it."""
    near = sum(np.trace(confusion, offset) for offset in (-1, 0, 1))
    return float(near / confusion.sum())


@dataclass(frozen=True)
class ClassResult:
    """How well one class was hit."""

    n: int
    """Films of the class."""
    decided: int
    """Films that were put into it."""
    precision: float
    """Share of the films put into it that belong there; 0 where none was."""
    recall: float
    """Share of its films that were put into it; 0 where it has none."""
    f1: float
    """2 hits / (n + decided); 0 where both are 0."""
    rps: float | None = None
    """Mean ranked probability score of its films; None where it has none, or no probabilities
    were given."""


def by_class(
    confusion: Confusion, probabilities: ArrayLike | None = None, actual: ArrayLike | None = None
) -> list[ClassResult]:
    """How well each class was hit, in the order of the classes.

    With the ``probabilities`` of the films and their ``actual`` classes also its score.
    """
    hits, n, decided = np.diag(confusion), confusion.sum(axis=1), confusion.sum(axis=0)
    scores: list[float | None] = [None] * len(confusion)
    if probabilities is not None and actual is not None:
        given, truth = np.asarray(probabilities), np.asarray(actual)
        for place in np.flatnonzero(n):
            own = truth == place
            scores[place] = ranked_probability_score(given[own], truth[own])
    return [
        ClassResult(
            n=int(n[place]),
            decided=int(decided[place]),
            precision=float(hits[place] / max(decided[place], 1)),
            recall=float(hits[place] / max(n[place], 1)),
            f1=float(2 * hits[place] / max(n[place] + decided[place], 1)),
            rps=scores[place],
        )
        for place in range(len(confusion))
    ]


def macro_f1(confusion: Confusion) -> float:
    """Mean F1 over the classes that occur among the actual or the decided ones."""
    f1, n, decided = _f1(confusion)
    return float(f1[(n + decided) > 0].mean())


def weighted_f1(confusion: Confusion) -> float:
    """Mean F1 over the classes, weighted by the number of films of the class."""
    f1, n, _ = _f1(confusion)
    return float(np.sum(f1 * n) / n.sum())


def quadratic_kappa(confusion: Confusion) -> float:
    """Cohen's kappa with quadratic weights, from -1 to 1; 0 is what chance would reach.

    1 - sum(w O) / sum(w E) with w = (row - column)², O the confusion matrix and E what its margins
    would give if they were independent. A constant decision gets 0; NaN where actual and decided
    are one and the same constant.

    References
    ----------
    J. Cohen, "Weighted kappa", Psychological Bulletin 1968.
    """
    place = np.arange(len(confusion))
    weight = (place[:, None] - place) ** 2
    expected = np.outer(confusion.sum(axis=1), confusion.sum(axis=0)) / confusion.sum()
    chance = float(np.sum(weight * expected))
    return 1.0 - float(np.sum(weight * confusion)) / chance if chance > 0 else float("nan")


def ranked_probability_by_film(probabilities: ArrayLike, actual: ArrayLike) -> NDArray[np.float64]:
    """Ranked probability score of each film, shape (n,), from 0 (best) to 1.

    Mean over the n_classes - 1 inner borders of (P(class <= border) - [actual <= border])²: to be
    wrong by one class costs less than by four.

    References
    ----------
    E. S. Epstein, "A scoring system for probability forecasts of ranked categories", 1969; divided
    by n_classes - 1 after A. H. Murphy, 1971.
    """
    given, truth = _probabilities(probabilities, actual)
    borders = np.arange(given.shape[1] - 1)
    below = np.cumsum(given, axis=1)[:, :-1]
    scores: NDArray[np.float64] = np.mean((below - (truth[:, None] <= borders)) ** 2, axis=1)
    return scores


def ranked_probability_score(probabilities: ArrayLike, actual: ArrayLike) -> float:
    """Mean of :func:`ranked_probability_by_film` over the films."""
    return float(ranked_probability_by_film(probabilities, actual).mean())


def log_loss_by_film(probabilities: ArrayLike, actual: ArrayLike) -> NDArray[np.float64]:
    """-log P(actual class) of each film in nats, shape (n,); at least :data:`SURE` is taken."""
    given, truth = _probabilities(probabilities, actual)
    of_actual = given[np.arange(truth.size), truth]
    return -np.log(np.clip(of_actual, SURE, 1 - SURE))


def log_loss(probabilities: ArrayLike, actual: ArrayLike) -> float:
    """Mean of :func:`log_loss_by_film` over the films."""
    return float(log_loss_by_film(probabilities, actual).mean())


def _f1(
    confusion: Confusion,
) -> tuple[NDArray[np.float64], NDArray[np.int64], NDArray[np.int64]]:
    n, decided = confusion.sum(axis=1), confusion.sum(axis=0)
    return 2 * np.diag(confusion) / np.maximum(n + decided, 1), n, decided


def _labels(classes: ArrayLike, n_classes: int) -> NDArray[np.int64]:
    labels = np.asarray(classes)
    if labels.ndim != 1 or not labels.size:
        raise ParameterError(f"classes must be a flat list of some films, got {labels.shape}")
    if labels.dtype.kind not in "iu" or labels.min() < 0 or labels.max() >= n_classes:
        raise ParameterError(
            f"classes must be whole numbers from 0 to {n_classes - 1}, got {labels.min()} to "
            f"{labels.max()} of {labels.dtype}; films without a class must be left out"
        )
    return labels.astype(np.int64)


def _probabilities(
    probabilities: ArrayLike, actual: ArrayLike
) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    given = np.asarray(probabilities, np.float64)
    if given.ndim != 2 or given.shape[1] < 2:
        raise ParameterError(f"probabilities must be (n_films, n_classes), got {given.shape}")
    truth = _labels(actual, given.shape[1])
    if len(given) != truth.size:
        raise ParameterError(f"{len(given)} rows of probabilities for {truth.size} films")
    if (given < 0).any() or not np.allclose(given.sum(axis=1), 1, atol=1e-6):
        raise ParameterError("probabilities must be 0 or more and sum to 1 for each film")
    return given, truth
