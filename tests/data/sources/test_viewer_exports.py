"""What is read of a viewer's own export from Letterboxd, IMDb, Trakt and MovieLens."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from marquee.data.sources import SOURCES, Files, Loaded, imdb_export, read_source, trakt
from marquee.errors import SourceError
from sources_kit import FIXTURES, write_file, write_files, zipped

EXPORTS = ("letterboxd", "imdb-export", "trakt", "movielens-export")
Rows = list[tuple[object, ...]]


def read(name: str, folder: Path) -> Loaded:
    return SOURCES[name].read(Files(FIXTURES[name](folder)))


def titles(loaded: Loaded, *columns: str) -> Rows:
    return loaded.tables.titles.select("title_id", "kind", "name", "year", *columns).rows()


def ratings(loaded: Loaded) -> Rows:
    return loaded.tables.ratings.select("title_id", "rating").rows()


def rejected(loaded: Loaded) -> Rows:
    """Line, column, reason, value and whether the row was kept."""
    return loaded.rejects.select("line", "column", "reason", "value", "row_kept").rows()


def midnight(year: int, month: int, day: int) -> datetime:
    return datetime(year, month, day, tzinfo=UTC)


@pytest.mark.parametrize("name", EXPORTS)
def test_an_export_has_one_viewer(name: str, tmp_path: Path) -> None:
    viewers = read(name, tmp_path).tables.viewers
    assert viewers.select("viewer_id", "source_id", "source").rows() == [(1, "me", name)]


@pytest.mark.parametrize("name", EXPORTS)
def test_an_export_may_be_called_anything(name: str, tmp_path: Path) -> None:
    path = next(iter(Files(FIXTURES[name](tmp_path)).names))
    given = tmp_path / path
    renamed = given.rename(tmp_path / f"mine of 2024{given.suffix}")
    source, loaded = read_source(renamed)
    assert source.name == name
    assert loaded.tables.ratings.height
    assert set(loaded.rejects["file"]) == {renamed.name}


# --- Letterboxd ---------------------------------------------------------------------------------


def test_letterboxd_ratings(tmp_path: Path) -> None:
    loaded = read("letterboxd", tmp_path)
    assert titles(loaded) == [
        (1, "film", "Paper Lantern", 1995),
        (2, "film", "Ferry, Ferry", 2001),
        (3, "film", "Überfahrt", None),
        (4, "film", "No Such Month", 1999),
    ]
    assert ratings(loaded) == [(1, 4.5), (2, 0.5), (3, 3.0), (4, 3.0)]
    assert loaded.tables.ratings["rated_at"].to_list() == [
        *(midnight(2021, 3, 4), midnight(2021, 3, 4), midnight(2021, 3, 5), None),
    ]
    assert rejected(loaded) == [
        (5, "Date", "not a day like 2021-03-04", "2021-13-05", True),
        (6, "Rating", "not between 0.5 and 5 stars", "6", False),
    ]


def test_letterboxd_the_same_name_and_year_may_be_two_films(tmp_path: Path) -> None:
    text = (
        "Date,Name,Year,Letterboxd URI,Rating\n"
        "2021-03-04,Twins,1995,https://boxd.it/a,4\n"
        "2021-03-06,Twins,1995,https://boxd.it/b,2\n"
        "2021-03-05,Twins,1995,https://boxd.it/b,1\n"
    )
    loaded = SOURCES["letterboxd"].read(Files(write_file(tmp_path, "ratings.csv", text)))
    assert ratings(loaded) == [(1, 4.0), (2, 2.0)]
    assert [row[0] for row in rejected(loaded)] == [4], "the later day stands, not the later line"


DIARY = (
    "Date,Name,Year,Letterboxd URI,Rating,Rewatch,Tags,Watched Date\n"
    "2021-03-04,Paper Lantern,1995,https://boxd.it/x1,4,,,2021-03-01\n"
    '2021-03-06,Late Diary,2020,https://boxd.it/x2,2,,"at home, alone",2021-03-06\n'
    "2021-03-07,Only Seen,2020,https://boxd.it/x3,,,,2021-03-07\n"
    "2021-04-07,Paper Lantern,1995,https://boxd.it/x4,3.5,Yes,,2021-04-05\n"
    "2021-05-07,Paper Lantern,1995,https://boxd.it/x5,,Yes,,2021-05-07\n"
)


def test_letterboxd_a_diary_alone_gives_the_latest_rating_of_each_film(tmp_path: Path) -> None:
    loaded = SOURCES["letterboxd"].read(Files(write_file(tmp_path, "diary.csv", DIARY)))
    assert titles(loaded) == [
        (1, "film", "Late Diary", 2020),
        (2, "film", "Only Seen", 2020),
        (3, "film", "Paper Lantern", 1995),
    ]
    assert ratings(loaded) == [(1, 2.0), (3, 3.5)], "seen without a rating is no rating"
    assert loaded.tables.ratings["rated_at"].to_list()[1] == midnight(2021, 4, 5)
    assert loaded.n_records == 5
    assert loaded.n_rejected == 0
    assert {row[0] for row in rejected(loaded)} == {2, 6}


def test_letterboxd_of_a_whole_export_the_ratings_count(tmp_path: Path) -> None:
    folder = FIXTURES["letterboxd"](tmp_path / "export")
    alone = read("letterboxd", tmp_path / "alone")
    seen = "Date,Name,Year,Letterboxd URI\n2021-03-07,Only Seen,2020,https://boxd.it/x3\n"
    write_files(folder, {"diary.csv": DIARY, "watched.csv": seen, "watchlist.csv": seen})
    write_files(folder / "deleted", {"diary.csv": DIARY})
    write_files(folder / "likes", {"films.csv": seen})
    source, loaded = read_source(zipped(folder, tmp_path / "letterboxd-me.zip"))
    assert source.name == "letterboxd"
    assert titles(loaded) == titles(alone)
    assert ratings(loaded) == ratings(alone)


# --- IMDb ---------------------------------------------------------------------------------------


def test_imdb_ratings_are_halved_and_episodes_left_out(tmp_path: Path) -> None:
    loaded = read("imdb-export", tmp_path)
    assert titles(loaded, "imdb_id", "original_name", "runtime_min", "release_date") == [
        (99123, "film", "Paper Lantern", 1995, "tt0099123", "La lanterne", 101, date(1995, 5, 1)),
        (11223344, "show", "Überfahrt", 2009, "tt11223344", "Überfahrt", None, None),
    ]
    assert loaded.tables.titles["genres"].to_list() == [["Animation", "Drama"], ["Drama"]]
    assert loaded.tables.titles["known_on"].to_list() == [date(1995, 5, 1), date(2009, 1, 1)]
    assert ratings(loaded) == [(99123, 4.5), (11223344, 0.5)]
    credit = loaded.tables.credits.select("person", "role", "position", "known_on")
    assert credit.rows() == [
        ("Ann Ó Néill", "director", 0, date(1995, 5, 1)),
        ("Bo Li", "director", 1, date(1995, 5, 1)),
    ]
    assert rejected(loaded) == [
        (4, "Title Type", "neither a film nor a show", "TV Episode", False),
        (5, "Const", "not an IMDb title id", "nm0000001", False),
    ]


def test_imdb_copies_in_windows_1252_are_read(tmp_path: Path) -> None:
    path = FIXTURES["imdb-export"](tmp_path)
    path.write_bytes(path.read_text("utf-8").replace("Überfahrt", "Über – fahrt").encode("cp1252"))
    assert read_source(path)[1].tables.titles["name"].to_list()[1] == "Über – fahrt"


def test_imdb_the_layout_until_2017_is_read(tmp_path: Path) -> None:
    text = (
        '"position","const","created","modified","description","Title","Title type","Directors",'
        '"You rated","IMDb Rating","Runtime (mins)","Year","Genres","Num. Votes",'
        '"Release Date (month/day/year)","URL"\n'
        '"1","tt0099123","Sun Feb  3 00:00:00 2013","","","Paper Lantern","Feature Film","Bo Li",'
        '"7","7.1","101","1995","animation, drama","1234","1995-05","https://x/"\n'
        '"2","tt0099124","Tue Feb 12 00:00:00 2013","","","Seasons","Mini-Series","",'
        '"10","7.1","","","","","","https://x/"\n'
    )
    source, loaded = read_source(write_file(tmp_path, "ratings.csv", text, "cp1252"))
    assert source.name == "imdb-export"
    assert titles(loaded) == [
        (99123, "film", "Paper Lantern", 1995),
        (99124, "show", "Seasons", None),
    ]
    assert ratings(loaded) == [(99123, 3.5), (99124, 5.0)]
    assert loaded.tables.ratings["rated_at"].to_list() == [
        *(midnight(2013, 2, 3), midnight(2013, 2, 12)),
    ]
    assert loaded.tables.titles["release_date"].to_list() == [None, None], "a month is no day"
    assert rejected(loaded) == []


@pytest.mark.parametrize("column", ["Const", "Your Rating", "Title"])
def test_imdb_a_missing_column_is_named(column: str, tmp_path: Path) -> None:
    path = FIXTURES["imdb-export"](tmp_path)
    path.write_text(path.read_text("utf-8").replace(f"{column},", f"x{column},", 1), "utf-8")
    with pytest.raises(SourceError, match=rf"ratings\.csv has no column '{column}'"):
        SOURCES["imdb-export"].read(Files(path))


def test_imdb_a_watchlist_is_no_table_of_ratings(tmp_path: Path) -> None:
    FIXTURES["imdb-export"](tmp_path)
    listed = (
        "position,const,created,modified,description,Title,Title type,You rated,Year\n"
        '"1","tt0099123","","","","Paper Lantern","Feature Film","7","1995"\n'
        '"2","tt0099123","","","","Paper Lantern","Feature Film","","1995"\n'
        '"3","tt0099124","","","","Über – fahrt","TV Series","","x"\n'
        '"4","tt0099125","","","","A Game","Video Game","",""\n'
    )
    write_file(tmp_path, "WATCHLIST.csv", listed, "cp1252")
    files = Files(tmp_path)
    assert ratings(SOURCES["imdb-export"].read(files)) == [(99123, 4.5), (11223344, 0.5)]
    assert imdb_export.lists(files) == {"watchlist": ["WATCHLIST.csv"]}
    found = imdb_export.read_list(files, ["WATCHLIST.csv"])
    assert found is not None
    assert titles(found) == [
        (99123, "film", "Paper Lantern", 1995),
        (99124, "show", "Über – fahrt", None),
    ]
    assert ratings(found) == []
    assert [reason for _, _, reason, _, _ in rejected(found)] == [
        "not between 1870 and 2100",
        "neither a film nor a show",
    ]
    alone = SOURCES["imdb-export"].read(Files(tmp_path / "WATCHLIST.csv"))
    assert ratings(alone) == [(99123, 3.5)]
    write_file(tmp_path, "WATCHLIST.csv", listed.splitlines()[0])
    assert imdb_export.read_list(Files(tmp_path), ["WATCHLIST.csv"]) is None


# --- Trakt --------------------------------------------------------------------------------------


def test_trakt_films_and_shows_with_the_same_number_stay_apart(tmp_path: Path) -> None:
    loaded = read("trakt", tmp_path)
    assert titles(loaded, "imdb_id", "tmdb_id") == [
        (1, "film", "Paper Lantern", 1995, "tt0099123", 862),
        (2, "show", "Überfahrt", None, None, None),
    ]
    assert ratings(loaded) == [(1, 4.5), (2, 0.5)]
    assert loaded.tables.ratings["rated_at"].to_list()[0] == datetime(
        *(2014, 9, 1, 9, 10, 11), tzinfo=UTC
    )


def test_trakt_rejects_name_the_line_on_which_the_record_starts(tmp_path: Path) -> None:
    path = FIXTURES["trakt"](tmp_path)
    loaded = SOURCES["trakt"].read(Files(path))
    lines = path.read_text("utf-8").split("\n")
    starts = [number for number, line in enumerate(lines, 1) if line == " {"]
    assert rejected(loaded) == [
        (starts[2], "type", "neither a film nor a show", "episode", False),
        (starts[3], "rating", "not between 1 and 10", "11", False),
    ]
    assert loaded.n_records == 4


def test_trakt_all_lists_of_an_export_are_read_and_nothing_else(tmp_path: Path) -> None:
    def rating(title: str, stars: object, moment: str) -> dict[str, object]:
        ids = {"trakt": len(title)}
        return {"rated_at": moment, "rating": stars, "movie": {"title": title, "ids": ids}}

    lists = {
        "ratings-movies.json": [rating("Ox", 2, "2020-01-01T00:00:00Z"), rating("Emu", True, "x")],
        "ratings-more.json": [rating("Ox", 8, "2021-01-01T01:00:00+01:00"), 7, {"rating": None}],
        "ratings-seasons.json": [],
        "history.json": [{"watched_at": "2020-01-01T00:00:00Z", "movie": {"title": "Yak"}}],
    }
    write_files(tmp_path, {name: json.dumps(content) for name, content in lists.items()})
    source, loaded = read_source(tmp_path)
    assert source.name == "trakt"
    assert titles(loaded) == [(1, "film", "Ox", None)]
    assert ratings(loaded) == [(1, 4.0)]
    assert loaded.tables.ratings["rated_at"].to_list() == [midnight(2021, 1, 1)]
    where = loaded.rejects.select("file", "reason", "value").rows()
    assert where == [
        ("ratings-more.json", "neither a film nor a show", "None"),
        ("ratings-more.json", "neither a film nor a show", "None"),
        ("ratings-movies.json", "not between 1 and 10", "true"),
        ("ratings-movies.json", "the viewer rated the title again later", "Ox"),
    ]


def test_trakt_a_moment_before_all_calendars_is_none(tmp_path: Path) -> None:
    film = {"title": "Ox", "ids": {"trakt": 2}}
    moment = "0001-01-01T00:00:00+14:00"
    text = json.dumps([{"rated_at": moment, "rating": 8, "type": "movie", "movie": film}])
    loaded = SOURCES["trakt"].read(Files(write_file(tmp_path, "ratings.json", text)))
    assert loaded.tables.ratings["rated_at"].to_list() == [None]
    assert loaded.rejects["reason"].to_list() == ["no time of rating"]


def test_trakt_lists_hold_titles_once_and_who_saw_an_episode_knows_the_show(
    tmp_path: Path,
) -> None:
    ox, elk = (  # numbers of films and of shows are apart
        {"title": name, "year": 1999, "ids": {"trakt": 2}} for name in ("Ox", "Elk")
    )
    at = {"watched_at": "2024-01-01T00:00:00.000Z"}
    episode = {"title": "Pilot", "season": 1, "number": 1, "ids": {"trakt": 2}}
    history = [
        {**at, "type": "movie", "movie": ox},
        {**at, "type": "episode", "episode": episode, "show": elk},
        {**at, "type": "movie", "movie": ox},
        {**at, "type": "movie", "movie": None},
        7,
    ]
    shows: list[object] = [{"plays": 3, "last_watched_at": None, "show": elk, "seasons": []}]
    listed = [{"listed_at": "x", "type": "season", "season": {}, "show": elk}]
    lists = {
        "watched-history-1.json": history,
        "watched-shows.json": shows,
        "lists-watchlist.json": listed,
        "lists-watchlist-2.json": [],
    }
    write_files(tmp_path, {name: json.dumps(content) for name, content in lists.items()})
    files = Files(tmp_path)
    found = trakt.lists(files)
    assert found == {
        "watchlist": ["lists-watchlist.json"],
        "seen": ["watched-history-1.json", "watched-shows.json"],
    }
    seen = trakt.read_list(files, found["seen"])
    assert seen is not None
    assert titles(seen) == [(1, "film", "Ox", 1999), (2, "show", "Elk", 1999)]
    assert ratings(seen) == []
    assert [(line, reason) for line, _, reason, _, _ in rejected(seen)] == [
        (1, "neither a film nor a show"),
        (1, "no title"),
    ]
    assert seen.n_records == 6
    wanted = trakt.read_list(files, found["watchlist"])
    assert wanted is not None
    assert rejected(wanted) == [(1, "type", "neither a film nor a show", "season", False)]


@pytest.mark.parametrize("text", ['[{"rating": 1, "rated_at": "', '{"rated_at": 1}', "[1 2]"])
def test_trakt_broken_json_is_refused_with_its_line(text: str, tmp_path: Path) -> None:
    path = write_file(tmp_path, "ratings.json", text)
    with pytest.raises(SourceError, match=r"ratings\.json is no list in JSON.*line 1"):
        SOURCES["trakt"].read(Files(path))


# --- MovieLens ----------------------------------------------------------------------------------


def test_movielens_export_ids_and_names(tmp_path: Path) -> None:
    loaded = read("movielens-export", tmp_path)
    assert titles(loaded, "imdb_id", "tmdb_id", "movielens_id") == [
        (1, "film", "The Paper Lantern", 1995, "tt0099123", 862, 1),
        (3, "film", "Überfahrt", 2009, "tt0099124", None, 3),
    ]
    assert ratings(loaded) == [(1, 4.5), (3, 0.5)]
    assert loaded.tables.ratings["rated_at"].is_null().all(), "the export names no times"
    assert rejected(loaded) == [(4, "rating", "not between 0.5 and 5 stars", "0", False)]
