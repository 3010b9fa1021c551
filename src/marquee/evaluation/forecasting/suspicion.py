"""Figures that are too good for what was known, which is how a leak shows itself."""

from __future__ import annotations

from marquee.evaluation.forecasting.frames import Target
from marquee.evaluation.forecasting.report import ForecastReport, Result

WORD = "LEAK?"

LIMITS: dict[Target, tuple[str, float]] = {
    "success": ("accuracy", 0.30),
    "revenue": ("r2_log", 0.70),
    "return": ("r2_log", 0.70),
    "profit": ("r2_usd", 0.70),
    "audience": ("r2", 0.70),
    "popularity": ("r2_log", 0.70),
}
"""Figure of each target, and the value above which nobody has honestly come on catalog data."""

WITH_BUDGET = "budget known"
"""Slice of the films with a known budget.

Popularity is judged on it alone: that anybody entered a budget tells by itself that a film became
known, and explains a quarter of the variance over all films."""


def suspicion(report: ForecastReport) -> tuple[str, ...]:
    """A sentence with the word LEAK? for each figure above its limit before the release.

    Such a figure is to be taken for a leak until shown otherwise. A report of the horizon
    ``post_release`` may be as good as it likes, and a baseline knows nothing that could leak.
    """
    if report.horizon == "post_release":
        return ()
    figure, limit = LIMITS[report.target]
    found = []
    for result in (each for each in report.results if not each.is_baseline):
        value = _judged(report.target, result).get(figure, float("nan"))
        if value > limit:
            found.append(
                f"{WORD} {result.key}: {figure} {value:.3f} is above {limit:.2f}, more than "
                f"columns of horizon {report.horizon} have honestly given; look for a column that "
                "knows the outcome, rows of one film on both sides, or unknown money taken for zero"
            )
    return tuple(found)


def _judged(target: Target, result: Result) -> dict[str, float]:
    if target == "popularity":
        for part in result.slices:
            if part.name == WITH_BUDGET:
                return part.metrics
    return result.metrics
