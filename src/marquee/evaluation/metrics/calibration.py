"""Whether lists keep to what a viewer watches, and predicted ratings to what they say."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from marquee.errors import ParameterError
from marquee.evaluation.metrics.background import Background
from marquee.evaluation.metrics.basis import UserValues, marks_of, ratio
from marquee.evaluation.metrics.errors import errors_of
from marquee.models.ranking import TopK

SMOOTHING = 0.01
BIN_STARS = 0.5


def genre_miscalibration(recommended: TopK, background: Background) -> UserValues | None:
    """How far the genres of a list are from those of the profile, in nats, shape (n_users,).

    The Kullback-Leibler divergence, sum over genres g of p(g) ln(p(g) / q'(g)), where p is the mix
    of genres of the profile, q that of the list, and q' = 0.99 q + 0.01 p keeps it finite. A title
    of several genres is of each in equal parts, and titles weigh alike. From 0, the same mix, to
    ln 100, none in common. Titles without a known genre are left out; a user whose profile or list
    has no others gets NaN. None where no genres are known at all.

    References
    ----------
    H. Steck, "Calibrated recommendations", RecSys 2018, equations 2 to 6.
    """
    if background.genres is None:
        return None
    parts = background.genres / np.maximum(background.genres.sum(axis=1, keepdims=True), 1)
    profile = background.profiles.matrix.astype(np.float64)
    profile.data[:] = 1.0
    wanted = _mix(profile @ parts)
    listed = marks_of(recommended.items, len(parts)) @ parts
    mixed = (1 - SMOOTHING) * _mix(listed) + SMOOTHING * wanted
    with np.errstate(divide="ignore", invalid="ignore"):
        terms = np.where(wanted > 0, wanted * np.log(wanted / mixed), 0.0)
    # Where a mix is NaN, so is the comparison above, and the sum must say so.
    unknown = np.isnan(wanted).any(axis=1) | np.isnan(mixed).any(axis=1)
    return np.where(unknown, np.nan, np.maximum(terms.sum(axis=1), 0.0))


def _mix(sums: UserValues) -> UserValues:
    return ratio(sums, np.repeat(sums.sum(axis=1, keepdims=True), sums.shape[1], axis=1))


class Bin(NamedTuple):
    """The pairs whose predicted rating lies in one range."""

    low: float
    """Least prediction of the range, in stars, included."""
    high: float
    """Its end, not included."""
    n: int
    predicted: float
    """Mean prediction."""
    actual: float
    """Mean rating that was given."""
    standard_error: float
    """Of the mean rating, taking ratings as independent; NaN for a single one."""


def reliability(
    predicted: ArrayLike, actual: ArrayLike, width: float = BIN_STARS
) -> tuple[Bin, ...]:
    """Mean rating that was given, for each range of predicted ratings of that width, ascending.

    A calibrated model's mean prediction is the mean rating in every range. Ranges begin at
    multiples of the width; those without a prediction are left out.

    Raises ``ParameterError`` as ``rmse``, or if the width is not above 0.

    References
    ----------
    A. H. Murphy and R. L. Winkler, "Reliability of subjective probability forecasts of
    precipitation and temperature", Applied Statistics 1977: the reliability diagram, for means.
    """
    if not width > 0:
        raise ParameterError(f"the width of a range must be above 0, got {width}")
    errors_of(predicted, actual)  # what cannot be compared is refused there
    guess, truth = np.asarray(predicted, np.float64), np.asarray(actual, np.float64)
    place = np.floor(guess / width).astype(np.int64)
    bins = []
    for own in np.unique(place):
        chosen = place == own
        n = int(chosen.sum())
        spread = truth[chosen].std(ddof=1) / np.sqrt(n) if n > 1 else np.nan
        bins.append(
            Bin(
                float(own * width),
                float((own + 1) * width),
                n,
                float(guess[chosen].mean()),
                float(truth[chosen].mean()),
                float(spread),
            )
        )
    return tuple(bins)


def calibration_error(bins: tuple[Bin, ...]) -> float:
    """Mean distance of prediction and rating over the ranges, weighed by their pairs, in stars.

    The expected calibration error, sum of n_b |predicted_b - actual_b| / sum of n_b; NaN for none.
    It depends on the width of the ranges and is never negative, so a calibrated model has a little
    of it by chance.

    References
    ----------
    C. Guo, G. Pleiss, Y. Sun and K. Weinberger, "On calibration of modern neural networks", ICML
    2017, equation 3, for ratings in place of probabilities.
    """
    total = sum(own.n for own in bins)
    if not total:
        return float("nan")
    return sum(own.n * abs(own.predicted - own.actual) for own in bins) / total
