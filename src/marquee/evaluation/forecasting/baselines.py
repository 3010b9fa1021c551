"""What anybody could say without a model; every report holds these beside the models."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

from marquee.errors import ParameterError
from marquee.evaluation.forecasting.answers import Answer, stacked
from marquee.evaluation.forecasting.classes import confusion_matrix, one_away
from marquee.evaluation.forecasting.frames import OF_MONEY, Labeled
from marquee.evaluation.forecasting.splits import FilmSplit
from marquee.forecast.distribution import LEVELS, Forecast
from marquee.forecast.targets import SUCCESS

ALL_FILMS = "training films"
"""Name of :func:`like_all_films`."""
MULTIPLES = "budget × multiples"
"""Name of :func:`like_all_multiples`."""
SHARES = "class shares"
"""Name of :func:`class_shares`."""
MAJORITY = "majority class"
"""Name of the class that most training films are of."""
CONSTANT = "best constant"
"""Name of the class that is at most one away from that of most training films."""
HINDSIGHT = "best constant in hindsight"
"""Name of the class that is at most one away from that of most films asked about.

Nobody could have said it before, so it is the hardest of the constants to beat."""

BASELINES = (MULTIPLES, ALL_FILMS, MAJORITY, CONSTANT, HINDSIGHT, SHARES)
"""Every baseline by its name."""


def like_all_films(outcome: ArrayLike, n: int, *, log: bool) -> Forecast:
    """The spread of the training outcomes, the same for each of n films."""
    known = np.asarray(outcome, np.float64)
    if not known.size:
        raise ParameterError("a baseline needs training films, got none")
    quantiles = np.quantile(known, LEVELS)
    return Forecast(LEVELS, np.tile(quantiles, (n, 1)), log)


def like_all_multiples(
    revenue_usd: ArrayLike, budget_usd: ArrayLike, budget_asked_usd: ArrayLike
) -> Forecast:
    """Revenue if each film took such a multiple of its budget as the training films did.

    Its median is the naive rule of the trade: the budget times the median multiple.
    """
    multiples = np.asarray(revenue_usd, np.float64) / np.asarray(budget_usd, np.float64)
    asked = np.asarray(budget_asked_usd, np.float64)
    return like_all_films(multiples, asked.size, log=True).times(asked)


def class_shares(classes: NDArray[np.int64], n: int, n_classes: int) -> NDArray[np.float64]:
    """The shares of the classes among the training films for each of n films, (n, n_classes)."""
    return np.tile(np.bincount(classes, minlength=n_classes) / classes.size, (n, 1))


def majority(classes: NDArray[np.int64], n_classes: int) -> int:
    """The class that most training films are of; of equals the lowest."""
    return int(np.argmax(np.bincount(classes, minlength=n_classes)))


def best_constant(classes: NDArray[np.int64], n_classes: int) -> int:
    """The class that is at most one away for most of the films; of equals the lowest.

    The bar for one-away accuracy: one class said of every film is often right by one.
    """
    shares = [
        one_away(confusion_matrix(classes, np.full(classes.size, each), n_classes))
        for each in range(n_classes)
    ]
    return int(np.argmax(shares))


def baseline_answers(films: Labeled, splits: Sequence[FilmSplit]) -> list[Answer]:
    """What the baselines of the target answer on the splits.

    Of money: :func:`like_all_multiples` and :func:`like_all_films`, both of revenue. Of success:
    the majority class, the best constants and the :func:`class_shares`. Of anything else:
    :func:`like_all_films`.
    """
    if films.target == "success":
        return _class_answers(films, splits)
    answers = []
    if films.target in OF_MONEY:
        multiples = [
            like_all_multiples(
                films.revenue_usd[split.train],
                films.budget_usd[split.train],
                films.budget_usd[split.test],
            )
            for split in splits
        ]
        answers.append(Answer(name=MULTIPLES, is_baseline=True, forecast=stacked(multiples)))
    outcome = films.revenue_usd if films.target in OF_MONEY else films.outcome
    alike = [
        like_all_films(outcome[split.train], split.test.size, log=films.target in OF_MONEY)
        for split in splits
    ]
    answers.append(Answer(name=ALL_FILMS, is_baseline=True, forecast=stacked(alike)))
    return answers


def _class_answers(films: Labeled, splits: Sequence[FilmSplit]) -> list[Answer]:
    n_classes = len(SUCCESS)
    parts: list[tuple[NDArray[np.float64], NDArray[np.int64], NDArray[np.int64]]] = []
    for split in splits:
        known, n = films.outcome[split.train].astype(np.int64), split.test.size
        parts.append(
            (
                class_shares(known, n, n_classes),
                np.full(n, majority(known, n_classes)),
                np.full(n, best_constant(known, n_classes)),
            )
        )
    asked = np.concatenate([films.outcome[split.test] for split in splits]).astype(np.int64)
    hindsight = best_constant(asked, n_classes)
    shares, most, constant = (np.concatenate(each) for each in zip(*parts, strict=True))
    return [
        Answer(name=MAJORITY, is_baseline=True, decided=most),
        Answer(name=CONSTANT, is_baseline=True, decided=constant),
        Answer(name=HINDSIGHT, is_baseline=True, decided=np.full(most.size, hindsight)),
        Answer(name=SHARES, is_baseline=True, probabilities=shares),
    ]
