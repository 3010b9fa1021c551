"""Which figures a target is measured by, each as a function of rows.

A figure of all films, of a slice, of a year and of a resample is then one and the same function,
asked of other rows.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from marquee.evaluation.bootstrap import Statistic
from marquee.evaluation.forecasting import classes, intervals, point, probabilities
from marquee.evaluation.forecasting.frames import Target
from marquee.evaluation.forecasting.point import Scale
from marquee.forecast.decisions import ROUNDING
from marquee.forecast.distribution import Forecast
from marquee.forecast.targets import probability_of_multiple, profit_quantiles, return_forecast

Figures = dict[str, Statistic]

COVERAGES = (0.5, 0.8, 0.9)
"""Shares of outcomes that the intervals of a report promise to hold."""

LEAST_USD = 1.0
"""A revenue forecast below a dollar counts as one: less has no logarithm."""


@dataclass(frozen=True)
class Measured:
    """How a target is measured."""

    scale: Scale
    unit: str
    """Unit of an error in the target itself, as it ends the name of a figure; empty for none."""
    headline: tuple[str, ...]
    """Figures that get an interval and a difference to the baseline, first the one to rank by."""


MEASURED: dict[Target, Measured] = {
    "revenue": Measured(
        "log",
        "_usd",
        ("log_rmse", "r2_log", "within_2", "pinball_log", "coverage_80", "auc_2x", "brier_2x"),
    ),
    "return": Measured(
        "log",
        "",
        ("log_rmse", "r2_log", "within_2", "spearman", "pinball_log", "coverage_80", "auc_2x"),
    ),
    "profit": Measured("raw", "_usd", ("mae_usd", "rmse_usd", "r2_usd", "spearman", "coverage_80")),
    "popularity": Measured(
        "log1p", "", ("log_rmse", "r2_log", "spearman", "pinball_log", "coverage_80")
    ),
    "audience": Measured("raw", "", ("rmse", "r2", "mae", "spearman", "pinball", "coverage_80")),
    "success": Measured(
        "raw",
        "",
        ("accuracy", "macro_f1", "quadratic_kappa", "one_away", "rps", "log_loss"),
    ),
}
"""How each target is measured."""

LOWER_IS_BETTER = (
    *("log_rmse", "rmse", "rmse_usd", "mae", "mae_usd", "mae_log"),
    *("pinball", "pinball_log", "pinball_usd", "brier_2x", "ece_2x", "rps", "log_loss"),
)


def of_target(target: Target, revenue: Forecast, budget_usd: NDArray[np.float64]) -> Forecast:
    """The distribution of the target that follows from that of revenue."""
    if target == "return":
        return return_forecast(revenue, budget_usd)
    if target == "profit":
        return Forecast(
            revenue.levels, profit_quantiles(revenue, budget_usd, revenue.levels), log=False
        )
    return revenue


def distribution_figures(
    target: Target, forecast: Forecast, actual: NDArray[np.float64]
) -> Figures:
    """Figures of distributions of the target and of their medians.

    On the axis of the target (the logarithm for money and returns, log(1 + x) for popularity):
    ``rmse``, ``mae``, ``r2``, ``bias``, the pinball loss, the Winkler score and mean width of the
    80 % interval. ``rmse`` and ``r2`` in the unit itself beside them, ``within_2`` and the median
    ``width_80`` (high / low) where outcomes are positive, ``spearman``, and the coverage.
    """
    measured = MEASURED[target]
    scale = measured.scale
    suffix = "_log" if scale != "raw" else measured.unit
    guess = _floored(forecast.median, scale)
    figures: Figures = {
        "log_rmse" if scale != "raw" else f"rmse{suffix}": _of(point.rmse, guess, actual, scale),
        f"r2{suffix}": _of(point.r2, guess, actual, scale),
        f"mae{suffix}": _of(point.mae, guess, actual, scale),
        f"bias{suffix}": _of(point.bias, guess, actual, scale),
        "spearman": lambda rows: point.spearman(guess[rows], actual[rows]),
    }
    if scale == "log":
        figures["within_2"] = lambda rows: point.within_factor(guess[rows], actual[rows])
    if scale != "raw":
        figures[f"rmse{measured.unit}"] = _of(point.rmse, guess, actual, "raw")
        figures[f"r2{measured.unit}"] = _of(point.r2, guess, actual, "raw")
    floored = Forecast(forecast.levels, _floored(forecast.quantiles, scale), forecast.log)
    loss = intervals.pinball_by_film(floored, actual, scale)
    figures[f"pinball{suffix}"] = lambda rows: float(loss[rows].mean())
    for share in COVERAGES:
        figures |= _interval_figures(share, floored, actual, scale)
    return figures


def _interval_figures(
    share: float, forecast: Forecast, actual: NDArray[np.float64], scale: Scale
) -> Figures:
    low, high = forecast.interval(share)
    name = f"{100 * share:.0f}"
    figures: Figures = {
        f"coverage_{name}": lambda rows: intervals.coverage(low[rows], high[rows], actual[rows]),
        f"winkler_{name}": lambda rows: intervals.winkler(
            low[rows], high[rows], actual[rows], share, scale
        ),
    }
    if scale == "log":
        figures[f"width_{name}"] = lambda rows: intervals.width_ratio(low[rows], high[rows])
    else:
        figures[f"mean_width_{name}"] = lambda rows: intervals.mean_width(
            low[rows], high[rows], scale
        )
    return figures


def multiple_figures(
    revenue: Forecast,
    budget_usd: NDArray[np.float64],
    revenue_usd: NDArray[np.float64],
    multiple: float = 2.0,
    threshold: NDArray[np.float64] | None = None,
) -> Figures:
    """Figures of the probability that revenue reaches a multiple of the budget.

    ``auc``, ``brier``, ``ece`` (ten bins), ``top_decile`` (share that did among the tenth of films
    with the highest probability) and ``rate`` (share of all that did), each ending in ``_2x``.
    With a ``threshold``, shape (n,), also its mean and what saying yes from it on is worth:
    ``balanced_accuracy`` and ``f1``.
    """
    # Films of the same multiple are tied, which the last bits of their dollars would hide.
    chance = np.round(probability_of_multiple(revenue, budget_usd, multiple), ROUNDING)
    happened = revenue_usd >= multiple * budget_usd
    name = f"{multiple:g}x"

    def figure(of: Callable[..., float]) -> Statistic:
        return lambda rows: of(chance[rows], happened[rows])

    figures: Figures = {
        f"auc_{name}": figure(probabilities.auc),
        f"brier_{name}": figure(probabilities.brier),
        f"ece_{name}": figure(probabilities.expected_calibration_error),
        f"top_decile_{name}": figure(probabilities.top_share_hit_rate),
        f"rate_{name}": lambda rows: float(happened[rows].mean()),
    }
    if threshold is None:
        return figures
    said = chance >= threshold
    return figures | {
        f"threshold_{name}": lambda rows: float(threshold[rows].mean()),
        f"balanced_accuracy_{name}": lambda rows: probabilities.balanced_accuracy(
            said[rows], happened[rows]
        ),
        f"f1_{name}": lambda rows: probabilities.f1(said[rows], happened[rows]),
    }


def decision_figures(
    decided: NDArray[np.int64], actual: NDArray[np.int64], n_classes: int
) -> Figures:
    """Figures of decided classes: accuracy, macro and weighted F1, quadratic kappa, one-away."""
    parts: dict[str, Callable[[classes.Confusion], float]] = {
        "accuracy": classes.accuracy,
        "macro_f1": classes.macro_f1,
        "weighted_f1": classes.weighted_f1,
        "quadratic_kappa": classes.quadratic_kappa,
        "one_away": classes.one_away,
    }

    def figure(of: Callable[[classes.Confusion], float]) -> Statistic:
        return lambda rows: of(classes.confusion_matrix(actual[rows], decided[rows], n_classes))

    return {name: figure(of) for name, of in parts.items()}


def probability_figures(given: NDArray[np.float64], actual: NDArray[np.int64]) -> Figures:
    """Figures of class probabilities: ``rps`` and ``log_loss``."""
    score = classes.ranked_probability_by_film(given, actual)
    loss = classes.log_loss_by_film(given, actual)
    return {
        "rps": lambda rows: float(score[rows].mean()),
        "log_loss": lambda rows: float(loss[rows].mean()),
    }


def _of(
    metric: Callable[[NDArray[np.float64], NDArray[np.float64], Scale], float],
    guess: NDArray[np.float64],
    actual: NDArray[np.float64],
    scale: Scale,
) -> Statistic:
    return lambda rows: metric(guess[rows], actual[rows], scale)


def floored_revenue(revenue: Forecast) -> Forecast:
    """The forecast with quantiles below :data:`LEAST_USD` at that dollar."""
    return Forecast(revenue.levels, np.maximum(revenue.quantiles, LEAST_USD), revenue.log)


def _floored(values: NDArray[np.float64], scale: Scale) -> NDArray[np.float64]:
    """A popularity below 0 counts as 0."""
    return np.maximum(values, 0.0) if scale == "log1p" else values
