"""Tables with one column per service: one film, one title, whichever table names it."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import polars as pl
import pytest

from marquee.data.sources.base import Loaded
from marquee.data.sources.files import Files
from marquee.data.sources.streaming_platforms import FILMS, FULLER_FILMS, SHOWS, read
from marquee.errors import SourceError
from streaming_kit import PLATFORMS, streaming_platforms, write

FULLER, PLAIN, TV = PLATFORMS


@pytest.fixture
def loaded(tmp_path: Path) -> Loaded:
    return read(Files(streaming_platforms(tmp_path)))


def services(loaded: Loaded, title_id: int) -> list[tuple[str, date]]:
    rows = loaded.tables.availability.filter(pl.col("title_id") == title_id).sort("service")
    return rows.select("service", "known_on").rows()


def reasons(loaded: Loaded) -> set[tuple[str, str, str | None, bool]]:
    rejects = loaded.rejects.select("file", "value", "column", "row_kept")
    return set(rejects.iter_rows())


def test_titles_of_all_tables_are_numbered_apart(loaded: Loaded) -> None:
    titles = loaded.tables.titles.select("title_id", "kind", "name", "year")
    assert titles.rows() == [
        (1, "film", "Glass Orchard", 2010),
        (2, "film", "Überfahrt", 1999),
        (4, "film", "11-11-11", 2011),
        (5, "film", "Two, Too", 2012),
        (1_000_002, "film", "Glass Orchard", 2011),
        (2_000_001, "show", "Glass Orchard", 2010),
        (2_000_002, "show", "No Such Year", None),
    ]


def test_a_film_of_both_tables_has_the_facts_of_one_and_the_services_of_both(
    loaded: Loaded,
) -> None:
    film = loaded.tables.titles.row(0, named=True)
    assert film["name"] == "Glass Orchard"
    assert film["certificate"] == "13+"
    assert film["runtime_min"] == 148
    assert film["genres"] == ["Drama", "Sci-Fi"]
    assert film["countries"] == ["Chile", "United States"]
    assert film["languages"] == ["Spanish", "English"]
    assert film["known_on"] == date(2010, 1, 1)
    assert services(loaded, 1) == [
        ("Disney+", FILMS.known_on),
        ("Hulu", FILMS.known_on),
        ("Netflix", FULLER_FILMS.known_on),
    ]


def test_a_service_in_both_snapshots_is_known_from_the_earlier(tmp_path: Path) -> None:
    tables = {
        FULLER: PLATFORMS[FULLER],
        PLAIN: PLATFORMS[PLAIN].replace("12/100,0,1", "12/100,1,0"),
    }
    loaded = read(Files(write(tmp_path, tables)))
    assert ("Netflix", FULLER_FILMS.known_on) in services(loaded, 1)
    assert loaded.tables.availability.select("title_id", "service").is_unique().all()


def test_a_film_and_a_show_of_one_name_and_year_stay_two_titles(loaded: Loaded) -> None:
    assert services(loaded, 2_000_001) == [("Hulu", SHOWS.known_on), ("Netflix", SHOWS.known_on)]


def test_scores_out_of_a_hundred_are_not_taken_for_shares_of_reviews(loaded: Loaded) -> None:
    outcomes = loaded.tables.outcomes.select("title_id", "measure", "value").sort("title_id")
    assert set(outcomes.iter_rows()) == {
        (1, "vote_average", 8.8),
        (1, "tomatometer", 87.0),
        (5, "vote_average", 7.0),
        (5, "tomatometer", 0.0),
        (2_000_001, "vote_average", 9.4),
    }


def test_directors_are_listed_once_each_in_order(loaded: Loaded) -> None:
    credits_ = loaded.tables.credits.select("title_id", "person", "role", "position")
    assert credits_.rows() == [
        (1, "Ann Ó Néill", "director", 0),
        (5, "Cy Dee", "director", 0),
        (5, "Ed Fo", "director", 1),
    ]


def test_titles_made_into_dates_by_a_spreadsheet_are_rejected(loaded: Loaded) -> None:
    dated = loaded.rejects.filter(pl.col("reason").str.contains("spreadsheet"))
    assert dated.select("file", "line", "value", "row_kept").rows() == [
        (PLAIN, 4, "22-Jul", False),
        (FULLER, 4, "Oct-22", False),
    ]


def test_bad_cells_are_rejected_and_their_rows_kept(loaded: Loaded) -> None:
    assert {
        (FULLER, "11.5", "IMDb", True),
        (FULLER, "120%", "Rotten Tomatoes", True),
        (FULLER, "2", "Prime Video", True),
        (FULLER, "long", "Runtime", True),
        (TV, "MMX", "Year", True),
        (TV, "x", "ID", False),
        (PLAIN, "3", "ID", False),
    } <= reasons(loaded)


@pytest.mark.parametrize(("name", "first"), [(FULLER, 1), (PLAIN, 1_000_001), (TV, 2_000_001)])
def test_each_table_can_be_read_alone_under_any_name(name: str, first: int, tmp_path: Path) -> None:
    path = write(tmp_path, {"renamed.csv": PLATFORMS[name]}) / "renamed.csv"
    assert read(Files(path)).tables.titles["title_id"][0] == first


def test_two_copies_of_one_table_are_refused(tmp_path: Path) -> None:
    path = write(tmp_path, {TV: PLATFORMS[TV], "tv_shows (1).csv": PLATFORMS[TV]})
    with pytest.raises(SourceError, match=r"tv_shows.*second copy"):
        read(Files(path))


@pytest.mark.real
@pytest.mark.parametrize(
    ("name", "records", "dated", "titles", "services"),
    [
        (PLAIN, 9515, 4, {"film": 9511}, (922, 1047, 3692, 4112)),
        (FULLER, 16744, 5, {"film": 16739}, (564, 903, 3558, 12351)),
        (TV, 5368, 1, {"show": 5367}, (351, 1620, 1971, 1831)),
    ],
)
def test_the_published_tables_are_read_whole(
    name: str,
    records: int,
    dated: int,
    titles: dict[str, int],
    services: tuple[int, ...],
    data_root: Path,
) -> None:
    loaded = read(Files(data_root / "streaming" / name))
    assert loaded.n_records == records
    assert loaded.n_rejected == loaded.rejects.height == dated
    assert dict(loaded.tables.titles["kind"].value_counts().iter_rows()) == titles
    counts = loaded.tables.availability["service"].value_counts().sort("service")["count"]
    assert tuple(counts) == services


@pytest.mark.real
def test_the_published_tables_together_share_their_films(data_root: Path) -> None:
    loaded = read(Files(data_root / "streaming"))
    assert loaded.n_records == 9515 + 16744 + 5368
    # 5,018 of the 9,511 films of the later table are in the earlier one, by name and year.
    assert loaded.tables.titles.height == 16739 + 9511 - 5018 + 5367
    measures = dict(loaded.tables.outcomes["measure"].value_counts().iter_rows())
    assert measures == {"vote_average": 16168 + 4405, "tomatometer": 5156}
