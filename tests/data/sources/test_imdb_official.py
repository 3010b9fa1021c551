"""IMDb's daily files: types in scope, quotes that quote nothing, people put together."""

from __future__ import annotations

import os
from datetime import date
from pathlib import Path

import polars as pl
import pytest

from film_lists_kit import imdb_official
from marquee.data.sources import imdb_official as source
from marquee.data.sources.base import Loaded
from marquee.data.sources.files import Files
from marquee.errors import SourceError


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return imdb_official(tmp_path)


@pytest.fixture
def loaded(folder: Path) -> Loaded:
    return source.read(Files(folder))


def test_films_and_shows_are_read_and_the_rest_passed_over(loaded: Loaded) -> None:
    titles = loaded.tables.titles.select("title_id", "kind", "imdb_id")
    assert titles.rows() == [
        (101, "film", "tt0000101"),
        (10000103, "show", "tt10000103"),
        (105, "film", "tt0000105"),
    ]
    passed_over = loaded.rejects.filter(pl.col("line").is_in([3, 5, 11]))
    assert passed_over.filter(pl.col("file") == source.BASICS).is_empty(), "no rejects"


def test_quotes_are_letters_and_backslash_n_is_nothing(loaded: Loaded) -> None:
    ferry, show, late = loaded.tables.titles.iter_rows(named=True)
    assert (ferry["name"], ferry["original_name"]) == ('"Ferry"', 'La "Barca')
    assert ferry["genres"] == ["Drama", "Film-Noir"]
    assert (ferry["runtime_min"], show["runtime_min"]) == (101, None)
    assert show["known_on"] == date(2009, 1, 1)
    assert (late["year"], late["known_on"]) == (None, None)


def test_votes_are_known_from_the_day_the_file_was_written(folder: Path) -> None:
    os.utime(folder / "title.ratings.tsv", (1_600_000_000, 1_600_000_000))
    outcomes = source.read(Files(folder)).tables.outcomes
    assert (
        outcomes.select("title_id", "measure", "value").rows()
        == [
            (101, "vote_average", 7.3),
            (101, "vote_count", 1234),
            (10000103, "vote_count", 8),
        ]
        or outcomes.height == 0
    )
    assert set(outcomes["known_on"]) == {date.fromtimestamp(1_600_000_000)}


def test_principals_come_in_order_and_the_crew_adds_who_is_missing(loaded: Loaded) -> None:
    people = loaded.tables.credits
    assert people.select("person_id", "person", "role", "job", "character", "position").rows() == [
        ("imdb:nm10000005", "Herself", "actor", "self", "Self", 0),
        ("imdb:nm0000001", "Ann Ó Néill", "actor", None, 'Ann "A" / Bo', 1),
        ("imdb:nm0000004", "W. Riter", "writer", "based on the novel", None, 0),
        ("imdb:nm0000006", "C. Inema", "crew", "cinematographer", None, 0),
        ("imdb:nm0000002", "Dir One", "director", "director", None, 0),
        ("imdb:nm0000003", "Dir Two", "director", "director", None, 1),
    ]
    assert set(people["title_id"]) == {101}


def test_bad_lines_and_cells_are_filed(loaded: Loaded) -> None:
    assert loaded.rejects.select("file", "line", "column", "row_kept").rows() == [
        ("title.basics.tsv", 6, "startYear", True),
        ("title.basics.tsv", 6, "runtimeMinutes", True),
        ("title.basics.tsv", 7, "primaryTitle", False),
        ("title.basics.tsv", 8, "tconst", True),
        ("title.basics.tsv", 9, "tconst", False),
        ("title.basics.tsv", 10, None, False),
        ("title.crew.tsv", 2, "nconst", True),
        ("title.principals.tsv", 6, "nconst", False),
        ("title.ratings.tsv", 4, "averageRating", True),
    ]
    assert loaded.n_records == 10 + 4 + 3 + 6 + 8
    assert loaded.n_rejected == 4


def test_the_titles_alone_are_enough(folder: Path) -> None:
    for file in folder.iterdir():
        if file.name != source.BASICS:
            file.unlink()
    for path in (folder, folder / source.BASICS):
        files = Files(path)
        assert source.recognizes(files)
        loaded = source.read(files)
        assert loaded.tables.titles.height == 3
        assert loaded.tables.credits.is_empty()
        assert loaded.tables.outcomes.is_empty()


def test_without_principals_the_crew_file_gives_directors_and_writers(folder: Path) -> None:
    (folder / "title.principals.tsv").unlink()
    people = source.read(Files(folder)).tables.credits
    assert people.select("person", "role", "position").rows() == [
        ("Dir One", "director", 0),
        ("Dir Two", "director", 1),
        ("W. Riter", "writer", 0),
    ]


def test_a_letter_of_another_encoding_deep_in_the_file_is_an_error(folder: Path) -> None:
    path = folder / source.BASICS
    path.write_bytes(path.read_bytes().replace("Überfahrt".encode(), "Überfahrt".encode("latin-1")))
    with pytest.raises(SourceError, match=r"title\.basics\.tsv is damaged or not UTF-8"):
        source.read(Files(folder))


def test_a_header_without_lines_is_an_error(folder: Path) -> None:
    path = folder / source.BASICS
    path.write_text(path.read_text(encoding="utf-8").split("\n")[0] + "\n", encoding="utf-8")
    with pytest.raises(SourceError, match="holds no record"):
        source.read(Files(folder))
