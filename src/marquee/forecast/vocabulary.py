"""Words of categories, lists and texts as columns of a matrix."""

from __future__ import annotations

from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

MISSING = "(unknown)"
"""The word of a category or list that is unknown."""


def vocabulary(values: pl.Series, min_count: int, max_words: int) -> list[str]:
    """The words that at least ``min_count`` rows hold, commonest first and then by name.

    A row holds its category, or what its list lists; a row that is null holds :data:`MISSING`.
    """
    counts = (
        _words(values)
        .group_by("word")
        .len()
        .filter(pl.col("len") >= min_count)
        .sort(["len", "word"], descending=[True, False])
    )
    return counts["word"].head(max_words).to_list()


def word_matrix(values: pl.Series, words: list[str]) -> NDArray[np.float64]:
    """1 where a row holds a word, shape (n_rows, n_words); other words leave no trace."""
    matrix = np.zeros((values.len(), len(words)))
    place = {word: column for column, word in enumerate(words)}
    # A plain loop: one film is asked about through dozens of such columns, and a join of frames
    # costs milliseconds whatever their size.
    for row, held in enumerate(values.to_list()):
        for word in [MISSING] if held is None else [held] if isinstance(held, str) else held:
            if word in place:
                matrix[row, place[word]] = 1.0
    return matrix


def text_directions(
    texts: pl.Series, n_dims: int, min_count: int, seed: int, *, topics: bool = False
) -> Any | None:
    """A fitted pipeline from texts to the directions in which their words vary most, or to topics.

    Words are weighed by TF-IDF, English stop words left out, and brought to ``n_dims`` directions
    by a truncated singular value decomposition (latent semantic analysis), or, as ``topics``, to
    how much each text has of word lists that add up to it (nonnegative matrix factorization). None
    where fewer than two words stand in ``min_count`` texts.

    References
    ----------
    S. Deerwester, S. Dumais, G. Furnas, T. Landauer and R. Harshman, "Indexing by latent semantic
    analysis", JASIS 1990; D. Lee and H. Seung, "Learning the parts of objects by non-negative
    matrix factorization", Nature 1999.
    """
    from sklearn.decomposition import NMF, TruncatedSVD
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.pipeline import make_pipeline

    given = plain_texts(texts)
    weights = TfidfVectorizer(sublinear_tf=True, stop_words="english", min_df=min_count)
    try:
        n_words = weights.fit_transform(given).shape[1]
    except ValueError:  # scikit-learn's word for: no word is left
        return None
    if n_words < 2:
        return None
    n = min(n_dims, n_words - 1)
    kind = NMF(n, max_iter=500, tol=1e-3, random_state=seed) if topics else None
    reduced = kind or TruncatedSVD(n, random_state=seed)
    # Of texts that topics tell exactly, rounding leaves the root of less than nothing as the error.
    with np.errstate(invalid="ignore"):
        return make_pipeline(weights, reduced).fit(given)


def direction_names(pipeline: Any, n_words: int = 3) -> list[str]:
    """Name of each direction: the words that a topic weighs most, else its number."""
    reduced = pipeline[-1]
    if type(reduced).__name__ != "NMF":
        return [str(place) for place in range(reduced.n_components)]
    words = pipeline[0].get_feature_names_out()
    order = np.argsort(-reduced.components_, axis=1, kind="stable")[:, :n_words]
    return [f"{place}: {' '.join(words[row])}" for place, row in enumerate(order)]


def plain_texts(texts: pl.Series) -> list[str]:
    """The texts, empty where unknown."""
    return list(texts.cast(pl.String).fill_null(""))


def _words(values: pl.Series) -> pl.DataFrame:
    """Which row holds which word: columns row and word, each pair once."""
    rows = pl.DataFrame({"row": np.arange(values.len()), "word": values})
    unknown = rows.filter(pl.col("word").is_null()).select("row", pl.lit(MISSING).alias("word"))
    known = rows.filter(pl.col("word").is_not_null())
    if isinstance(values.dtype, pl.List):
        known = known.explode("word").drop_nulls("word")
    return pl.concat([known.with_columns(pl.col("word").cast(pl.String)), unknown]).unique()
