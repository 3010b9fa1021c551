"""Classifiers of the field as scikit-learn pipelines: an encoder, then an estimator.

Each class says what a library's estimator is asked for; the rest is shared. Majority and Prior are
the baselines to beat.
"""

from __future__ import annotations

import logging
import warnings
from abc import abstractmethod
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
import polars as pl
from numpy.typing import NDArray
from scipy.special import softmax

from marquee.forecast.base import Classifier
from marquee.forecast.encoded import EncodedClassifier
from marquee.forecast.settings import BoostedTrees
from marquee.forecast.space import Range, Space

if TYPE_CHECKING:
    from marquee.forecast.encoding import Impute, Scale

_log = logging.getLogger(__name__)


@dataclass(kw_only=True, eq=False)
class PipelineClassifier(EncodedClassifier):
    """A classifier of scikit-learn's kind behind the encoder."""

    pipeline_: Any = field(init=False, repr=False)
    """The fitted pipeline, steps ``encoder`` and ``estimator``."""

    def _learn(
        self,
        X: NDArray[np.float64],
        labels: NDArray[np.int64],
        weights: NDArray[np.float64],
        days: NDArray[np.int32],  # noqa: ARG002  # for estimators that look at time
    ) -> None:
        from sklearn.exceptions import ConvergenceWarning
        from sklearn.pipeline import Pipeline

        estimator = self._estimator()
        # Weights say what class_weight would, in the same way for every estimator.
        weighted = {} if self.class_weight is None else {"sample_weight": weights}
        with warnings.catch_warnings(record=True) as said:
            warnings.simplefilter("always", ConvergenceWarning)
            estimator.fit(X, labels, **weighted)
        for warning in said:
            _log.info("%s: %s", type(self).__name__, warning.message)
        self.pipeline_ = Pipeline([("encoder", self.encoder_), ("estimator", estimator)])

    def _answer(self, X: NDArray[np.float64]) -> NDArray[np.floating[Any]]:
        return np.asarray(self.pipeline_[-1].predict_proba(X))

    @abstractmethod
    def _estimator(self) -> Any:
        """The estimator to fit on the encoded features."""


@dataclass(kw_only=True, eq=False)
class Logistic(PipelineClassifier):
    """Multinomial logistic regression with a penalty on the squared coefficients."""

    l2: float = 30.0
    """Weight of half the sum of squares against the sum of the losses of the films."""

    space: ClassVar[Space] = {"l2": Range(0.3, 1000.0, log=True)}

    def _estimator(self) -> Any:
        from sklearn.linear_model import LogisticRegression

        return LogisticRegression(C=1 / self.l2, max_iter=1000)


@dataclass(kw_only=True, eq=False)
class NeighborsClassifier(EncodedClassifier):
    """Shares of the classes among the k nearest training films, by Euclidean distance.

    Balanced weights multiply the votes, which is what weighing the training films comes to.
    """

    k: int = 50
    """Neighbors, or all training films where there are fewer."""
    by_distance: bool = False
    """Whether nearer films count for more, by the inverse of the distance."""
    smoothing: float = 1.0
    """Votes that are shared out among the classes by their share in training, in number, so that
    no class that occurs has probability 0."""

    space: ClassVar[Space] = {"k": (15, 25, 50, 100, 200), "by_distance": (False, True)}

    neighbors_: Any = field(init=False, repr=False)
    """The fitted estimator of scikit-learn."""
    share_: NDArray[np.float64] = field(init=False, repr=False)
    """Share of each occurring class in training after resampling, shape (n_occurring,)."""
    vote_: NDArray[np.float64] = field(init=False, repr=False)
    """What a vote for each occurring class counts."""

    def _learn(
        self,
        X: NDArray[np.float64],
        labels: NDArray[np.int64],
        weights: NDArray[np.float64],
        days: NDArray[np.int32],  # noqa: ARG002  # for estimators that look at time
    ) -> None:
        from sklearn.neighbors import KNeighborsClassifier

        counts = np.bincount(labels)
        self.share_ = counts / labels.size
        self.vote_ = np.bincount(labels, weights) / counts
        by = "distance" if self.by_distance else "uniform"
        k = min(self.k, labels.size)
        self.neighbors_ = KNeighborsClassifier(k, weights=by, n_jobs=1).fit(X, labels)

    def _answer(self, X: NDArray[np.float64]) -> NDArray[np.floating[Any]]:
        votes = self.neighbors_.predict_proba(X) * self.neighbors_.n_neighbors
        return np.asarray((votes + self.smoothing * self.share_) * self.vote_)


@dataclass(kw_only=True, eq=False)
class RandomForestClassifier(PipelineClassifier):
    """Mean class shares in the leaves of trees grown on resampled films."""

    impute: Impute | None = None
    scale: Scale | None = None
    n_trees: int = 300
    min_leaf: int = 3
    max_features: float | str = "sqrt"
    """Share of the columns tried at each split, or the square root of their number."""

    space: ClassVar[Space] = {
        "min_leaf": (1, 2, 3, 5, 10, 20),
        "max_features": ("sqrt", 0.1, 0.2, 0.33),
    }

    def _estimator(self) -> Any:
        from sklearn.ensemble import RandomForestClassifier as Estimator

        return Estimator(
            self.n_trees,
            min_samples_leaf=self.min_leaf,
            max_features=self.max_features,
            random_state=self.seed,
            n_jobs=1,
        )


@dataclass(kw_only=True, eq=False)
class AdaBoostClassifier(PipelineClassifier):
    r"""Weighted vote of small trees, each grown on the films that those before it got wrong.

    .. math:: p_k \propto \exp(f_k / (K - 1)), \qquad
              f_k = \sum_m \alpha_m \left(1[h_m = k] - \tfrac{1}{K - 1} 1[h_m \ne k]\right)

    The library divides the votes by the sum of their weights first, which leaves all classes
    almost equally likely.

    References
    ----------
    J. Zhu, H. Zou, S. Rosset and T. Hastie, "Multi-class AdaBoost", Statistics and Its Interface
    2009, equations 8 and 9.
    """

    scale: Scale | None = None
    n_trees: int = 100
    depth: int = 3
    learning_rate: float = 0.3

    space: ClassVar[Space] = {"depth": (1, 2, 3, 5), "learning_rate": (0.03, 0.1, 0.3, 1.0)}

    def _estimator(self) -> Any:
        from sklearn.ensemble import AdaBoostClassifier as Estimator
        from sklearn.tree import DecisionTreeClassifier

        return Estimator(
            DecisionTreeClassifier(max_depth=self.depth),
            n_estimators=self.n_trees,
            learning_rate=self.learning_rate,
            random_state=self.seed,
        )

    def _answer(self, X: NDArray[np.float64]) -> NDArray[np.floating[Any]]:
        trees = self.pipeline_[-1]
        votes = trees.decision_function(X) * trees.estimator_weights_.sum()
        if votes.ndim == 1:  # of two labels it tells the difference
            votes = np.column_stack([-votes, votes]) / 2
        return np.asarray(softmax(votes / (votes.shape[1] - 1), axis=1))


@dataclass(kw_only=True, eq=False)
class XGBoostClassifier(BoostedTrees, PipelineClassifier):
    """Sums of trees, one per class and round, on the gradient of the log-loss, by XGBoost."""

    impute: Impute | None = None
    scale: Scale | None = None
    n_trees: int = 80
    learning_rate: float = 0.05
    depth: int = 3
    min_weight: float = 3.0

    space: ClassVar[Space] = {
        "n_trees": (40, 80, 150),
        "learning_rate": Range(0.02, 0.1, log=True),
        "depth": Range(2, 5, whole=True),
        "columns": Range(0.1, 0.8),
    }

    def _estimator(self) -> Any:
        from xgboost import XGBClassifier

        return XGBClassifier(**self._boosting(self.seed))


@dataclass(kw_only=True, eq=False)
class GradientBoostingClassifier(PipelineClassifier):
    """Sums of trees over binned columns, one per class and round."""

    impute: Impute | None = None
    scale: Scale | None = None
    n_trees: int = 60
    learning_rate: float = 0.05
    depth: int = 3
    min_leaf: int = 20
    l2: float = 5.0
    columns: float = 0.4
    """Share of the columns tried at each split."""

    space: ClassVar[Space] = {
        "n_trees": (30, 60, 120),
        "learning_rate": Range(0.02, 0.1, log=True),
        "depth": Range(2, 5, whole=True),
    }

    def _estimator(self) -> Any:
        from sklearn.ensemble import HistGradientBoostingClassifier

        return HistGradientBoostingClassifier(
            max_iter=self.n_trees,
            learning_rate=self.learning_rate,
            max_depth=self.depth,
            min_samples_leaf=self.min_leaf,
            l2_regularization=self.l2,
            max_features=self.columns,
            early_stopping=False,
            random_state=self.seed,
        )


@dataclass(kw_only=True, eq=False)
class MLPClassifier(PipelineClassifier):
    """A multilayer perceptron on scaled inputs, by scikit-learn."""

    hidden: tuple[int, ...] = (32,)
    """Units of each hidden layer."""
    l2: float = 3.0
    learning_rate: float = 0.002
    n_epochs: int = 40

    space: ClassVar[Space] = {
        "hidden": ((16,), (32,), (64,), (32, 16)),
        "l2": Range(0.03, 30.0, log=True),
        "n_epochs": (20, 40, 80),
    }

    def _estimator(self) -> Any:
        from sklearn.neural_network import MLPClassifier as Estimator

        return Estimator(
            hidden_layer_sizes=self.hidden,
            alpha=self.l2,
            learning_rate_init=self.learning_rate,
            max_iter=self.n_epochs,
            random_state=self.seed,
        )


@dataclass(kw_only=True, eq=False)
class Prior(Classifier):
    """The shares of the classes in training, for every title."""

    share_: NDArray[np.float64] = field(init=False, repr=False)
    """Share of each class, shape (n_classes,)."""

    def _fit(self, features: pl.DataFrame, classes: NDArray[np.int64]) -> None:  # noqa: ARG002  # looks at classes alone
        self.share_ = np.bincount(classes, minlength=self.n_classes) / classes.size

    def _probabilities(self, features: pl.DataFrame) -> NDArray[np.float64]:
        return np.tile(self.share_, (features.height, 1))


@dataclass(kw_only=True, eq=False)
class Majority(Classifier):
    """The commonest class in training, the lowest of equals, for every title with probability 1."""

    commonest_: int = field(init=False, repr=False)

    def _fit(self, features: pl.DataFrame, classes: NDArray[np.int64]) -> None:  # noqa: ARG002  # looks at classes alone
        self.commonest_ = int(np.bincount(classes).argmax())

    def _probabilities(self, features: pl.DataFrame) -> NDArray[np.float64]:
        return np.tile(np.eye(self.n_classes)[self.commonest_], (features.height, 1))
