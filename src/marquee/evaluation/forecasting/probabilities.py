"""How good the probability of one event per film is: whether it ranks, and whether it holds."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from marquee.errors import ParameterError
from marquee.evaluation.forecasting.point import mean_ranks


def auc(probability: ArrayLike, happened: ArrayLike) -> float:
    """Chance that a film with the event has a higher number than one without, ties counted half.

    (rank sum of the films with the event - n1 (n1 + 1) / 2) / (n1 n0), ties at their mean rank;
    any score will do in place of a probability. NaN where all films are alike.

    References
    ----------
    H. B. Mann and D. R. Whitney, "On a test of whether one of two random variables is
    stochastically larger than the other", 1947.
    """
    score, event = _aligned(probability, happened)
    n_with = int(event.sum())
    n_without = event.size - n_with
    if not n_with or not n_without:
        return float("nan")
    rank_sum = float(mean_ranks(score)[event].sum())
    return (rank_sum - n_with * (n_with + 1) / 2) / (n_with * n_without)


def brier(probability: ArrayLike, happened: ArrayLike) -> float:
    """Mean squared difference of the probability and 1 or 0 for the event, from 0 (best) to 1.

    References
    ----------
    G. W. Brier, "Verification of forecasts expressed in terms of probability", 1950.
    """
    chance, event = _aligned(probability, happened, bounded=True)
    return float(np.mean((chance - event) ** 2))


@dataclass(frozen=True)
class Bin:
    """Films of like probability: what was promised and what happened."""

    low: float
    high: float
    n: int
    promised: float
    """Mean probability."""
    happened: float
    """Share of films with the event."""


def reliability(probability: ArrayLike, happened: ArrayLike, n_bins: int = 10) -> list[Bin]:
    """Promise and truth in bins of equal width over [0, 1], empty ones left out.

    A bin holds its lower border but not its upper one; the last bin holds 1.
    """
    if n_bins < 1:
        raise ParameterError(f"n_bins must be at least 1, got {n_bins}")
    chance, event = _aligned(probability, happened, bounded=True)
    place = np.minimum((chance * n_bins).astype(np.int64), n_bins - 1)
    bins = []
    for each in np.unique(place):
        inside = place == each
        bins.append(
            Bin(
                low=float(each / n_bins),
                high=float((each + 1) / n_bins),
                n=int(inside.sum()),
                promised=float(chance[inside].mean()),
                happened=float(event[inside].mean()),
            )
        )
    return bins


def expected_calibration_error(
    probability: ArrayLike, happened: ArrayLike, n_bins: int = 10
) -> float:
    """Mean over films of |promised - happened| of their bin, from 0 (best) to 1.

    Bins are those of :func:`reliability`. Few films make it too high: even true probabilities do
    not reach 0.

    References
    ----------
    M. P. Naeini, G. F. Cooper and M. Hauskrecht, "Obtaining well calibrated probabilities using
    Bayesian binning", AAAI 2015.
    """
    bins = reliability(probability, happened, n_bins)
    total = sum(each.n for each in bins)
    return sum(each.n * abs(each.promised - each.happened) for each in bins) / total


def top_share_hit_rate(probability: ArrayLike, happened: ArrayLike, share: float = 0.1) -> float:
    """Share of films with the event among the ``share`` of films with the highest probability.

    The number of films is rounded up. Films tied at the border count by their mean, so that the
    order of the films does not matter.
    """
    if not 0 < share <= 1:
        raise ParameterError(f"share must lie in (0, 1], got {share}")
    chance, event = _aligned(probability, happened)
    n = int(np.ceil(share * chance.size))
    border = np.sort(chance)[-n]
    above, tied = chance > border, chance == border
    return float((event[above].sum() + (n - above.sum()) * event[tied].mean()) / n)


def balanced_accuracy(said: ArrayLike, happened: ArrayLike) -> float:
    """Mean of the shares of films with and without the event that were said right.

    0.5 is what saying the same of all reaches; NaN where all films are alike.
    """
    yes, event = _aligned(said, happened, bounded=True)
    if event.all() or not event.any():
        return float("nan")
    return float((yes[event].mean() + (1 - yes[~event]).mean()) / 2)


def f1(said: ArrayLike, happened: ArrayLike) -> float:
    """2 hits / (films said to have the event + films that have it); 0 where there are neither."""
    yes, event = _aligned(said, happened, bounded=True)
    return float(2 * yes[event].sum() / max(yes.sum() + event.sum(), 1))


def _aligned(
    probability: ArrayLike, happened: ArrayLike, *, bounded: bool = False
) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    chance = np.asarray(probability, np.float64)
    event = np.asarray(happened)
    if chance.shape != event.shape or chance.ndim != 1 or not chance.size:
        raise ParameterError(
            f"probabilities of shape {chance.shape} for events of shape {event.shape}; "
            "both must be flat, aligned and not empty"
        )
    if not np.isfinite(chance).all():
        raise ParameterError("a probability is not a finite number")
    if bounded and ((chance < 0).any() or (chance > 1).any()):
        raise ParameterError(
            f"probabilities must lie in [0, 1], got {chance.min()} to {chance.max()}"
        )
    if not np.isin(event, (0, 1)).all():
        raise ParameterError("an event must be true or false for each film")
    return chance, event.astype(np.bool_)
