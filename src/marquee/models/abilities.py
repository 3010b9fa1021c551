"""What some recommenders can do beyond scoring; ask with ``isinstance``."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple, Protocol, Self, runtime_checkable

import numpy as np
import polars as pl
from numpy.typing import ArrayLike, NDArray

from marquee.data.interactions import Interactions
from marquee.models.ranking import TopK


@runtime_checkable
class PredictsRatings(Protocol):
    """Predicts a number on the rating scale for given pairs."""

    def predict_ratings(
        self, profiles: Interactions, rows: ArrayLike, columns: ArrayLike
    ) -> NDArray[np.float32]:
        """Predicted ratings of the pairs (profile row, item column), shape (n_pairs,)."""
        ...


@runtime_checkable
class PredictsRatingsAt(Protocol):
    """Predicts a rating as of the moment at which it is asked for or given."""

    def predict_ratings_at(
        self, profiles: Interactions, rows: ArrayLike, columns: ArrayLike, times: ArrayLike
    ) -> NDArray[np.float32]:
        """Predicted ratings of the pairs (profile row, item column), shape (n_pairs,).

        ``times`` holds the Unix seconds of each pair, shape (n_pairs,); ``profiles.times`` those of
        the profiles' own entries, or None. What may be made of them is said by the model's
        hyperparameter ``clock``, one of :data:`CLOCKS`.
        """
        ...


CLOCKS = ("none", "past", "full")
"""What a model whose predictions depend on time may look at: with ``none`` at no time at all; with
``past``, for an asked pair, at those entries of its profile that are strictly earlier; with
``full`` at all entries of the profile and at the asked time itself."""


@runtime_checkable
class ExplainsScores(Protocol):
    """Takes a score apart into what each item of the profile added to it."""

    def contributions(self, profiles: Interactions, columns: ArrayLike) -> NDArray[np.float32]:
        """What each stored interaction added to the score of one item per profile.

        ``columns`` holds one item position per profile, shape (n_profiles,). The result is aligned
        with ``profiles.matrix.data``, shape (n_entries,); a profile's sum is the item's score less
        what the item scores for an empty profile.
        """
        ...


Parts = Callable[[NDArray[np.int32]], NDArray[np.float32]]
"""What each stored interaction of one profile added to the scores of the items at n positions,
shape (n, n_entries), entries in the order of the profile."""


class Explained(NamedTuple):
    """The scores of one profile, and what takes them apart."""

    scores: NDArray[np.float32]
    """Score of every item, shape (n_items,)."""
    parts: Parts


@runtime_checkable
class ExplainsLists(Protocol):
    """Scores one profile such that many of its scores can be taken apart at little cost."""

    def explained(self, profile: Interactions) -> Explained:
        """What ``score`` and ``contributions`` say of one profile, its scoring done once."""
        ...


@runtime_checkable
class FindsSimilarItems(Protocol):
    """Finds the items most like a given one."""

    def similar(self, columns: ArrayLike, k: int = 10) -> TopK:
        """The k items most similar to each of the given ones, which are themselves left out."""
        ...


@runtime_checkable
class UsesTitles(Protocol):
    """Learns from what titles are about; give it the titles before ``fit``."""

    def use_titles(self, texts: pl.DataFrame) -> Self:
        """Takes in ``title_id`` and ``text``, one row per title; the text may be null.

        Where the caller knows them there are ``genres`` (list of text) and ``year`` (Int32) too,
        either of which may be null. Further columns are to be left alone.
        """
        ...


@runtime_checkable
class UsesViewers(Protocol):
    """Learns from who the viewers are; give it the viewers before ``fit``."""

    def use_viewers(self, viewers: pl.DataFrame) -> Self:
        """Takes in ``viewer_id`` and what is known of each, one row per viewer.

        There may be any of ``age`` (Int32), ``gender``, ``occupation``, ``zip_code`` and
        ``country`` (text), spelled as in the table of viewers and each null where unknown. A viewer
        may be absent, so the model must score one of whom nothing is known.
        """
        ...
