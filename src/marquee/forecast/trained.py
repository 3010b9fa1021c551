"""A fitted forecaster together with what must be kept of its training to speak about new films."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np
import polars as pl
import polars.selectors as cs
from numpy.typing import ArrayLike, NDArray

from marquee.errors import ParameterError, SavedModelError
from marquee.features.base import Horizon
from marquee.forecast.base import Forecaster
from marquee.forecast.bayesian_ridge import BayesianRidge
from marquee.forecast.scales import OutcomeScale
from marquee.forecast.seen import Seen, seen

BACKGROUND = 64
"""Training films that a forecast is explained against."""


@dataclass(frozen=True, eq=False, kw_only=True)
class Trained:
    """A fitted forecaster, and what it saw.

    Everything but the forecasters is a frame, an array of numbers, a string or a day, so that it
    can be saved beside them.
    """

    target: str
    """What it forecasts: revenue, popularity or audience."""
    horizon: Horizon
    """Stage of a film's life that its columns belong to."""
    forecaster: Forecaster
    version: str
    """Which fit it is; stands in every answer."""
    snapshot: str
    """Which data it was fitted on."""
    background: pl.DataFrame
    """Feature rows of some training films, spread evenly over time."""
    seen: Seen
    """What the training films had in each column."""
    title_ids: NDArray[np.int64]
    """Numbers of the training films, ascending."""
    until: date
    """Latest ``as_of`` of a training film."""
    line: BayesianRidge | None = None
    """A regression on the same films, whose posterior tells how sure a change is."""

    @property
    def columns(self) -> tuple[str, ...]:
        """The feature columns that the forecaster was fitted on."""
        return self.forecaster.columns_

    def to_dict(self) -> dict[str, Any]:
        """Everything but the forecaster and the line as plain values, for JSON."""
        background = self.background.with_columns(
            cs.float().fill_nan(None), cs.date().cast(pl.String)
        )
        return {
            "target": self.target,
            "horizon": self.horizon,
            "version": self.version,
            "snapshot": self.snapshot,
            "background": background.to_dict(as_series=False),
            "types": [_type_name(dtype) for dtype in self.background.dtypes],
            "seen": self.seen.to_dict(),
            "title_ids": self.title_ids.tolist(),
            "until": self.until.isoformat(),
        }

    @classmethod
    def from_dict(
        cls, values: Mapping[str, Any], forecaster: Forecaster, line: BayesianRidge | None = None
    ) -> Trained:
        """What :meth:`to_dict` gave, with its forecasters; else ``SavedModelError``."""
        try:
            background = pl.DataFrame(
                [
                    _series(name, given, kind)
                    for (name, given), kind in zip(
                        values["background"].items(), values["types"], strict=True
                    )
                ]
            )
            return cls(
                **{name: values[name] for name in ("target", "horizon", "version", "snapshot")},
                forecaster=forecaster,
                background=background,
                seen=Seen.from_dict(values["seen"]),
                title_ids=np.asarray(values["title_ids"], dtype=np.int64),
                until=date.fromisoformat(values["until"]),
                line=line,
            )
        except (
            KeyError,
            TypeError,
            ValueError,
            AttributeError,
            pl.exceptions.PolarsError,
        ) as error:
            raise SavedModelError(f"no record of a training: {error!r}") from error


_TYPES: dict[str, Any] = {
    "int": pl.Int64(),
    "float": pl.Float64(),
    "flag": pl.Boolean(),
    "text": pl.String(),
    "list": pl.List(pl.String),
    "day": pl.Date(),
    "none": pl.Null(),
}


def _type_name(dtype: pl.DataType) -> str:
    if dtype.is_integer():
        return "int"
    return "float" if dtype.is_float() else {t: name for name, t in _TYPES.items()}[dtype]


def _series(name: str, values: list[Any], kind: str) -> pl.Series:
    if kind == "day":
        return pl.Series(name, values, dtype=pl.String).str.to_date()
    return pl.Series(name, values, dtype=_TYPES[kind])


def trained(
    forecaster: Forecaster,
    features: pl.DataFrame,
    *,
    target: str,
    horizon: Horizon,
    version: str,
    snapshot: str,
    n_background: int = BACKGROUND,
    line: BayesianRidge | None = None,
) -> Trained:
    """The fitted forecaster with what is kept of the feature rows that it was fitted on.

    Raises
    ------
    NotFittedError
        If the forecaster is not fitted.
    ParameterError
        If there are no rows.
    """
    forecaster.check_fitted()
    if features.height == 0 or n_background < 1:
        raise ParameterError("the feature rows that the forecaster was fitted on must be given")
    ordered = features.sort("as_of", "title_id")
    rows = np.unique(np.linspace(0, ordered.height - 1, n_background).round().astype(np.int64))
    return Trained(
        target=target,
        horizon=horizon,
        forecaster=forecaster,
        version=version,
        snapshot=snapshot,
        background=ordered[rows].select("title_id", "as_of", *forecaster.columns_),
        seen=seen(features.select("title_id", "as_of", *forecaster.columns_)),
        title_ids=np.unique(features["title_id"].to_numpy()),
        until=ordered["as_of"][-1],
        line=line,
    )


def fit_line(
    features: pl.DataFrame, outcome: ArrayLike, *, scale: OutcomeScale = "log"
) -> BayesianRidge:
    """The regression that tells how sure a change is, fitted on those films."""
    line = BayesianRidge(calibration=0.0, outcome_scale=scale)
    line.fit(features, outcome)
    return line
