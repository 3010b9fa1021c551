"""How many viewers a title will have, from its description and from what became of titles like it.

Ridge regression of the logarithm of the share of viewers. Its errors on titles that were left out
say how wide an interval has to be.
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from marquee.forecast.conformal import residual_quantiles

PENALTIES = (0.3, 1.0, 3.0, 10.0, 30.0, 100.0, 300.0)
"""Ridge penalties that are tried, for columns of variance 1."""
FEWEST_TO_TILT = 60
"""Titles from which on it is learned how the errors change with the size."""
COVERAGE = 0.8
"""What intervals promise to hold."""


def log_share(n_viewers: NDArray[np.int64], n: int) -> NDArray[np.float64]:
    """Logarithm of the share of n viewers, with half a viewer more so that nobody is not -inf."""
    return np.log((np.asarray(n_viewers) + 0.5) / (n + 1))


@dataclass(frozen=True, eq=False)
class SizeModel:
    """The learned regression; built by :func:`learn_size`."""

    middle: NDArray[np.float64]
    """What an unknown number counts as, and the center of each column."""
    spread: NDArray[np.float64]
    slope: NDArray[np.float64]
    constant: float
    bounds: tuple[float, float]
    """Log shares beyond which none is forecast."""
    width: tuple[float, float]
    """Logarithm of the expected spread at a log share of 0, and its slope over the log share."""
    errors: NDArray[np.float64]
    """Errors on training titles left out, in units of their expected spread, ascending."""
    tried: NDArray[np.float64]
    """Forecast of each training title by those that learned without it, in its order."""

    def center(self, columns: NDArray[np.float64]) -> NDArray[np.float64]:
        """The log share in the middle of the forecast, shape (n_titles,)."""
        known = np.where(np.isnan(columns), self.middle, columns)
        found = (known - self.middle) / self.spread @ self.slope + self.constant
        return np.asarray(np.clip(found, *self.bounds), np.float64)

    def interval(
        self, center: NDArray[np.float64], coverage: float = COVERAGE
    ) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Ends of the interval of the log share, each of shape (n_titles,)."""
        ends = residual_quantiles(self.errors, [(1 - coverage) / 2, (1 + coverage) / 2])
        unit = error_spread(center, self.width)
        return center + unit * ends[0], center + unit * ends[1]

    def with_errors(self, sizes: NDArray[np.float64], tried: NDArray[np.float64]) -> SizeModel:
        """The same regression with the errors of other forecasts of its training titles."""
        tried = np.clip(tried, *self.bounds)
        misses = sizes - tried
        width = learn_spread(tried, misses)
        errors = np.sort(misses / error_spread(tried, width))
        return dataclasses.replace(self, width=width, errors=errors, tried=tried)


def error_spread(center: NDArray[np.float64], width: tuple[float, float]) -> NDArray[np.float64]:
    """How far off a log share may be expected to be: small audiences are harder to foresee."""
    return np.asarray(np.exp(width[0] + width[1] * center), np.float64)


def learn_spread(center: NDArray[np.float64], misses: NDArray[np.float64]) -> tuple[float, float]:
    """The line through the logarithms of the errors over the log share; flat for a few titles."""
    logs = np.log(np.abs(misses) + 0.1)
    apart = center - center.mean()
    varies = float(apart @ apart)
    slope = float(apart @ logs) / varies if varies > 1e-9 and center.size >= FEWEST_TO_TILT else 0.0
    slope = float(np.clip(slope, -1, 0))
    return float(logs.mean() - slope * center.mean()), slope


def learn_size(columns: NDArray[np.float64], sizes: NDArray[np.float64]) -> SizeModel:
    """The regression of log shares on the columns of training titles.

    The penalty has the smallest leave-one-out error, which is that of the fit over one minus the
    title's own leverage. The errors of the model are these too.

    References
    ----------
    D. M. Allen, "The relationship between variable selection and data augmentation and a method for
    prediction", Technometrics 1974 (the leave-one-out error of a linear smoother).
    """
    known = ~np.isnan(columns)
    count = np.maximum(known.sum(axis=0), 1)
    middle = np.where(known, columns, 0).sum(axis=0) / count
    centered = np.where(known, columns - middle, 0)
    spread = centered.std(axis=0)
    spread[spread < 1e-9] = np.inf  # a column that never varies is left out
    Z = centered / spread
    constant = float(sizes.mean())
    U, s, Vt = np.linalg.svd(Z, full_matrices=False)
    best = (np.inf, PENALTIES[0], sizes)
    for penalty in PENALTIES:
        keep = s**2 / (s**2 + penalty)
        fitted = constant + U @ (keep * (U.T @ (sizes - constant)))
        leverage = 1 / len(sizes) + (U**2) @ keep
        left_out = (sizes - fitted) / np.maximum(1 - leverage, 1e-3)
        error = float(np.mean(left_out**2))
        if error < best[0]:
            best = (error, penalty, sizes - left_out)
    _, penalty, tried = best
    slope = Vt.T @ (s / (s**2 + penalty) * (U.T @ (sizes - constant)))
    wide = float(np.ptp(sizes)) / 2
    bounds = (float(sizes.min()) - wide, min(float(sizes.max()) + wide, 0.0))
    fitted_model = SizeModel(
        middle, spread, slope, constant, bounds, (0.0, 0.0), np.zeros(1), tried
    )
    return fitted_model.with_errors(sizes, tried)
