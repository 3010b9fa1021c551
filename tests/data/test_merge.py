"""Promises about several sources in one body of data."""

from __future__ import annotations

from datetime import date, datetime

import polars as pl
import pytest

from joins_kit import assert_same, body, film, ratings
from marquee.data.merge import merge, without
from marquee.data.tables import Tables
from marquee.errors import SchemaError


def viewers(*ids: tuple[int, str], source: str = "known") -> pl.DataFrame:
    return pl.DataFrame(
        [{"viewer_id": n, "source_id": outside, "source": source} for n, outside in ids]
    )


def first() -> Tables:
    return body(
        film(70, "Heat", 1995, genres=["Crime", "Drama"], tmdb_id=949, runtime_min=170),
        film(20, "Exotica", 1994, original_name="Exotica"),
        film(90, "Nobody's Film"),
        source="one",
        ratings=ratings((5, 70, 4.0), (5, 20, 3.0), (6, 70, 0.5), source="one"),
        viewers=viewers((5, "a"), (6, "b"), source="one"),
    )


def second() -> Tables:
    return body(
        film(1, "Heat", 1995, genres=["drama", "Thriller"], runtime_min=171, tagline="A Los"),
        film(2, "Exotica", 1995, imdb_id="tt0109759", directors=["Atom Egoyan"]),
        film(3, "Something New", 2001, directors=["Ann Hui", "Bo Ek"]),
        source="two",
        ratings=ratings((5, 1, 5.0), (7, 3, 1.0), source="two"),
        viewers=viewers((5, "a"), source="two"),
        outcomes=pl.DataFrame(
            {"title_id": [1, 3], "measure": "revenue_usd", "value": [1.0, 2.0], "source": "two"}
        ),
        availability=pl.DataFrame({"title_id": [2], "service": ["Hulu"], "source": ["two"]}),
    )


def both() -> Tables:
    return merge(merge(Tables(), first(), "one").tables, second(), "two").tables


def test_into_an_empty_body_a_source_keeps_its_numbers() -> None:
    merged = merge(Tables(), first(), "one")
    assert merged.tables.titles["title_id"].to_list() == [20, 70, 90]
    assert merged.tables.viewers["viewer_id"].to_list() == [5, 6]
    assert merged.tables.ratings.equals(first().ratings)
    assert (merged.report.matched, merged.report.unmatched) == (0, 3)


def test_known_titles_are_found_and_new_ones_numbered_upward() -> None:
    merged = merge(merge(Tables(), first(), "one").tables, second(), "two")
    where = dict(
        merged.tables.origins.filter(pl.col("source") == "two")
        .select("source_title_id", "title_id")
        .iter_rows()
    )
    assert where == {1: 70, 2: 20, 3: 91}
    assert merged.tables.titles["title_id"].to_list() == [20, 70, 90, 91]
    assert merged.tables.credits.select("title_id", "person").rows() == [
        (20, "Atom Egoyan"),
        (91, "Ann Hui"),
        (91, "Bo Ek"),
    ]
    assert merged.tables.outcomes["title_id"].to_list() == [70, 91]
    assert merged.tables.availability["title_id"].to_list() == [20]


def test_viewers_of_different_sources_are_different_people() -> None:
    merged = both()
    assert merged.viewers.select("viewer_id", "source", "source_id").rows() == [
        (5, "one", "a"),
        (6, "one", "b"),
        (7, "two", "a"),
        (8, "two", "7"),
    ]
    assert merged.ratings.select("viewer_id", "title_id", "rating", "source").rows() == [
        (5, 70, 4.0, "one"),
        (5, 20, 3.0, "one"),
        (6, 70, 0.5, "one"),
        (7, 70, 5.0, "two"),
        (8, 91, 1.0, "two"),
    ]


def test_known_values_stand_and_gaps_are_filled() -> None:
    heat, exotica = (
        both().titles.filter(pl.col("title_id").is_in([20, 70])).sort("name").rows(named=True)[::-1]
    )
    assert heat["name"] == "Heat"
    assert heat["runtime_min"] == 170
    assert heat["tagline"] == "A Los"
    assert heat["genres"] == ["Crime", "Drama", "Thriller"]
    assert (heat["source"], heat["sources"]) == ("one", ["one", "two"])
    assert (exotica["year"], exotica["imdb_id"]) == (1994, "tt0109759")


def test_the_earliest_known_day_stands() -> None:
    known = body(film(1, "A", 1990, known_on=date(1990, 5, 1)), film(2, "B", 1991))
    incoming = body(
        film(1, "A", 1990, known_on=date(1990, 4, 1)),
        film(2, "B", 1991, known_on=date(1991, 1, 1)),
        source="new",
    )
    days = merge(known, incoming, "new").tables.titles["known_on"].to_list()
    assert days == [date(1990, 4, 1), date(1991, 1, 1)]


def test_adding_a_source_twice_changes_nothing() -> None:
    once = merge(merge(Tables(), first(), "one").tables, second(), "two")
    for source, tables in (("two", second()), ("one", first())):
        again = merge(once.tables, tables, source)
        assert_same(again.tables, once.tables)
    assert merge(once.tables, second(), "two").report == once.report


def test_adding_ambiguous_titles_twice_changes_nothing() -> None:
    known = body(film(1, "Alone", 2020), film(2, "Alone", 2020), film(3, "Lone", 1999))
    incoming = body(
        film(1, "Alone", 2020),
        film(2, "Lone", 1999, genres=["A", "a"]),
        film(3, "Lone", 1999),
        source="new",
    )
    once = merge(known, incoming, "new")
    again = merge(once.tables, incoming, "new")
    assert once.report.ambiguous == 3
    assert_same(again.tables, once.tables)
    assert again.report == once.report
    assert again.ambiguous.equals(once.ambiguous)


def test_a_source_added_again_replaces_its_rows_and_keeps_its_numbers() -> None:
    newer = body(
        film(3, "Something New", 2001, runtime_min=99),
        film(4, "Heat", 1995),
        film(5, "Newest", 2002),
        source="two",
        ratings=ratings((7, 3, 2.0), (9, 5, 4.0), source="two"),
    )
    merged = merge(both(), newer, "two").tables
    where = merged.origins.filter(pl.col("source") == "two").select("source_title_id", "title_id")
    assert where.rows() == [(3, 91), (4, 70), (5, 92)]
    assert merged.titles.filter(pl.col("title_id") == 91)["runtime_min"].item() == 99
    mine = merged.ratings.filter(pl.col("source") == "two")
    assert mine.select("viewer_id", "title_id", "rating").rows() == [(8, 91, 2.0), (9, 92, 4.0)]
    assert merged.credits.is_empty()
    assert merged.outcomes.is_empty()
    assert merged.titles.filter(pl.col("title_id") == 20)["sources"].item().to_list() == ["one"]


def test_a_source_that_numbers_its_rows_anew_is_not_taken_for_what_it_was() -> None:
    shuffled = body(film(1, "Something New", 2001), film(3, "Heat", 1995), source="two")
    merged = merge(both(), shuffled, "two").tables
    where = dict(
        merged.origins.filter(pl.col("source") == "two").select("name", "title_id").iter_rows()
    )
    assert where["Heat"] == 70
    assert where["Something New"] not in (20, 70, 90)


def test_a_source_added_again_has_the_first_word_on_its_own_titles() -> None:
    newer = body(
        film(20, "Exotica", 1994, original_name="Exotica, neu", genres=["Thriller"]),
        film(70, "Heat", 1995, runtime_min=188, tmdb_id=949),
        source="one",
    )
    heat, exotica = (
        merge(both(), newer, "one").tables.titles.filter(pl.col("title_id") == n).row(0, named=True)
        for n in (70, 20)
    )
    assert heat["runtime_min"] == 188
    assert heat["tagline"] == "A Los"
    assert heat["genres"] == ["Crime", "Drama", "Thriller"]
    assert exotica["original_name"] == "Exotica, neu"
    assert exotica["imdb_id"] == "tt0109759"


def test_a_title_that_is_gone_is_no_candidate_any_more() -> None:
    known = body(film(1, "Alone", 2019), film(2, "Alone", 2021), source="old")
    merged = merge(known, body(film(9, "Alone", 2020), source="new"), "new").tables
    assert merged.ambiguous["candidates"].to_list() == [[1, 2]]
    smaller = merge(merged, body(film(2, "Alone", 2021), source="old"), "old").tables
    assert set(smaller.ambiguous["candidates"].explode()) <= set(smaller.titles["title_id"]) | {
        None
    }


def test_a_source_taken_out_leaves_what_others_have() -> None:
    left = without(both(), "one")
    assert left.titles["title_id"].to_list() == [20, 70, 91]
    assert left.titles["source"].to_list() == ["two", "two", "two"]
    assert left.titles["sources"].to_list() == [["two"], ["two"], ["two"]]
    assert set(left.ratings["source"]) == set(left.viewers["source"]) == {"two"}
    assert_same(without(merge(Tables(), first(), "one").tables, "one"), Tables())


def test_taking_a_source_out_forgets_it_among_the_candidates() -> None:
    known = merge(body(film(1, "Alone", 2020)), body(film(5, "Alone", 2021), source="mid"), "mid")
    assert known.report.by_near_year == 1
    apart = body(film(1, "Alone", 2019), film(2, "Alone", 2021, source="other"))
    merged = merge(apart, body(film(9, "Alone", 2020), source="new"), "new")
    assert merged.ambiguous["candidates"].to_list() == [[1, 2]]
    assert without(merged.tables, "known").ambiguous["candidates"].to_list() in ([None], [[]])


def test_titles_of_one_source_stay_apart_however_alike() -> None:
    twins = body(*(film(n, "Batman", 1989, tmdb_id=n) for n in (1, 2, 3)), source="new")
    for known in (Tables(), body(film(1, "Batman", 1989)), twins):
        merged = merge(known, twins, "new").tables
        mine = merged.origins.filter(pl.col("source") == "new")
        assert mine["title_id"].n_unique() == mine.height == 3
        assert set(mine["title_id"]) <= set(merged.titles["title_id"])


def test_duplicates_on_both_sides_never_multiply_rows() -> None:
    known = body(
        *(film(n, "Alone", 2020) for n in range(1, 30)),
        film(30, "Solo", 2001, imdb_id="tt1"),
        film(31, "Solo", 2001, imdb_id="tt1"),
        ratings=ratings(*((n, t, 3.0) for n in range(1, 5) for t in range(1, 32))),
    )
    incoming = body(
        *(film(n, "The Alone", 2020, directors=["Ann Hui"] * 3) for n in range(1, 30)),
        film(30, "Solo", 2001, imdb_id="tt1"),
        source="new",
        ratings=ratings(*((n, t, 3.0) for n in range(1, 5) for t in range(1, 31)), source="new"),
    )
    merged = merge(known, incoming, "new").tables
    assert merged.ratings.height == 4 * 31 + 4 * 30
    assert merged.credits.height == 29 * 3
    assert merged.titles.height == 31 + 30
    assert merged.titles["title_id"].n_unique() == merged.titles.height


def test_a_fact_about_a_title_that_is_not_listed_is_refused() -> None:
    orphan = body(film(1, "A", 1990), source="new", ratings=ratings((1, 2, 3.0), source="new"))
    with pytest.raises(SchemaError, match=r"ratings of new: 1 row\(s\) with title_id = 2"):
        merge(first(), orphan, "new")


def test_a_viewer_listed_twice_is_refused() -> None:
    twice = body(film(1, "A"), source="new", viewers=viewers((1, "x"), (2, "x"), source="new"))
    with pytest.raises(SchemaError, match="lists viewer 'x' twice"):
        merge(first(), twice, "new")


def test_rows_are_filed_under_the_name_they_are_added_by() -> None:
    merged = merge(first(), second(), "another")
    assert set(merged.tables.ratings["source"]) == {"one", "another"}
    assert set(merged.tables.origins["source"]) == {"another"}


def test_times_ride_along_with_renumbered_ratings() -> None:
    when = datetime(2001, 2, 3, 4, 5, 6)
    timed = ratings((1, 1, 3.5), source="new").with_columns(
        pl.lit(when).dt.replace_time_zone("UTC").cast(pl.Datetime("us", "UTC")).alias("rated_at")
    )
    merged = merge(first(), body(film(1, "Z", 1990), source="new", ratings=timed), "new").tables
    row = merged.ratings.filter(pl.col("source") == "new").row(0, named=True)
    assert (row["viewer_id"], row["title_id"], row["rating"]) == (7, 91, 3.5)
    assert row["rated_at"].replace(tzinfo=None) == when


def test_nothing_added_is_nothing_changed() -> None:
    once = merge(Tables(), first(), "one").tables
    assert_same(merge(once, Tables(), "two").tables, once)
    emptied = merge(both(), Tables(), "two").tables
    assert_same(emptied, without(both(), "two"))


def test_the_report_is_a_line_for_a_person() -> None:
    report = merge(merge(Tables(), first(), "one").tables, second(), "two").report
    assert str(report) == (
        "two: 3 titles, 2 matched (1 by title and year, 1 by title and year ±1), 1 new, "
        "0 ambiguous and kept apart"
    )
