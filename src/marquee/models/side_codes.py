"""What is told of viewers and titles, as features of groups."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import polars as pl
from numpy.typing import ArrayLike, NDArray
from scipy.sparse import csr_array

from marquee.data.ids import IdIndex
from marquee.models.fm_blocks import one_hot, over_root

N_BINS = 10
"""Groups that ages and years are cut into, with about as many viewers or titles each."""
TRAITS = ("age", "gender", "occupation", "zip_code")


class Traits(NamedTuple):
    """Which group of each trait viewers belong to."""

    viewers: IdIndex
    codes: NDArray[np.int32]
    """Group of each viewer in each trait, -1 where it is not told; shape (n_viewers, n_traits)."""

    @classmethod
    def of(cls, frame: pl.DataFrame | None) -> Traits:
        """The traits in a frame of viewers: ``viewer_id`` and any of :data:`TRAITS`, with nulls."""
        if frame is None or not frame.height:
            return cls(IdIndex([]), np.empty((0, 0), np.int32))
        told = [name for name in TRAITS if name in frame.columns]
        columns = [_groups(frame[name], name) for name in told]
        codes = np.stack(columns, axis=1) if columns else np.empty((frame.height, 0), np.int32)
        return cls(IdIndex(frame["viewer_id"].to_list()), np.ascontiguousarray(codes))

    @property
    def sizes(self) -> NDArray[np.int64]:
        """Number of groups of each trait."""
        return np.asarray(self.codes.max(axis=0, initial=-1) + 1, np.int64)

    def of_users(self, users: IdIndex) -> NDArray[np.int32]:
        """Group of each user in each trait; users who are not told of have none."""
        places = self.viewers.find(users.ids)
        known = places >= 0
        codes = np.full((len(users), self.codes.shape[1]), -1, np.int32)
        codes[known] = self.codes[places[known]]
        return codes


def _groups(column: pl.Series, name: str) -> NDArray[np.int32]:
    """The group of each value, -1 for null: bins of ages, first characters of postal codes."""
    if name == "age":
        return bins(column.cast(pl.Float64).to_numpy())
    text = column.cast(pl.String)
    return coded(text.str.slice(0, 1) if name == "zip_code" else text)


def coded(column: pl.Series) -> NDArray[np.int32]:
    """Place of each text among the distinct ones in ascending order, -1 for null and empty."""
    values: NDArray[Any] = np.array(column.fill_null("").to_list(), str)
    names = np.unique(values[values != ""])
    codes = np.searchsorted(names, values).astype(np.int32)
    codes[values == ""] = -1
    return codes


def bins(values: NDArray[np.float64], n_bins: int = N_BINS) -> NDArray[np.int32]:
    """The quantile bin of each value, -1 for NaN; equal values share one."""
    known = np.isfinite(values)
    if not known.any():
        return np.full(len(values), -1, np.int32)
    edges = np.unique(np.quantile(values[known], np.linspace(0, 1, n_bins + 1)[1:-1]))
    codes = np.searchsorted(edges, values, side="right")
    return np.where(known, codes, -1).astype(np.int32)


class TitleFacts(NamedTuple):
    """What is told of each item of a catalog."""

    genres: csr_array
    """Ones where an item is of a genre, float64, shape (n_items, n_genres)."""
    years: NDArray[np.float64]
    """Year of each item, NaN where it is not told."""

    @classmethod
    def of(cls, frame: pl.DataFrame | None, items: IdIndex) -> TitleFacts:
        """The genres and years in a frame by ``title_id``; each column may be absent, or null."""
        n = len(items)
        years = np.full(n, np.nan)
        empty = csr_array((n, 0), dtype=np.float64)
        if frame is None or not frame.height:
            return cls(empty, years)
        places = items.find(frame["title_id"].to_list())
        inside = places >= 0
        if "year" in frame.columns:
            years[places[inside]] = frame["year"].cast(pl.Float64).to_numpy()[inside]
        if "genres" not in frame.columns:
            return cls(empty, years)
        long = (
            pl.DataFrame({"place": places, "genre": frame["genres"]}).explode("genre").drop_nulls()
        )
        long = long.filter(pl.col("place") >= 0).unique().sort("place", "genre")
        codes = coded(long["genre"])
        told = long.filter(pl.Series(codes >= 0))["place"].to_numpy()
        codes = codes[codes >= 0]
        shape = (n, int(codes.max(initial=-1)) + 1)
        return cls(csr_array((np.ones(len(codes)), (told, codes)), shape=shape), years)

    def parts(self) -> list[csr_array]:
        """Groups of features for a factorization machine: bins of years, and genres."""
        years = bins(self.years)
        return [one_hot(years, int(years.max(initial=-1)) + 1), over_root(self.genres)]


def trait_parts(codes: ArrayLike, sizes: NDArray[np.int64]) -> list[csr_array]:
    """One group of features per trait, from the groups that each row belongs to."""
    columns = np.asarray(codes, np.int32).T
    return [one_hot(column, int(size)) for column, size in zip(columns, sizes, strict=True)]
