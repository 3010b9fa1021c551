"""How the training films of people and companies did in the outcome that is learned.

A record in money stands in the features, for box office is known on a day. Popularity and audience
scores are not, so a forecaster takes them from the outcomes that it learns from: of each film only
films that came out before it, so that a training film is told what a new one will be told.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple, Self

import numpy as np
import polars as pl
from numpy.typing import NDArray

from marquee.errors import ParameterError
from marquee.features.asking import LAG_DAYS
from marquee.forecast.recency import in_order

ENDINGS = (" (record)", " (best record)")
"""Ends of the names of the columns that a list becomes: mean and highest of its records."""


class _Past(NamedTuple):
    """The films of the names of one column, by name and then by day."""

    names: list[str]
    """The names, ascending."""
    first: NDArray[np.int64]
    """Place of the first film of each name, and the number of all, shape (n_names + 1,)."""
    days: NDArray[np.int64]
    """Days of the films, shape (n,)."""
    titles: NDArray[np.int64]
    """Their numbers, shape (n,)."""
    values: NDArray[np.float64]
    """What their outcomes lie above the line, shape (n,)."""


class OutcomeRecords:
    """Columns with the mean outcome of the earlier films of those who are named in a list.

    A record is (sum of values) / (count + prior) over the training films of that name that came
    out :data:`~marquee.features.asking.LAG_DAYS` or more before the day asked about, a value being
    what lies above the line through the outcomes of all films over time. A list becomes the mean
    and the highest record of its names; where it is unknown or empty, both are. The film asked
    about never counts.
    """

    def __init__(self, columns: Sequence[str] = (), prior: float = 3.0) -> None:
        if not prior > 0:
            raise ParameterError(f"records_prior must be positive, got {prior}")
        self.columns = tuple(columns)
        self.prior = prior

    def fit(self, features: pl.DataFrame, values: NDArray[np.float64]) -> Self:
        """Learns from feature rows and their outcomes on the scale, shape (n,).

        Columns that the rows lack are left out, so that a forecaster can be fitted on any frame.
        """
        order = in_order(features)
        days = _days(features)[order]
        line = np.polyfit(days / 1e4, values[order], 1) if np.ptp(days) else [values.mean()]
        above = values[order] - np.polyval(line, days / 1e4)
        # Plain dictionaries, which are saved without a type of ours.
        self.past_: dict[str, dict[str, Any]] = {
            name: _past(features[order], name, days, above)._asdict()
            for name in self.columns
            if name in features.columns and features[name].dtype == pl.List(pl.String)
        }
        return self

    def told(self, features: pl.DataFrame) -> pl.DataFrame:
        """The rows with two more columns of each list."""
        days = _days(features) - LAG_DAYS
        more = []
        for name, past in self.past_.items():
            found = self._records(features, name, days, _Past(**past))
            more += [
                pl.Series(name + ending, values, nan_to_null=True)
                for ending, values in zip(ENDINGS, found, strict=True)
            ]
        return features.with_columns(more)

    def sources(self, names: Sequence[str]) -> list[str]:
        """The columns that those of :meth:`told` come from; others are their own."""
        own = {name + ending: name for name in self.past_ for ending in ENDINGS}
        return [own.get(name, name) for name in names]

    def _records(
        self, features: pl.DataFrame, column: str, days: NDArray[np.int64], past: _Past
    ) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Mean and highest record of the names of each row, NaN where there are none."""
        place = {name: code for code, name in enumerate(past.names)}
        mean, best = np.full((2, len(days)), np.nan)
        for row, (title, names) in enumerate(features.select("title_id", column).iter_rows()):
            if not names:
                continue
            found = []
            for name in names:
                count, total = 0, 0.0
                if (code := place.get(name)) is not None:
                    low, high = past.first[code], past.first[code + 1]
                    high = low + np.searchsorted(past.days[low:high], days[row], side="right")
                    others = past.titles[low:high] != title
                    count, total = others.sum(), past.values[low:high] @ others
                found.append(total / (count + self.prior))
            mean[row], best[row] = np.mean(found), max(found)
        return mean, best


def _past(
    features: pl.DataFrame, column: str, days: NDArray[np.int64], values: NDArray[np.float64]
) -> _Past:
    rows = pl.DataFrame({"row": np.arange(len(days)), "name": features[column]})
    rows = rows.drop_nulls("name").explode("name", empty_as_null=True).drop_nulls("name").unique()
    rows = rows.sort("name", "row")
    counts = rows.group_by("name", maintain_order=True).len()
    row = rows["row"].to_numpy()
    return _Past(
        names=counts["name"].to_list(),
        first=np.concatenate([[0], counts["len"].cum_sum().to_numpy()]).astype(np.int64),
        days=days[row],
        titles=features["title_id"].to_numpy()[row],
        values=values[row],
    )


def _days(features: pl.DataFrame) -> NDArray[np.int64]:
    return features["as_of"].cast(pl.Date).to_physical().to_numpy().astype(np.int64)
