"""The plain estimators of the leak lab, and what they are measured by."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from marquee.evaluation.forecasting import classes, point
from marquee.forecast.targets import SUCCESS

N_TREES = 100
MIN_LEAF = 3
"""Films in a leaf where films are divided by time; a forest that memorizes has 1."""

N_FOLDS = 5

Matrix = NDArray[np.float64]
Classes = NDArray[np.int64]


def of_classes(
    model: Any, inputs: Matrix, actual: Classes, learned: NDArray[np.bool_]
) -> dict[str, float]:
    """Figures on the rows that were not learned."""
    decided = model.fit(inputs[learned], actual[learned]).predict(inputs[~learned])
    return _figures(actual[~learned], decided)


def over_folds(
    make: Callable[[], Any], inputs: Matrix, actual: Classes, fold: NDArray[np.int64]
) -> dict[str, float]:
    """Figures over all rows, each asked of a model that learned the other folds."""
    decided = np.empty_like(actual)
    for each in range(N_FOLDS):
        asked = fold == each
        decided[asked] = make().fit(inputs[~asked], actual[~asked]).predict(inputs[asked])
    return _figures(actual, decided)


def _figures(actual: Classes, decided: Classes) -> dict[str, float]:
    confusion = classes.confusion_matrix(actual, decided.astype(np.int64), len(SUCCESS))
    parts: dict[str, Callable[[classes.Confusion], float]] = {
        "accuracy": classes.accuracy,
        "macro_f1": classes.macro_f1,
        "quadratic_kappa": classes.quadratic_kappa,
        "one_away": classes.one_away,
    }
    return {name: figure(confusion) for name, figure in parts.items()}


def of_revenue(
    inputs: Matrix, films: pl.DataFrame, learned: NDArray[np.bool_], seed: int
) -> dict[str, float]:
    """Errors of log revenue on the rows that were not learned."""
    from sklearn.ensemble import RandomForestRegressor

    logs = np.log(films["revenue_usd"].to_numpy())
    model = RandomForestRegressor(N_TREES, min_samples_leaf=MIN_LEAF, random_state=seed)
    predicted = model.fit(inputs[learned], logs[learned]).predict(inputs[~learned])
    return {
        "log_rmse": point.rmse(predicted, logs[~learned]),
        "r2_log": point.r2(predicted, logs[~learned]),
    }


def forest(seed: int, n_trees: int = N_TREES, *, min_leaf: int = MIN_LEAF) -> Any:
    """A random forest of classes."""
    from sklearn.ensemble import RandomForestClassifier

    return RandomForestClassifier(n_trees, min_samples_leaf=min_leaf, random_state=seed)


def nearest_row() -> Any:
    """The class of the nearest row learned, on standardized columns."""
    from sklearn.neighbors import KNeighborsClassifier
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    return make_pipeline(StandardScaler(), KNeighborsClassifier(1))


def logistic() -> Any:
    """Logistic regression on standardized columns."""
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    return make_pipeline(StandardScaler(), LogisticRegression(max_iter=200))


def most_common() -> Any:
    """The class that most rows learned are of."""
    from sklearn.dummy import DummyClassifier

    return DummyClassifier(strategy="most_frequent")
