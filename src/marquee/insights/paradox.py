"""Simpson's paradox: a difference over all films that turns round within groups of like films."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from marquee.insights.multiple import Comparisons, compare

MIN_FILMS = 5
"""Films of either side that a group needs to be looked into."""


class Within(NamedTuple):
    """A difference in means over all films, and the same within groups of like films.

    The difference within is the mean over the groups, weighted by the films of the first side: what
    is left when the other side is given the first side's mix of groups.
    """

    over_all: float
    over_all_error: float
    within: float
    within_error: float
    n_groups: int
    """Groups with enough films of either side."""
    n_opposite: int
    """Those in which the difference has the other sign than over all."""
    freedom: float
    """Degrees of freedom of the errors, at least."""


def within_groups(
    values: NDArray[np.float64], side: NDArray[np.bool_], groups: NDArray[np.int64]
) -> Within | None:
    """The difference between films of the side and the others, over all and within groups.

    Only films of groups that have :data:`MIN_FILMS` on either side count, so that both differences
    are about the same films. None where there are fewer than two such groups. ``groups`` are whole
    numbers from 0.

    References
    ----------
    E. H. Simpson, "The interpretation of interaction in contingency tables", JRSS B 13, 1951; the
    weighting is direct standardization, as in W. G. Cochran, "The effectiveness of adjustment by
    subclassification in removing bias in observational studies", Biometrics 24, 1968.
    """
    n_groups = int(groups.max(initial=-1)) + 1
    sizes = [np.bincount(groups[mask], minlength=n_groups) for mask in (side, ~side)]
    usable = np.flatnonzero((sizes[0] >= MIN_FILMS) & (sizes[1] >= MIN_FILMS))
    if usable.size < 2:
        return None
    kept = np.isin(groups, usable)
    values, side, groups = values[kept], side[kept], groups[kept]
    parts = [_difference(values[groups == at], side[groups == at]) for at in usable]
    weights = sizes[0][usable] / sizes[0][usable].sum()
    differences = np.array([difference for difference, _ in parts])
    errors = np.array([error for _, error in parts])
    whole, whole_error = _difference(values, side)
    return Within(
        over_all=whole,
        over_all_error=whole_error,
        within=float(weights @ differences),
        within_error=float(np.sqrt(weights**2 @ errors**2)),
        n_groups=int(usable.size),
        n_opposite=int((np.sign(differences) == -np.sign(whole)).sum()),
        freedom=float(min(side.sum(), (~side).sum()) - usable.size),
    )


def reversals(found: list[Within]) -> tuple[NDArray[np.bool_], Comparisons, Comparisons]:
    """Which of the differences turn round, shape (n,), and the differences over all and within.

    Both leave out zero, to opposite sides, after correction for all that were looked at, over all
    and within.
    """
    estimates = [one.over_all for one in found] + [one.within for one in found]
    errors = [one.over_all_error for one in found] + [one.within_error for one in found]
    told = compare(estimates, errors, [one.freedom for one in found] * 2)
    over_all, within = told.part(0, len(found)), told.part(len(found), 2 * len(found))
    opposite = np.sign(over_all.estimates) != np.sign(within.estimates)
    turned: NDArray[np.bool_] = over_all.differs & within.differs & opposite
    return turned, over_all, within


def _difference(values: NDArray[np.float64], side: NDArray[np.bool_]) -> tuple[float, float]:
    """The difference in means and Welch's standard error of it."""
    one, other = values[side], values[~side]
    spread = one.var(ddof=1) / one.size + other.var(ddof=1) / other.size
    return float(one.mean() - other.mean()), float(np.sqrt(spread))
