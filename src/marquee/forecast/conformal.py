"""Intervals that hold what they promise: calibrated on films that the center was not learned from.

For n exchangeable films a new one's residual is equally likely to fall into each of the n + 1 gaps
between theirs, so the k-th smallest residual exceeds it with probability at least k / (n + 1),
whatever the model (Vovk, Gammerman and Shafer, "Algorithmic learning in a random world", 2005).
Films of later years are not quite exchangeable with earlier ones; the latest training years come
closest.
"""

from __future__ import annotations

from abc import abstractmethod
from dataclasses import dataclass, field

import numpy as np
import polars as pl
from numpy.typing import ArrayLike, NDArray

from marquee.errors import ParameterError
from marquee.forecast.base import Forecaster
from marquee.forecast.distribution import LEVELS, Forecast
from marquee.forecast.scales import OutcomeScale, forecast_on_scale, to_scale

FEWEST = 10
"""Films that a forecaster needs to learn a center and its spread."""

ENOUGH = 100
"""Calibration films from which it is learned how the spread depends on the center."""


def residual_quantiles(residuals: ArrayLike, levels: ArrayLike) -> NDArray[np.float64]:
    """Quantiles of a new residual given n known ones, shape (n_levels,), ascending.

    At a level p above a half it is the ceil((n + 1) p)-th smallest, below a half the
    floor((n + 1) p)-th, so that the share beyond it is at most what the level says; at a half it is
    the median. Levels out of the reach of n residuals get the outermost one, which promises less.
    """
    ordered = np.sort(np.asarray(residuals, dtype=np.float64).ravel())
    asked = np.atleast_1d(np.asarray(levels, dtype=np.float64))
    n = ordered.size
    if n == 0:
        raise ParameterError("residuals are needed to say how far off a forecast may be, got none")
    place = (n + 1) * asked
    # The small term keeps 10 * 0.7 = 7.000000000000001 at 7.
    rank = np.where(asked > 0.5, np.ceil(place - 1e-9), np.floor(place + 1e-9))
    found = ordered[np.clip(rank, 1, n).astype(np.int64) - 1]
    found[asked == 0.5] = np.median(ordered)
    return found


def earlier_and_latest(
    features: pl.DataFrame, share: float
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Rows of the earlier films and of the latest share of films, by ``as_of`` then ``title_id``.

    Each part holds at least one row of two or more.
    """
    order = features.select(pl.arg_sort_by("as_of", "title_id")).to_series().to_numpy()
    n_latest = int(np.clip(np.ceil(share * order.size), 1, max(order.size - 1, 1)))
    return order[:-n_latest].astype(np.int64), order[-n_latest:].astype(np.int64)


def width_line(center: NDArray[np.float64], residuals: NDArray[np.float64]) -> NDArray[np.float64]:
    """Slope of the logarithm of the size of residuals over the center, and the mean center.

    Small films are harder to foretell than big ones. The slope is 0 for fewer than
    :data:`ENOUGH` films, which do not tell it from chance.
    """
    middle = float(center.mean())
    size = np.abs(residuals)
    typical = float(np.median(size))
    if center.size < ENOUGH or typical == 0 or np.ptp(center) == 0:
        return np.array([0.0, middle])
    logs = np.log(size + 0.1 * typical)  # a residual near 0 is not a film that is sure
    slope = np.polynomial.Polynomial.fit(center - middle, logs, 1).convert().coef
    return np.array([slope[1] if slope.size > 1 else 0.0, middle])


def widths(center: NDArray[np.float64], line: NDArray[np.float64]) -> NDArray[np.float64]:
    """Width of the spread of each film against that of a film of mean center, from 1/3 to 3.

    Intervals of residuals divided by their width hold overall what those of plain residuals do,
    and hold it for hard and easy films alike (J. Lei, M. G'Sell, A. Rinaldo, R. Tibshirani and
    L. Wasserman, "Distribution-free predictive inference for regression", JASA 2018, section 5.2).
    """
    slope, middle = line
    return np.asarray(np.exp(np.clip(slope * (center - middle), -np.log(3), np.log(3))))


@dataclass(kw_only=True, eq=False)
class CenteredForecaster(Forecaster):
    """A center for each title, and around it the spread of the residuals of calibration films.

    The center is learned from the earlier training films and tried on the latest; their residuals
    make the distribution (split conformal prediction). Then the center is learned from all. It is
    not followed further out of the range of the training outcomes than that range is wide.
    """

    outcome_scale: OutcomeScale = "log"
    """Scale on which the center is learned and residuals are taken."""
    calibration: float = 0.2
    """Share of the training films, the latest, whose residuals tell the spread. 0 takes those of
    the films learned from: half the time, for uses of the center alone, with intervals far too
    narrow to be shown."""

    residuals_: NDArray[np.float64] = field(init=False, repr=False)
    """Outcome less center of the calibration films on the scale, over their width, ascending."""
    widths_: NDArray[np.float64] = field(init=False, repr=False)
    """Slope and mean center from which the width of a film follows, see :func:`widths`."""
    bounds_: NDArray[np.float64] = field(init=False, repr=False)
    """Lowest and highest center, on the scale."""

    def __post_init__(self) -> None:
        if not 0 <= self.calibration < 1:
            raise ParameterError(f"calibration must be a share in [0, 1), got {self.calibration}")

    def _fit(self, features: pl.DataFrame, outcome: NDArray[np.float64]) -> None:
        values = to_scale(outcome, self.outcome_scale)
        if values.size < FEWEST:
            raise ParameterError(
                f"{type(self).__name__} needs at least {FEWEST} films to learn how far off it may "
                f"be, got {values.size}"
            )
        if self.calibration:
            earlier, latest = earlier_and_latest(features, self.calibration)
            self._learn_within(features[earlier], values[earlier])
            tried = features[latest], values[latest]
            self._spread(self.center(tried[0]), tried[1])
        self._learn_within(features, values)
        if not self.calibration:
            self._spread(self.center(features), values)

    def _spread(self, center: NDArray[np.float64], values: NDArray[np.float64]) -> None:
        self.widths_ = width_line(center, values - center)
        self.residuals_ = np.sort((values - center) / widths(center, self.widths_))

    def _predict(self, features: pl.DataFrame) -> Forecast:
        center = self.center(features)
        spread = residual_quantiles(self.residuals_, LEVELS)
        quantiles = center[:, None] + widths(center, self.widths_)[:, None] * spread
        return forecast_on_scale(LEVELS, quantiles, self.outcome_scale)

    def center(self, features: pl.DataFrame) -> NDArray[np.float64]:
        """What is learned of each title on the scale, before the spread, shape (n_titles,)."""
        if features.height == 0:
            return np.empty(0)
        return np.clip(self._center(self._known_columns(features)), *self.bounds_)

    def _learn_within(self, features: pl.DataFrame, values: NDArray[np.float64]) -> None:
        low, high = values.min(), values.max()
        self.bounds_ = np.array([2 * low - high, 2 * high - low])
        self._learn(features, values)

    @abstractmethod
    def _learn(self, features: pl.DataFrame, values: NDArray[np.float64]) -> None:
        """Learns the center of outcomes on the scale."""

    @abstractmethod
    def _center(self, features: pl.DataFrame) -> NDArray[np.float64]:
        """The center of each title on the scale."""
