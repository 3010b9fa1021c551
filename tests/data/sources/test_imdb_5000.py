"""IMDB 5000: links for ids, repeats, no-break spaces, budgets in unknown currencies."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import polars as pl
import pytest

from film_lists_kit import imdb_5000
from marquee.data.sources import imdb_5000 as source
from marquee.data.sources.base import Loaded
from marquee.data.sources.files import Files


@pytest.fixture
def loaded(tmp_path: Path) -> Loaded:
    return source.read(Files(imdb_5000(tmp_path)))


@pytest.fixture(scope="module")
def real(data_root: Path) -> Loaded:
    return source.read(Files(data_root / "imdb-5000"))


def title(loaded: Loaded, number: int) -> dict[str, object]:
    return loaded.tables.titles.row(by_predicate=pl.col("title_id") == number, named=True)


def values(loaded: Loaded, number: int) -> dict[str, float]:
    outcomes = loaded.tables.outcomes.filter(pl.col("title_id") == number)
    return dict(outcomes.select("measure", "value").iter_rows())


def test_the_id_comes_from_the_link_and_the_title_loses_its_blanks(loaded: Loaded) -> None:
    ferry = title(loaded, 21)
    assert ferry["imdb_id"] == "tt0000021"
    assert ferry["name"] == "Ferry"
    assert ferry["genres"] == ["Drama", "Film-Noir"]
    assert ferry["languages"] == ["English"]
    assert ferry["countries"] == ["USA"]
    assert ferry["known_on"] == date(1999, 1, 1)


def test_a_record_without_a_year_is_a_show(loaded: Loaded) -> None:
    assert title(loaded, 23)["kind"] == "show"
    assert title(loaded, 23)["name"] == "Tide"
    assert title(loaded, 24)["kind"] == "film", "its year is unreadable, not absent"


def test_only_budgets_in_dollars_are_kept(loaded: Loaded) -> None:
    assert title(loaded, 21)["budget_usd"] == 1_000_000
    assert title(loaded, 22)["budget_usd"] is None
    assert title(loaded, 25)["budget_usd"] is None, "no country, no currency"
    filed = loaded.rejects.filter(pl.col("reason") == "budget may be in local currency")
    assert filed["line"].to_list() == [3, 9]
    assert filed["row_kept"].all()


def test_repeats_are_filed_and_only_fill_gaps(loaded: Loaded) -> None:
    filed = loaded.rejects.filter(pl.col("column") == "movie_imdb_link", "row_kept")
    assert filed["line"].to_list() == [4, 5]
    assert title(loaded, 21)["keywords"] == ["boat"]
    assert values(loaded, 21) == {
        "domestic_gross_usd": 2_000_000,
        "vote_average": 6.5,
        "vote_count": 12,
    }


def test_no_votes_no_score(loaded: Loaded) -> None:
    assert values(loaded, 24) == {}
    assert set(loaded.tables.outcomes["known_on"]) == {source.COLLECTED_ON}


def test_people_keep_the_order_of_the_file(loaded: Loaded) -> None:
    people = loaded.tables.credits.filter(pl.col("title_id") == 25)
    assert people.select("person", "role", "position").rows() == [
        ("Dir Ector", "director", 0),
        ("First Star", "actor", 0),
        ("Second Star", "actor", 1),
        ("Third", "actor", 2),
    ]


def test_what_cannot_be_used_is_filed(loaded: Loaded) -> None:
    bad = loaded.rejects.filter(pl.col("line").is_in([7, 8]))
    assert bad.select("line", "column", "row_kept").rows() == [
        (7, "title_year", True),
        (7, "budget", True),
        (8, "movie_imdb_link", False),
    ]
    assert (loaded.n_records, loaded.n_rejected) == (8, 1)


@pytest.mark.real
def test_5043_real_records_are_4919_titles(real: Loaded) -> None:
    titles = real.tables.titles
    assert real.n_records == 5043
    assert titles["imdb_id"].n_unique() == titles.height == 4919
    repeats = real.rejects.filter(pl.col("column") == "movie_imdb_link")
    assert repeats.height == 124
    assert real.n_rejected == 0
    assert not titles["name"].str.contains("^\\s|\\s$").any()


@pytest.mark.real
def test_the_real_records_without_a_year_are_shows(real: Loaded) -> None:
    titles = real.tables.titles
    shows = titles.filter(pl.col("kind") == "show")
    assert shows.height == titles["year"].null_count() == 106
    assert titles.filter(pl.col("year") < 1916).is_empty()
    assert titles["year"].max() == 2016


@pytest.mark.real
def test_real_budgets_are_those_of_the_usa(real: Loaded) -> None:
    titles = real.tables.titles
    assert titles["budget_usd"].count() == 3417
    assert set(titles.drop_nulls("budget_usd")["countries"].explode()) == {"USA"}
    assert titles["budget_usd"].max() == 300_000_000
    assert real.rejects.filter(pl.col("column") == "budget").height == 1018
    gross = real.tables.outcomes.filter(pl.col("measure") == "domestic_gross_usd")
    assert gross.height == 4056
    assert gross["value"].max() == 760_505_847


@pytest.mark.real
def test_104_real_rows_lack_a_director(real: Loaded) -> None:
    directed = real.tables.credits.filter(pl.col("role") == "director")["title_id"].n_unique()
    assert directed == 4919 - 102, "102 of the 104 once repeats are merged"
