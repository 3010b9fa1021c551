"""What is read of each published MovieLens set."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path

import polars as pl
import pytest

from marquee.data.interactions import Interactions
from marquee.data.sources import SOURCES, Files, Loaded, read_source
from marquee.errors import ParameterError, SourceError
from sources_kit import FIXTURES, write_files


def read(name: str, folder: Path) -> Loaded:
    return SOURCES[name].read(Files(FIXTURES[name](folder)))


def title(loaded: Loaded, number: int) -> dict[str, object]:
    return loaded.tables.titles.row(by_predicate=pl.col("title_id") == number, named=True)


def rejected(loaded: Loaded) -> list[tuple[object, ...]]:
    """File, line, column, reason and whether the row was kept."""
    return loaded.rejects.select("file", "line", "column", "reason", "row_kept").rows()


# --- 100K ---------------------------------------------------------------------------------------


def test_100k_titles_viewers_and_ratings(tmp_path: Path) -> None:
    loaded = read("ml-100k", tmp_path)
    ferry = title(loaded, 10)
    assert (ferry["name"], ferry["year"]) == ("The Ferry at Night", 1994)
    assert ferry["release_date"] == ferry["known_on"] == date(1994, 3, 11)
    assert ferry["genres"] == ["Drama"]
    assert title(loaded, 267)["genres"] is None, "the genre 'unknown' is none"
    assert loaded.tables.titles["movielens_id"].is_null().all(), "ids are of this set alone"
    assert loaded.tables.viewers.select("viewer_id", "source_id", "age", "zip_code").rows() == [
        (1, "1", 24, "85711"),
        (2, "2", 53, "V3N4P"),
        (3, "3", None, "02139"),
    ]
    ratings = loaded.tables.ratings.select("viewer_id", "title_id", "rating", "rated_at").rows()
    assert ratings == [
        (2, 11, 5.0, datetime.fromtimestamp(880000000, UTC)),
        (1, 11, 4.0, datetime.fromtimestamp(880000100, UTC)),
        (1, 10, 4.0, datetime.fromtimestamp(880000300, UTC)),
        (3, 267, 1.0, datetime.fromtimestamp(880000200, UTC)),
    ]


def test_100k_a_date_of_the_first_of_january_is_a_year_not_a_day(tmp_path: Path) -> None:
    lost = title(read("ml-100k", tmp_path), 11)
    assert lost["release_date"] is None
    assert lost["known_on"] == date(1995, 1, 1)
    assert (lost["name"], lost["original_name"]) == ("Le Café des égarés", "The Lost")


def test_100k_rejects(tmp_path: Path) -> None:
    loaded = read("ml-100k", tmp_path)
    assert rejected(loaded) == [
        ("u.data", 2, "item id", "the same viewer rated the title again later", False),
        ("u.data", 6, "user id", "viewer is not in u.user", False),
        ("u.data", 7, "rating", "not between 0.5 and 5", False),
        ("u.data", 8, None, "not 4 cells", False),
        ("u.item", 3, "release date", "not a day like 11-Mar-1994", True),
        ("u.item", 5, "movie title", "movie title is empty", False),
        ("u.user", 3, "age", "not an age up to 120", True),
    ]
    assert loaded.n_records == 8 + 5 + 3 + 19
    assert loaded.n_rejected == 5


def test_100k_folds_are_read_like_the_ratings(tmp_path: Path) -> None:
    folder = FIXTURES["ml-100k"](tmp_path)
    write_files(
        folder, {"u1.base": "1\t10\t3\t880000100\n0\t10\t3\t1\n", "u1.test": "2\t11\t5\t9\n"}
    )
    source = SOURCES["ml-100k"]
    assert source.read_fold is not None
    train, test = source.read_fold(Files(folder), "u1")
    assert train.columns == read("ml-100k", tmp_path / "other").tables.ratings.columns
    assert train.select("viewer_id", "title_id").rows() == [(1, 10)]
    assert test.select("viewer_id", "title_id").rows() == [(2, 11)]
    with pytest.raises(ParameterError, match="no split 'u9'; it has u1, u2"):
        source.read_fold(Files(folder), "u9")
    with pytest.raises(SourceError, match=r"holds no u2\.base"):
        source.read_fold(Files(folder), "u2")


@pytest.mark.real
def test_100k_as_published(data_root: Path) -> None:
    source, loaded = read_source(data_root / "ml-100k")
    assert source.name == "ml-100k"
    tables = loaded.tables
    assert (tables.ratings.height, tables.viewers.height, tables.titles.height) == (
        *(100_000, 943, 1_682),
    )
    assert loaded.rejects.is_empty()
    assert loaded.n_records == 100_000 + 943 + 1_682 + 19
    stars = dict(tables.ratings.group_by("rating").len().iter_rows())
    assert stars == {1: 6_110, 2: 11_370, 3: 27_145, 4: 34_174, 5: 21_201}
    unknown = title(loaded, 267)
    assert (unknown["name"], unknown["year"], unknown["known_on"]) == ("unknown", None, None)
    assert tables.titles.select("name", "year").is_duplicated().sum() == 2 * 18
    assert tables.ratings["rated_at"].dt.date().min() == date(1997, 9, 20)
    assert tables.ratings["rated_at"].dt.date().max() == date(1998, 4, 22)


@pytest.mark.real
def test_100k_folds_as_published(data_root: Path) -> None:
    files, source = Files(data_root / "ml-100k"), SOURCES["ml-100k"]
    assert source.read_fold is not None
    whole = source.read(files).tables.ratings.sort("viewer_id", "title_id")
    for fold in source.fold_names:
        train, test = source.read_fold(files, fold)
        n_test = 9_430 if fold in {"ua", "ub"} else 20_000
        assert (train.height, test.height) == (100_000 - n_test, n_test), fold
        assert (
            pl.concat([train, test])
            .sort("viewer_id", "title_id")
            .equals(whole.select(train.columns))
        )


# --- 1M -----------------------------------------------------------------------------------------


def test_1m_titles_viewers_and_ratings(tmp_path: Path) -> None:
    loaded = read("ml-1m", tmp_path)
    ocho = title(loaded, 5)
    assert (ocho["name"], ocho["original_name"]) == ("El Señor Ocho", "Mister Eight")
    assert (ocho["genres"], ocho["movielens_id"]) == (["Comedy", "Film-Noir"], 5)
    assert ocho["known_on"] == date(1988, 1, 1)
    viewers = loaded.tables.viewers.select("viewer_id", "age", "gender", "occupation", "zip_code")
    assert viewers.rows() == [
        (1, 1, "F", "K-12 student", "48067"),
        (2, 56, "M", "self-employed", "70072-1234"),
        (3, 25, "M", None, "00918"),
    ]
    assert loaded.tables.ratings.select("viewer_id", "title_id", "rating").rows() == [
        (1, 5, 5.0),
        (1, 7, 3.0),
        (2, 5, 2.0),
    ]


def test_1m_rejects(tmp_path: Path) -> None:
    assert rejected(read("ml-1m", tmp_path)) == [
        ("movies.dat", 4, "MovieID", "not a whole number", False),
        ("ratings.dat", 3, "MovieID", "the same viewer rated the title again later", False),
        ("ratings.dat", 5, "MovieID", "title is not in movies.dat", False),
        ("ratings.dat", 6, "Rating", "not a number", False),
        ("users.dat", 3, "Occupation", "not an occupation of the set", True),
    ]


def test_1m_copies_in_utf8_are_read_too(tmp_path: Path) -> None:
    folder = FIXTURES["ml-1m"](tmp_path)
    movies = folder / "movies.dat"
    movies.write_text(movies.read_text("latin-1"), "utf-8")
    assert title(SOURCES["ml-1m"].read(Files(folder)), 5)["name"] == "El Señor Ocho"


def test_1m_a_full_copy_without_times_is_preferred_to_a_part_with_them(tmp_path: Path) -> None:
    folder = FIXTURES["ml-1m"](tmp_path)
    (folder / "ratings.dat").rename(folder / "ratings_users_1_to_2999.dat")
    assert SOURCES["ml-1m"].read(Files(folder)).tables.ratings.height == 3
    ranked = "user_id,movie_id,rating,timestamp,time_rank\n1,5,5,978300760,2\n3,7,4,,1\n3,5,1,,\n"
    write_files(folder, {"ratings_full.csv": ranked})
    source, loaded = read_source(folder)
    assert source.name == "ml-1m"
    ratings = loaded.tables.ratings.select("viewer_id", "title_id", "rated_at", "history_rank")
    assert ratings.rows() == [
        (1, 5, datetime.fromtimestamp(978300760, UTC), 2),
        (3, 7, None, 1),
        (3, 5, None, None),
    ]


def test_1m_without_ratings_is_refused(tmp_path: Path) -> None:
    folder = FIXTURES["ml-1m"](tmp_path)
    (folder / "ratings.dat").unlink()
    with pytest.raises(SourceError, match=r"holds none of ratings\.dat, "):
        SOURCES["ml-1m"].read(Files(folder))


@pytest.mark.real
def test_1m_as_published(data_root: Path) -> None:
    source, loaded = read_source(data_root / "ml-1m")
    assert source.name == "ml-1m"
    tables = loaded.tables
    assert (tables.ratings.height, tables.viewers.height, tables.titles.height) == (
        *(1_000_209, 6_040, 3_883),
    )
    assert loaded.rejects.is_empty()
    stars = dict(tables.ratings.group_by("rating").len().iter_rows())
    assert stars == {1: 56_174, 2: 107_557, 3: 261_197, 4: 348_971, 5: 226_310}
    assert tables.ratings["rated_at"].null_count() == 512_559
    assert tables.ratings["history_rank"].null_count() == 598
    assert tables.titles["title_id"].max() == 3_952
    assert tables.titles["year"].null_count() == 0
    interactions = Interactions.from_ratings(tables.ratings)
    assert (interactions.n_users, interactions.n_items, len(interactions)) == (
        *(6_040, 3_706, 1_000_209),
    )


@pytest.mark.real
def test_1m_the_first_half_in_the_publishers_format(data_root: Path, tmp_path: Path) -> None:
    real = data_root / "ml-1m"
    part = "ratings_users_1_to_2999.dat"
    for name, target in (("movies.dat",) * 2, ("users.dat",) * 2, (part, "ratings.dat")):
        (tmp_path / target).symlink_to(real / name)
    _, loaded = read_source(tmp_path)
    half = loaded.tables.ratings
    assert half.height == 487_650
    assert half["rated_at"].null_count() == 0
    assert loaded.rejects.is_empty()
    _, whole = read_source(real)
    first = whole.tables.ratings.filter(pl.col("viewer_id") < 3_000).drop("history_rank")
    assert first.equals(half.drop("history_rank"))


# --- 10M and the CSV sets -----------------------------------------------------------------------


def test_10m_half_stars_and_tags(tmp_path: Path) -> None:
    loaded = read("ml-10m", tmp_path)
    assert title(loaded, 122)["name"] == "Böömerang Alley"
    cable = title(loaded, 185)
    assert (cable["name"], cable["genres"]) == ("The Cable", None)
    assert cable["keywords"] == ["sea voyage!", "slow"], "most viewers first, one spelling"
    assert title(loaded, 186)["year"] is None
    assert loaded.tables.ratings["rating"].to_list() == [5.0, 4.5, 0.5]
    assert loaded.tables.viewers["source_id"].to_list() == ["1", "2"]
    assert rejected(loaded) == [
        ("ratings.dat", 4, "Rating", "not between 0.5 and 5", False),
        ("tags.dat", 4, "MovieID", "title is not in movies.dat", False),
    ]
    assert loaded.n_records == 4 + 3 + 4


def test_csv_titles_links_tags_and_ratings(tmp_path: Path) -> None:
    loaded = read("ml-csv", tmp_path)
    lantern = title(loaded, 1)
    assert (lantern["name"], lantern["original_name"]) == ("The Paper Lantern", "La Lanterne")
    assert (lantern["imdb_id"], lantern["tmdb_id"]) == ("tt0099123", 862)
    assert lantern["keywords"] == ["paper", "slow, sad"]
    crossing = title(loaded, 3)
    assert (crossing["name"], crossing["original_name"]) == ("Überfahrt", "Crossing")
    assert (crossing["year"], crossing["imdb_id"]) == (2009, "tt11223344")
    assert crossing["tmdb_id"] is None
    said = title(loaded, 4)
    assert (said["name"], said["genres"], said["year"]) == ('He said "No"', None, None)
    assert (said["imdb_id"], said["tmdb_id"]) == (None, 12)
    ratings = loaded.tables.ratings.select("viewer_id", "title_id", "rating", "rated_at").rows()
    assert ratings == [
        (1, 1, 4.0, datetime.fromtimestamp(964982703, UTC)),
        (1, 3, 0.5, datetime.fromtimestamp(964981247, UTC)),
        (7, 3, 5.0, datetime.fromtimestamp(1493846415, UTC)),
        (7, 4, 2.5, None),
    ]


def test_csv_rejects(tmp_path: Path) -> None:
    loaded = read("ml-csv", tmp_path)
    assert rejected(loaded) == [
        ("links.csv", 4, "imdbId", "not the number of an IMDb id", True),
        ("ratings.csv", 5, "rating", "not a number", False),
        ("ratings.csv", 6, "timestamp", "not a time between 1970 and 2100", True),
        ("ratings.csv", 7, None, "not 4 cells", False),
        ("tags.csv", 5, "movieId", "title is not in movies.csv", False),
    ]
    assert loaded.n_records == 6 + 3 + 4 + 3


def test_csv_tags_and_links_may_be_missing(tmp_path: Path) -> None:
    folder = FIXTURES["ml-csv"](tmp_path)
    for name in ("tags.csv", "links.csv"):
        (folder / name).unlink()
    _, loaded = read_source(folder)
    assert loaded.tables.titles["keywords"].is_null().all()
    assert loaded.tables.titles["imdb_id"].is_null().all()
    assert loaded.tables.ratings.height == 4


def test_csv_a_tag_over_several_lines_is_one_tag(tmp_path: Path) -> None:
    folder = FIXTURES["ml-csv"](tmp_path)
    tags = 'userId,movieId,tag,timestamp\n2,1,"two\nlines",5\n3,1,short\n4,9,lost,5\n'
    write_files(folder, {"tags.csv": tags})
    loaded = SOURCES["ml-csv"].read(Files(folder))
    assert title(loaded, 1)["keywords"] == ["two lines"]
    lines = loaded.rejects.filter(pl.col("file") == "tags.csv").select("line", "reason").rows()
    assert lines == [(4, "not 4 cells"), (5, "title is not in movies.csv")]


def test_csv_only_the_most_given_tags_become_keywords(tmp_path: Path) -> None:
    folder = FIXTURES["ml-csv"](tmp_path)
    tags = [f"{viewer},1,tag {tag:02d},5" for tag in range(12) for viewer in range(tag + 1)]
    tags += [f"9,1,loud,{time}" for time in range(50)]  # one viewer, however often, is one
    write_files(folder, {"tags.csv": "userId,movieId,tag,timestamp\n" + "\n".join(tags)})
    loaded = SOURCES["ml-csv"].read(Files(folder))
    assert title(loaded, 1)["keywords"] == [f"tag {tag:02d}" for tag in range(11, 1, -1)]
