"""How a forecaster did year by year on films that it had not seen: errors, intervals, misses."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray
from scipy.stats import binomtest

from marquee.errors import ParameterError
from marquee.evaluation.forecasting.answers import stacked
from marquee.evaluation.forecasting.baselines import baseline_answers
from marquee.evaluation.forecasting.frames import Labeled, Target
from marquee.evaluation.forecasting.measures import LEAST_USD, MEASURED
from marquee.evaluation.forecasting.point import Scale, on_scale
from marquee.evaluation.forecasting.splits import FilmSplit
from marquee.forecast.base import Forecaster

OnStep = Callable[[int, int, str], None]

PROMISES = (50, 80)
"""Per cent of the outcomes that the intervals promise to hold."""


@dataclass(frozen=True, kw_only=True, eq=False)
class TrackRecord:
    """What was said of films before they opened, beside what happened."""

    target: Target
    scale: Scale
    """Of the errors; on a logarithm ``exp`` of an error is a factor."""
    baseline: str
    """What anybody could have said without a model."""
    films: pl.DataFrame
    """A row per film asked about, in order of release: ``title_id``, ``released``, ``outcome``,
    ``median``, ``low_50`` to ``high_80``, ``baseline``, and ``error`` on the scale."""
    years: pl.DataFrame
    """A row per year: ``n``, mean absolute ``error`` and ``baseline_error`` on the scale, and for
    each promise the share ``held_80`` with its 95 % interval ``held_80_low``, ``held_80_high``."""
    all_years: dict[str, float]
    """The columns of ``years`` over all films."""

    def worst(self, n: int = 10) -> pl.DataFrame:
        """The films that it was most wrong about, the worst first, ties by number of the title."""
        return self.films.sort([pl.col("error").abs(), "title_id"], descending=[True, False])[:n]


def track_record(
    films: Labeled,
    splits: Sequence[FilmSplit],
    model: Forecaster,
    *,
    on_step: OnStep | None = None,
) -> TrackRecord:
    """What a model of the same parameters says of each split, learned from its training films.

    The shares of held outcomes have intervals of Wilson's kind, since a year has few films.

    Raises
    ------
    ParameterError
        If there is no split, or the target is not learned by a forecaster itself.

    References
    ----------
    E. B. Wilson, "Probable inference, the law of succession, and statistical inference", JASA 1927.
    """
    if not splits:
        raise ParameterError("there is no split to ask about; give at least one")
    if films.target not in ("revenue", "popularity", "audience"):
        raise ParameterError(f"{films.target} follows from revenue; ask for the record of that")
    parts = []
    for done, split in enumerate(splits):
        if on_step is not None:
            on_step(done, len(splits), split.label)
        fresh = type(model)(**model.params())
        fresh.fit(films.features[split.train], films.outcome[split.train])
        parts.append(fresh.predict(films.features[split.test]))
    forecast = stacked(parts)
    assert forecast is not None
    rows = np.concatenate([split.test for split in splits])
    naive = baseline_answers(films, splits)[0]
    assert naive.forecast is not None
    scale = MEASURED[films.target].scale
    told = pl.DataFrame(
        {
            "title_id": films.title_ids[rows],
            "released": films.released[rows],
            "outcome": films.outcome[rows],
            "median": _floored(forecast.median, scale),
            **{
                f"{end}_{promise}": forecast.at(np.array([level]))[:, 0]
                for promise in PROMISES
                for end, level in (
                    ("low", 0.5 - promise / 200),
                    ("high", 0.5 + promise / 200),
                )
            },
            "baseline": _floored(naive.forecast.median, scale),
        }
    ).sort("released", "title_id")
    outcome = on_scale(told["outcome"], scale)
    told = told.with_columns(
        error=pl.Series(on_scale(told["median"], scale) - outcome),
        baseline_error=pl.Series(on_scale(told["baseline"], scale) - outcome),
    )
    return record_of(told, films.target, scale, naive.name)


def record_of(films: pl.DataFrame, target: Target, scale: Scale, baseline: str) -> TrackRecord:
    """The record of films as they stand in one, its figures computed."""
    by_year = films.group_by(pl.col("released").dt.year().alias("year"), maintain_order=True)
    return TrackRecord(
        target=target,
        scale=scale,
        baseline=baseline,
        films=films,
        years=pl.DataFrame([{"year": year, **_figures(own)} for (year,), own in by_year]),
        all_years=_figures(films),
    )


def _figures(films: pl.DataFrame) -> dict[str, float]:
    found = {
        "n": films.height,
        "error": float(np.abs(films["error"].to_numpy()).mean()),
        "baseline_error": float(np.abs(films["baseline_error"].to_numpy()).mean()),
    }
    for promise in PROMISES:
        low, high = films[f"low_{promise}"], films[f"high_{promise}"]
        n_held = int(((low <= films["outcome"]) & (films["outcome"] <= high)).sum())
        ends = binomtest(n_held, films.height).proportion_ci(0.95, method="wilson")
        found |= {
            f"held_{promise}": n_held / films.height,
            f"held_{promise}_low": float(ends.low),
            f"held_{promise}_high": float(ends.high),
        }
    return found


def _floored(values: NDArray[np.float64], scale: Scale) -> NDArray[np.float64]:
    """The values where they have a logarithm."""
    return values if scale == "raw" else np.maximum(values, LEAST_USD if scale == "log" else 0.0)
