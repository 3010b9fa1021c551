r"""What an arm has over another, one value for each viewer, in the order of their arrival.

Each viewer adds an unbiased guess of the effect,

.. math:: Z_i = \Big(\frac{1[A_i=1]}{p_1}-\frac{1[A_i=0]}{p_0}\Big)(Y_i-\hat y_{i-1}),

with the mean :math:`\hat y_{i-1}` of the viewers before, whatever their arm: it takes nothing from
the mean of Z, since the bracket is 0 on average, and most of its variance. As shares are those of
the hash and not those that happened, Z means the same at all times, and an interval of
:mod:`sequential` for its mean holds whenever one looks.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import stats

from marquee.errors import ParameterError
from marquee.evaluation.online.assignment import checked_shares
from marquee.evaluation.online.sequential import Anytime, anytime

UNBALANCED = 0.001
"""Chance below which the sizes of the arms are not those that the hash should have made."""


def effect(
    values: ArrayLike, arms: ArrayLike, shares: Sequence[float], *, alpha: float = 0.05
) -> Anytime:
    """The effect of arm 1 over arm 0 on a mean of values from 0 to 1, and whether there is one.

    Parameters
    ----------
    values
        One for each viewer, in the order in which they were complete, shape (n_viewers,).
    arms
        0 or 1 for each viewer.
    shares
        Of both arms among the viewers of either.

    Raises
    ------
    ParameterError
        If a value is not from 0 to 1.
    """
    terms, most = effect_terms(values, arms, shares)
    found = anytime(terms, low=-most, high=most, null=0.0, alpha=alpha)
    return Anytime(found.mean, max(found.low, -1.0), min(found.high, 1.0), found.p, found.n)


def effect_terms(
    values: ArrayLike, arms: ArrayLike, shares: Sequence[float]
) -> tuple[NDArray[np.float64], float]:
    """Each viewer's guess of the effect, shape (n_viewers,), and the most that one can be."""
    share = checked_shares(shares)
    y = np.asarray(values, np.float64)
    arm = np.asarray(arms, np.int64)
    if y.shape != arm.shape or len(share) != 2 or ((arm != 0) & (arm != 1)).any():
        raise ParameterError("each value needs an arm, 0 or 1, and there are two shares")
    if y.size and not ((y >= 0) & (y <= 1)).all():
        raise ParameterError(f"values must lie between 0 and 1, got {y[~((y >= 0) & (y <= 1))][0]}")
    before = (0.5 + np.concatenate([[0.0], np.cumsum(y)[:-1]])) / np.arange(1, len(y) + 1)
    sign = np.where(arm == 1, 1 / share[1], -1 / share[0])
    return sign * (y - before[: len(y)]), float(1 / share.min())


def imbalance(counts: ArrayLike, shares: Sequence[float]) -> float:
    """Chance of sizes as far from the shares, by a chi-squared test; 1 where nobody is in any arm.

    Below ``UNBALANCED`` something loses viewers of one arm more than of another, and no figure of
    the experiment can be believed.
    """
    n = np.asarray(counts, np.float64)
    if n.sum() == 0:
        return 1.0
    return float(stats.chisquare(n, checked_shares(shares) * n.sum()).pvalue)
