"""When each rating was given, as far as a data set tells."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import polars as pl
from numpy.typing import NDArray

PLACE_SECONDS = 60
"""Seconds between two neighbors of a history of which only the order is known: about the pace at
which people rate one title after another, so that no pause is made up."""


class Moments(NamedTuple):
    """A time of each rating of a table."""

    times: NDArray[np.int64]
    """Seconds, shape (n_ratings,)."""
    are_real: bool
    """Whether they are Unix seconds. If not they stand for each viewer's own order alone, and say
    nothing of two viewers."""


def moments_of(ratings: pl.DataFrame) -> Moments | None:
    """The times of a ratings table; None where neither seconds nor an order is known.

    They are the seconds of ``rated_at`` where every rating has one. Else, where the source ranks
    the histories, every time is the place in its viewer's history times ``PLACE_SECONDS``: by the
    seconds, then the row of the table, for viewers whose every rating has them, by
    ``history_rank`` for others. Ratings that such a history does not rank stand at 0, before the
    first, since their place is unknown: they may be known to all others, and none to them.
    """
    if not ratings["rated_at"].null_count():
        return Moments(ratings["rated_at"].dt.epoch("s").to_numpy().astype(np.int64), True)
    if ratings["history_rank"].null_count() == len(ratings):
        return None
    own = pl.col("rated_at").rank("ordinal").over("viewer_id")
    whole = pl.col("rated_at").is_not_null().all().over("viewer_id")
    place = pl.when(whole).then(own).otherwise(pl.col("history_rank")).fill_null(0)
    places = ratings.select(place.cast(pl.Int64).alias("place"))["place"].to_numpy()
    return Moments(places * PLACE_SECONDS, False)
