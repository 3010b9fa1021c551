"""What lists are held against when more is asked than whether they are right."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray
from scipy.sparse import csr_array

from marquee.data.ids import IdIndex
from marquee.data.interactions import Interactions
from marquee.models.ranking import TopK, top_k

HEAD_SHARE = 0.2
"""Share of the rated titles that are popular: those with the most training interactions."""
BLOCK_CELLS = 1 << 24
EMBEDDING = "embedding:"
"""Front of the name of a column of vectors."""


@dataclass(frozen=True, eq=False)
class Background:
    """What was known when the lists were made: what is popular, and what titles are about."""

    counts: NDArray[np.int64]
    """Training interactions of each title, shape (n_items,)."""
    n_viewers: int
    """Viewers with a training interaction."""
    profiles: Interactions
    """What each of the users is known to have seen."""
    relevant: Any
    """``csr_array`` of shape (n_users, n_items): what was right."""
    expected: TopK
    """The most popular titles that each user does not know: what one would expect of a list."""
    genres: NDArray[np.bool_] | None = None
    """Genres of each title, shape (n_items, n_genres); None where nothing is known of them."""
    vectors: Any = None
    """What each title is about, shape (n_items, n_dimensions), dense or sparse, rows of length 1 or
    0 where nothing is known of one; None where nothing is known of any."""

    @property
    def popular(self) -> NDArray[np.bool_]:
        """Which titles are of the head, shape (n_items,); all others are of the tail.

        The fifth, rounded up, of the titles with a training interaction that have the most of them;
        of equal ones the first in the catalog, so that the head has a fixed size.

        References
        ----------
        H. Abdollahpouri, M. Mansoury, R. Burke and B. Mobasher, "The unfairness of popularity bias
        in recommendation", RMSE workshop at RecSys 2019: the top 20 percent are called popular.
        """
        n_head = int(np.ceil(HEAD_SHARE * np.count_nonzero(self.counts)))
        head = np.zeros(len(self.counts), np.bool_)
        head[np.argsort(-self.counts, kind="stable")[:n_head]] = True
        return head


def background_of(
    train: Interactions,
    profiles: Interactions,
    relevant: Any,
    k: int,
    titles: pl.DataFrame | None = None,
) -> Background:
    """The background of lists of k titles by a model that learned from ``train``.

    Popularity is that of the training part alone. ``titles`` holds ``title_id`` and, where known,
    ``genres`` (list), ``text`` or a column of vectors whose name begins with ``embedding:``, which
    is taken before the text.
    """
    counts = np.bincount(train.matrix.indices, minlength=train.n_items)
    return Background(
        counts=counts,
        n_viewers=int(np.count_nonzero(np.diff(train.matrix.indptr))),
        profiles=profiles,
        relevant=relevant,
        expected=most_popular(counts, profiles, k),
        genres=None if titles is None else genre_matrix(titles, train.items),
        vectors=None if titles is None else title_vectors(titles, train.items),
    )


def most_popular(counts: NDArray[np.int64], profiles: Interactions, k: int) -> TopK:
    """The k titles with the most interactions that are not in each profile."""
    block = max(1, BLOCK_CELLS // max(profiles.n_items, 1))
    parts = [TopK(np.empty((0, k), np.int32), np.empty((0, k), np.float32))]
    for start in range(0, profiles.n_users, block):
        own = profiles.take(np.arange(start, min(start + block, profiles.n_users)))
        scores = np.tile(counts.astype(np.float32), (own.n_users, 1))
        parts.append(top_k(scores, k, exclude=own.matrix))
    return TopK(*(np.concatenate(arrays) for arrays in zip(*parts, strict=True)))


def genre_matrix(titles: pl.DataFrame, items: IdIndex) -> NDArray[np.bool_] | None:
    """Which genres each item has, shape (n_items, n_genres) in order of their names.

    None where the frame tells no genre of any item.
    """
    if "genres" not in titles.columns:
        return None
    genres = pl.col("genres").cast(pl.List(pl.String))
    said = titles.select("title_id", genres).explode("genres").drop_nulls().unique()
    rows = items.find(said["title_id"].to_numpy())
    names, columns = np.unique(said["genres"].to_numpy().astype(str), return_inverse=True)
    known = rows >= 0
    matrix = np.zeros((len(items), len(names)), np.bool_)
    matrix[rows[known], columns[known]] = True
    return matrix if matrix.any() else None


def title_vectors(titles: pl.DataFrame, items: IdIndex) -> Any:
    """What each item is about as a row of length 1, or 0 where nothing is known of it.

    The vectors of the first column ``embedding:...``, dense; without one TF-IDF of the words of
    ``text``, sparse. None where the frame tells nothing of any item.
    """
    columns = [name for name in titles.columns if name.startswith(EMBEDDING)]
    column = columns[0] if columns else "text"
    if column not in titles.columns:
        return None
    said = titles.select("title_id", column).drop_nulls()
    rows = items.find(said["title_id"].to_numpy())
    said, rows = said.filter(rows >= 0), rows[rows >= 0]
    if said.is_empty():
        return None
    if columns:
        own = np.array(said[column].to_list(), np.float64)
        own /= np.maximum(np.linalg.norm(own, axis=1, keepdims=True), 1e-300)
        dense = np.zeros((len(items), own.shape[1]))
        dense[rows] = own
        return dense
    return _words(said[column].to_list(), rows, len(items))


def _words(texts: list[str], rows: NDArray[np.int32], n_items: int) -> Any:
    from sklearn.feature_extraction.text import TfidfVectorizer

    if not any(re.search(r"\w", text) for text in texts):
        return None  # without a word in any text there is no vocabulary, which is an error there
    own = TfidfVectorizer(sublinear_tf=True, token_pattern=r"(?u)\b\w+\b").fit_transform(texts)
    place = csr_array(
        (np.ones(len(rows)), (rows, np.arange(len(rows)))), shape=(n_items, len(rows))
    )
    return csr_array(place @ own)
