"""A rating has the moment that its source tells, or its place in the viewer's history."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from marquee.data.moments import PLACE_SECONDS, moments_of
from marquee.service.datasets import open_data


def ratings(*rows: tuple[int, int | None, int | None]) -> pl.DataFrame:
    """Rows of viewer, second, and place in the history."""
    start = dt.datetime(2000, 1, 1, tzinfo=dt.UTC)
    return pl.DataFrame(
        [
            (viewer, None if second is None else start + dt.timedelta(seconds=second), place)
            for viewer, second, place in rows
        ],
        schema={
            "viewer_id": pl.Int64,
            "rated_at": pl.Datetime("us", "UTC"),
            "history_rank": pl.Int32,
        },
        orient="row",
    )


def test_seconds_stand_where_every_rating_has_one() -> None:
    found = moments_of(ratings((1, 5, 9), (2, 0, None), (1, 5, 1)))
    assert found is not None
    assert found.are_real
    assert (found.times - found.times[1]).tolist() == [5, 0, 5]


def test_else_places_stand_and_say_so() -> None:
    found = moments_of(
        ratings((1, 50, 3), (2, None, 2), (1, 7, 1), (2, 10**6, 1), (1, 50, 2), (2, None, None))
    )
    assert found is not None
    assert not found.are_real
    # Viewer 1 by seconds, then by row; viewer 2, of whom one second is missing, by place.
    assert (found.times / PLACE_SECONDS).tolist() == [2, 2, 1, 1, 3, 0]


def test_without_either_there_are_no_times() -> None:
    assert moments_of(ratings((1, None, None), (1, 4, None))) is None


def test_of_no_ratings_the_moments_are_none() -> None:
    found = moments_of(ratings())
    assert found is not None
    assert len(found.times) == 0


@pytest.mark.real
def test_movielens_1m_has_an_order_for_all_and_seconds_for_some(data_root: Path) -> None:
    table = open_data("ml-1m", Path("nowhere"), data_root).tables.ratings
    found = moments_of(table)
    assert found is not None
    assert not found.are_real
    assert (found.times == 0).sum() < 598
    both = table.with_columns(pl.Series("time", found.times)).filter(
        pl.col("rated_at").is_not_null() & pl.col("history_rank").is_not_null()
    )
    by_place = both.sort("viewer_id", "time")
    assert by_place.select(
        (pl.col("rated_at").diff().over("viewer_id") >= dt.timedelta(0)).all()
    ).item()
    assert np.issubdtype(found.times.dtype, np.int64)
