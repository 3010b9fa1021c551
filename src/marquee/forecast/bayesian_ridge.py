"""Ridge regression that also says how sure it is of a difference between two films."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
import polars as pl
from numpy.typing import NDArray

from marquee.errors import ParameterError
from marquee.forecast.conformal import CenteredForecaster
from marquee.forecast.settings import EncoderSettings
from marquee.forecast.space import Range, Space

if TYPE_CHECKING:
    from marquee.forecast.encoding import Scale


@dataclass(kw_only=True, eq=False)
class BayesianRidge(EncoderSettings, CenteredForecaster):
    """Least squares with a normal prior on the coefficients, and their posterior covariance.

    With X the centered encoded films and y the centered outcomes on the scale, coefficients are
    A X'y and their covariance is s² A, where A is the inverse of X'X + l2 I, and s² the squared
    residuals over the films less the trace of X A X'. Intervals from such a covariance count the
    pull of the prior in: over many effects they hold their nominal share (D. Nychka, "Bayesian
    confidence intervals for smoothing splines", JASA 1988).
    """

    scale: Scale | None = "standard"
    l2: float = 10.0
    """Precision of the prior over that of an outcome; numbers enter with variance 1, words as 0
    and 1. A strong one is the better forecaster and the worse judge of single effects."""

    space: ClassVar[Space] = {"l2": Range(1.0, 10_000.0, log=True)}

    encoder_: Any = field(init=False, repr=False)
    """Fitted :class:`~marquee.forecast.encoding.Encoder`."""
    middle_: NDArray[np.float64] = field(init=False, repr=False)
    """Mean of each encoded column, then of the outcomes, shape (n_encoded + 1,)."""
    weights_: NDArray[np.float64] = field(init=False, repr=False)
    """Coefficients of the encoded columns, shape (n_encoded,)."""
    covariance_: NDArray[np.float64] = field(init=False, repr=False)
    """Their posterior covariance, (n_encoded, n_encoded)."""

    def __post_init__(self) -> None:
        super().__post_init__()
        if not self.l2 > 0:
            raise ParameterError(f"l2 must be positive, got {self.l2}")

    def _learn(self, features: pl.DataFrame, values: NDArray[np.float64]) -> None:
        self.encoder_ = self._encoder()
        X = self.encoder_.fit(features).transform(features)
        self.middle_ = np.append(X.mean(axis=0), values.mean())
        X, y = X - self.middle_[:-1], values - self.middle_[-1]
        inverse = np.linalg.inv(X.T @ X + self.l2 * np.eye(X.shape[1]))
        self.weights_ = inverse @ (X.T @ y)
        freedom = values.size - float(np.einsum("ij,jk,ik->", X, inverse, X, optimize=True))
        residual = float(np.square(y - X @ self.weights_).sum())
        self.covariance_ = residual / max(freedom, 1.0) * inverse

    def _center(self, features: pl.DataFrame) -> NDArray[np.float64]:
        X = self.encoder_.transform(features) - self.middle_[:-1]
        return np.asarray(X @ self.weights_ + self.middle_[-1])

    def change(self, features: pl.DataFrame) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Change of the outcome on the scale from the first row to each other one, and its error.

        Both have shape (n_rows - 1,). The error is the standard deviation of the posterior: of the
        difference that the columns go along with, not of what one film makes. It is 0 where the
        rows are alike.

        Raises
        ------
        NotFittedError, SchemaError
            As :meth:`predict`.
        """
        known = self._known_columns(features)
        X = self.encoder_.transform(known)
        moved = X[1:] - X[:1]
        variance = np.einsum("ij,jk,ik->i", moved, self.covariance_, moved, optimize=True)
        return moved @ self.weights_, np.sqrt(np.maximum(variance, 0.0))
