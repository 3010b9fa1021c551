"""What questions about ratings share."""

from __future__ import annotations

import polars as pl

from marquee.data.tables import Tables
from marquee.errors import UnanswerableError


def need_ratings(tables: Tables) -> pl.DataFrame:
    """The ratings.

    Raises
    ------
    UnanswerableError
        If there is none.
    """
    if tables.ratings.is_empty():
        raise UnanswerableError("the data hold no ratings by viewers")
    return tables.ratings
