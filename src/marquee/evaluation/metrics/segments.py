"""For whom and for what a model is good: segments of viewers and of titles."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray
from scipy.sparse import csr_array

from marquee.data.ids import IdIndex
from marquee.evaluation.metrics.background import Background
from marquee.evaluation.metrics.basis import UserValues
from marquee.evaluation.metrics.beyond import mean_of_profiles

Labels = NDArray[Any]
"""Name of each user's group, shape (n_users,); empty text for a user of none."""

AGES = (18, 25, 35, 45, 50, 56)
"""First year of each band after the first: those in which MovieLens 1M tells ages."""
FEWEST = 10
"""Users that a group needs for it to count in a gap."""


def viewer_segments(
    users: IdIndex, background: Background, viewers: pl.DataFrame | None = None
) -> dict[str, Labels]:
    """The group of each user by the name of what divides them.

    ``activity`` and ``taste`` are always there; ``age``, ``gender`` and ``occupation`` where
    ``viewers`` tells one of a user.
    """
    found = {"activity": activity_groups(background), "taste": taste_groups(background)}
    if viewers is None:
        return found
    known = pl.DataFrame({"viewer_id": users.ids}).join(
        viewers, on="viewer_id", how="left", maintain_order="left"
    )
    if "age" in known.columns and known["age"].null_count() < len(known):
        found["age"] = np.array([_band(age) for age in known["age"].to_list()])
    for trait in ("gender", "occupation"):
        if trait in known.columns and known[trait].null_count() < len(known):
            found[trait] = known[trait].fill_null("").to_numpy().astype(str)
    return found


def activity_groups(background: Background) -> Labels:
    """``new`` for users with an empty profile, the others in thirds: ``few``, ``some``, ``many``.

    The thirds are of these users, in order of the size of their profiles; equal sizes are in one.
    """
    sizes = np.diff(background.profiles.matrix.indptr).astype(np.float64)
    return np.where(sizes == 0, "new", _cut(sizes, sizes > 0, (1 / 3, 2 / 3), _ACTIVITY))


def taste_groups(background: Background) -> Labels:
    """Users by the share of popular titles in their profile: ``niche``, ``mixed``, ``mainstream``.

    The fifth with the least, the fifth with the most and those between; equal shares are in one
    group, users with an empty profile in none.

    References
    ----------
    H. Abdollahpouri, M. Mansoury, R. Burke and B. Mobasher, "The unfairness of popularity bias in
    recommendation", RMSE workshop at RecSys 2019, section 3: niche, diverse and blockbuster.
    """
    share = mean_of_profiles(background.profiles.matrix, background.popular.astype(np.float64))
    return _cut(share, ~np.isnan(share), (0.2, 0.8), _TASTE)


_ACTIVITY = ("few", "some", "many")
_TASTE = ("niche", "mixed", "mainstream")
_IN_ORDER = ("new", *_ACTIVITY, *_TASTE, f"under {AGES[0]}")


def place_of(label: str) -> tuple[int, str]:
    """What groups that have an order are sorted by; others by their names."""
    return (_IN_ORDER.index(label) if label in _IN_ORDER else len(_IN_ORDER), label)


def _cut(
    values: UserValues, counted: NDArray[np.bool_], levels: Sequence[float], names: Sequence[str]
) -> Labels:
    labels = np.full(len(values), "", dtype=f"U{max(map(len, names))}")
    if counted.any():
        edges = np.quantile(values[counted], levels)
        labels[counted] = np.array(names)[np.searchsorted(edges, values[counted], side="left")]
    return labels


def _band(age: int | None) -> str:
    if age is None:
        return ""
    place = int(np.searchsorted(AGES, age, side="right"))
    if place == 0:
        return f"under {AGES[0]}"
    if place == len(AGES):
        return f"{AGES[-1]} and over"
    return f"{AGES[place - 1]}-{AGES[place] - 1}"


def title_segments(background: Background) -> dict[str, NDArray[np.bool_]]:
    """Which titles are ``popular``, ``tail`` and ``new``, shape (n_items,) each.

    New are titles without a training interaction; popular those of the head, tail all others.
    """
    new = background.counts == 0
    return {"popular": background.popular, "tail": ~background.popular & ~new, "new": new}


def relevant_among(relevant: Any, titles: NDArray[np.bool_]) -> Any:
    """What is relevant and among those titles, ``csr_array`` of the same shape."""
    keep = titles[relevant.indices]
    rows = np.repeat(np.arange(relevant.shape[0]), np.diff(relevant.indptr))
    return csr_array(
        (relevant.data[keep], (rows[keep], relevant.indices[keep])), shape=relevant.shape
    )


def gap(values: dict[str, float], n_users: dict[str, int]) -> float:
    """Greatest less least value of the groups with at least 10 users; NaN for fewer than two.

    The gap of groups that do not differ is not 0 but what chance makes of it, the more the smaller
    they are: hold it against the intervals of the groups.
    """
    counted = [
        value for name, value in values.items() if n_users[name] >= FEWEST and not np.isnan(value)
    ]
    return max(counted) - min(counted) if len(counted) > 1 else float("nan")
