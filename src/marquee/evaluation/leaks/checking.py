"""All checks of a split, and of a model that was fitted on it."""

from __future__ import annotations

import polars as pl

from marquee.evaluation.leaks.dates import known_later, learns_from_later
from marquee.evaluation.leaks.disguise import disguised_ratings
from marquee.evaluation.leaks.ids import ids_tell_time
from marquee.evaluation.leaks.leak import Leak
from marquee.evaluation.leaks.moments import asked_moment, later_ratings
from marquee.evaluation.leaks.rows import pairs_in_training, repeated_rows
from marquee.evaluation.splits import Split
from marquee.models.base import Recommender


def split_leaks(split: Split) -> list[Leak]:
    """What is wrong with a split, whatever the model; notes too."""
    return [
        *pairs_in_training(split),
        *repeated_rows(split),
        *known_later(split),
        *learns_from_later(split),
    ]


def model_leaks(
    model: Recommender,
    split: Split,
    clock: str,
    *,
    titles: pl.DataFrame | None = None,
    viewers: pl.DataFrame | None = None,
) -> list[Leak]:
    """What a fitted model and what it was told beside the ratings give away; notes too.

    Parameters
    ----------
    clock
        The clock that the evaluation holds the model to.
    titles, viewers
        What the model was given to use, by id in the first column; None where it was not.
    """
    columns = {"title": titles, "viewer": viewers}
    told = {name: frame for name, frame in columns.items() if frame is not None}
    return [
        *disguised_ratings(split, told),
        *asked_moment(clock, model),
        *later_ratings(clock, model, split),
        *ids_tell_time(split, model, told, clock),
    ]
