"""The Movies Dataset: Python literals, broken records, stand-ins, ratings through links."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path

import polars as pl
import pytest

from film_lists_kit import dataset_movie, movies_dataset, table, write
from marquee.data.sources import movies_dataset as source
from marquee.data.sources.base import Loaded
from marquee.data.sources.files import Files
from marquee.errors import SourceError


@pytest.fixture
def loaded(tmp_path: Path) -> Loaded:
    return source.read(Files(movies_dataset(tmp_path)))


@pytest.fixture(scope="module")
def real(data_root: Path) -> Loaded:
    return source.read(Files(data_root / "the-movies-dataset"))


def title(loaded: Loaded, number: int) -> dict[str, object]:
    return loaded.tables.titles.row(by_predicate=pl.col("title_id") == number, named=True)


def filed(loaded: Loaded, file: str) -> list[tuple[object, ...]]:
    found = loaded.rejects.filter(pl.col("file") == file)
    return found.select("line", "column", "row_kept").rows()


def test_literals_become_lists_and_the_collection_a_name(loaded: Loaded) -> None:
    lantern = title(loaded, 862)
    assert lantern["genres"] == ["Children's"]
    assert lantern["companies"] == ["Ünnamed \\d Films"], "a bare nan beside it is no error"
    assert lantern["collection"] == "Lantern Collection"
    assert lantern["keywords"] == ["toy", "child's play"]
    assert lantern["languages"] == ["en", "fr"]
    assert title(loaded, 105)["collection"] is None


def test_a_call_in_a_cell_is_never_evaluated(loaded: Loaded) -> None:
    assert title(loaded, 105)["genres"] is None
    assert (3, "genres", True) in filed(loaded, "movies_metadata.csv")


def test_broken_records_and_repeats_are_filed(loaded: Loaded) -> None:
    assert loaded.tables.titles["title_id"].to_list() == [862, 105, 13]
    assert title(loaded, 862)["tagline"] == "Only here.", "a repeat only fills gaps"
    assert filed(loaded, "movies_metadata.csv") == [
        (3, "genres", True),
        (3, "imdb_id", True),
        (4, "id", True),
        (5, "id", False),
        (6, "title", False),
        (7, "revenue", True),
        (7, "belongs_to_collection", True),
        (8, None, False),
        (9, None, False),
    ]
    assert filed(loaded, "keywords.csv") == [(3, "id", True), (5, "id", False)]
    assert filed(loaded, "credits.csv") == [
        (3, "crew", True),
        (4, "id", True),
        (5, "title_id", False),
    ]


def test_ids_of_imdb_and_movielens_come_through_links(loaded: Loaded) -> None:
    ids = loaded.tables.titles.select("tmdb_id", "imdb_id", "movielens_id").rows()
    assert ids == [(862, "tt0099123", 1), (105, "tt0113497", 2), (13, None, 6)]


def test_people_are_credited_in_their_film(loaded: Loaded) -> None:
    people = loaded.tables.credits.select("title_id", "person_id", "person", "role", "character")
    assert people.rows() == [
        (862, "tmdb:1", "Ann O'Neill", "actor", 'A "Keeper"'),
        (862, "tmdb:2", "Bo Lí", "director", None),
    ]


def test_ratings_reach_films_through_links_or_are_rejected(loaded: Loaded) -> None:
    ratings = loaded.tables.ratings.select("viewer_id", "title_id", "rating")
    assert ratings.rows() == [(1, 105, 3.0), (1, 862, 4.0), (2, 13, 5.0)]
    assert loaded.tables.ratings["rated_at"][0] == datetime(2009, 12, 14, 2, 52, 59, tzinfo=UTC)
    reasons = loaded.rejects.filter(pl.col("file") == "ratings_small.csv")
    assert reasons.select("line", "reason").rows() == [
        (2, "the same viewer rated the title again later"),
        (4, "no link to a TMDB id"),
        (6, "linked to no film of the film file"),
        (8, "no link to a TMDB id"),
        (9, "not between 0.5 and 5"),
        (10, "not a number"),
    ]
    assert loaded.tables.viewers["viewer_id"].to_list() == [1, 2]


def test_every_record_is_counted(loaded: Loaded) -> None:
    assert loaded.n_records == 8 + 4 + 4 + 6 + 2 + 9
    assert loaded.n_rejected == 4 + 1 + 1 + 6


def test_the_large_ratings_file_goes_before_the_sample(tmp_path: Path) -> None:
    folder = movies_dataset(tmp_path)
    (folder / "ratings.csv").write_text("userId,movieId,rating,timestamp\n9,1,1.5,1260759144\n")
    assert source.read(Files(folder)).tables.ratings["viewer_id"].to_list() == [9]


def test_ratings_without_links_are_an_error(tmp_path: Path) -> None:
    folder = movies_dataset(tmp_path)
    for name in ("links.csv", "links_small.csv"):
        (folder / name).unlink()
    with pytest.raises(SourceError, match=r"ratings_small\.csv needs links\.csv"):
        source.read(Files(folder))


def stand_ins(folder: Path, ids: tuple[int, ...] = (862, 105, 12, 862, 14)) -> Path:
    first = [dataset_movie(862, "First", tagline="All."), dataset_movie(105, "Second")]
    rows = "".join(f"{number},Film {number},5.0,2001-02-03\n" for number in ids)
    return write(
        folder,
        {
            "movies_metadata_first_rows.csv": table(first),
            "movies_metadata_4_columns.csv": f"id,title,revenue,release_date\n{rows}",
        },
    )


def test_first_rows_and_four_columns_stand_in_for_the_whole_file(tmp_path: Path) -> None:
    loaded = source.read(Files(stand_ins(tmp_path)))
    titles = loaded.tables.titles
    assert titles.select("title_id", "name", "tagline").rows() == [
        (862, "First", "All."),
        (105, "Second", None),
        (12, "Film 12", None),
        (14, "Film 14", None),
    ]
    assert filed(loaded, "movies_metadata_4_columns.csv") == [(5, "id", True)]
    assert loaded.n_records == 5, "the films that both files hold count once"


def test_four_columns_alone_are_enough(tmp_path: Path) -> None:
    folder = stand_ins(tmp_path)
    (folder / "movies_metadata_first_rows.csv").unlink()
    files = Files(folder)
    assert source.recognizes(files)
    assert source.read(files).tables.titles["title_id"].to_list() == [862, 105, 12, 14]


def test_stand_ins_of_other_films_are_refused(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="line 3 has id 106"):
        source.read(Files(stand_ins(tmp_path, (862, 106, 12))))


@pytest.mark.real
@pytest.mark.slow
def test_the_real_films_are_distinct_and_the_broken_records_are_filed(real: Loaded) -> None:
    titles = real.tables.titles
    assert titles["title_id"].n_unique() == titles.height == 45_466 - 30 - 3 - 3
    rest = real.rejects.filter(pl.col("file") == source.FOUR_COLUMNS)
    malformed = rest.filter(pl.col("reason") == "not a TMDB id")
    # Rows 19730, 29503 and 35587, counted from 0, each after a record without a title.
    assert malformed.select("line", "value").rows() == [
        (19732, "1997-08-20"),
        (29505, "2012-09-29"),
        (35589, "2014-01-01"),
    ]
    untitled = rest.filter(pl.col("reason") == "title is empty")
    assert untitled["line"].to_list() == [19731, 29504, 35588]
    assert (
        real.rejects.filter(
            pl.col("reason") == source.REPEAT, pl.col("file") != source.KEYWORDS
        ).height
        == 30
    )


@pytest.mark.real
@pytest.mark.slow
def test_real_keywords_and_links_are_read_once(real: Loaded) -> None:
    rejects = real.rejects
    repeats = rejects.filter(pl.col("file") == source.KEYWORDS, "row_kept")
    assert repeats.height == 46_419 - 45_432
    second = rejects.filter(pl.col("file") == "links.csv", pl.col("column") == "tmdbId")
    assert second.height == 30
    assert real.tables.titles["movielens_id"].null_count() == 0
    assert real.tables.titles["imdb_id"].str.contains(r"^tt\d{7,8}$").all()


@pytest.mark.real
@pytest.mark.slow
def test_real_ratings_reach_films_or_are_counted(real: Loaded) -> None:
    ratings = real.tables.ratings
    lost = real.rejects.filter(pl.col("file") == "ratings_small.csv")
    assert ratings.height + lost.height == 100_004
    assert lost.group_by("reason").len().sort("len").rows() == [
        ("no link to a TMDB id", 71),
        ("linked to no film of the film file", 123),
    ]
    assert ratings["viewer_id"].n_unique() == 671
    assert ratings["rating"].min() == 0.5
    assert ratings["rated_at"].dt.date().min() == date(1995, 1, 9)
    assert ratings["rated_at"].dt.date().max() == date(2016, 10, 16)


@pytest.mark.real
@pytest.mark.slow
def test_every_real_record_is_counted(real: Loaded) -> None:
    assert real.n_records == 45_466 + 46_419 + 45_843 + 9_125 + 100_004
    assert real.n_rejected == 3 + 3 + 3 + 71 + 123


@pytest.mark.real
@pytest.mark.slow
def test_real_money_is_null_where_it_is_unknown(real: Loaded) -> None:
    revenue = real.tables.outcomes.filter(pl.col("measure") == "revenue_usd")
    first = real.tables.titles.head(2995)
    assert first["budget_usd"].count() == 2996 - 1603
    both = first.drop_nulls("budget_usd").join(revenue, on="title_id", how="semi")
    assert both.height == 1134
    assert revenue.height == 7398, "7,408 records, ten of them repeats"
