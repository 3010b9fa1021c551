"""Netflix in the United States as JustWatch lists it."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import polars as pl
import pytest

from marquee.data.sources.base import Loaded
from marquee.data.sources.files import Files
from marquee.data.sources.justwatch import KNOWN_ON, read
from streaming_kit import JUSTWATCH, justwatch, write


@pytest.fixture
def loaded(tmp_path: Path) -> Loaded:
    return read(Files(justwatch(tmp_path)))


def test_a_film_and_a_show_of_one_number_are_two_titles(loaded: Loaded) -> None:
    titles = loaded.tables.titles.select("title_id", "kind", "name", "year", "seasons")
    assert titles.rows() == [
        (601, "show", "Überfahrt", 2009, 1),
        (600, "film", "Glass Orchard", 1976, None),
        (16, "film", "Late Ferry", None, None),
    ]


def test_what_is_known_before_release_is_in_the_titles(loaded: Loaded) -> None:
    film = loaded.tables.titles.row(1, named=True)
    assert film["overview"] == 'Trees, of "glass"'
    assert film["genres"] == ["drama", "crime"]
    assert film["countries"] == ["CL", "CI"]
    assert film["certificate"] == "R"
    assert film["imdb_id"] == "tt0099123"
    assert film["runtime_min"] is None
    assert film["known_on"] == date(1976, 1, 1)


def test_people_are_in_billing_order_per_role(loaded: Loaded) -> None:
    people = loaded.tables.credits.select("title_id", "person_id", "role", "character", "position")
    assert people.rows() == [
        (600, "justwatch:3748", "actor", "Self, mostly", 0),
        (600, "justwatch:14", "actor", None, 1),
        (600, "justwatch:14", "director", None, 0),
        (600, "justwatch:14", "actor", "A Voice", 2),
    ]


def test_audience_scores_are_of_imdb_where_there_is_one(loaded: Loaded) -> None:
    outcomes = loaded.tables.outcomes
    assert set(outcomes["known_on"]) == {KNOWN_ON}
    assert set(outcomes.select("title_id", "measure", "value").iter_rows()) == {
        (600, "vote_average", 8.2),
        (600, "vote_count", 808582.0),
        (600, "popularity", 40.965),
        (601, "popularity", 0.6),
        (16, "vote_average", 6.1),
    }


def test_every_title_is_on_netflix_in_the_united_states(loaded: Loaded) -> None:
    rows = loaded.tables.availability.select("title_id", "service", "region", "known_on")
    assert rows.rows() == [(number, "Netflix", "US", KNOWN_ON) for number in (601, 600, 16)]


def test_what_cannot_be_used_is_rejected(loaded: Loaded) -> None:
    rejects = loaded.rejects.select("file", "line", "column", "value", "row_kept")
    assert set(rejects.iter_rows()) == {
        ("titles.csv", 4, "title", None, False),
        ("titles.csv", 5, "release_year", "2031x", True),
        ("titles.csv", 5, "genres", "drama", True),
        ("titles.csv", 5, "imdb_id", "12345", True),
        ("titles.csv", 5, "imdb_score", "10.5", True),
        ("titles.csv", 6, "id", "16", False),
        ("credits.csv", 6, "id", "tm7", False),
        ("credits.csv", 7, "role", "CATERER", False),
    }
    assert loaded.n_records == 11


def test_titles_can_be_read_without_credits(tmp_path: Path) -> None:
    path = write(tmp_path, {"titles.csv": JUSTWATCH["titles.csv"]}) / "titles.csv"
    loaded = read(Files(path))
    assert loaded.tables.titles.height == 3
    assert loaded.tables.credits.is_empty()


@pytest.mark.parametrize(
    "cell", ["drama", "{'a': 1}", "['a', 1]", "[__import__('os')]", "(" * 500, "['a'"]
)
def test_a_cell_that_is_no_list_of_texts_is_rejected(cell: str, tmp_path: Path) -> None:
    text = JUSTWATCH["titles.csv"].replace("['documentation']", f'"{cell}"')
    loaded = read(Files(write(tmp_path, {"titles.csv": text})))
    bad = loaded.rejects.filter(pl.col("column") == "genres", pl.col("line") == 2)
    assert bad["value"].to_list() == [cell[:200]]
    assert loaded.tables.titles["genres"][0] is None


@pytest.mark.real
def test_the_published_files_are_read_whole(data_root: Path) -> None:
    loaded = read(Files(data_root / "netflix-justwatch"))
    assert loaded.n_records == 5850 + 77801
    kinds = dict(loaded.tables.titles["kind"].value_counts().iter_rows())
    assert kinds == {"film": 3744 - 1, "show": 2106}  # one film has no title
    # The film without a title has one director.
    roles = dict(loaded.tables.credits["role"].value_counts().iter_rows())
    assert roles == {"actor": 73251, "director": 4550 - 1}
    assert loaded.n_rejected == loaded.rejects.height == 2
    assert loaded.tables.titles["imdb_id"].null_count() == 403
    measures = dict(loaded.tables.outcomes["measure"].value_counts().iter_rows())
    assert measures == {"vote_average": 5762, "vote_count": 5352, "popularity": 5759}
