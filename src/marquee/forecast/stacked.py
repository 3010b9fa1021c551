"""Several classifiers as one, weighed by how they do on films that they did not learn from."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from marquee.errors import ParameterError
from marquee.forecast.base import Classifier
from marquee.forecast.classifiers import Logistic, RandomForestClassifier
from marquee.forecast.folds import stratified_folds
from marquee.forecast.ordinal import FrankHall, OrdinalLogistic

_LOWEST = 1e-3
"""Probabilities enter by their logarithm, none below this."""


@dataclass(kw_only=True, eq=False)
class StackedClassifier(Classifier):
    """Multinomial logistic regression on the log-probabilities that the members give.

    It learns from probabilities that a member gave for films outside its own training fold; then
    the members learn once more from all films (D. Wolpert, "Stacked generalization", 1992).
    """

    members: tuple[Classifier, ...] = (
        Logistic(),
        OrdinalLogistic(),
        RandomForestClassifier(n_trees=100),
        FrankHall(),
    )
    """Templates: ``fit`` fits copies of them."""
    n_folds: int = 3
    l2: float = 100.0
    """Weight of half the sum of squares against the sum of the losses of the films."""
    seed: int = 0

    members_: tuple[Classifier, ...] = field(init=False, repr=False)
    """The members fitted on all films."""
    occurring_: NDArray[np.int64] = field(init=False, repr=False)
    """Classes of the training rows, ascending."""
    blender_: Any = field(init=False, repr=False)
    """The fitted pipeline that weighs the members; None where there is nothing to weigh."""

    def __post_init__(self) -> None:
        if not self.members:
            raise ParameterError("StackedClassifier needs one or more members")
        if self.n_folds < 2:
            raise ParameterError(f"n_folds must be at least 2, got {self.n_folds}")
        unlike = {each.n_classes for each in self.members} - {self.n_classes}
        if unlike:
            raise ParameterError(
                f"members have {sorted(unlike)} classes, the stack has {self.n_classes}"
            )

    def _fit(self, features: pl.DataFrame, classes: NDArray[np.int64]) -> None:
        self.occurring_ = np.unique(classes)
        n_folds = min(self.n_folds, classes.size)
        total = len(self.members) * (n_folds + 1)
        self.blender_ = None
        done = 0
        if self.occurring_.size > 1:
            given = np.empty((classes.size, len(self.members), self.n_classes))
            for rest, held in stratified_folds(classes, n_folds, self.seed):
                for position, member in enumerate(self.members):
                    fitted = dataclasses.replace(member).fit(features[rest], classes[rest])
                    given[held, position] = fitted.probabilities(features[held])
                    done += 1
                    self._epoch_done(done, total)
            self.blender_ = _blender(self.l2).fit(self._inputs(given), classes)
        self.members_ = tuple(
            dataclasses.replace(member).fit(features, classes) for member in self.members
        )
        self._epoch_done(total, total)

    def _probabilities(self, features: pl.DataFrame) -> NDArray[np.float64]:
        given = np.stack([each.probabilities(features) for each in self.members_], axis=1)
        if self.blender_ is None or features.height == 0:
            return np.asarray(given.mean(axis=1))
        p = np.zeros((features.height, self.n_classes))
        p[:, self.occurring_] = self.blender_.predict_proba(self._inputs(given))
        return p

    def _inputs(self, given: NDArray[np.float64]) -> NDArray[np.float64]:
        """Log-probabilities of the occurring classes, shape (n_titles, n_members * n_occurring)."""
        logs = np.log(np.maximum(given[:, :, self.occurring_], _LOWEST))
        return np.asarray(logs.reshape(len(given), -1))


def _blender(l2: float) -> Any:
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    return make_pipeline(StandardScaler(), LogisticRegression(C=1 / l2, max_iter=1000))
