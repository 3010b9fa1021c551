"""Why a title was picked: the viewer's own titles that raised its score, from the model itself."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from marquee.service.asking import Asker
from marquee.service.library import Library
from marquee.service.people import LIKED_FROM
from marquee.service.records import Reason


def reasons(
    library: Library, asker: Asker, picks: NDArray[np.int32], n: int
) -> list[tuple[Reason, ...]]:
    """For each pick the n titles of the history that raised its score most, strongest first.

    They are the model's own contributions: without such a title the score would be lower by what it
    contributed. A model that does not explain itself gives no reasons, nor does an empty history.
    Titles that stand for a picked taste are nobody's history, and are not named, nor are those that
    the viewer gave fewer than three stars: what they disliked speaks for nothing.
    """
    history = asker.person.history
    if n < 1 or asker.parts is None or not history or not len(picks):
        return [()] * len(picks)
    columns = asker.profile.matrix.indices
    added = asker.parts(picks)
    raised = added.sum(axis=1, where=added > 0)
    if asker.groups:
        added[:, ~np.isin(columns, asker.person.sets.rated)] = 0
    added[:, asker.profile.matrix.data < LIKED_FROM] = 0
    strongest = np.argsort(-added, axis=1, kind="stable")[:, :n]
    named = set(list(history)[len(history) - asker.person.n_named :])
    return [
        tuple(
            Reason(
                title=library.card_at(column),
                rating=history[column],
                share=part / total,
                named=column in named,
                traits=library.traits.shared(pick, column),
            )
            for column, part in zip(cited, amounts, strict=True)
            if part > 0
        )
        for pick, cited, amounts, total in zip(
            picks.tolist(),
            columns[strongest].tolist(),
            np.take_along_axis(added, strongest, axis=1).tolist(),
            raised.tolist(),
            strict=True,
        )
    ]
