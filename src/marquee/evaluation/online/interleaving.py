"""Team-draft interleaving: both models choose for one list, and what is taken from it is a vote.

One viewer compares both at once, so differences between viewers do not blur the answer; which of
the two is preferred is told, and not by how much.

References
----------
F. Radlinski, M. Kurup and T. Joachims, "How does clickthrough data reflect retrieval quality?",
CIKM 2008.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from marquee.errors import ParameterError

NEITHER = -1


class Draft(NamedTuple):
    """One list out of two."""

    items: NDArray[np.int64]
    """Shape (n,), each once, in the order in which they are shown."""
    teams: NDArray[np.int8]
    """Which list put each there: 0, 1, or ``NEITHER`` where only one of them had any left."""


def team_draft(
    first: Sequence[int], second: Sequence[int], k: int, rng: np.random.Generator
) -> Draft:
    """The first k of both lists, drafted in turns.

    As two captains choose teams: in each round a coin says who begins, and each puts its best item
    that is not there yet. Once a list has nothing left the other fills up, for no team: a choice
    that was none is no vote.

    Raises
    ------
    ParameterError
        If k is below 1.
    """
    if k < 1:
        raise ParameterError(f"k must be at least 1, got {k}")
    lists = ([*dict.fromkeys(first)], [*dict.fromkeys(second)])
    ahead = [0, 0]
    chosen: dict[int, int] = {}
    sizes = [0, 0]
    while len(chosen) < k:
        for side in (0, 1):
            while ahead[side] < len(lists[side]) and lists[side][ahead[side]] in chosen:
                ahead[side] += 1
        left = [ahead[side] < len(lists[side]) for side in (0, 1)]
        if not any(left):
            break
        if all(left):
            even = sizes[0] == sizes[1]
            side = int(rng.integers(2)) if even else int(sizes[1] < sizes[0])
            team = side
            sizes[side] += 1
        else:
            side, team = int(left[1]), NEITHER
        chosen[lists[side][ahead[side]]] = team
    return Draft(
        np.fromiter(chosen, np.int64, len(chosen)),
        np.fromiter(chosen.values(), np.int8, len(chosen)),
    )


def votes(teams: ArrayLike, taken: ArrayLike, lists: ArrayLike) -> NDArray[np.float64]:
    """For each list -1, 0 or 1: which team more was taken from, shape (n_lists,).

    Parameters
    ----------
    teams, taken, lists
        Of each title shown: its team, whether it was taken, and the number of its list, from 0 on.
    """
    team, number = np.asarray(teams, np.int64), np.asarray(lists, np.int64)
    sign = np.where(team == 1, 1.0, np.where(team == 0, -1.0, 0.0))
    counted = np.bincount(number, sign * np.asarray(taken, np.float64), minlength=0)
    return np.sign(counted)
