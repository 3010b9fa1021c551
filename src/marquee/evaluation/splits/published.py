"""Splits that the publisher of the data ships as files."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import polars as pl

from marquee.data.interactions import Interactions
from marquee.errors import ParameterError, UnknownIdError
from marquee.evaluation.splits.base import Split, find

ReadFold = Callable[[str], tuple[pl.DataFrame, pl.DataFrame]]
"""Training and test ratings of a fold that the publisher of the data ships, by its name."""


def predefined_split(
    name: str, train: pl.DataFrame, test: pl.DataFrame, interactions: Interactions
) -> Split:
    """The split of two ratings tables over the users and items of the whole data.

    Every rating of the tables must be one of ``interactions``: a fold whose ids are not those of
    the data would otherwise be measured without a word, on the wrong titles.

    Raises
    ------
    UnknownIdError
        If the tables hold a user or an item that the data does not.
    ParameterError
        If the tables hold a rating that the data does not.
    """
    parts = []
    for role, ratings in (("training", train), ("test", test)):
        try:
            part = Interactions.from_ratings(
                ratings, user_index=interactions.users, item_index=interactions.items
            )
        except UnknownIdError as error:
            raise UnknownIdError(
                f"{role} part of fold {name}: {error}; are its ids those of the data?"
            ) from error
        foreign = _foreign(part, interactions)
        if foreign:
            raise ParameterError(
                f"fold {name}: {foreign} of {len(part)} {role} ratings are not among the "
                f"{len(interactions)} of the data; are its ids those of the data?"
            )
        parts.append(part)
    learned, asked = parts
    return Split(name, learned, asked)


def _foreign(part: Interactions, whole: Interactions) -> int:
    """Number of entries of ``part`` whose pair or value ``whole`` does not have."""
    place = find(whole, part)
    known = place >= 0
    same = np.zeros(len(part), np.bool_)
    same[known] = whole.matrix.data[place[known]] == part.matrix.data[known]
    return int(np.count_nonzero(~same))
