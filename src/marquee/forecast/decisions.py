"""One class out of the probabilities of all, by a stated rule, and thresholds chosen on validation.

Each measure of ordered classes has a decision of its own that serves it best: accuracy the most
likely class, one-away accuracy the class with most of the probability next to it, the absolute
error the median class, and the squared error, and with it quadratic kappa, the expected class.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np
from numpy.typing import ArrayLike, NDArray

from marquee.errors import ParameterError

Metric = Literal["accuracy", "balanced_accuracy", "f1", "matthews"]
METRICS: tuple[Metric, ...] = get_args(Metric)
"""What a threshold can be chosen for."""

ROUNDING = 12
"""Decimals at which probabilities are the same: sums of the same terms differ in the last bits."""


def most_likely(probabilities: ArrayLike) -> NDArray[np.int64]:
    """Class with the highest probability, shape (n_titles,); of equals the lowest.

    Every rule of this module takes shape (n_titles, n_classes), and gives -1 for a row with NaN.
    """
    p = _checked(probabilities)
    return _or_none(p, np.round(p, ROUNDING).argmax(axis=1))


def within_one(probabilities: ArrayLike) -> NDArray[np.int64]:
    """Class that maximizes the probability that the true one is at most one away.

    Of equals the more likely class, then the lowest.
    """
    p = _checked(probabilities)
    padded = np.pad(p, ((0, 0), (1, 1)))
    near = np.round(padded[:, :-2] + p + padded[:, 2:], ROUNDING)
    best = near == near.max(axis=1, keepdims=True)
    return _or_none(p, np.where(best, np.round(p, ROUNDING), -1.0).argmax(axis=1))


def median_class(probabilities: ArrayLike) -> NDArray[np.int64]:
    """Class of the 0.5 quantile: the lowest with more than half of the probability up to it.

    Where exactly half lies below a boundary the class is the one above, as in ``targets``.
    """
    p = _checked(probabilities)
    passed = p.cumsum(axis=1)[:, :-1] <= 0.5 + 10.0**-ROUNDING
    return _or_none(p, passed.sum(axis=1))


def expected_class(probabilities: ArrayLike) -> NDArray[np.int64]:
    """Class nearest to the mean of the positions, the upper one of two as near."""
    p = _checked(probabilities)
    return _or_none(p, np.floor(np.round(mean_position(p), ROUNDING) + 0.5))


RULES: dict[str, Callable[[ArrayLike], NDArray[np.int64]]] = {
    "most-likely": most_likely,
    "within-one": within_one,
    "median": median_class,
    "expected": expected_class,
}
"""Every rule by its public name."""


def mean_position(probabilities: ArrayLike) -> NDArray[np.float64]:
    """Mean position of the class, shape (n_titles,), from 0 to n_classes - 1."""
    p = _checked(probabilities)
    return np.asarray(p @ np.arange(p.shape[1]))


def best_threshold(probability: ArrayLike, happened: ArrayLike, metric: Metric = "f1") -> float:
    """Threshold for saying yes (``probability >= threshold``) that maximizes the metric.

    To be chosen on validation data. Candidates lie midway between neighboring values, besides 0
    and 1; of equally good ones the nearest to 0.5 is taken, then the lower. The measures of a
    rule that always says the same are 0 where they are not defined.

    Raises
    ------
    ParameterError
        If a value is no probability, the lengths differ, there is none, or the metric is unknown.
    """
    p = np.asarray(probability, dtype=np.float64).ravel()
    yes = np.asarray(happened, dtype=bool).ravel()
    if p.size == 0 or p.size != yes.size:
        raise ParameterError(f"{p.size} probabilities for {yes.size} outcomes")
    if not ((p >= 0) & (p <= 1)).all():
        raise ParameterError("probabilities must lie from 0 to 1; drop unknown ones first")
    if metric not in METRICS:
        raise ParameterError(f"unknown metric {metric!r}; one of {', '.join(METRICS)}")
    values = np.unique(p)
    candidates = np.concatenate([[0.0], (values[:-1] + values[1:]) / 2, [1.0]])
    order = np.argsort(p)
    first_yes = np.searchsorted(p[order], candidates)
    hits_below = np.concatenate([[0], yes[order].cumsum()])[first_yes]
    fn = hits_below.astype(np.float64)
    tp, tn = yes.sum() - fn, first_yes - fn
    fp = p.size - first_yes - tp
    quality = np.round(_quality(metric, tp, fp, tn, fn), ROUNDING)
    best = candidates[quality == quality.max()]
    return float(best[np.round(np.abs(best - 0.5), ROUNDING).argmin()])


def kappa_cuts(
    position: ArrayLike, classes: ArrayLike, n_classes: int = 9, n_rounds: int = 10
) -> NDArray[np.float64]:
    """Cut points of a real-valued position that maximize quadratic kappa, shape (n_classes - 1,).

    To be chosen on validation data from :func:`mean_position` and the true classes; the mean of
    uncertain classes keeps near the middle, so rounding it names the outer classes too seldom.
    Cuts start where the shares of the classes agree and then move one at a time over the values
    between, until a round improves nothing.
    """
    x = np.asarray(position, dtype=np.float64).ravel()
    true = np.asarray(classes, dtype=np.int64).ravel()
    if x.size == 0 or x.size != true.size or not np.isfinite(x).all():
        raise ParameterError(f"{x.size} finite positions for {true.size} classes are needed")
    if true.min() < 0 or true.max() >= n_classes:
        raise ParameterError(f"classes must be whole numbers from 0 to {n_classes - 1}")
    shares = np.bincount(true, minlength=n_classes).cumsum()[:-1] / true.size
    cuts = np.quantile(x, shares)
    grid = np.unique(np.quantile(x, np.linspace(0, 1, 101)))
    best = _kappa(true, cut(x, cuts), n_classes)
    for _ in range(n_rounds):
        before = best
        for which in range(cuts.size):
            low = cuts[which - 1] if which else -np.inf
            high = cuts[which + 1] if which + 1 < cuts.size else np.inf
            for value in grid[(grid >= low) & (grid <= high)]:
                moved = cuts.copy()
                moved[which] = value
                kappa = _kappa(true, cut(x, moved), n_classes)
                if kappa > best + 10.0**-ROUNDING:
                    best, cuts = kappa, moved
        if best == before:
            break
    return cuts


@dataclass(frozen=True, eq=False)
class CutRule:
    """A rule like those of :data:`RULES`, by cut points of the mean position of the class."""

    cuts: NDArray[np.float64]
    """Ascending, one fewer than there are classes; :func:`kappa_cuts` chooses them."""

    def __call__(self, probabilities: ArrayLike) -> NDArray[np.int64]:
        """Class of each row, -1 for a row with NaN."""
        p = _checked(probabilities)
        if self.cuts.size != p.shape[1] - 1:
            raise ParameterError(f"{self.cuts.size} cuts do not part {p.shape[1]} classes")
        return _or_none(p, cut(mean_position(p), self.cuts))


def cut(position: ArrayLike, cuts: ArrayLike) -> NDArray[np.int64]:
    """Number of ascending cut points that each position reaches: its class, shape (n_titles,)."""
    return np.searchsorted(np.asarray(cuts, dtype=np.float64), np.asarray(position), side="right")


def _kappa(true: NDArray[np.int64], said: NDArray[np.int64], n_classes: int) -> float:
    """Cohen's kappa with quadratic weights; 0 where all films are in one class and said so."""
    wrong = np.square(true - said).mean()
    shares_true = np.bincount(true, minlength=n_classes) / true.size
    shares_said = np.bincount(said, minlength=n_classes) / true.size
    places = np.arange(n_classes)
    by_chance = shares_true @ np.square(places[:, None] - places) @ shares_said
    return float(1 - wrong / by_chance) if by_chance > 0 else 0.0


def _quality(
    metric: Metric,
    tp: NDArray[np.float64],
    fp: NDArray[np.float64],
    tn: NDArray[np.float64],
    fn: NDArray[np.float64],
) -> NDArray[np.float64]:
    match metric:
        case "accuracy":
            return (tp + tn) / (tp + fp + tn + fn)
        case "balanced_accuracy":
            return (_ratio(tp, tp + fn) + _ratio(tn, tn + fp)) / 2
        case "f1":
            return _ratio(2 * tp, 2 * tp + fp + fn)
        case "matthews":
            spread = np.sqrt((tp + fp) * (tp + fn) * (tn + fp) * (tn + fn))
            return _ratio(tp * tn - fp * fn, spread)


def _ratio(part: NDArray[np.float64], whole: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.divide(part, whole, out=np.zeros_like(part), where=whole > 0)


def _checked(probabilities: ArrayLike) -> NDArray[np.float64]:
    p = np.asarray(probabilities, dtype=np.float64)
    if p.ndim != 2 or p.shape[1] == 0:
        raise ParameterError(f"probabilities must have shape (n_titles, n_classes), got {p.shape}")
    return p


def _or_none(p: NDArray[np.float64], chosen: NDArray[np.generic]) -> NDArray[np.int64]:
    """The chosen classes, -1 in rows that hold NaN."""
    known = ~np.isnan(p).any(axis=1)
    return np.where(known, np.where(known, chosen, 0).astype(np.int64), -1)
