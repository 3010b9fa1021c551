"""Texts as sparse vectors over stemmed words and tokens of genres, keywords and people."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import polars as pl
from numpy.typing import NDArray
from scipy.sparse import csr_array

from marquee.models.embeddings import dense
from marquee.models.sparse_rows import inverse, lengths_of


def vocabulary(
    words: pl.DataFrame, least: int, weights: Mapping[str, float]
) -> tuple[NDArray[np.str_], NDArray[np.float64]]:
    """The tokens of at least so many texts, ascending, and what each weighs, (n_tokens,) both.

    That is the inverse document frequency ln((1 + N) / (1 + N_t)) times the weight of the token's
    field. ``words`` has the columns ``row``, which text, and ``token``; tokens of a field begin
    with a name out of ``weights`` and an underscore, and all others weigh 1.
    """
    spread = words.unique().group_by("token").len("n_texts")
    spread = spread.filter(pl.col("n_texts") >= least).sort("token")
    tokens = np.array(spread["token"].to_list(), np.str_)
    rarity = np.log((1 + words["row"].n_unique()) / (1 + spread["n_texts"].to_numpy()))
    of_field = np.ones(len(tokens))
    for name, weight in weights.items():
        of_field[np.char.startswith(tokens, f"{name}_")] = weight
    return tokens, rarity * of_field


def counts_of(words: pl.DataFrame, n_rows: int, tokens: NDArray[np.str_]) -> csr_array:
    """One plus the logarithm of how often each text holds each token, (n_rows, n_tokens)."""
    known = pl.DataFrame({"token": pl.Series(tokens.tolist(), dtype=pl.String)})
    counts = (
        words.join(known.with_row_index("column"), on="token")
        .group_by("row", "column")
        .len("n")
        .sort("row", "column")
    )
    rows, columns = counts["row"].to_numpy(), counts["column"].to_numpy().astype(np.int32)
    values = 1 + np.log(counts["n"].to_numpy())
    indptr = np.zeros(n_rows + 1, np.int32)
    np.cumsum(np.bincount(rows, minlength=n_rows), out=indptr[1:])
    return csr_array((values, columns, indptr), shape=(n_rows, len(tokens)))


def weighed(counts: csr_array, weights: NDArray[np.float32]) -> csr_array:
    """The counts, each times the weight of its token."""
    data = counts.data * weights[counts.indices]
    return csr_array((data, counts.indices, counts.indptr), shape=counts.shape)


def pivoted(rows: csr_array, slope: float) -> csr_array:
    """The rows, each divided by its part of its own length and of the mean, which is 1; float32."""
    scale = inverse(1 - slope + slope * lengths_of(rows))
    data = rows.data * np.repeat(scale, np.diff(rows.indptr))
    return csr_array((data.astype(np.float32), rows.indices, rows.indptr), shape=rows.shape)


def centered(column: pl.Series, center: NDArray[np.float32]) -> csr_array:
    """Embeddings less their mean, of length 1; rows of zeros for those that are null."""
    vectors = np.zeros((len(column), len(center)), np.float32)
    known = column.is_not_null().to_numpy()
    if known.any() and len(center):
        own = dense(column.drop_nulls()) - center
        vectors[known] = own * inverse(np.sqrt((own * own).sum(axis=1)))[:, None]
    return csr_array(vectors)
