"""What questions about services share."""

from __future__ import annotations

import polars as pl

from marquee.data.tables import Tables
from marquee.errors import UnanswerableError


def need_offers(tables: Tables) -> pl.DataFrame:
    """Which service carries which title: service, title_id, kind, year, release_date and days.

    One row each, whatever the region; the earliest ``added_on`` and ``known_on`` count.

    Raises
    ------
    UnanswerableError
        If no service is known to carry a title.
    """
    if tables.availability.is_empty():
        raise UnanswerableError("the data do not say which service carries what")
    offers = tables.availability.group_by("service", "title_id").agg(
        pl.col("added_on").min(), pl.col("known_on").min()
    )
    titles = tables.titles.select("title_id", "kind", "year", "release_date")
    return offers.join(titles, on="title_id").sort("service", "title_id")


def by_size(offers: pl.DataFrame) -> list[str]:
    """The services, the one that carries most titles first."""
    sizes = offers.group_by("service").len("n").sort("n", "service", descending=[True, False])
    return sizes["service"].to_list()
