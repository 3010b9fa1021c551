"""A distribution for each title, told by its quantiles."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import ndtr, ndtri

from marquee.errors import ParameterError

LEVELS = np.round(np.concatenate([[0.005], np.arange(0.01, 0.995, 0.01), [0.995]]), 3)
"""Quantile levels that forecasters give unless they say otherwise: 0.005, 0.01, …, 0.99, 0.995."""


@dataclass(frozen=True, eq=False)
class Forecast:
    """The distribution of an outcome for each of n titles.

    Between levels, and beyond the outermost ones, quantiles are read off straight lines over the
    normal score of the level: of the logarithm of the value where ``log``, else of the value.
    """

    levels: NDArray[np.float64]
    """Shape (n_levels,), strictly ascending within (0, 1)."""
    quantiles: NDArray[np.float64]
    """Shape (n_titles, n_levels), ascending along each row, in the outcome's unit."""
    log: bool = False
    """Whether the outcome is positive and spread over orders of magnitude, such as money."""

    def __post_init__(self) -> None:
        levels = np.asarray(self.levels, dtype=np.float64)
        quantiles = np.asarray(self.quantiles, dtype=np.float64)
        if levels.ndim != 1 or levels.size < 2 or (np.diff(levels) <= 0).any():
            raise ParameterError(f"levels must be two or more ascending numbers, got {levels}")
        if levels[0] <= 0 or levels[-1] >= 1:
            raise ParameterError(f"levels must lie inside (0, 1), got {levels[0]}, {levels[-1]}")
        if quantiles.ndim != 2 or quantiles.shape[1] != levels.size:
            raise ParameterError(
                f"quantiles of shape {quantiles.shape} do not fit {levels.size} levels"
            )
        if not np.isfinite(quantiles).all() or (np.diff(quantiles, axis=1) < 0).any():
            raise ParameterError("quantiles must be finite and ascending along each row")
        if self.log and (quantiles <= 0).any():
            raise ParameterError("quantiles of an outcome on the log scale must be positive")
        object.__setattr__(self, "levels", levels)
        object.__setattr__(self, "quantiles", quantiles)

    def __len__(self) -> int:
        return int(self.quantiles.shape[0])

    @property
    def median(self) -> NDArray[np.float64]:
        """Value that half of such outcomes exceed, shape (n_titles,)."""
        return self.at([0.5])[:, 0]

    def at(self, levels: ArrayLike) -> NDArray[np.float64]:
        """Quantiles at any levels inside (0, 1), shape (n_titles, n_asked)."""
        asked = np.atleast_1d(np.asarray(levels, dtype=np.float64))
        if ((asked <= 0) | (asked >= 1)).any():
            raise ParameterError(f"levels must lie inside (0, 1), got {asked.tolist()}")
        values = self._value(_read(ndtri(asked), ndtri(self.levels), self._scaled()))
        # Rounding must not carry a quantile past its stored neighbors: where they share a value, or
        # the level is stored, it is that value to the last bit and stays on its side of a cut-off.
        padded = np.pad(self.quantiles, ((0, 0), (1, 1)), constant_values=np.inf)
        padded[:, 0] = -np.inf
        lower = padded[:, np.searchsorted(self.levels, asked, side="right")]
        upper = padded[:, np.searchsorted(self.levels, asked, side="left") + 1]
        return np.clip(values, lower, upper)

    def interval(self, coverage: float) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Central interval that holds that share of outcomes: low and high, shape (n_titles,)."""
        if not 0 < coverage < 1:
            raise ParameterError(f"coverage must lie inside (0, 1), got {coverage}")
        ends = self.at([(1 - coverage) / 2, (1 + coverage) / 2])
        return ends[:, 0], ends[:, 1]

    def cdf(self, values: ArrayLike) -> NDArray[np.float64]:
        """Probability that the outcome is at most each value.

        ``values`` is one number, one per title (n_titles,), or (n_titles, n_values); the answer
        has shape (n_titles,) for the first two.
        """
        return self._probability(values, "right")

    def below(self, values: ArrayLike) -> NDArray[np.float64]:
        """Probability that the outcome is less than each value, shaped as in :meth:`cdf`.

        It differs from :meth:`cdf` only at a value that several levels share.
        """
        return self._probability(values, "left")

    def times(self, factor: ArrayLike) -> Forecast:
        """The distribution of the outcome times a positive factor per title."""
        by = np.broadcast_to(np.asarray(factor, dtype=np.float64), (len(self),))
        if (by <= 0).any():
            raise ParameterError("factors must be positive")
        return Forecast(self.levels, self.quantiles * by[:, None], self.log)

    def take(self, rows: ArrayLike) -> Forecast:
        """The forecasts of those rows, given by their positions or by a mask."""
        at = np.asarray(rows)
        return Forecast(self.levels, self.quantiles[at if at.size else []], self.log)

    def _probability(
        self, values: ArrayLike, side: Literal["left", "right"]
    ) -> NDArray[np.float64]:
        given = np.asarray(values, dtype=np.float64)
        each = given if given.ndim == 2 else np.broadcast_to(given, (len(self),))[:, None]
        if each.shape[0] != len(self):
            raise ParameterError(f"values of shape {given.shape} for {len(self)} titles")
        with np.errstate(divide="ignore", invalid="ignore"):
            scaled = np.log(np.maximum(each, 0)) if self.log else each
        knots, scores = self._scaled(), ndtri(self.levels)
        probability = np.empty(each.shape)
        for row in range(len(self)):
            probability[row] = ndtr(_score(scaled[row], knots[row], scores, side))
        return probability if given.ndim == 2 else probability[:, 0]

    def _scaled(self) -> NDArray[np.float64]:
        return np.log(self.quantiles) if self.log else self.quantiles

    def _value(self, scaled: NDArray[np.float64]) -> NDArray[np.float64]:
        return np.exp(scaled) if self.log else scaled


def _read(
    asked: NDArray[np.float64], scores: NDArray[np.float64], knots: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Values on the lines through (scores, knots) at the asked scores, shape (n, n_asked)."""
    right = np.clip(np.searchsorted(scores, asked, side="left"), 1, scores.size - 1)
    share = (asked - scores[right - 1]) / (scores[right] - scores[right - 1])
    below, above = knots[:, right - 1], knots[:, right]
    return below + share * (above - below)


def _score(
    values: NDArray[np.float64],
    knots: NDArray[np.float64],
    scores: NDArray[np.float64],
    side: Literal["left", "right"],
) -> NDArray[np.float64]:
    """Normal scores of the values on the lines through (knots, scores).

    Where several levels share a value, the value has the score of the last of them (``right``) or
    of the first (``left``).
    """
    right = np.clip(np.searchsorted(knots, values, side=side), 1, knots.size - 1)
    beyond = values >= knots[right] if side == "right" else values > knots[right]
    width = knots[right] - knots[right - 1]
    with np.errstate(divide="ignore", invalid="ignore"):
        share = np.where(
            width > 0,
            (values - knots[right - 1]) / width,
            np.where(beyond, np.inf, -np.inf),
        )
    inside = scores[right - 1] + share * (scores[right] - scores[right - 1])
    return np.where(np.isnan(inside), -np.inf, inside)
