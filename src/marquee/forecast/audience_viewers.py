"""What each viewer watched and liked among titles that are like the one asked about."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray
from scipy.sparse import csr_array

from marquee.data.ids import IdIndex
from marquee.data.tables import Tables
from marquee.forecast.audience_titles import KERNELS

PRIOR_TITLES = 10.0
"""Titles of the usual taste that every history is mixed with, so that a short one says little."""
PRIOR_SEGMENT = 500.0
"""Ratings of the usual taste that the history of a segment is mixed with."""
PRIOR_RATINGS = 5.0
"""Ratings at nobody's offset that a viewer's offset is shrunk by."""

SEGMENTS = ("age", "gender", "occupation", "country")
"""Facts of viewers that tell segments apart, columns of ``viewers``."""
AGE_EDGES = (18, 25, 35, 45, 50, 56)
"""Lower edges of the age bands after the first, those of MovieLens."""
UNKNOWN = "unknown"
"""The segment of viewers of whom the fact is not known."""

AFFINITIES = ("genres", "words")
"""Kernels by which segments are compared too."""
NAMES = (
    "activity",
    "offset",
    *(f"{kernel}_watched" for kernel in KERNELS),
    *(f"{kernel}_liked" for kernel in KERNELS),
    *(f"{field}_{kernel}" for field in SEGMENTS for kernel in AFFINITIES),
)
"""What is said of a viewer and a title, in the order of the last axis of :func:`affinities`."""


@dataclass(frozen=True, eq=False)
class Histories:
    """What viewers thought of the titles of a catalog."""

    viewers: IdIndex
    titles: IdIndex
    stars: csr_array
    """Ratings, shape (n_viewers, n_titles), float32."""
    surprise: csr_array
    """Stars less the title's mean, in the places of ``stars``."""
    segments: dict[str, NDArray[np.int32]]
    """Number of the segment of each viewer, by the name of the fact."""
    labels: dict[str, tuple[str, ...]]
    """What the segments of a fact are called, by number."""

    @classmethod
    def of(cls, tables: Tables, title_ids: NDArray[np.int64]) -> Histories:
        """The ratings of those titles by all viewers of the tables; other ratings are not read."""
        titles = IdIndex(title_ids)
        ratings = tables.ratings.filter(pl.col("title_id").is_in(title_ids.tolist()))
        known = tables.viewers["viewer_id"].to_numpy()
        viewers = IdIndex.of(np.concatenate([known, ratings["viewer_id"].to_numpy()]))
        rows = viewers.positions(ratings["viewer_id"].to_numpy())
        columns = titles.positions(ratings["title_id"].to_numpy())
        shape = (len(viewers), len(titles))
        stars = csr_array((ratings["rating"].to_numpy(), (rows, columns)), shape=shape)
        stars.sort_indices()
        counts = np.bincount(stars.indices, minlength=len(titles))
        total = np.bincount(stars.indices, stars.data, len(titles))
        mean = np.divide(total, counts, out=np.zeros(len(titles)), where=counts > 0)
        apart = (stars.data - mean[stars.indices]).astype(np.float32)
        segments, labels = _segments(tables.viewers, viewers)
        return cls(
            viewers, titles, stars, csr_array((apart, stars.indices, stars.indptr), shape=shape),
            segments, labels,
        )  # fmt: skip

    @property
    def watched(self) -> csr_array:
        """1 in the places of ``stars``."""
        ones = np.ones_like(self.stars.data)
        return csr_array((ones, self.stars.indices, self.stars.indptr), shape=self.stars.shape)

    @property
    def activity(self) -> NDArray[np.int64]:
        """Number of ratings of each viewer, shape (n_viewers,)."""
        return np.asarray(np.diff(self.stars.indptr), np.int64)


def affinities(
    histories: Histories,
    kernels: dict[str, NDArray[np.float32]],
    asked: IdIndex,
) -> NDArray[np.float32]:
    r"""What is said of each viewer and each title asked, shape (n_asked, n_viewers, n_names).

    For a kernel :math:`K_{it} \ge 0` with :math:`K_{tt} = 0`, let :math:`w_{vt} = \sum_i K_{it}`
    over what the viewer watched, :math:`n_v` the number of those titles and :math:`\bar s_t` the
    mean of :math:`K_{it}` over all ratings of the data. Watched is

    .. math:: \ln \frac{w_{vt} + \kappa \bar s_t}{(n_v + \kappa) \bar s_t}

    and liked the sum of :math:`K_{it} (d_{vi} - b_v)` over :math:`w_{vt} + \kappa \bar s_t`, with
    :math:`d_{vi}` the stars above the title's mean and :math:`b_v` the viewer's shrunken mean of
    them. Segments have the first of these over the ratings of all their viewers.

    The viewer's own rating of the title that is asked about enters nothing: not the counts, not
    the offset, not the segment's. So a title of the training data looks as if it were new.
    """
    n_asked, n_viewers = len(asked), len(histories.viewers)
    out = np.zeros((n_asked, n_viewers, len(NAMES)), np.float32)
    watched, surprise = histories.watched, histories.surprise
    counts, offsets, own = _without_own(histories, asked)
    place = {name: number for number, name in enumerate(NAMES)}
    out[..., place["activity"]] = np.log1p(counts)
    out[..., place["offset"]] = offsets
    popularity = np.bincount(watched.indices, minlength=len(histories.titles)).astype(np.float64)
    others = popularity.sum() - own.sum(axis=1)
    for name in KERNELS:
        kernel = kernels[name]
        usual = np.divide(
            popularity @ kernel, others, out=np.zeros(n_asked), where=others > 0
        )[:, None]  # fmt: skip
        near = (watched @ kernel).T
        mixed = near + PRIOR_TITLES * usual
        lift = _log_ratio(mixed, (counts + PRIOR_TITLES) * usual)
        out[..., place[f"{name}_watched"]] = lift
        likes = (surprise @ kernel).T - offsets * near
        out[..., place[f"{name}_liked"]] = np.divide(
            likes, mixed, out=np.zeros_like(mixed), where=mixed > 0
        )
        if name in AFFINITIES:
            for field in SEGMENTS:
                lifts = _segment_lifts(histories, field, near, counts, usual)
                out[..., place[f"{field}_{name}"]] = lifts
    return out


def _without_own(
    histories: Histories, asked: IdIndex
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.bool_]]:
    """Counts and offsets without the title asked, and who rated it, all (n_asked, n_viewers)."""
    shape = (len(asked), len(histories.viewers))
    own = np.zeros(shape, np.bool_)
    gave = np.zeros(shape)
    column = histories.titles.find(asked.ids)
    known = np.flatnonzero(column >= 0)
    if known.size:
        stars = histories.stars.tocsc()[:, column[known]].tocoo()
        own[known[stars.col], stars.row] = True
        apart = histories.surprise.tocsc()[:, column[known]].tocoo()
        gave[known[apart.col], apart.row] = apart.data
    total = np.asarray(histories.surprise.sum(axis=1)).ravel()
    counts = histories.activity[None, :] - own
    offsets = (total[None, :] - gave) / (counts + PRIOR_RATINGS)
    return counts.astype(np.float64), offsets, own


def _segment_lifts(
    histories: Histories,
    field: str,
    near: NDArray[Any],
    counts: NDArray[np.float64],
    usual: NDArray[np.float64],
) -> NDArray[np.float64]:
    """How much more each viewer's segment watched titles like these, (n_asked, n_viewers)."""
    number = histories.segments[field]
    members = np.zeros((len(number), len(histories.labels[field])))
    members[np.arange(len(number)), number] = 1
    found = near @ members + PRIOR_SEGMENT * usual
    lifts = _log_ratio(found, (counts @ members + PRIOR_SEGMENT) * usual)
    # Of whom the fact is unknown nothing is said.
    if UNKNOWN in histories.labels[field]:
        lifts[:, histories.labels[field].index(UNKNOWN)] = 0
    return np.asarray(lifts[:, number])


def _log_ratio(found: NDArray[Any], usual: NDArray[Any]) -> NDArray[np.float64]:
    """Logarithm of found over usual; 0 where nothing is like the title."""
    ratio = np.divide(found, usual, out=np.ones(found.shape), where=usual > 0)
    return np.asarray(np.log(np.maximum(ratio, 1e-9)))


def _segments(
    table: pl.DataFrame, viewers: IdIndex
) -> tuple[dict[str, NDArray[np.int32]], dict[str, tuple[str, ...]]]:
    every = pl.DataFrame({"viewer_id": pl.Series(viewers.ids, dtype=pl.Int64)})
    rows = every.join(table, on="viewer_id", how="left", maintain_order="left")
    bands = rows.with_columns(age=_age_band())
    segments, labels = {}, {}
    for field in SEGMENTS:
        texts = bands[field].cast(pl.String).fill_null(UNKNOWN)
        # The unknown come last.
        listed = sorted(texts.unique().to_list(), key=lambda text: (text == UNKNOWN, text))
        number = {text: place for place, text in enumerate(listed)}
        segments[field] = np.array([number[text] for text in texts.to_list()], np.int32)
        labels[field] = tuple(listed)
    return segments, labels


def _age_band() -> pl.Expr:
    """The age as a band: under 18, 18-24, ..., 56 and over."""
    band: pl.Expr = pl.when(pl.col("age") < AGE_EDGES[0]).then(pl.lit(f"0-{AGE_EDGES[0] - 1}"))
    for low, after in pairwise(AGE_EDGES):
        inside = (pl.col("age") >= low) & (pl.col("age") < after)
        band = pl.when(inside).then(pl.lit(f"{low}-{after - 1}")).otherwise(band)
    return pl.when(pl.col("age") >= AGE_EDGES[-1]).then(pl.lit(f"{AGE_EDGES[-1]}+")).otherwise(band)
