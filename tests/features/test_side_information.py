"""What a recommender is told beside the ratings, and what it is not."""

from __future__ import annotations

import datetime as dt

import polars as pl

from marquee.data.tables import Tables
from marquee.features.side_information import titles_frame, viewers_frame


def tables() -> Tables:
    day = dt.date(2001, 5, 1)
    return Tables(
        titles=pl.DataFrame(
            {
                "title_id": [9, -2, 4],
                "kind": "film",
                "name": ["Ø", "Alien", "ß"],
                "genres": [["Drama", "Krimi"], None, []],
                "year": [None, 1979, 2001],
                "known_on": [None, None, day],
                "source": "s",
            },
        ).with_columns(pl.col("year").cast(pl.Int32)),
        viewers=pl.DataFrame(
            {
                "viewer_id": [5, 2],
                "source_id": ["later", "first"],
                "age": [None, 18],
                "zip_code": ["00501", None],
                "source": "s",
            }
        ).with_columns(pl.col("age").cast(pl.Int32)),
    )


def test_every_title_has_its_text_genres_and_year_in_order_of_its_id() -> None:
    frame = titles_frame(tables())
    assert frame.schema == {
        "title_id": pl.Int64,
        "text": pl.String,
        "genres": pl.List(pl.String),
        "year": pl.Int32,
    }
    assert frame["title_id"].to_list() == [-2, 4, 9]
    assert frame["text"].to_list() == ["Alien", "ß", "Ø genre_drama genre_krimi"]
    assert frame["genres"].to_list() == [None, None, ["Drama", "Krimi"]]
    assert frame["year"].to_list() == [1979, 2001, None]
    assert titles_frame(Tables()).is_empty()
    assert titles_frame(Tables()).schema == frame.schema


def test_a_title_of_later_is_not_told_of_as_of_an_earlier_day() -> None:
    before = titles_frame(tables().before(dt.date(2001, 5, 1)))
    assert 4 not in before["title_id"].to_list()


def test_viewers_are_told_of_by_their_traits_and_not_by_the_sources_number() -> None:
    frame = viewers_frame(tables())
    assert frame.columns == ["viewer_id", "age", "gender", "occupation", "zip_code", "country"]
    assert frame["viewer_id"].to_list() == [2, 5]
    assert frame["age"].to_list() == [18, None]
    assert frame["zip_code"].to_list() == [None, "00501"]
    assert viewers_frame(Tables()).is_empty()
