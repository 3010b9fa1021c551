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
    strongest, amounts = _greatest(added, n)
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
            for column, part in zip(cited, of_pick, strict=True)
            if part > 0
        )
        for pick, cited, of_pick, total in zip(
            picks.tolist(),
            columns[strongest].tolist(),
            amounts.tolist(),
            raised.tolist(),
            strict=True,
        )
    ]


def _greatest(values: NDArray[np.float32], n: int) -> tuple[NDArray[np.intp], NDArray[np.float32]]:
    """Columns and values of the n greatest of each row, descending, of equal ones the first.

    A few are found by looking n times; sorting all of a long history takes five times as long.
    """
    left, rows = values.copy(), np.arange(len(values))
    columns = np.empty((len(values), min(n, values.shape[1])), np.intp)
    for place in range(columns.shape[1]):
        columns[:, place] = left.argmax(axis=1)
        left[rows, columns[:, place]] = -np.inf
    return columns, values[rows[:, None], columns]
