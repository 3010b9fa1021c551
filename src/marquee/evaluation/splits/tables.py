"""Splits as a table of ids that can be given to others, and back."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from marquee.data.ids import IdIndex
from marquee.data.interactions import Interactions
from marquee.errors import ParameterError
from marquee.evaluation.splits.base import Split, cells_of

PARTS = ("train", "test", "profiles")
COLUMNS = ("split", "part", "viewer_id", "title_id")
"""``split`` is the place of a split among those of the table, from 0."""


def table_of(splits: Sequence[Split]) -> tuple[pl.DataFrame, list[dict[str, Any]]]:
    """The pairs of every part of the splits, one row each, and what else is to be known of each.

    The table has the columns of :data:`COLUMNS`; the records hold name, fingerprint and rules of
    the splits in their order. Ratings and times are not in it: whoever has the data has them.
    """
    frames, rules = [], []
    for place, split in enumerate(splits):
        for role in PARTS:
            part: Interactions | None = getattr(split, role)
            if part is None:
                continue
            frames.append(
                pl.DataFrame(
                    {
                        "viewer_id": part.users.ids[part.rows],
                        "title_id": part.items.ids[part.matrix.indices],
                    }
                ).select(
                    pl.lit(place, pl.Int32).alias("split"), pl.lit(role).alias("part"), pl.all()
                )
            )
        rules.append(
            {
                "name": split.name,
                "fingerprint": split.fingerprint,
                "relevant_from": split.relevant_from,
                "likes_only": split.likes_only,
                "by_time": split.by_time,
                "test_starts": split.test_starts,
            }
        )
    return pl.concat(frames), rules


def splits_from(
    table: pl.DataFrame, rules: Sequence[dict[str, Any]], interactions: Interactions
) -> list[Split]:
    """The splits that a table of :func:`table_of` holds, of the interactions they were made of.

    Raises
    ------
    ParameterError
        If the table is not such a one, holds a pair that the data does not, or a split that comes
        out with another fingerprint than it was saved with: then the data has other ratings.
    """
    absent = [name for name in COLUMNS if name not in table.columns]
    if absent:
        raise ParameterError(f"the table of splits lacks the column {absent[0]!r}")
    return [
        _split(table.filter(pl.col("split") == place), rule, interactions)
        for place, rule in enumerate(rules)
    ]


def _split(table: pl.DataFrame, rule: dict[str, Any], interactions: Interactions) -> Split:
    name = rule["name"]
    parts: dict[str, Interactions] = {}
    for role in PARTS:
        own = table.filter(pl.col("part") == role)
        if role == "profiles" and own.is_empty():
            continue
        parts[role] = interactions.where(_marked(own, interactions, f"{role} part of {name}"))
        if rule["likes_only"]:
            parts[role] = _likes(parts[role])
    if "profiles" in parts:
        # Viewers are held out, and the catalog is what the others have seen.
        seen = np.bincount(parts["train"].matrix.indices, minlength=interactions.n_items) > 0
        items = IdIndex(interactions.items.ids[seen])
        asked = np.flatnonzero(np.diff(parts["profiles"].matrix.indptr))
        learned = np.flatnonzero(np.diff(parts["train"].matrix.indptr))
        parts = {
            role: part.take(learned if role == "train" else asked).with_items(items)
            for role, part in parts.items()
        }
    split = Split(
        name,
        parts["train"],
        parts["test"],
        parts.get("profiles"),
        relevant_from=rule["relevant_from"],
        likes_only=rule["likes_only"],
        by_time=rule["by_time"],
        test_starts=rule["test_starts"],
    )
    if split.fingerprint != rule["fingerprint"]:
        raise ParameterError(
            f"split {name} has the fingerprint {split.fingerprint[:12]} on this data and was saved "
            f"with {rule['fingerprint'][:12]}: it was made of other ratings"
        )
    return split


def _marked(table: pl.DataFrame, interactions: Interactions, what: str) -> NDArray[np.bool_]:
    """Which entries of the interactions are in the table, shape (n_entries,)."""
    rows = interactions.users.find(table["viewer_id"].to_numpy()).astype(np.int64)
    columns = interactions.items.find(table["title_id"].to_numpy()).astype(np.int64)
    wanted = np.where((rows < 0) | (columns < 0), -1, rows * interactions.n_items + columns)
    have = cells_of(interactions)
    foreign = int(np.count_nonzero(~np.isin(wanted, have)))
    if foreign:
        raise ParameterError(
            f"{what}: {foreign} of {len(wanted)} pairs are not among the {len(have)} of the data; "
            "are its ids those of the data?"
        )
    return np.isin(have, wanted)


def _likes(part: Interactions) -> Interactions:
    return Interactions.from_arrays(
        part.users.ids[part.rows],
        part.items.ids[part.matrix.indices],
        None,
        part.times,
        user_index=part.users,
        item_index=part.items,
    )
