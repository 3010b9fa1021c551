"""TMDB 5000: JSON columns, two files joined on id, zero that means unknown."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import polars as pl
import pytest

from film_lists_kit import table, tmdb_5000, tmdb_movie, write
from marquee.data.sources import tmdb_5000 as source
from marquee.data.sources.base import Loaded
from marquee.data.sources.files import Files


@pytest.fixture
def loaded(tmp_path: Path) -> Loaded:
    return source.read(Files(tmdb_5000(tmp_path)))


@pytest.fixture(scope="module")
def real(data_root: Path) -> Loaded:
    return source.read(Files(data_root / "tmdb-5000"))


def title(loaded: Loaded, number: int) -> dict[str, object]:
    return loaded.tables.titles.row(by_predicate=pl.col("title_id") == number, named=True)


def test_nested_columns_become_lists(loaded: Loaded) -> None:
    keeper = title(loaded, 7)
    assert keeper["genres"] == ["Drama", "Mystery"]
    assert keeper["keywords"] == ["sea"]
    assert keeper["countries"] == ["FR"]
    assert keeper["companies"] == ["Films Été"]
    assert keeper["original_name"] == "Le gardien, « été »"
    assert keeper["overview"] == 'A man said "stay"\nand nobody, not one, did.'


def test_the_original_language_comes_first_and_once(loaded: Loaded) -> None:
    assert title(loaded, 7)["languages"] == ["fr", "en"]
    assert title(loaded, 8)["languages"] == ["en"]


def test_films_of_one_title_stay_apart(loaded: Loaded) -> None:
    twins = loaded.tables.titles.filter(pl.col("name") == "Twin")
    assert twins["title_id"].to_list() == [8, 9]
    assert twins["tmdb_id"].to_list() == [8, 9]
    directors = loaded.tables.credits.filter(pl.col("role") == "director")
    assert directors.select("title_id", "person").rows() == [
        (7, "Dir Ector"),
        (9, "Other Director"),
    ]


def test_zero_is_unknown(loaded: Loaded) -> None:
    twin = title(loaded, 8)
    assert twin["budget_usd"] is None
    assert twin["runtime_min"] is None
    outcomes = loaded.tables.outcomes.filter(pl.col("title_id") == 9)
    assert outcomes["measure"].to_list() == ["popularity"], "no votes, so no mean score either"


def test_outcomes_become_known_after_the_run_or_on_the_day_of_collection(loaded: Loaded) -> None:
    known = {
        (number, measure): day
        for number, measure, day in loaded.tables.outcomes.select(
            "title_id", "measure", "known_on"
        ).iter_rows()
    }
    assert known[7, "revenue_usd"] == date(2004, 8, 27), "180 days after February 29"
    assert known[7, "vote_average"] == source.COLLECTED_ON
    assert known[8, "revenue_usd"] == source.COLLECTED_ON, "the run ended after the collection"
    assert known[10, "revenue_usd"] == date(2018, 6, 22), "the film opened after the collection"


def test_credits_keep_billing_order_and_role(loaded: Loaded) -> None:
    people = loaded.tables.credits.filter(pl.col("title_id") == 7)
    assert people.select("person_id", "role", "job", "character", "position").rows() == [
        ("tmdb:100", "actor", None, "Keeper", 0),
        ("tmdb:101", "actor", None, None, 1),
        ("tmdb:100", "actor", None, "Keeper's twin", 2),
        ("tmdb:102", "director", "Director", None, 0),
        ("tmdb:103", "writer", "Screenplay", None, 0),
        ("tmdb:102", "writer", "Novel", None, 1),
        ("tmdb:104", "composer", "Original Music Composer", None, 0),
        ("tmdb:105", "producer", "Executive Producer", None, 0),
        ("tmdb:106", "crew", "Gaffer", None, 0),
    ]
    assert set(people["known_on"]) == {date(2004, 2, 29)}


def test_what_cannot_be_used_is_filed_with_its_line(loaded: Loaded) -> None:
    rejects = loaded.rejects.select("file", "line", "column", "value", "row_kept").rows()
    movies, people = "tmdb_5000_movies.csv", "tmdb_5000_credits.csv"
    assert [reject for reject in rejects if reject[0] == movies] == [
        (movies, 6, "genres", '[{"id": 1,', True),
        (movies, 7, "budget", "many", True),
        (movies, 7, "release_date", "2001-02-30", True),
        (movies, 7, "keywords", "17", True),
        (movies, 8, "id", "7", True),
        (movies, 9, "title", None, False),
    ]
    assert [reject[1:3] + reject[4:] for reject in rejects if reject[0] == people] == [
        (2, "cast", True),
        (4, "cast", True),
        (5, "title_id", False),
    ]
    assert loaded.n_records == 11
    assert loaded.n_rejected == 2


def test_a_repeat_only_fills_gaps(loaded: Loaded) -> None:
    keeper = title(loaded, 7)
    assert keeper["name"] == "The Lighthouse Keeper"
    assert keeper["tagline"] == "From the repeat."


def test_without_a_credits_file_there_are_titles_all_the_same(tmp_path: Path) -> None:
    folder = write(tmp_path, {"tmdb_5000_movies.csv": table([tmdb_movie(1, "Alone")])})
    loaded = source.read(Files(folder))
    assert loaded.tables.titles["name"].to_list() == ["Alone"]
    assert loaded.tables.credits.is_empty()


@pytest.mark.real
@pytest.mark.slow
def test_every_real_film_keeps_its_identity(real: Loaded) -> None:
    titles = real.tables.titles
    assert titles["title_id"].n_unique() == titles.height == 4803
    assert (titles["title_id"] == titles["tmdb_id"]).all()
    assert (
        titles.filter(pl.col("name").is_in(["Batman", "The Host", "Out of the Blue"])).height == 6
    )
    assert real.n_records == 2 * 4803
    assert real.rejects.is_empty()


@pytest.mark.real
@pytest.mark.slow
def test_real_money_and_votes_are_null_where_they_are_unknown(real: Loaded) -> None:
    titles, outcomes = real.tables.titles, real.tables.outcomes
    revenue = outcomes.filter(pl.col("measure") == "revenue_usd").select("title_id", "value")
    both = titles.join(revenue, on="title_id").filter(pl.col("budget_usd").is_not_null())
    assert both.height == 3229
    assert both.filter((pl.col("budget_usd") > 1000) & (pl.col("value") > 1000)).height == 3211
    assert titles["budget_usd"].null_count() == 1037
    assert revenue.height == 4803 - 1427
    assert titles["runtime_min"].null_count() == 35 + 2
    for measure in ("vote_count", "vote_average"):
        assert outcomes.filter(pl.col("measure") == measure).height == 4803 - 62


@pytest.mark.real
@pytest.mark.slow
def test_real_lists_dates_and_credits_are_whole(real: Loaded) -> None:
    titles, people = real.tables.titles, real.tables.credits
    nulls = titles.select("genres", "keywords", "companies", "countries").null_count().row(0)
    assert nulls == (28, 412, 351, 174)
    assert titles["release_date"].null_count() == 1
    assert titles["release_date"].min() == date(1916, 9, 4)
    assert titles["release_date"].max() == date(2017, 2, 3)
    assert titles.filter(pl.col("status") != "Released").height == 8
    assert people.height == 106_257 + 129_581
    directors = people.filter(pl.col("role") == "director")["title_id"].value_counts()
    assert 4803 - directors.height == 30
    assert directors.filter(pl.col("count") > 1).height == 308
    cast = people.filter(pl.col("role") == "actor")["title_id"].n_unique()
    assert 4803 - cast == 43
    assert 4803 - people.filter(pl.col("role") != "actor")["title_id"].n_unique() == 28
