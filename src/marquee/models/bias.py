"""How generous the viewer is and how good the film."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import ClassVar

import numpy as np
from numpy.typing import ArrayLike, NDArray

from marquee.data.interactions import Interactions
from marquee.models.base import Recommender
from marquee.models.offsets import Scale, fit_offsets, on_scale, user_offsets


@dataclass(kw_only=True, eq=False)
class Bias(Recommender):
    r"""Scores each item by the mean rating plus an offset of the user and one of the item.

    .. math:: \hat r_{ui} = \mu + b_u + b_i

    The offset of a user has a closed form given those of the items, so it is computed from the
    profile at hand. Every user gets the items in the same order; the ratings it predicts are the
    baseline that any personal model has to beat.

    References
    ----------
    Y. Koren, "Factor in the neighbors: scalable and accurate collaborative filtering", TKDD 2010,
    section 2.1. The defaults are those of Surprise's ``BaselineOnly``.
    """

    personal: ClassVar[bool] = False

    l2_users: float = 15.0
    """Penalty on user offsets, in ratings: a user with so many ratings gets half their offset."""
    l2_items: float = 10.0
    """Penalty on item offsets, in ratings."""
    passes: int = 10
    """Rounds of alternating least squares."""

    scale_: NDArray[np.float64] = field(init=False, repr=False)
    """Mean, lowest and highest rating of the training data."""
    item_offsets_: NDArray[np.float64] = field(init=False, repr=False)
    """Offset of each item from the mean, shape (n_items,)."""

    def __post_init__(self) -> None:
        self.check_at_least(0, "l2_users", "l2_items")
        self.check_at_least(1, "passes")

    def _fit(self, train: Interactions) -> None:
        scale = Scale.of(train)
        offsets = fit_offsets(
            train, scale.mean, l2_users=self.l2_users, l2_items=self.l2_items, passes=self.passes
        )
        self.scale_ = np.array(scale)
        self.item_offsets_ = offsets.items

    def _score(self, profiles: Interactions) -> NDArray[np.float32]:
        scores = self._user_means(profiles)[:, None] + self.item_offsets_
        return scores.astype(np.float32)

    def predict_ratings(
        self, profiles: Interactions, rows: ArrayLike, columns: ArrayLike
    ) -> NDArray[np.float32]:
        """Predicted ratings of the pairs, within the range of the training data."""
        at, to = self.checked_pairs(profiles, rows, columns)
        return on_scale(self._user_means(profiles)[at] + self.item_offsets_[to], self.scale_)

    def _user_means(self, profiles: Interactions) -> NDArray[np.float64]:
        """The mean rating plus the user's offset, shape (n_profiles,)."""
        mean = float(self.scale_[0])
        return mean + user_offsets(profiles, mean, self.item_offsets_, l2_users=self.l2_users)
