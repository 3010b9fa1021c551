"""What a viewer liked, said in words, and the titles that the same words describe."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Self

import numpy as np
import polars as pl
from numpy.typing import ArrayLike, NDArray
from scipy.sparse import csr_array

from marquee.data.interactions import Interactions
from marquee.errors import NotFittedError, ParameterError
from marquee.features.text import stems
from marquee.models.abilities import Explained
from marquee.models.base import Recommender, checked_positions
from marquee.models.embeddings import COLUMN, TFIDF, dense, with_embeddings
from marquee.models.ranking import TopK, top_k
from marquee.models.sparse_rows import (
    add_up,
    arrays_of,
    inverse,
    lengths_of,
    products,
    without_copies,
)
from marquee.models.text_vectors import centered, counts_of, pivoted, vocabulary, weighed

BLOCK = 256
"""Profiles that are scored at once: each takes a dense vector over the vocabulary."""
LOOK_AHEAD = 5
"""How many times as many titles are looked through where near-identical ones are left out."""
FIELDS = ("genre", "keyword", "person", "collection")
"""Parts of a text whose tokens have a weight of their own."""


@dataclass(kw_only=True, eq=False)
class Content(Recommender):
    r"""Scores each item by what its text and the texts of the profile have in common.

    A title is a vector over stemmed words and tokens of genres, keywords and people:

    .. math:: w_t = (1 + \ln n_t) \; f_t \ln \frac{1 + N}{1 + N_t}, \qquad
              x = \frac{w}{(1 - s) \, \bar\ell + s \, \lVert w \rVert}

    where a text holds the token t :math:`n_t` times, :math:`N_t` of N texts hold it, :math:`f_t` is
    the weight of its field, :math:`\bar\ell` the mean length :math:`\lVert w \rVert` of the
    catalog's texts and s the slope. With a slope of 1 a score is a cosine, and of all titles those
    with hardly any text score best: a lone genre that fits is a perfect fit. Below 1 a text
    shorter than the mean is held to some of what it does not say.

    A profile is the sum of its titles' vectors, each weighted by

    .. math:: 1 + \text{taste} \, (r - \hat r), \qquad
              \hat r = \frac{m \mu + \sum_{j=1}^{n} r_j}{m + n}

    and the sum brought to length 1: a title counts for being watched, and more or less by how far
    its rating lies above or below what the viewer usually gives. That is their own mean, held to
    the mean :math:`\mu` of the ratings learned from as if they had given it m times (``prior``):
    whoever rated one title, and gave it half a star, disliked it. A title more than 1 / taste below
    the usual counts against its words. Where ratings are all of one value, as likes are, all titles
    count alike.

    Titles that nobody has rated are scored like others; those without a text score 0.

    With ``embeddings`` other than ``tfidf`` the vectors are those of a sentence-transformer, less
    the catalog's mean, of length 1, and weights of fields and the slope say nothing. Each text is
    encoded at every fit unless the titles bring the vectors along, see
    :func:`~marquee.models.embeddings.with_embeddings`.

    Give it the texts before ``fit``: ``Content().use_titles(texts).fit(train)``. A clone by
    ``dataclasses.replace`` has the hyperparameters alone and wants the texts again.

    References
    ----------
    G. Salton and C. Buckley, "Term-weighting approaches in automatic text retrieval", Information
    Processing & Management 1988. A. Singhal, C. Buckley and M. Mitra, "Pivoted document length
    normalization", SIGIR 1996, section 3 (the division, with the mean for a pivot). N. Reimers and
    I. Gurevych, "Sentence-BERT: sentence embeddings using Siamese BERT-networks", EMNLP 2019.
    """

    taste: float = 1.0
    """How much a point above or below what the viewer usually gives counts; 1 is the count of
    having watched. The default raises NDCG@10 by a quarter against 0, on validation data of
    MovieLens 100K and of the built-in world (``python benchmarks/ease.py --choose``)."""
    prior: float = 5.0
    """How many ratings of the usual value stand beside the viewer's own in their mean; with 0 it is
    theirs alone, and a viewer who hates all they rated looks like one who loves it. From 0 to 10
    it changes NDCG@10 by no more than 0.0004, on validation data of the built-in world and of
    MovieLens 100K (``python benchmarks/ease.py --choose``)."""
    genre_weight: float = 2.0
    """Weight of genres, against 1 for a word."""
    keyword_weight: float = 1.0
    """Weight of whole keywords, beside their words."""
    person_weight: float = 2.0
    """Weight of directors, writers and actors."""
    collection_weight: float = 1.0
    """Weight of belonging to the same series."""
    slope: float = 0.3
    """Share of a text's own length in what it is divided by, from 0 to 1; the rest is the mean
    length. 1 is the cosine, 0 favors long texts. The default was chosen by how well the nearest
    texts agree with the titles that EASE finds alike by their likes (NDCG@10), on MovieLens 1M
    joined with TMDB 5000, IMDb 5000 and lists of streaming services, where half the texts are
    shorter than 0.43 of the mean: 0.140 against 0.114 for the cosine; recommendations rise on
    validation data from 0.016 to 0.043 (``python benchmarks/content.py --home WORKSPACE``)."""
    min_titles: int = 2
    """Tokens in fewer texts are left out."""
    embeddings: str = "tfidf"
    """``tfidf``, or the name of a sentence-transformer, such as ``all-MiniLM-L6-v2``, which needs
    the extra ``deep`` and no network; others are taken from a folder or the hub."""

    tokens_: NDArray[np.str_] = field(init=False, repr=False)
    """The vocabulary, ascending, shape (n_tokens,)."""
    token_weights_: NDArray[np.float32] = field(init=False, repr=False)
    """Inverse document frequency times the weight of the field, shape (n_tokens,), in units that
    give the catalog's texts a mean length of 1."""
    vectors_: csr_array = field(init=False, repr=False)
    """The items' vectors, shape (n_items, n_tokens); a row's length is about that of its text
    against the others', 1 for the mean one, at most 1 / slope, 0 without a text."""

    center_: NDArray[np.float32] = field(init=False, repr=False)
    """Mean of the catalog's embeddings, shape (n_dimensions,); empty for ``tfidf``."""
    usual_: NDArray[np.float32] = field(init=False, repr=False)
    """The mean of the ratings learned from, shape (1,); 0 without any."""

    _texts: pl.DataFrame | None = field(init=False, repr=False, default=None)

    def __post_init__(self) -> None:
        self.check_at_least(0, "taste", "prior", "slope", *(f"{name}_weight" for name in FIELDS))
        if self.slope > 1:
            raise ParameterError(f"slope of Content must be a number from 0 to 1, got {self.slope}")
        self.check_at_least(1, "min_titles")
        if not self.embeddings:
            raise ParameterError("embeddings of Content must be tfidf or a model's name, got ''")

    def use_titles(self, texts: pl.DataFrame) -> Self:
        """Takes in ``title_id`` and ``text``, one row per title; the text may be null.

        Raises
        ------
        ParameterError
            If a column is missing or a title has several texts.
        """
        if not {"title_id", "text"} <= set(texts.columns):
            raise ParameterError(f"texts need columns title_id and text, got {texts.columns}")
        if texts["title_id"].is_duplicated().any():
            raise ParameterError("texts must have one row per title, got a title_id twice")
        own = f"{COLUMN}{self.embeddings}"
        self._texts = texts.select("title_id", "text", *([own] if own in texts.columns else []))
        return self

    def vectorize(self, texts: pl.Series) -> csr_array:
        """Vectors of texts in the learned vocabulary, shape (n_texts, n_tokens), float32."""
        self.check_fitted()
        if self.embeddings != TFIDF:
            frame = pl.DataFrame({"text": texts.cast(pl.String)})
            embedded = with_embeddings(frame, self.embeddings)
            return centered(embedded[f"{COLUMN}{self.embeddings}"], self.center_)
        counts = counts_of(stems(texts), len(texts), self.tokens_)
        return pivoted(weighed(counts, self.token_weights_), self.slope)

    def _fit(self, train: Interactions) -> None:
        if self._texts is None:
            raise NotFittedError(
                "Content needs the titles' texts; call use_titles(texts) before fit()"
            )
        values = train.matrix.data
        self.usual_ = np.full(1, values.mean(dtype=np.float64) if len(values) else 0, np.float32)
        ids = np.asarray(self._texts["title_id"].to_list())
        places = pl.Series("row", train.items.find(ids), dtype=pl.Int32)
        in_catalog = self._texts.with_columns(places).filter(pl.col("row") >= 0)
        if self.embeddings != TFIDF:
            self._embed(in_catalog, train.n_items)
            return
        self.center_ = np.empty(0, np.float32)
        words = stems(in_catalog["text"])
        words = words.with_columns(in_catalog["row"].gather(words["row"]).alias("row"))
        weights = {name: float(getattr(self, f"{name}_weight")) for name in FIELDS}
        self.tokens_, weight = vocabulary(words, self.min_titles, weights)
        self.token_weights_ = weight.astype(np.float32)
        counts = counts_of(words, train.n_items, self.tokens_)
        lengths = lengths_of(weighed(counts, self.token_weights_))
        if lengths.any():
            self.token_weights_ /= np.float32(lengths[lengths > 0].mean())
        self.vectors_ = pivoted(weighed(counts, self.token_weights_), self.slope)

    def _embed(self, in_catalog: pl.DataFrame, n_items: int) -> None:
        """Learns vectors and their mean from texts with the row of their item."""
        own = f"{COLUMN}{self.embeddings}"
        if own not in in_catalog.columns:
            in_catalog = with_embeddings(in_catalog, self.embeddings)
        known = in_catalog.filter(pl.col(own).is_not_null())
        self.tokens_, self.token_weights_ = np.empty(0, "<U1"), np.empty(0, np.float32)
        self.center_ = np.empty(0, np.float32)
        if len(known):
            self.center_ = dense(known[own]).mean(axis=0, dtype=np.float64).astype(np.float32)
        every = pl.DataFrame({"row": np.arange(n_items, dtype=np.int32)})
        joined = every.join(known, on="row", how="left", maintain_order="left")
        self.vectors_ = centered(joined[own], self.center_)

    def _score(self, profiles: Interactions) -> NDArray[np.float32]:
        wanted, scale = self._wanted(self._weighted(profiles))
        scores = np.empty((profiles.n_users, profiles.n_items), np.float32)
        for start in range(0, profiles.n_users, BLOCK):
            block = slice(start, start + BLOCK)
            scores[block] = (self.vectors_ @ wanted[block].T.toarray()).T * scale[block, None]
        return scores

    def contributions(self, profiles: Interactions, columns: ArrayLike) -> NDArray[np.float32]:
        """What each stored interaction added to the score of one item per profile.

        Aligned with ``profiles.matrix.data``. Negative where the viewer rated a title so far below
        what they usually give that its words count against the item.
        """
        _, targets = self.checked_pairs(profiles, np.arange(profiles.n_users), columns)
        weighted = self._weighted(profiles)
        _, scale = self._wanted(weighted)
        own, other = self.vectors_[weighted.indices], self.vectors_[targets[profiles.rows]]
        cosines = own.multiply(other).sum(axis=1)
        parts: NDArray[np.float32] = weighted.data * cosines * scale[profiles.rows]
        return parts.astype(np.float32)

    def explained(self, profile: Interactions) -> Explained:
        """The scores of one profile, and what takes them apart."""
        self.check_fitted(profile)
        counts = self._liking(profile)
        starts, words, weights = arrays_of(self.vectors_)
        own = profile.matrix.indices.astype(np.int32)
        # Sparse products of one row take longer to set up than to compute.
        total = np.zeros(len(self.tokens_), np.float64)
        add_up(starts, words, weights, own, counts, total)
        wanted = total.astype(np.float32)
        scale = inverse(np.sqrt(wanted @ wanted)[None])[0]

        def parts(columns: NDArray[np.int32]) -> NDArray[np.float32]:
            cosines = np.empty((len(columns), len(own)), np.float32)
            asked = np.ascontiguousarray(columns, np.int32)
            products(starts, words, weights, asked, own, np.zeros_like(wanted), cosines)
            added: NDArray[np.float32] = cosines * (counts * scale)
            return added

        return Explained(self.vectors_ @ (wanted * scale), parts)

    def similar(self, columns: ArrayLike, k: int = 10, *, most_alike: float = 1.0) -> TopK:
        """The k items most similar to each of the given ones, which are themselves left out.

        The similarity is the score for a profile of that item alone; items that share no word with
        it are not listed. With ``most_alike`` below 1 nothing is listed after something that it is
        so alike to, see :meth:`distinct`.
        """
        self.check_fitted()
        if most_alike < 1:
            return self.distinct(
                self.similar(columns, min(LOOK_AHEAD * k, len(self.items_))), k, most_alike
            )
        wanted = checked_positions(columns, len(self.items_), "columns")
        asked = self.vectors_[wanted]
        asked = asked.multiply(inverse(lengths_of(asked))[:, None].astype(np.float32)).tocsr()
        similarity = (asked @ self.vectors_.T).toarray()
        similarity[np.arange(len(wanted)), wanted] = 0
        return top_k(np.where(similarity > 0, similarity, np.float32(-np.inf)), k)

    def distinct(self, lists: TopK, k: int, most_alike: float = 0.3) -> TopK:
        """The first k of each list, without what is near-identical to something before it.

        That is what has a cosine above ``most_alike`` with it, as entries of one series have;
        of these the first stays. Give longer lists than are wanted. Of the pairs of one series in
        The Movies Dataset 43 % have a TF-IDF cosine above 0.3, of other pairs 0.17 %
        (``python benchmarks/content.py --series --home WORKSPACE``); embeddings want a greater one.
        """
        self.check_fitted()
        return without_copies(self.vectors_, lists, k, most_alike)

    def _weighted(self, profiles: Interactions) -> csr_array:
        """How much each title of a profile counts, in the pattern of the profiles' matrix."""
        matrix = profiles.matrix
        parts = (self._liking(profiles), matrix.indices, matrix.indptr)
        return csr_array(parts, shape=matrix.shape)

    def _liking(self, profiles: Interactions) -> NDArray[np.float32]:
        """How much each title of a profile counts, aligned with ``profiles.matrix.data``."""
        matrix, rows = profiles.matrix, profiles.rows
        totals = np.bincount(rows, matrix.data, profiles.n_users) + self.prior * self.usual_[0]
        means = totals / np.maximum(np.diff(matrix.indptr) + self.prior, 1e-9)
        counts: NDArray[np.float32] = 1 + self.taste * (matrix.data - means[rows])
        return counts.astype(np.float32)

    def _wanted(self, weighted: csr_array) -> tuple[csr_array, NDArray[np.float32]]:
        """Sum of the profiles' vectors, and one over the lengths of these sums."""
        wanted: Any = weighted @ self.vectors_
        squares = wanted.multiply(wanted).sum(axis=1)
        return wanted, inverse(np.sqrt(squares)).astype(np.float32)
