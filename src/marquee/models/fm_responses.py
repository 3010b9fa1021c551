"""How ratings come from what a factorization machine says: with Gaussian noise, or in order."""

from __future__ import annotations

from typing import Protocol

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr, ndtri

FIRST_ROUNDS = 3
"""Draws before the noise of viewers and titles is told apart: the first fit nobody yet."""
STEP = 0.7
"""Share of a Newton step that the cutpoints go."""
ROOT_2_PI = float(np.sqrt(2 * np.pi))
SURE = 1e-14
"""Probabilities are kept so far from 0 and 1."""


class Response(Protocol):
    """What stands for the ratings while the chain runs, and how far it may be off."""

    precision: float
    """One over the variance of the noise."""
    case_weights: NDArray[np.float64]
    """Factor of the precision for each case."""

    def start(self, said: NDArray[np.float64]) -> NDArray[np.float64]:
        """What is left to explain of each case at the start of the chain."""
        ...

    def renew(self, e: NDArray[np.float64], rng: np.random.Generator) -> None:
        """Draws what belongs to the response given what is left to explain, ``e`` along with it."""
        ...


class GaussianResponse:
    r"""Ratings are what the machine says plus an intercept and noise.

    The intercept has the prior N(mean, 1), the precision :math:`\alpha` of the noise
    :math:`\Gamma(\tfrac12, \tfrac12)`. With ``noise_prior`` h above 0 each viewer and each title
    has a factor of the precision of its own, :math:`\Gamma(h/2, h/2)` with mean 1.
    """

    def __init__(
        self,
        ratings: NDArray[np.float64],
        sides: tuple[NDArray[np.int32], NDArray[np.int32]],
        shape: tuple[int, int],
        noise_prior: float,
    ) -> None:
        self.mean = float(ratings.mean()) if len(ratings) else 0.0
        self.intercept = self.mean
        self.precision = 1.0
        self.case_weights = np.ones(len(ratings))
        self.factors = [np.ones(n) for n in shape]
        """Factor of the precision of each viewer and of each title."""
        self._ratings, self._sides, self._noise_prior = ratings, sides, noise_prior
        self._counts = [np.bincount(s, minlength=n) for s, n in zip(sides, shape, strict=True)]
        self._rounds = 0

    def start(self, said: NDArray[np.float64]) -> NDArray[np.float64]:
        """What is left to explain of each case at the start of the chain."""
        return self._ratings - self.intercept - said

    def renew(self, e: NDArray[np.float64], rng: np.random.Generator) -> None:
        """Draws factors of the precision, the precision and the intercept, one after the other."""
        self._rounds += 1
        if self._noise_prior > 0 and self._rounds > FIRST_ROUNDS:
            self._renew_factors(e * e * self.precision, rng)
        squares = float(self.case_weights @ (e * e))
        self.precision = float(rng.gamma((1 + len(e)) / 2, 2 / (1 + squares)))
        certainty = self.precision * self.case_weights.sum() + 1
        pull = self.precision * (self.case_weights @ e)
        center = self.intercept + (pull + self.mean - self.intercept) / certainty
        step = center + rng.standard_normal() / np.sqrt(certainty) - self.intercept
        self.intercept += step
        e -= step

    def _renew_factors(self, errors: NDArray[np.float64], rng: np.random.Generator) -> None:
        for place in (0, 1):
            side, other = self._sides[place], self._sides[1 - place]
            seen = errors * self.factors[1 - place][other]
            totals = np.bincount(side, seen, len(self.factors[place]))
            shape = (self._noise_prior + self._counts[place]) / 2
            self.factors[place] = rng.gamma(shape, 2 / (self._noise_prior + totals))
        self.case_weights = self.factors[0][self._sides[0]] * self.factors[1][self._sides[1]]


class OrderedResponse:
    r"""Ratings are the interval between cutpoints in which what the machine says falls, with noise.

    .. math:: P(y \le k) = \Phi(c_k - f)

    The noise has variance 1. Cutpoints take damped Newton steps on the marginal likelihood, which
    is no draw: with many ratings per level they are known to a hundredth.

    References
    ----------
    J. Albert and S. Chib, "Bayesian analysis of binary and polychotomous response data", JASA 88,
    1993 (the latent variables).
    """

    precision = 1.0

    def __init__(self, levels: NDArray[np.int64], n_levels: int) -> None:
        counts = np.bincount(levels, minlength=n_levels)
        shares = np.cumsum(counts)[:-1] / max(len(levels), 1)
        self.case_weights = np.ones(len(levels))
        self.cuts: NDArray[np.float64] = ndtri(np.clip(shares, SURE, 1 - SURE))
        self._levels = levels
        self._latent = np.zeros(len(levels))

    def start(self, said: NDArray[np.float64]) -> NDArray[np.float64]:
        """What is left to explain of each case: all, as :meth:`renew` draws what stands for it."""
        return -said

    def renew(self, e: NDArray[np.float64], rng: np.random.Generator) -> None:
        """Moves the cutpoints, then draws the latent ratings."""
        said = self._latent - e
        for _ in range(2):
            self.cuts = moved_cuts(self.cuts, said, self._levels)
        low, high = (ndtr(edge) for edge in bounds(self.cuts, said, self._levels))
        share = low + rng.random(len(e)) * (high - low)
        noise = ndtri(np.clip(share, SURE, 1 - SURE))
        self._latent = said + noise
        e[:] = noise


def bounds(
    cuts: NDArray[np.float64], said: NDArray[np.float64], levels: NDArray[np.int64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """The interval in which each case's noise must lie for its level to come out."""
    edges = np.concatenate([[-np.inf], cuts, [np.inf]])
    return edges[levels] - said, edges[levels + 1] - said


def moved_cuts(
    cuts: NDArray[np.float64], said: NDArray[np.float64], levels: NDArray[np.int64]
) -> NDArray[np.float64]:
    """The cutpoints after a step up the likelihood of the levels, ascending.

    The curvature is the sum of squared slopes of the cases.
    """
    low, high = bounds(cuts, said, levels)
    chance = np.maximum(ndtr(high) - ndtr(low), 1e-12)
    below, above = (np.exp(-x * x / 2) / (ROOT_2_PI * chance) for x in (low, high))
    n = len(cuts) + 1
    slope = np.bincount(levels, above, n)[:-1] - np.bincount(levels, below, n)[1:]
    curve = np.bincount(levels, above**2, n)[:-1] + np.bincount(levels, below**2, n)[1:]
    return np.sort(cuts + STEP * slope / (curve + 1e-9))


def expected_noise(
    cuts: NDArray[np.float64], said: NDArray[np.float64], levels: NDArray[np.int64]
) -> NDArray[np.float64]:
    """Mean of each case's noise given that its level came out."""
    low, high = bounds(cuts, said, levels)
    chance = np.maximum(ndtr(high) - ndtr(low), 1e-12)
    return np.asarray((np.exp(-low * low / 2) - np.exp(-high * high / 2)) / (ROOT_2_PI * chance))


def expected_rating(
    said: NDArray[np.float64], cuts: NDArray[np.float64], levels: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Mean of the rating where the machine says so; ``levels`` are the ratings there are."""
    rating = np.full(said.shape, levels[0] if len(levels) else 0.0)
    for cut, step in zip(cuts, np.diff(levels), strict=True):
        rating += step * ndtr(said - cut)
    return rating
