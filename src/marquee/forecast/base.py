"""The contract of every forecaster, and of every classifier of success."""

from __future__ import annotations

import dataclasses
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Self, final

import numpy as np
import polars as pl
from numpy.typing import ArrayLike, NDArray

from marquee.errors import NotFittedError, ParameterError, SchemaError
from marquee.forecast.distribution import Forecast

OnEpoch = Callable[[int, int], None]
"""Called with the number of steps done and in all; the command line draws a bar from it."""

ASKED = ("title_id", "as_of")
"""Columns of a feature frame that say what was asked; never inputs of a model, but ``as_of`` tells
the order of time."""

PEOPLE_ENDING = "_people"
"""A list whose name ends so names people: too many for a column each, see ``outcome_records``."""

REFUSALS = ("InvalidParameterError", "XGBoostError")
"""What scikit-learn and XGBoost raise where a setting has a value that it cannot have; by name,
since importing both takes a second."""


@dataclass(kw_only=True, eq=False)
class Estimator:
    """What forecasters and classifiers share: parameters, checks, the columns they were fitted on.

    A subclass is a dataclass: its init fields are the hyperparameters; its other fields end in "_"
    and hold what fit learned.
    """

    columns_: tuple[str, ...] = field(init=False, repr=False)
    """The feature columns that it was fitted on, in order, without :data:`ASKED`."""

    _on_epoch: OnEpoch | None = field(init=False, repr=False, default=None)

    def params(self) -> dict[str, Any]:
        """The hyperparameters by name, as given."""
        return {f.name: getattr(self, f.name) for f in dataclasses.fields(self) if f.init}

    def check_fitted(self) -> None:
        """Raises ``NotFittedError`` before fit."""
        if not hasattr(self, "columns_"):
            raise NotFittedError(f"{type(self).__name__} is not fitted; call fit() first")

    @contextmanager
    def _learning(
        self, features: pl.DataFrame, n_outcomes: int, on_epoch: OnEpoch | None
    ) -> Iterator[None]:
        self._begin(features, n_outcomes, on_epoch)
        try:
            yield
        except BaseException as error:
            del self.columns_  # half a fit is none
            if type(error).__name__ in REFUSALS:
                said = str(error).splitlines()[0]
                raise ParameterError(f"{type(self).__name__} cannot be fitted: {said}") from error
            raise
        finally:
            self._on_epoch = None

    def _begin(self, features: pl.DataFrame, n_outcomes: int, on_epoch: OnEpoch | None) -> None:
        if features.height == 0:
            raise ParameterError(f"{type(self).__name__} needs films to learn from, got none")
        if features.height != n_outcomes:
            raise ParameterError(f"{features.height} rows of features for {n_outcomes} outcomes")
        absent = [name for name in ASKED if name not in features.columns]
        if absent:
            raise SchemaError(f"features lack {absent}; feature_frame() makes them")
        self.columns_ = tuple(name for name in features.columns if name not in ASKED)
        self._on_epoch = on_epoch

    def _known_columns(self, features: pl.DataFrame) -> pl.DataFrame:
        """The features with the columns of the fit, in its order."""
        self.check_fitted()
        absent = [name for name in (*ASKED, *self.columns_) if name not in features.columns]
        if absent:
            raise SchemaError(
                f"{type(self).__name__} was fitted with column(s) {absent}, which the features "
                "lack; build them with the same horizon and themes"
            )
        return features.select(*ASKED, *self.columns_)

    def _epoch_done(self, done: int, total: int) -> None:
        """Tells whoever asked that ``done`` of ``total`` steps are over; for use in a fit."""
        if self._on_epoch is not None:
            self._on_epoch(done, total)


@dataclass(kw_only=True, eq=False)
class Forecaster(Estimator, ABC):
    """Gives each title a distribution of an outcome, such as revenue in dollars."""

    @final
    def fit(
        self, features: pl.DataFrame, outcome: ArrayLike, *, on_epoch: OnEpoch | None = None
    ) -> Self:
        """Learns from feature rows and their outcomes, shape (n_titles,); a refit forgets the past.

        Raises
        ------
        ParameterError
            If an outcome is not finite, the lengths differ, or there is none; or if a
            hyperparameter has a value that it cannot have.
        """
        values = np.asarray(outcome, dtype=np.float64).ravel()
        if not np.isfinite(values).all():
            raise ParameterError("an outcome is missing or not finite; drop such films before fit")
        with self._learning(features, values.size, on_epoch):
            self._fit(features, values)
        return self

    @final
    def predict(self, features: pl.DataFrame) -> Forecast:
        """The distribution of the outcome for each row of the features, in the outcome's unit.

        Raises
        ------
        NotFittedError, SchemaError
            Before :meth:`fit`, or if a column of the fit is missing.
        """
        return self._predict(self._known_columns(features))

    @abstractmethod
    def _fit(self, features: pl.DataFrame, outcome: NDArray[np.float64]) -> None:
        """Sets the learned fields."""

    @abstractmethod
    def _predict(self, features: pl.DataFrame) -> Forecast:
        """Forecasts for the checked columns of the fit."""


@dataclass(kw_only=True, eq=False)
class Classifier(Estimator, ABC):
    """Gives each title the probability of each of several ordered classes."""

    n_classes: int = 9

    @final
    def fit(
        self, features: pl.DataFrame, classes: ArrayLike, *, on_epoch: OnEpoch | None = None
    ) -> Self:
        """Learns from feature rows and their classes, whole numbers from 0 to ``n_classes`` - 1.

        Raises
        ------
        ParameterError
            If a class lies outside, the lengths differ, or there is none; or if a
            hyperparameter has a value that it cannot have.
        """
        labels = np.asarray(classes).ravel()
        if labels.size and (
            labels.dtype.kind not in "iu" or labels.min() < 0 or labels.max() >= self.n_classes
        ):
            raise ParameterError(f"classes must be whole numbers from 0 to {self.n_classes - 1}")
        with self._learning(features, labels.size, on_epoch):
            self._fit(features, labels.astype(np.int64))
        return self

    @final
    def probabilities(self, features: pl.DataFrame) -> NDArray[np.float64]:
        """Probability of each class, shape (n_titles, n_classes); rows sum to 1.

        A class that the training data lacks has probability 0.
        """
        return self._probabilities(self._known_columns(features))

    @abstractmethod
    def _fit(self, features: pl.DataFrame, classes: NDArray[np.int64]) -> None:
        """Sets the learned fields."""

    @abstractmethod
    def _probabilities(self, features: pl.DataFrame) -> NDArray[np.float64]:
        """Probabilities for the checked columns of the fit."""
