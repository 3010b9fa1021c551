"""Catalogs of four services: one title however many carry it, twins apart, durations in place."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import polars as pl
import pytest

from marquee.data.sources.base import Loaded
from marquee.data.sources.files import Files
from marquee.data.sources.streaming_lists import SERVICES, read
from marquee.errors import SourceError
from streaming_kit import LISTS, TWELVE, streaming_lists, write

NETFLIX, PRIME, HULU, DISNEY = LISTS


@pytest.fixture
def loaded(tmp_path: Path) -> Loaded:
    return read(Files(streaming_lists(tmp_path)))


def title(loaded: Loaded, title_id: int) -> dict[str, object]:
    return loaded.tables.titles.row(by_predicate=pl.col("title_id") == title_id, named=True)


def test_a_title_on_several_services_is_one_title(loaded: Loaded) -> None:
    titles = loaded.tables.titles.filter(pl.col("name").str.to_lowercase() == "glass orchard")
    assert titles["title_id"].to_list() == [1]
    rows = loaded.tables.availability.filter(pl.col("title_id") == 1)
    assert rows.select("service", "region", "added_on", "known_on").rows() == [
        ("Netflix", None, date(2021, 9, 25), date(2021, 9, 25)),
        ("Prime Video", None, None, date(2021, 10, 10)),
        ("Disney+", None, date(2019, 11, 12), date(2019, 11, 12)),
    ]


def test_what_one_service_does_not_say_comes_from_the_next(loaded: Loaded) -> None:
    film = title(loaded, 1)
    assert film["certificate"] == "PG-13"
    assert film["countries"] == ["Chile", "Peru"]
    show = title(loaded, 2)
    assert show["name"] == "Überfahrt"
    assert show["overview"] == "A line\nand another"
    assert show["seasons"] == 2


def test_gaps_of_one_service_are_filled_by_the_next(tmp_path: Path) -> None:
    tables = {
        NETFLIX: TWELVE + "s1,Movie,Twin,,,,,1950,,61 min,Drama,Short.\n",
        DISNEY: TWELVE + "s1,Movie,Twin,Ann Li,Bo Li,Peru,,1950,PG,62 min,Family,Long.\n",
    }
    loaded = read(Files(write(tmp_path, tables)))
    film = title(loaded, 1)
    assert (film["countries"], film["certificate"]) == (["Peru"], "PG")
    assert (film["runtime_min"], film["genres"], film["overview"]) == (61, ["Drama"], "Short.")
    assert loaded.tables.credits["person"].to_list() == ["Ann Li", "Bo Li"]


def test_a_genre_with_commas_is_one_genre(tmp_path: Path) -> None:
    genres = '"Drama, Arts, Entertainment, and Culture, Drama"'
    tables = {NETFLIX: TWELVE + f"s1,Movie,Twin,,,,,1950,,61 min,{genres},Short.\n"}
    film = title(read(Files(write(tmp_path, tables))), 1)
    assert film["genres"] == ["Drama", "Arts, Entertainment, and Culture"]


def test_spaces_within_a_name_are_part_of_it(loaded: Loaded) -> None:
    assert title(loaded, 1_000_001)["name"] == "Glass  Orchard"


def test_films_whose_directors_contradict_stay_two(loaded: Loaded) -> None:
    twins = loaded.tables.titles.filter(pl.col("name") == "Twin")
    assert twins["title_id"].to_list() == [5, 1_000_003]


def test_a_record_that_contradicts_the_first_may_join_the_second(tmp_path: Path) -> None:
    row = "s{},Movie,Twin,{},,,,1950,,,Drama,Text.\n"
    tables = {
        NETFLIX: TWELVE + row.format(1, "Ann"),
        PRIME: TWELVE + row.format(1, "Bo"),
        HULU: TWELVE + row.format(1, '"BO, Cy"'),
        DISNEY: TWELVE + row.format(1, ""),
    }
    loaded = read(Files(write(tmp_path, tables)))
    assert loaded.tables.availability.select("title_id", "service").rows() == [
        (1, "Netflix"),
        (1_000_001, "Prime Video"),
        (1_000_001, "Hulu"),
        (1, "Disney+"),
    ]


def test_titles_without_a_year_are_not_joined(tmp_path: Path) -> None:
    row = "s1,Movie,Twin,,,,,,,,Drama,Text.\n"
    loaded = read(Files(write(tmp_path, {NETFLIX: TWELVE + row, HULU: TWELVE + row})))
    assert loaded.tables.titles["title_id"].to_list() == [1, 2_000_001]


def test_a_title_twice_on_one_service_is_available_once(tmp_path: Path) -> None:
    row = 's{},Movie,Twin,,,,"May {}, 2020",1950,,,Drama,Text.\n'
    tables = {NETFLIX: TWELVE + row.format(1, 9) + row.format(2, 3)}
    loaded = read(Files(write(tmp_path, tables)))
    assert loaded.tables.titles["title_id"].to_list() == [1]
    assert loaded.tables.availability["added_on"].to_list() == [date(2020, 5, 3)]


def test_a_duration_in_the_place_of_the_certificate_is_put_right(loaded: Loaded) -> None:
    film = title(loaded, 3)
    assert (film["runtime_min"], film["seasons"], film["certificate"]) == (74, None, None)


def test_a_record_with_seasons_for_a_certificate_is_a_show(loaded: Loaded) -> None:
    show = title(loaded, 2)
    assert show["kind"] == "show"
    assert "Hulu" in loaded.tables.availability.filter(pl.col("title_id") == 2)["service"]
    assert loaded.tables.titles.filter(pl.col("name") == "Überfahrt").height == 1


def test_no_minutes_are_unknown_minutes(loaded: Loaded) -> None:
    assert title(loaded, 1_000_003)["runtime_min"] is None


def test_people_are_named_once_in_billing_order(loaded: Loaded) -> None:
    people = loaded.tables.credits.filter(pl.col("title_id") == 1)
    assert people.select("person", "role", "position", "known_on").rows() == [
        ("Ann Ó Néill", "director", 0, date(2010, 1, 1)),
        ("Bo Li", "director", 1, date(2010, 1, 1)),
        ("Cy Dee", "actor", 0, date(2010, 1, 1)),
        ("Ed Fo", "actor", 1, date(2010, 1, 1)),
    ]


def test_sentences_and_numbers_are_not_people(loaded: Loaded) -> None:
    bad = loaded.rejects.filter(pl.col("reason") == "not names of people")
    assert bad.select("file", "column", "value", "row_kept").rows() == [
        (PRIME, "cast", "1", True),
        (HULU, "director", "Director Ann talks about crossings.", True),
    ]


@pytest.mark.parametrize("cell", ["Ann Li, Bo Fishburne.", "Ann Li, Ed Fo Jr.", "Ann Li, B."])
def test_names_may_end_in_a_period(cell: str, tmp_path: Path) -> None:
    row = f's1,Movie,Twin,"{cell}",,,,1950,,,Drama,Text.\n'
    loaded = read(Files(write(tmp_path, {NETFLIX: TWELVE + row})))
    assert loaded.tables.credits["person"][0] == "Ann Li"
    assert loaded.tables.credits["person"][1] in {"Bo Fishburne", "Ed Fo Jr.", "B."}


def test_bad_records_and_cells_are_rejected(loaded: Loaded) -> None:
    rejects = set(loaded.rejects.select("file", "column", "value", "row_kept").iter_rows())
    assert {
        (NETFLIX, "date_added", "Sept 31, 2016", True),
        (NETFLIX, "title", "22-Jul", False),
        (PRIME, "type", "Opera", False),
        (HULU, "duration", "many Seasons", True),
        (DISNEY, "show_id", "sone", False),
    } <= rejects


def test_the_service_comes_from_the_file_name(tmp_path: Path) -> None:
    texts = {"My Hulu list.csv": LISTS[HULU], "other.txt": "no list"}
    loaded = read(Files(write(tmp_path, texts)))
    assert loaded.tables.availability["service"].unique().to_list() == ["Hulu"]
    assert loaded.tables.availability["region"].unique().to_list() == ["US"]


def test_a_list_of_nobody_is_refused(tmp_path: Path) -> None:
    path = write(tmp_path, {"titles.csv": LISTS[HULU]})
    with pytest.raises(SourceError, match=r"titles\.csv does not say whose list it is"):
        read(Files(path))


def test_two_lists_of_one_service_are_refused(tmp_path: Path) -> None:
    path = write(tmp_path, {HULU: LISTS[HULU], "hulu (1).csv": LISTS[HULU]})
    with pytest.raises(SourceError, match="two lists of Hulu"):
        read(Files(path))


@pytest.mark.real
@pytest.mark.parametrize(
    ("name", "records", "rejected", "films", "shows"),
    [
        # 4 titles made into dates; 4 records repeat a title in other letters or spaces.
        (NETFLIX, 8807, 4, 6131 - 6, 2676 - 2),
        (PRIME, 9668, 0, 7814 - 7, 1854),
        (HULU, 3073, 0, 1484 - 62, 1589 + 62),
        (DISNEY, 1450, 0, 1052, 398),
    ],
)
def test_the_published_lists_are_read_whole(
    name: str, records: int, rejected: int, films: int, shows: int, data_root: Path
) -> None:
    loaded = read(Files(data_root / "streaming" / name))
    assert loaded.n_records == records
    assert loaded.n_rejected == rejected
    kinds = dict(loaded.tables.titles["kind"].value_counts().iter_rows())
    assert kinds == {"film": films, "show": shows}
    newest = loaded.tables.availability["added_on"].max()
    service = loaded.tables.availability["service"][0]
    assert newest == next(s.known_on for s in SERVICES if s.name == service)


@pytest.mark.real
def test_the_published_lists_share_titles(data_root: Path) -> None:
    loaded = read(Files(data_root / "streaming"))
    assert loaded.n_records == 8807 + 9668 + 3073 + 1450
    carriers = loaded.tables.availability.group_by("title_id").len("n")["n"].value_counts()
    assert dict(carriers.iter_rows()) == {1: 22209, 2: 375, 3: 8}
    louis = loaded.tables.titles.filter(pl.col("title_id").is_in([5542, 5795, 5814]))
    assert louis["runtime_min"].to_list() == [74, 84, 66]
    assert louis["certificate"].null_count() == 3
