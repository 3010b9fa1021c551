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
        """Takes in ``title_id`` and ``text``, one row per title; the text may be null."""
        ...
