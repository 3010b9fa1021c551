"""What classifiers over encoded features share: encoder, resampling, weights, absent classes."""

from __future__ import annotations

from abc import abstractmethod
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
import polars as pl
from numpy.typing import NDArray

from marquee.forecast.base import Classifier
from marquee.forecast.resampling import (
    ClassWeight,
    Resampling,
    checked_options,
    class_weights,
    resampled_rows,
)
from marquee.forecast.settings import EncoderSettings
from marquee.forecast.space import Space

if TYPE_CHECKING:
    from marquee.forecast.encoding import Encoder, Scale


@dataclass(kw_only=True, eq=False)
class EncodedClassifier(EncoderSettings, Classifier):
    """A classifier over an encoded frame.

    Classes are numbered by those that occur, and back again, so that a subclass sees two or more,
    each with a row. The encoder learns from all training rows, resampling comes after it.
    """

    scale: Scale | None = "standard"
    class_weight: ClassWeight | None = None
    """``balanced``: films of rare classes weigh more, so that classes weigh the same."""
    resampling: Resampling | None = None
    """``over`` or ``under``: films are drawn so that classes are of one size."""

    space: ClassVar[Space] = {}
    """Hyperparameters worth a search, with what to try."""

    occurring_: NDArray[np.int64] = field(init=False, repr=False)
    """Classes of the training rows, ascending. Where it is but one, that is all there is to say."""
    encoder_: Encoder = field(init=False, repr=False)

    def __post_init__(self) -> None:
        checked_options(self.resampling, self.class_weight)

    def _fit(self, features: pl.DataFrame, classes: NDArray[np.int64]) -> None:
        self.occurring_, labels = np.unique(classes, return_inverse=True)
        if self.occurring_.size == 1:
            return
        self.encoder_ = self._encoder()
        X = self.encoder_.fit(features).transform(features)
        rows = resampled_rows(labels, self.resampling, np.random.default_rng(self.seed))
        weights = class_weights(labels[rows], self.class_weight)
        days = features["as_of"].cast(pl.Date).to_physical().to_numpy()
        self._learn(X[rows], labels[rows], weights, days[rows])

    def _probabilities(self, features: pl.DataFrame) -> NDArray[np.float64]:
        p = np.zeros((features.height, self.n_classes))
        if self.occurring_.size == 1:
            p[:, self.occurring_[0]] = 1
        elif features.height:
            given = np.asarray(self._answer(self.encoder_.transform(features)), dtype=np.float64)
            p[:, self.occurring_] = given / given.sum(axis=1, keepdims=True)
        return p

    @abstractmethod
    def _learn(
        self,
        X: NDArray[np.float64],
        labels: NDArray[np.int64],
        weights: NDArray[np.float64],
        days: NDArray[np.int32],
    ) -> None:
        """Learns from encoded rows, their labels from 0 without a gap, weights and days asked."""

    @abstractmethod
    def _answer(self, X: NDArray[np.float64]) -> NDArray[np.floating[Any]]:
        """Probabilities of the labels for encoded rows, one or more."""
