"""Taste groups: viewers who watch and like the same kinds of titles, found without being told."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from marquee.errors import ParameterError
from marquee.forecast.audience_titles import Likeness
from marquee.forecast.audience_viewers import PRIOR_RATINGS, Histories

N_GROUPS = 8
LIKING = 1.0
"""Weight of how much a genre is liked, against 1 for how much it is watched."""
NAMED_BY = 2
"""Genres that a group is named by at most."""
NAMELESS = "A bit of everything"
"""The name of a group that watches no genre more than others do."""


@dataclass(frozen=True, eq=False)
class TasteGroups:
    """Which group each viewer belongs to, the largest group first."""

    member: NDArray[np.int32]
    """Number of the group of each viewer, shape (n_viewers,)."""
    names: tuple[str, ...]
    """What their viewers watch and like more than others do, all different."""


def taste_groups(
    histories: Histories, likeness: Likeness, *, n_groups: int = N_GROUPS, seed: int = 0
) -> TasteGroups:
    r"""Viewers brought together by k-means on their genres.

    Of :math:`n_v` titles a viewer watched :math:`c_{vg}` of the genre g, which has the share
    :math:`p_g` of all ratings; watching is :math:`(c_{vg} - n_v p_g) / \sqrt{n_v p_g + 5}`, liking
    the sum of the stars above the titles' means and the viewer's own over
    :math:`\sqrt{c_{vg} + 5}`. The direction counts and not the length, so that who watches much is
    not a group of its own; who shows hardly any direction falls where chance puts them.

    There are no more groups than viewers who rated anything. Viewers without ratings are in the
    largest group.

    Raises
    ------
    ParameterError
        If ``n_groups`` is below 1.
    """
    if n_groups < 1:
        raise ParameterError(f"n_groups must be at least 1, got {n_groups}")
    points = genre_points(histories, likeness)
    active = np.flatnonzero(np.linalg.norm(points, axis=1) > 0)
    n_groups = min(n_groups, len(np.unique(points[active], axis=0))) if active.size else 1
    member = np.zeros(len(points), np.int32)
    if n_groups > 1:
        from sklearn.cluster import KMeans

        unit = points[active] / np.linalg.norm(points[active], axis=1, keepdims=True)
        found = KMeans(n_groups, n_init=5, random_state=seed).fit_predict(unit)
        order = np.argsort(-np.bincount(found, minlength=n_groups), kind="stable")
        member[active] = np.argsort(order)[found]
    return TasteGroups(member, _names(points, member, n_groups, likeness))


def genre_points(histories: Histories, likeness: Likeness) -> NDArray[np.float64]:
    """Watching of each genre and then liking of each, shape (n_viewers, 2 * n_genres)."""
    flags = likeness.genre_flags(likeness.catalog).astype(np.float64)
    counts = histories.watched @ flags
    n = histories.activity[:, None]
    usual = n * (counts.sum(axis=0) / max(n.sum(), 1))
    watching = (counts - usual) / np.sqrt(usual + PRIOR_RATINGS)
    total = np.asarray(histories.surprise.sum(axis=1)).ravel()
    offset = (total / (n.ravel() + PRIOR_RATINGS))[:, None]
    liking = (histories.surprise @ flags - offset * counts) / np.sqrt(counts + PRIOR_RATINGS)
    return np.hstack([watching, LIKING * liking])


def _names(
    points: NDArray[np.float64], member: NDArray[np.int32], n_groups: int, likeness: Likeness
) -> tuple[str, ...]:
    """The genres that lie highest in each group's mean, told apart by a number where alike."""
    n_genres = len(likeness.genres)
    names: list[str] = []
    for group in range(n_groups):
        mean = (
            points[member == group].mean(axis=0) if (member == group).any() else points[:0].sum(0)
        )
        high = mean[:n_genres] + mean[n_genres:]
        first = [place for place in np.argsort(-high, kind="stable")[:NAMED_BY] if high[place] > 0]
        name = " & ".join(str(likeness.genres.ids[place]) for place in first) or NAMELESS
        while name in names:
            name = f"{name}, more"
        names.append(name)
    return tuple(names)
