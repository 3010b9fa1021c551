"""How alike titles are by their descriptions: one kernel for each way of being alike."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray
from scipy.sparse import csr_array

from marquee.data.ids import IdIndex
from marquee.data.tables import Tables
from marquee.errors import UnknownIdError
from marquee.features.text import stems, title_texts

KERNELS = ("genres", "words", "people", "era", "budget", "nearest")
"""The ways in which two titles can be alike."""

ERA_YEARS = 7.0
"""Years apart at which two titles count 0.61 as much as two of one year."""
BUDGET_LOGS = 0.8
"""Logarithms of budgets apart at which they count so."""
N_NEAREST = 30
"""Titles that are nearest by all their words and names."""
PERSONAL = ("person_", "collection_")
"""Fronts of tokens that name people and series, as ``features.text`` writes them."""


@dataclass(frozen=True, eq=False)
class Descriptions:
    """What is known of titles before anybody has seen them, one row per title."""

    ids: IdIndex
    names: tuple[str, ...]
    tokens: pl.DataFrame
    """Stemmed words and tokens of the texts: columns row and token, with repeats."""
    genres: tuple[tuple[str, ...], ...]
    year: NDArray[np.float64]
    """Year of release, NaN where unknown."""
    log_budget: NDArray[np.float64]
    """Logarithm of the budget in nominal dollars, NaN where unknown."""
    runtime: NDArray[np.float64]
    """Minutes, NaN where unknown."""

    def __len__(self) -> int:
        return len(self.ids)

    def take(self, rows: NDArray[Any]) -> Descriptions:
        """The titles in those rows, in that order."""
        place = np.full(len(self), -1, np.int64)
        place[rows] = np.arange(len(rows))
        moved = self.tokens.with_columns(
            pl.Series("row", place[self.tokens["row"].to_numpy()], pl.Int64)
        )
        return Descriptions(
            IdIndex(self.ids.ids[rows]),
            tuple(self.names[row] for row in rows),
            moved.filter(pl.col("row") >= 0).sort("row", maintain_order=True),
            tuple(self.genres[row] for row in rows),
            self.year[rows],
            self.log_budget[rows],
            self.runtime[rows],
        )


def describe(tables: Tables, title_ids: NDArray[np.int64]) -> Descriptions:
    """The descriptions of those titles, from the tables of titles and credits alone.

    Ratings and outcomes are not looked at.

    Raises
    ------
    ParameterError, UnknownIdError
        If a title is named twice, or the tables lack one.
    """
    ids = IdIndex(title_ids)
    wanted = pl.DataFrame({"title_id": pl.Series(title_ids, dtype=pl.Int64)})
    rows = wanted.join(tables.titles, on="title_id", how="inner", maintain_order="left")
    if rows.height != wanted.height:
        absent = wanted.join(tables.titles, on="title_id", how="anti")["title_id"].to_list()
        raise UnknownIdError(f"{len(absent)} unknown title(s), first {absent[:3]}")
    own = Tables(
        titles=rows,
        credits=tables.credits.join(wanted, on="title_id", how="semi", maintain_order="left"),
    )
    texts = wanted.join(title_texts(own), on="title_id", how="left", maintain_order="left")["text"]
    genres = [tuple(dict.fromkeys(found or ())) for found in rows["genres"].to_list()]
    year = pl.coalesce(pl.col("release_date").dt.year(), "year").cast(pl.Float64)
    return Descriptions(
        ids,
        tuple(rows["name"].to_list()),
        stems(texts).with_columns(pl.col("row").cast(pl.Int64)),
        tuple(genres),
        rows.select(year.fill_null(np.nan)).to_series().to_numpy(),
        np.log(rows["budget_usd"].fill_null(np.nan).to_numpy()),
        rows["runtime_min"].cast(pl.Float64).fill_null(np.nan).to_numpy(),
    )


@dataclass(frozen=True, eq=False)
class Likeness:
    """The catalog that other titles are compared with, and the words that tell them apart."""

    catalog: Descriptions
    genres: IdIndex
    tokens: IdIndex
    rarity: NDArray[np.float32]
    """Inverse document frequency of each token, shape (n_tokens,)."""

    @classmethod
    def of(cls, catalog: Descriptions, min_titles: int = 2) -> Likeness:
        """The words and genres of a catalog; words of fewer titles than that tell nothing."""
        found = catalog.tokens.unique().group_by("token").len("n")
        found = found.filter(pl.col("n") >= min_titles).sort("token")
        n_texts = catalog.tokens["row"].n_unique()
        rarity = np.log((1 + n_texts) / (1 + found["n"].to_numpy()))
        genres = sorted({genre for own in catalog.genres for genre in own})
        return cls(
            catalog,
            IdIndex(np.array(genres, np.str_)),
            IdIndex(np.array(found["token"].to_list(), np.str_)),
            rarity.astype(np.float32),
        )

    def kernels(self, asked: Descriptions) -> dict[str, NDArray[np.float32]]:
        """How alike each title of the catalog is to each one asked, by the name of the kernel.

        Matrices of shape (n_catalog, n_asked) with values of 0 or more. A title is never like
        itself: an entry of the same title number is 0, so that what viewers thought of a title
        cannot enter what is said of it. A title that lacks what a kernel compares is like none.
        """
        ours, theirs = self.vectors(self.catalog), self.vectors(asked)
        personal = np.array([str(token).startswith(PERSONAL) for token in self.tokens.ids], bool)
        own_genres, their_genres = self.genre_flags(self.catalog), self.genre_flags(asked)
        listed = np.maximum(their_genres.sum(axis=1), 1)
        everything = _cosines(ours, theirs)
        found = {
            "genres": (own_genres @ their_genres.T) / listed,
            "words": _cosines(ours[:, ~personal], theirs[:, ~personal]),
            "people": _cosines(ours[:, personal], theirs[:, personal]),
            "era": _nearness(self.catalog.year, asked.year, ERA_YEARS),
            "budget": _nearness(self.catalog.log_budget, asked.log_budget, BUDGET_LOGS),
            "nearest": everything,
        }
        same = asked.ids.find(self.catalog.ids.ids)
        itself = np.flatnonzero(same >= 0)
        for kernel in found.values():
            kernel[itself, same[itself]] = 0
        found["nearest"] = _largest(everything, N_NEAREST)
        return {name: np.asarray(found[name], np.float32) for name in KERNELS}

    def vectors(self, titles: Descriptions) -> csr_array:
        """Weights of the known tokens of each title, shape (n_titles, n_tokens)."""
        column = self.tokens.find(np.array(titles.tokens["token"].to_list(), np.str_))
        counts = csr_array(
            (
                np.ones((column >= 0).sum(), np.float32),
                (titles.tokens["row"].to_numpy()[column >= 0], column[column >= 0]),
            ),
            shape=(len(titles), len(self.tokens)),
        )
        counts.sum_duplicates()
        counts.data = (1 + np.log(counts.data)) * self.rarity[counts.indices]
        return counts

    def genre_flags(self, titles: Descriptions) -> NDArray[np.float32]:
        """Whether each title has each known genre, shape (n_titles, n_genres)."""
        flags = np.zeros((len(titles), len(self.genres)), np.float32)
        for row, own in enumerate(titles.genres):
            place = self.genres.find(np.array(own, np.str_)) if own else np.empty(0, np.int32)
            flags[row, place[place >= 0]] = 1
        return flags


def _cosines(ours: csr_array, theirs: csr_array) -> NDArray[np.float32]:
    dots = (_unit(ours) @ _unit(theirs).T).toarray()
    return np.asarray(dots, np.float32)


def _unit(rows: csr_array) -> csr_array:
    length = np.sqrt(np.asarray(rows.multiply(rows).sum(axis=1)).ravel())
    scale = np.divide(1, length, out=np.zeros_like(length), where=length > 0)
    data = rows.data * np.repeat(scale, np.diff(rows.indptr))
    return csr_array((data, rows.indices, rows.indptr), shape=rows.shape)


def _nearness(
    ours: NDArray[np.float64], theirs: NDArray[np.float64], width: float
) -> NDArray[np.float32]:
    apart = (ours[:, None] - theirs[None, :]) / width
    return np.nan_to_num(np.exp(-(apart**2) / 2)).astype(np.float32)


def _largest(values: NDArray[np.float32], n: int) -> NDArray[np.float32]:
    """The n largest values of each column; the others are 0."""
    if values.shape[0] <= n:
        return values
    cut = -np.partition(-values, n - 1, axis=0)[n - 1]
    return np.where(values >= cut, values, np.float32(0))
