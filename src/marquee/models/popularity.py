"""What most viewers watched."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from marquee.data.interactions import Interactions
from marquee.models.base import Recommender


@dataclass(kw_only=True, eq=False)
class Popularity(Recommender):
    """Scores each item by the share of users who interacted with it.

    References
    ----------
    P. Cremonesi, Y. Koren and R. Turrin, "Performance of recommender algorithms on top-N
    recommendation tasks", RecSys 2010, section 3.1 (TopPop).
    """

    personal: ClassVar[bool] = False

    share_: NDArray[np.float32] = field(init=False, repr=False)
    """Share of users per item, shape (n_items,)."""

    def _fit(self, train: Interactions) -> None:
        counts = np.bincount(train.matrix.indices, minlength=train.n_items)
        self.share_ = (counts / max(train.n_users, 1)).astype(np.float32)

    def _score(self, profiles: Interactions) -> NDArray[np.float32]:
        return np.tile(self.share_, (profiles.n_users, 1))
