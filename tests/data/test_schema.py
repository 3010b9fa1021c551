"""Promises of the canonical tables, kept against ugly input."""

from __future__ import annotations

from typing import Any

import polars as pl
import pytest

from marquee.data import schema
from marquee.data.schema import AMBIGUOUS, CREDITS, OUTCOMES, RATINGS, SCHEMAS, TITLES, VIEWERS
from marquee.data.tables import Tables
from marquee.data.world import build_world
from marquee.errors import SchemaError

TITLE = {"title_id": 1, "kind": "film", "name": "A", "source": "s"}
RATING = {"viewer_id": 1, "title_id": 1, "rating": 4.0, "source": "s"}
OUTCOME = {"title_id": 1, "measure": "revenue_usd", "value": 1.0, "source": "s"}
VIEWER = {"viewer_id": 1, "source_id": "x", "source": "s"}
CREDIT = {"title_id": 1, "person": "P", "role": "actor", "source": "s"}


def conformed(row: dict[str, Any], table: schema.Schema, **changes: Any) -> pl.DataFrame:
    return schema.conform(pl.DataFrame([{**row, **changes}]), table)


@pytest.mark.parametrize("table", SCHEMAS.values(), ids=SCHEMAS)
def test_an_empty_table_keeps_every_promise(table: schema.Schema) -> None:
    schema.check(table.empty(), table)
    schema.check(schema.conform(pl.DataFrame(), table).clear(), table)


@pytest.mark.parametrize("table", SCHEMAS.values(), ids=SCHEMAS)
def test_every_column_says_what_it_means(table: schema.Schema) -> None:
    assert table.meaning.endswith(".")
    assert all(column.meaning for column in table.columns)
    assert set(table.key) <= set(table.dtypes)
    assert len(table.dtypes) == len(table.columns)


def test_absent_columns_are_null_and_the_order_is_the_schemas() -> None:
    frame = schema.conform(pl.DataFrame({"source": ["s"], "name": ["A"]}), TITLES)
    assert dict(frame.schema) == TITLES.dtypes
    assert frame["overview"].null_count() == frame["genres"].null_count() == 1


@pytest.mark.parametrize("money", [0, 0.0, -1.0, None])
def test_no_money_is_unknown_money(money: float | None) -> None:
    assert conformed(TITLE, TITLES, budget_usd=money)["budget_usd"].to_list() == [None]


def test_money_that_is_there_stays() -> None:
    assert conformed(TITLE, TITLES, budget_usd=0.5)["budget_usd"].to_list() == [0.5]


@pytest.mark.parametrize("text", ["", " ", "\t\n", "\u00a0", None])
def test_empty_text_is_null(text: str | None) -> None:
    assert conformed(TITLE, TITLES, overview=text)["overview"].to_list() == [None]


def test_an_empty_list_is_null_and_a_full_one_stays() -> None:
    assert conformed(TITLE, TITLES, genres=[])["genres"].to_list() == [None]
    assert conformed(TITLE, TITLES, genres=["Äs"])["genres"].to_list() == [["Äs"]]


def test_zero_minutes_and_seasons_are_unknown() -> None:
    frame = conformed(TITLE, TITLES, runtime_min=0, seasons=-3)
    assert frame.select("runtime_min", "seasons").row(0) == (None, None)


def test_numbers_as_text_are_cast_and_other_text_is_refused() -> None:
    assert conformed(TITLE, TITLES, year="1999")["year"].to_list() == [1999]
    with pytest.raises(SchemaError, match="table titles does not fit its schema"):
        conformed(TITLE, TITLES, year="MCMXCIX")


def test_a_number_too_great_for_its_column_is_refused() -> None:
    with pytest.raises(SchemaError, match="does not fit"):
        conformed(TITLE, TITLES, year=1 << 40)


def test_an_unknown_column_is_refused_by_name() -> None:
    with pytest.raises(SchemaError, match="no column 'gross'; it has title_id, kind"):
        conformed(TITLE, TITLES, gross=1.0)


def test_a_frame_with_other_types_or_order_is_refused() -> None:
    good = conformed(TITLE, TITLES)
    for bad in (
        good.with_columns(pl.col("year").cast(pl.Int64)),
        good.drop("tagline"),
        good.select(reversed(good.columns)),
        good.with_columns(extra=pl.lit(1)),
    ):
        with pytest.raises(SchemaError, match=r"call conform\(\)"):
            schema.check(bad, TITLES)


@pytest.mark.parametrize(
    ("row", "table", "column", "value"),
    [
        (TITLE, TITLES, "name", None),
        (TITLE, TITLES, "name", "  "),
        (TITLE, TITLES, "title_id", None),
        (TITLE, TITLES, "source", None),
        (TITLE, TITLES, "kind", "episode"),
        (TITLE, TITLES, "kind", "Film"),
        (TITLE, TITLES, "year", 1869),
        (TITLE, TITLES, "year", 2101),
        (TITLE, TITLES, "tmdb_id", 0),
        (TITLE, TITLES, "budget_usd", float("inf")),
        (TITLE, TITLES, "budget_usd", float("nan")),
        (RATING, RATINGS, "rating", 0.0),
        (RATING, RATINGS, "rating", 5.5),
        (RATING, RATINGS, "rating", None),
        (RATING, RATINGS, "rating", float("nan")),
        (RATING, RATINGS, "rating", float("inf")),
        (RATING, RATINGS, "watch_fraction", 1.01),
        (RATING, RATINGS, "watch_fraction", -0.01),
        (RATING, RATINGS, "watch_fraction", float("nan")),
        (RATING, RATINGS, "history_rank", 0),
        (RATING, RATINGS, "viewer_id", None),
        (OUTCOME, OUTCOMES, "measure", "applause"),
        (OUTCOME, OUTCOMES, "value", float("nan")),
        (OUTCOME, OUTCOMES, "value", float("-inf")),
        (OUTCOME, OUTCOMES, "value", -1.0),
        (OUTCOME, OUTCOMES, "value", None),
        (VIEWER, VIEWERS, "source_id", ""),
        (CREDIT, CREDITS, "role", "Director"),
        (CREDIT, CREDITS, "position", -1),
    ],
)
def test_a_broken_promise_is_refused_with_its_column(
    row: dict[str, Any], table: schema.Schema, column: str, value: Any
) -> None:
    schema.check(conformed(row, table), table)
    with pytest.raises(SchemaError, match=rf"table {table.name}: 1 row\(s\) with {column} = "):
        schema.check(conformed(row, table, **{column: value}), table)


@pytest.mark.parametrize(
    ("row", "table", "column", "value"),
    [
        (TITLE, TITLES, "year", 1870),
        (TITLE, TITLES, "year", 2100),
        (RATING, RATINGS, "rating", 0.5),
        (RATING, RATINGS, "rating", 5.0),
        (RATING, RATINGS, "watch_fraction", 0.0),
        (RATING, RATINGS, "watch_fraction", 1.0),
        (OUTCOME, OUTCOMES, "value", 0.0),
    ],
)
def test_the_ends_of_a_range_are_in_it(
    row: dict[str, Any], table: schema.Schema, column: str, value: Any
) -> None:
    schema.check(conformed(row, table, **{column: value}), table)


def rated(viewers: list[int], titles: list[int]) -> pl.DataFrame:
    rows = {"viewer_id": viewers, "title_id": titles, "rating": 3.0, "source": "s"}
    return schema.conform(pl.DataFrame(rows), RATINGS)


@pytest.mark.parametrize(
    ("viewers", "titles"),
    [
        ([1, 1], [2, 2]),
        ([1, 2, 1], [5, 5, 5]),
        ([-3, 4, -3], [0, 0, 0]),
        # Too far apart to be compared as one number.
        ([1 << 62, -(1 << 62), 1 << 62], [1, 1, 1]),
        ([0, 1 << 40, 0], [0, 1 << 40, 0]),
    ],
)
def test_a_key_that_repeats_is_refused(viewers: list[int], titles: list[int]) -> None:
    with pytest.raises(SchemaError, match=r"key .* repeats"):
        schema.check(rated(viewers, titles), RATINGS)


@pytest.mark.parametrize(
    ("viewers", "titles"),
    [
        ([1, 1, 2, 2], [1, 2, 1, 2]),
        # Pairs that a careless code of one number would confuse.
        ([0, 1, 2], [4, 2, 0]),
        ([1, 11, 111], [111, 11, 1]),
        ([-1, 0, 1], [1, 0, -1]),
        ([1 << 62, -(1 << 62)], [1, 1]),
        ([(1 << 63) - 1, -(1 << 63)], [-(1 << 63), (1 << 63) - 1]),
    ],
)
def test_different_keys_are_not_taken_for_repeats(viewers: list[int], titles: list[int]) -> None:
    schema.check(rated(viewers, titles), RATINGS)


def test_keys_of_text_and_numbers_are_compared_too() -> None:
    row = {"source": "s", "source_title_id": 1, "name": "A", "reason": "r"}
    schema.check(schema.conform(pl.DataFrame([row, {**row, "source": "t"}]), AMBIGUOUS), AMBIGUOUS)
    with pytest.raises(SchemaError, match="repeats"):
        schema.check(schema.conform(pl.DataFrame([row, row]), AMBIGUOUS), AMBIGUOUS)


def test_tables_in_memory_are_checked_on_the_way_in() -> None:
    with pytest.raises(SchemaError):
        Tables(titles=pl.DataFrame([TITLE, TITLE]))
    assert dict(Tables(titles=pl.DataFrame([TITLE])).titles.schema) == TITLES.dtypes


def test_parts_of_tables_are_taken_as_they_are_and_the_others_are_empty() -> None:
    whole = build_world(n_titles=40, n_viewers=5, n_ratings=20, seed=1)
    rows = whole.titles.head(3)
    part = Tables.of_parts(titles=rows)
    assert part.titles is rows
    checked = Tables(titles=rows)
    for (name, frame), (_, other) in zip(part, checked, strict=True):
        assert frame.equals(other), name
        assert frame.schema == other.schema
