"""How good the scores of the whole catalog are, not only the list on top."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.stats import rankdata

from marquee.errors import ParameterError
from marquee.evaluation.metrics.basis import UserValues, ratio


def auc(scores: NDArray[np.float32], relevant: Any, exclude: Any = None) -> UserValues:
    """Area under the ROC curve of each user's scores, shape (n_users,).

    The share of pairs of a relevant and another item in which the relevant one has the higher
    score; equal scores count half. Others are all items of the catalog that are neither relevant
    nor in ``exclude``, those of unknown worth included. NaN for users with no such pair.

    The area weighs the bottom of the catalog as much as the top, which nobody is shown: it tells
    how the model orders titles, not how good its lists are.

    Parameters
    ----------
    scores
        Shape (n_users, n_items), finite.
    relevant
        ``csr_array`` of that shape whose stored entries are relevant.
    exclude
        ``csr_array`` of that shape whose stored entries do not take part, such as the profile;
        None for none. An entry that is relevant too takes no part.

    Raises
    ------
    ParameterError
        If the shapes differ.

    References
    ----------
    J. Hanley and B. McNeil, "The meaning and use of the area under a receiver operating
    characteristic (ROC) curve", Radiology 1982: the area is the Mann-Whitney statistic.
    """
    if scores.shape != relevant.shape or (exclude is not None and exclude.shape != scores.shape):
        raise ParameterError(
            f"scores of shape {scores.shape} for answers of shape {relevant.shape}"
        )
    n_users = scores.shape[0]
    wanted = np.zeros(scores.shape, np.bool_)
    wanted[np.repeat(np.arange(n_users), np.diff(relevant.indptr)), relevant.indices] = True
    values = scores.astype(np.float64)
    n_out = np.zeros(n_users, np.int64)
    if exclude is not None:
        rows = np.repeat(np.arange(n_users), np.diff(exclude.indptr))
        values[rows, exclude.indices] = -np.inf
        wanted[rows, exclude.indices] = False
        n_out = (values == -np.inf).sum(axis=1)
    n_wanted = wanted.sum(axis=1)
    if not values.size:
        return np.full(n_users, np.nan)
    # What takes no part has the lowest ranks, so that all others move up by as much.
    ranks = rankdata(values, axis=1) - n_out[:, None]
    below = np.where(wanted, ranks, 0.0).sum(axis=1) - n_wanted * (n_wanted + 1) / 2
    return ratio(below, n_wanted * (scores.shape[1] - n_out - n_wanted))
