r"""What another way to choose would have earned, out of choices that were logged.

Each choice was made with a known chance :math:`p`, and would have been made by the other way with
chance :math:`\pi`. A reward counts :math:`w=\pi/p` times: so often would the other way have made
that choice. Where choices are never made by the logging way, nothing can be said of them.

References
----------
M. Dudík, J. Langford and L. Li, "Doubly robust policy evaluation and learning", ICML 2011.
A. Swaminathan and T. Joachims, "The self-normalized estimator for counterfactual learning",
NeurIPS 2015.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import stats

from marquee.errors import ParameterError

_HEAVIEST = 1e75
"""Weights are cut to it in any case, so that their squares are numbers."""


@dataclass(frozen=True)
class Estimate:
    """The mean reward of the other way, and what it rests on."""

    value: float
    low: float
    high: float
    """Of the interval over viewers; NaN both where there are fewer than two."""
    n: int
    """Choices."""
    n_viewers: int
    n_effective: float
    """Choices of the other way itself that would tell as much: Kish's (sum w)² / sum w²."""
    max_weight: float
    clipped: float
    """Share of the choices whose weight was cut. Each cut takes away from the value where rewards
    are positive: it is biased low then, and the interval knows nothing of it."""


def ips(
    rewards: ArrayLike,
    logged: ArrayLike,
    target: ArrayLike,
    viewers: ArrayLike | None = None,
    *,
    clip: float | None = None,
    coverage: float = 0.95,
) -> Estimate:
    """By inverse propensities: the mean of w r. Unbiased where no weight is cut.

    Parameters
    ----------
    rewards, logged, target
        Of each choice its reward, and the chances with which it was and would be made, (n,).
    viewers
        Who chose; choices of one viewer are drawn together. None for a viewer each.
    clip
        Weights above it are cut to it; None for no cut.

    Raises
    ------
    ParameterError
        If a chance is none, one that was logged is 0, or shapes differ.
    """
    r, w, who, cut = _given(rewards, logged, target, viewers, clip)
    return _estimate(w * r, np.ones_like(r), w, who, cut, coverage)


def snips(
    rewards: ArrayLike,
    logged: ArrayLike,
    target: ArrayLike,
    viewers: ArrayLike | None = None,
    *,
    clip: float | None = None,
    coverage: float = 0.95,
) -> Estimate:
    """Self-normalized: the sum of w r over the sum of w, as :func:`ips` otherwise.

    Slightly biased, far less noisy where weights vary, and never outside the range of the rewards.
    NaN where all weights are 0.
    """
    r, w, who, cut = _given(rewards, logged, target, viewers, clip)
    return _estimate(w * r, w, w, who, cut, coverage)


def doubly_robust(
    rewards: ArrayLike,
    logged: ArrayLike,
    target: ArrayLike,
    predicted: ArrayLike,
    expected: ArrayLike,
    viewers: ArrayLike | None = None,
    *,
    clip: float | None = None,
    coverage: float = 0.95,
) -> Estimate:
    """A prediction of the reward, put right by what was logged: the mean of v + w (r - q).

    Unbiased where either the chances or the predictions are right; the better the predictions the
    less noisy. Predictions must come from other choices than these.

    Parameters
    ----------
    predicted
        q: the reward predicted for the choice that was made, (n,).
    expected
        v: the mean reward predicted for the choices of the other way, (n,).
    """
    r, w, who, cut = _given(rewards, logged, target, viewers, clip)
    q, v = np.asarray(predicted, np.float64), np.asarray(expected, np.float64)
    if q.shape != r.shape or v.shape != r.shape:
        raise ParameterError(f"there are {len(r)} choices and predictions of {q.shape}, {v.shape}")
    return _estimate(v + w * (r - q), np.ones_like(r), w, who, cut, coverage)


def _given(
    rewards: ArrayLike,
    logged: ArrayLike,
    target: ArrayLike,
    viewers: ArrayLike | None,
    clip: float | None,
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.int64], float]:
    """Rewards, weights, the place of each choice's viewer, and the share of weights cut."""
    r, p, pi = (np.asarray(each, np.float64).reshape(-1) for each in (rewards, logged, target))
    who = np.arange(len(r)) if viewers is None else np.asarray(viewers).reshape(-1)
    if not len(r) == len(p) == len(pi) == len(who):
        raise ParameterError(
            f"choices differ in number: {len(r)} rewards, {len(p)} and {len(pi)} chances, "
            f"{len(who)} viewers"
        )
    if not ((p > 0) & (p <= 1)).all():
        raise ParameterError(f"a choice that was logged had a chance above 0, got {p.min()}")
    if not ((pi >= 0) & (pi <= 1)).all() or not np.isfinite(r).all():
        raise ParameterError("chances must lie between 0 and 1, and rewards be numbers")
    if clip is not None and clip <= 0:
        raise ParameterError(f"clip must be above 0, got {clip}")
    with np.errstate(over="ignore"):
        w = np.minimum(pi / p, _HEAVIEST)
    cut = 0.0
    if clip is not None and len(w):
        cut = float(np.mean(w > clip))
        w = np.minimum(w, clip)
    places = np.unique(who, return_inverse=True)[1].astype(np.int64)
    return r, w, places, cut


def _estimate(
    above: NDArray[np.float64],
    below: NDArray[np.float64],
    w: NDArray[np.float64],
    who: NDArray[np.int64],
    cut: float,
    coverage: float,
) -> Estimate:
    """The ratio of two sums with its interval by linearization, viewers being the units."""
    nan = float("nan")
    n_viewers = int(who.max()) + 1 if len(who) else 0
    total = float(below.sum())
    effective = float(w.sum() ** 2 / (w**2).sum()) if w.any() else 0.0
    most = float(w.max()) if len(w) else 0.0
    if not total:
        return Estimate(nan, nan, nan, len(w), n_viewers, effective, most, cut)
    value = float(above.sum()) / total
    if n_viewers < 2:
        return Estimate(value, nan, nan, len(w), n_viewers, effective, most, cut)
    apart = np.bincount(who, above - value * below) / total * n_viewers
    error = float(np.sqrt((apart**2).sum() / (n_viewers * (n_viewers - 1))))
    reach = float(stats.t.ppf((1 + coverage) / 2, n_viewers - 1)) * error
    return Estimate(value, value - reach, value + reach, len(w), n_viewers, effective, most, cut)
