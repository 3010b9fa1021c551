"""Several recommenders as one."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass, field

import numpy as np
import polars as pl
from numpy.typing import ArrayLike, NDArray

from marquee.data.ids import IdIndex
from marquee.data.interactions import Interactions
from marquee.errors import ParameterError
from marquee.models.abilities import (
    Explained,
    ExplainsScores,
    FindsSimilarItems,
    Parts,
    UsesTitles,
    UsesViewers,
)
from marquee.models.base import Recommender, checked_positions
from marquee.models.explaining import explained
from marquee.models.ranking import TopK, top_k


@dataclass(kw_only=True, eq=False)
class Blend(Recommender):
    r"""Scores each item by a weighted sum of its members' scores, brought to one scale.

    .. math:: s_{ui} = \sum_m w_m \, s^m_{ui} / \sigma^m_u

    where :math:`\sigma^m_u` is the standard deviation of the member's scores for the profile over
    the catalog. Nothing is subtracted, so that a score that is a sum over the profile stays one;
    a member that scores all items alike, as many do for an empty profile, is left out for it.
    Members that are not personal are scored as for an empty profile.

    The members given are templates: ``fit`` fits copies of them. A blend has an ability if its
    members have it: it explains scores if all personal members do, finds similar items, uses titles
    and uses viewers if any does. Give titles and viewers to the blend, which hands them on.

    References
    ----------
    R. Burke, "Hybrid recommender systems: survey and experiments", User Modeling and User-Adapted
    Interaction 12, 2002 (the weighted hybrid).
    """

    members: tuple[Recommender, ...] = ()
    """The recommenders to blend."""
    weights: tuple[float, ...] = ()
    """How much each counts, at least 0."""

    members_: tuple[Recommender, ...] = field(init=False, repr=False)
    """The fitted members."""

    _texts: pl.DataFrame | None = field(init=False, repr=False, default=None)
    _viewers: pl.DataFrame | None = field(init=False, repr=False, default=None)
    _common: tuple[tuple[Recommender, ...], NDArray[np.float32]] | None = field(
        init=False, repr=False, default=None
    )
    """What members that are not personal add to everybody's scores, and of which members it is."""

    def __post_init__(self) -> None:
        if not self.members:
            raise ParameterError(
                "Blend needs members, as in Blend(members=(EASE(), Popularity()), weights=(1, 0.1))"
            )
        if len(self.weights) != len(self.members):
            raise ParameterError(
                f"weights of Blend must be as many as its {len(self.members)} members, "
                f"got {self.weights}"
            )
        if not all(0 <= weight < np.inf for weight in self.weights):
            raise ParameterError(f"weights of Blend must be at least 0, got {self.weights}")
        # Abilities are asked with isinstance, so a blend has a method only where it can keep it.
        if all(isinstance(m, ExplainsScores) for m in self.members if m.personal):
            self.contributions = self._contributions
            self.explained = self._explained
        if any(isinstance(m, FindsSimilarItems) for m in self.members):
            self.similar = self._similar
        if any(isinstance(m, UsesTitles) for m in self.members):
            self.use_titles = self._use_titles
        if any(isinstance(m, UsesViewers) for m in self.members):
            self.use_viewers = self._use_viewers

    def _fit(self, train: Interactions) -> None:
        fitted = []
        for member in self.members:
            copy = dataclasses.replace(member)
            if isinstance(copy, UsesTitles) and self._texts is not None:
                copy.use_titles(self._texts)
            if isinstance(copy, UsesViewers) and self._viewers is not None:
                copy.use_viewers(self._viewers)
            fitted.append(copy.fit(train, on_epoch=self._on_epoch))
        self.members_ = tuple(fitted)

    def _score(self, profiles: Interactions) -> NDArray[np.float32]:
        scores = np.tile(self._for_everybody(), (profiles.n_users, 1))
        for member, weight in zip(self.members_, self.weights, strict=True):
            if member.personal:
                own = member.score(profiles)
                scores += own * (weight * _one_over_spread(own))[:, None]
        return scores

    def _for_everybody(self) -> NDArray[np.float32]:
        """What members that are not personal add, shape (n_items,); made once after each fit."""
        if self._common is None or self._common[0] is not self.members_:
            added = np.zeros(len(self.items_), np.float32)
            for member, weight in zip(self.members_, self.weights, strict=True):
                if not member.personal:
                    own = member.score(_nobody(self.items_))
                    added += (own * (weight * _one_over_spread(own))[:, None])[0]
            self._common = (self.members_, added)
        return self._common[1]

    def _use_titles(self, texts: pl.DataFrame) -> Blend:
        """Takes in ``title_id`` and ``text``, one row per title; the text may be null."""
        self._texts = texts
        return self

    def _use_viewers(self, viewers: pl.DataFrame) -> Blend:
        """Takes in ``viewer_id`` and what is known of each, one row per viewer."""
        self._viewers = viewers
        return self

    def _contributions(self, profiles: Interactions, columns: ArrayLike) -> NDArray[np.float32]:
        """What each stored interaction added to the score of one item per profile.

        Aligned with ``profiles.matrix.data``; what members that are not personal add is no part.
        """
        self.check_fitted(profiles)
        parts = np.zeros(len(profiles), np.float32)
        for member, weight in zip(self.members_, self.weights, strict=True):
            if isinstance(member, ExplainsScores) and member.personal:
                scale = weight * self._scales(member, profiles)
                parts += member.contributions(profiles, columns) * scale[profiles.rows]
        return parts

    def _explained(self, profile: Interactions) -> Explained:
        """The scores of one profile, and what takes them apart; its members score it once."""
        self.check_fitted(profile)
        scores = self._for_everybody().copy()
        each: list[tuple[np.float32, Parts]] = []
        for member, weight in zip(self.members_, self.weights, strict=True):
            own = explained(member, profile) if member.personal else None
            if own is not None:
                scale = np.float32(weight * _one_over_spread(own.scores[None])[0])
                scores += own.scores * scale
                each.append((scale, own.parts))

        def parts(columns: NDArray[np.int32]) -> NDArray[np.float32]:
            added = np.zeros((len(columns), len(profile)), np.float32)
            for scale, of_member in each:
                added += of_member(columns) * scale
            return added

        return Explained(scores, parts)

    def _scales(self, member: Recommender, profiles: Interactions) -> NDArray[np.float32]:
        """One over the spread of the member's scores for each profile.

        The picks of one list are explained by as many equal profiles, which are scored once.
        """
        if not _all_equal(profiles):
            return _one_over_spread(member.score(profiles))
        first = _one_over_spread(member.score(profiles.take([0])))
        return np.repeat(first, profiles.n_users)

    def _similar(self, columns: ArrayLike, k: int = 10) -> TopK:
        """The k items most similar to each of the given ones, which are themselves left out.

        Similarities of the members that know any are blended like scores.
        """
        self.check_fitted()
        wanted = checked_positions(columns, len(self.items_), "columns")
        total = np.zeros((len(wanted), len(self.items_)), np.float32)
        listed = np.zeros(total.shape, np.bool_)
        for member, weight in zip(self.members_, self.weights, strict=True):
            if isinstance(member, FindsSimilarItems) and weight > 0 and total.size:
                items, values = member.similar(wanted, k=len(self.items_))
                rows, slots = np.nonzero(items >= 0)
                own = np.zeros_like(total)
                own[rows, items[rows, slots]] = values[rows, slots]
                listed[rows, items[rows, slots]] = True
                total += own * (weight * _one_over_spread(own))[:, None]
        return top_k(np.where(listed, total, np.float32(-np.inf)), k)


def _one_over_spread(scores: NDArray[np.float32]) -> NDArray[np.float32]:
    """One over the standard deviation of each row; 0 where all scores are equal."""
    if not scores.shape[1]:
        return np.zeros(len(scores), np.float32)
    spread: NDArray[np.float32] = scores.std(axis=1)
    inverse = np.zeros_like(spread)
    # Rounding alone gives equal scores a spread of about 1e-7 of their size.
    np.divide(1, spread, out=inverse, where=spread > 1e-5 * np.abs(scores).max(axis=1))
    return inverse


def _all_equal(profiles: Interactions) -> bool:
    """Whether there are several profiles and all of them are the same."""
    matrix, n = profiles.matrix, profiles.n_users
    counts = np.diff(matrix.indptr)
    if n < 2 or (counts != counts[0]).any():
        return False
    cells = [array.reshape(n, -1) for array in (matrix.indices, matrix.data)]
    return all(bool((array == array[0]).all()) for array in cells)


def _nobody(items: IdIndex) -> Interactions:
    """One empty profile over the catalog."""
    none = np.empty(0, np.int64)
    return Interactions.from_arrays(none, items.ids[:0], user_index=IdIndex([0]), item_index=items)
