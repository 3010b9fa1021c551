"""IMDb by genre: one film in several files, names and ids apart, numerals in place of years."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import polars as pl
import pytest

from film_lists_kit import imdb_genres
from marquee.data.sources import imdb_genres as source
from marquee.data.sources.base import Loaded
from marquee.data.sources.files import Files

SHARED = 99123


@pytest.fixture
def loaded(tmp_path: Path) -> Loaded:
    return source.read(Files(imdb_genres(tmp_path)))


@pytest.fixture(scope="module")
def real(data_root: Path) -> Loaded:
    return source.read(Files(data_root / "imdb-genres"))


def title(loaded: Loaded, number: int) -> dict[str, object]:
    return loaded.tables.titles.row(by_predicate=pl.col("title_id") == number, named=True)


def values(loaded: Loaded, number: int) -> dict[str, float]:
    outcomes = loaded.tables.outcomes.filter(pl.col("title_id") == number)
    return dict(outcomes.select("measure", "value").iter_rows())


def test_a_film_in_two_files_is_one_title(loaded: Loaded) -> None:
    film = title(loaded, SHARED)
    assert film["imdb_id"] == "tt0099123"
    assert film["name"] == "Lost", "history.csv comes first"
    assert film["genres"] == ["Drama", "History", "War"], "the union"
    assert film["certificate"] == "Not Rated", "only one file has it"
    assert film["runtime_min"] == 1110, "only the other file has it"
    assert values(loaded, SHARED) == {
        "vote_average": 7.3,
        "vote_count": 1240,
        "domestic_gross_usd": 85,
    }


def test_the_genre_of_the_file_counts_too(loaded: Loaded) -> None:
    assert title(loaded, 12)["genres"] == ["War"]
    names = set(source.GENRES.values())
    assert len(names) == 16
    assert {"Film-Noir", "Sci-Fi", "Sport"} <= names


def test_people_come_from_one_row_with_their_own_ids(loaded: Loaded) -> None:
    people = loaded.tables.credits.filter(pl.col("title_id") == SHARED)
    assert people.select("person_id", "person", "role", "position").rows() == [
        ("imdb:nm0000009", "Somebody Else", "actor", 0)
    ]


def test_ids_of_further_directors_stand_before_those_of_stars(tmp_path: Path) -> None:
    folder = imdb_genres(tmp_path)
    (folder / "history.csv").unlink()
    people = source.read(Files(folder)).tables.credits.filter(pl.col("title_id") == SHARED)
    assert people.select("person_id", "person", "role", "position").rows() == [
        ("imdb:nm0000001", "Ann One", "director", 0),
        ("imdb:nm0000002", "Bo Two", "director", 1),
        ("imdb:nm0000003", "Cy Three", "actor", 0),
        ("imdb:nm12345678", "Dee Four, Jr.", "actor", 1),
    ]


def test_names_between_commas_are_told_apart_by_their_ids(loaded: Loaded) -> None:
    people = loaded.tables.credits.filter(pl.col("title_id") == 13)
    assert people.select("person_id", "person").rows() == [
        ("imdb:nm5", "E Five"),
        ("imdb:nm6", "F Six"),
    ]


def test_a_name_without_an_id_is_kept_and_filed(loaded: Loaded) -> None:
    people = loaded.tables.credits.filter(pl.col("title_id") == 12)
    assert people.select("person_id", "person").rows() == [(None, "Only Name")]
    filed = loaded.rejects.filter(pl.col("column") == "star_id")
    assert filed.select("file", "row_kept").rows() == [("war.csv", True)]


def test_the_plot_is_the_plot(loaded: Loaded, tmp_path: Path) -> None:
    assert title(loaded, SHARED)["overview"] == 'They walk "home".\nSlowly ...'
    assert title(loaded, 12)["overview"] is None, "a placeholder is no plot"


def test_a_numeral_is_no_year(loaded: Loaded) -> None:
    assert title(loaded, 12)["year"] == 2001, "the repeat in the same file fills the gap"
    assert title(loaded, 15)["year"] is None
    assert title(loaded, 15)["known_on"] is None
    assert title(loaded, 13)["known_on"] == date(2001, 1, 1)


def test_no_votes_no_score(loaded: Loaded) -> None:
    assert values(loaded, 16) == {}
    assert set(loaded.tables.outcomes["known_on"]) == {source.COLLECTED_ON}


def test_what_cannot_be_used_is_filed_with_its_line(loaded: Loaded) -> None:
    filed = loaded.rejects.filter(pl.col("file") == "war.csv", pl.col("column") != "star_id")
    assert filed.select("line", "column", "value", "row_kept").rows() == [
        (6, "year", "XIV", True),
        (8, "movie_id", "nm0000014", False),
        (9, "year", "20001", True),
        (9, "runtime", "long", True),
        (10, "movie_id", "tt0000012", True),
    ]
    assert (loaded.n_records, loaded.n_rejected) == (8, 1)


@pytest.mark.real
def test_the_real_files_hold_29515_films_in_31982_rows(real: Loaded) -> None:
    titles = real.tables.titles
    assert real.n_records == 31_982
    assert real.n_rejected == 0
    assert titles["title_id"].n_unique() == titles.height == 29_515
    assert titles["imdb_id"].str.contains(r"^tt\d{7,8}$").all()


@pytest.mark.real
def test_818_real_rows_have_a_numeral_for_a_year(real: Loaded) -> None:
    assert real.rejects.group_by("column", "reason", "row_kept").len().rows() == [
        ("year", source.NUMERAL, True, 818)
    ]
    assert real.tables.titles["year"].is_between(1903, 2027).all()


@pytest.mark.real
def test_every_real_person_has_an_id(real: Loaded) -> None:
    people = real.tables.credits
    assert people["person_id"].str.contains(r"^imdb:nm\d{7,8}$").all()
    assert people["person_id"].null_count() == 0
    # One id, one name, but for people whom the scrapes caught under two names.
    names = people.group_by("person_id").agg(pl.col("person").n_unique())
    assert names.filter(pl.col("person") > 1).height < names.height / 1000


@pytest.mark.real
def test_real_plots_and_money_are_null_where_there_are_none(real: Loaded) -> None:
    overview = real.tables.titles["overview"]
    assert not overview.str.contains("Add a Plot|See full summary").any()
    assert overview.null_count() == 6480
    gross = real.tables.outcomes.filter(pl.col("measure") == "domestic_gross_usd")
    assert gross.height == 2237
