"""Small data sets for the tests of insights, and what a finding holds."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache

import polars as pl

from marquee.data.tables import Tables
from marquee.data.world import build_world

DAY = pl.datetime(2020, 1, 1, time_zone="UTC")


@cache
def small_world(seed: int = 7) -> Tables:
    """A world of 300 titles, 250 viewers and 8,000 ratings."""
    return build_world(300, 250, 8_000, seed)


def rated(rows: Sequence[tuple[int, int, float]]) -> Tables:
    """Tables of those ratings alone: viewer, title, stars."""
    frame = pl.DataFrame(rows, ["viewer_id", "title_id", "rating"], orient="row")
    ids = frame["title_id"].unique().sort()
    titles = pl.DataFrame({"title_id": ids, "kind": "film", "name": ids.cast(pl.String)})
    return Tables(
        titles=titles.with_columns(source=pl.lit("test")),
        ratings=frame.with_columns(source=pl.lit("test"), rated_at=DAY),
    )
