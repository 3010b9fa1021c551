"""How far two distributions over the same bins are apart.

Everything takes shares along the last axis, so that many distributions are compared at once.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

RARE = 0.01
"""Bins with less than this share of the reference are looked at together by ``grouped``."""
N_BANDS = 10
FLOOR = 1e-4
"""Stands for an empty share in the stability index, which has a logarithm."""


def stability_index(reference: ArrayLike, current: ArrayLike) -> NDArray[np.float64]:
    """Population stability index, sum of (c - r) ln(c / r) over the bins, shape of the rest.

    Shares below ``FLOOR`` count as ``FLOOR``. Below 0.1 a population is usually called stable, from
    0.25 on changed; but of n viewers in k bins chance alone makes it about (k - 1) / n.

    References
    ----------
    N. Siddiqi, "Credit Risk Scorecards", 2006, chapter 9. It is the symmetric divergence of
    S. Kullback and R. A. Leibler, "On information and sufficiency", 1951.
    """
    r = np.maximum(np.asarray(reference, np.float64), FLOOR)
    c = np.maximum(np.asarray(current, np.float64), FLOOR)
    return np.asarray(((c - r) * np.log(c / r)).sum(axis=-1))


def kolmogorov_smirnov(reference: ArrayLike, current: ArrayLike) -> NDArray[np.float64]:
    """Greatest difference of the two distribution functions, over bins in order, 0 to 1."""
    apart = np.asarray(current, np.float64) - np.asarray(reference, np.float64)
    return np.asarray(np.abs(np.cumsum(apart, axis=-1)).max(axis=-1, initial=0.0))


def total_variation(reference: ArrayLike, current: ArrayLike) -> NDArray[np.float64]:
    """Share of one that would have to move to make it the other, over bins without order, 0 to 1.

    It is the greatest difference of the two in any set of bins, as that of Kolmogorov and Smirnov
    is in any set that begins with the first.
    """
    apart = np.asarray(current, np.float64) - np.asarray(reference, np.float64)
    return np.asarray(np.abs(apart).sum(axis=-1) / 2)


def grouped(reference: NDArray[np.float64], *, ordered: bool) -> NDArray[np.int64]:
    """Group of each bin for the stability index, shape (n_bins,), numbered from 0.

    Ordered bins come in up to ten bands with about as much of the reference each; of others those
    that are rare come together. So the index does not live on bins that hold next to nothing.
    """
    total = reference.sum()
    shares = reference / total if total > 0 else reference
    if not shares.size:
        return np.zeros(0, np.int64)
    if ordered:
        below = np.cumsum(shares) - shares
        bands = np.minimum((below * N_BANDS + 1e-9).astype(np.int64), N_BANDS - 1)
        return np.asarray(np.unique(bands, return_inverse=True)[1], np.int64)
    common = shares >= RARE
    return np.where(common, np.cumsum(common) - 1, np.count_nonzero(common))
