"""One profile's scores with what its items added to them, of any model that explains itself."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from marquee.data.interactions import Interactions
from marquee.models.abilities import Explained, ExplainsLists, ExplainsScores

if TYPE_CHECKING:
    from marquee.models.base import Recommender


def explained(model: Recommender, profile: Interactions) -> Explained | None:
    """The scores of one profile and what takes them apart; None for a model that cannot.

    A model without a way of its own is asked for the contributions to one item after another.
    """
    if isinstance(model, ExplainsLists):
        return model.explained(profile)
    if not isinstance(model, ExplainsScores):
        return None
    ask = model.contributions

    def parts(columns: NDArray[np.int32]) -> NDArray[np.float32]:
        added = np.empty((len(columns), len(profile)), np.float32)
        for row, column in enumerate(columns):
            added[row] = ask(profile, [column])
        return added

    return Explained(model.score(profile)[0], parts)
