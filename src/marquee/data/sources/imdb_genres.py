"""IMDb movies by genre (Kaggle): any of 16 files, ``action.csv`` to ``war.csv``.

A film stands in the file of each of its genres and is one title here: of each column the first
value that is there stands, and its genres are those of all its rows and files. A row names three
genres at most, so the file's own genre is added. IMDb's Roman numeral, which tells films of one
title and year apart, stands in place of the year in some rows; those years are unknown.

Names are aligned with ids in an unexpected way: ``director_id`` holds the first director alone and
``star_id`` goes on with the other directors before it comes to the stars. Together they are as long
as the names.
"""

from __future__ import annotations

import re
from datetime import date

import polars as pl

from marquee.data.sources.base import Loaded, Source
from marquee.data.sources.facts import (
    imdb_id,
    imdb_number,
    known_number,
    merge_repeats,
    outcomes,
    parse_numbers,
    ragged,
    title_known_on,
    year,
)
from marquee.data.sources.files import Files, files_to_read, files_with_columns
from marquee.data.sources.records import Rejects, parse, read_records
from marquee.data.tables import Tables

NAME = "imdb-genres"
GENRES = {
    "action": "Action",
    "adventure": "Adventure",
    "animation": "Animation",
    "biography": "Biography",
    "crime": "Crime",
    "family": "Family",
    "fantasy": "Fantasy",
    "film-noir": "Film-Noir",
    "history": "History",
    "horror": "Horror",
    "mystery": "Mystery",
    "romance": "Romance",
    "scifi": "Sci-Fi",
    "sports": "Sport",
    "thriller": "Thriller",
    "war": "War",
}
"""IMDb's name of the genre in each file."""
FILES = {f"{name}.csv": genre for name, genre in GENRES.items()}

COLUMNS = (
    *("movie_id", "movie_name", "year", "certificate", "runtime", "genre", "rating"),
    *("description", "director", "director_id", "star", "star_id", "votes", "gross(in $)"),
)

COLLECTED_ON = date(2023, 2, 28)
"""Day on which votes and gross count as collected: the date of the data set as published."""

PLACEHOLDER = "Add a Plot"
NUMERAL = "Roman numeral in place of the year"
SUMMARY_LINK = r"\s*See full summary\s*»?\s*$"

Person = tuple[str | None, str, str, int]
"""person_id, person, role, position."""


def recognizes(files: Files) -> bool:
    """Whether a CSV file has the columns of the genre files."""
    return bool(files_with_columns(files, COLUMNS))


def read(files: Files) -> Loaded:
    """Titles, credits and outcomes; a title's number is the one in its IMDb id.

    ``gross(in $)`` is box office in the United States and Canada, as IMDb's lists show it.
    """
    rejects = Rejects(NAME)
    n_records = 0
    parsed = []
    for file in files_to_read(files, COLUMNS, FILES):
        records = read_records(files.text(file), file, None, rejects, required=COLUMNS)
        n_records += records.height
        parsed.append(_parse(records.select("line", *COLUMNS), file, rejects))
    rows = pl.concat(parsed)
    films = rows.group_by("movie_id", maintain_order=True).agg(
        pl.col("genre").explode().drop_nulls().unique(maintain_order=True),
        pl.exclude("genre").drop_nulls().first(),
    )
    titles = _titles(films)
    known = titles.select("title_id", "known_on", "source")
    tables = Tables(
        titles=titles,
        credits=_credits(rows, rejects).join(known, on="title_id", maintain_order="left"),
        outcomes=outcomes(_measured(films), COLLECTED_ON, NAME),
    )
    found = rejects.frame()
    return Loaded(tables, found, n_records + ragged(found))


def _parse(records: pl.DataFrame, file: str, rejects: Rejects) -> pl.DataFrame:
    known = records.filter(pl.col("year").str.contains(r"^\s*[IVXLCDM]+\s*$"))
    rejects.add(file, known, NUMERAL, "year", row_kept=True)
    numeral = pl.col("line").is_in(known["line"].implode())
    records = records.with_columns(
        pl.when(~numeral).then("year").alias("year"),
        pl.col("runtime").str.replace(r"\s*min\s*$", ""),
    )
    id_, name = imdb_id("movie_id"), pl.col("movie_name").str.strip_chars()
    records = parse(records, "movie_id", id_, rejects, file, "not an IMDb id", required=True)
    records = parse(records, "movie_name", name, rejects, file, "not a title", required=True)
    records = parse(records, "year", year("year"), rejects, file, "not a year")
    maxima = {"runtime": 1e5, "rating": 10, "votes": 1e9, "gross(in $)": 1e12}
    records = parse_numbers(records, maxima, rejects, file)
    records = merge_repeats(records, "movie_id", rejects, file, "repeats a film of the same file")
    genres = pl.col("genre").str.split(",").list.eval(pl.element().str.strip_chars())
    own = pl.lit(FILES.get(file), dtype=pl.String)
    overview = pl.col("description").str.replace(SUMMARY_LINK, "").str.strip_chars()
    return records.with_columns(
        pl.concat_list(genres.fill_null([]), own).list.drop_nulls().alias("genre"),
        pl.when(overview != PLACEHOLDER).then(overview).alias("description"),
        pl.lit(file).alias("file"),
    )


def _titles(films: pl.DataFrame) -> pl.DataFrame:
    dated = films.with_columns(pl.lit(None, dtype=pl.Date).alias("release_date"))
    return dated.select(
        imdb_number("movie_id").alias("title_id"),
        pl.lit("film").alias("kind"),
        pl.col("movie_name").alias("name"),
        "year",
        title_known_on(),
        pl.col("description").alias("overview"),
        pl.col("genre").alias("genres"),
        "certificate",
        pl.col("runtime").cast(pl.Int32).alias("runtime_min"),
        pl.col("movie_id").alias("imdb_id"),
        pl.lit(NAME).alias("source"),
        pl.concat_list(pl.lit(NAME)).alias("sources"),
    )


def _measured(films: pl.DataFrame) -> pl.DataFrame:
    voted = pl.col("votes") > 0
    return films.select(
        imdb_number("movie_id").alias("title_id"),
        pl.lit(None, dtype=pl.Date).alias("release_date"),
        known_number("gross(in $)").alias("domestic_gross_usd"),
        pl.when(voted).then("rating").alias("vote_average"),
        pl.when(voted).then("votes").alias("vote_count"),
    )


def _credits(rows: pl.DataFrame, rejects: Rejects) -> pl.DataFrame:
    """Credits of each film from the first of its rows that has any."""
    people: dict[str, list[Person]] = {}
    unaligned: list[tuple[str, int, str | None]] = []
    wanted = ("movie_id", "file", "line", "director", "director_id", "star", "star_id")
    for film, file, line, *cells in rows.select(wanted).iter_rows():
        if people.get(film):
            continue
        people[film], aligned = _people(*cells)
        if not aligned:
            unaligned.append((file, line, cells[3]))
    bad = pl.DataFrame(
        unaligned, schema={"file": pl.String, "line": pl.Int64, "star_id": pl.String}, orient="row"
    )
    for (file,), some in bad.group_by("file", maintain_order=True):
        reason = "not one id per director and star"
        rejects.add(str(file), some, reason, "star_id", row_kept=True)
    texts = dict.fromkeys(("movie_id", "person_id", "person", "role"), pl.String())
    schema = {**texts, "position": pl.Int32()}
    found = [(film, *person) for film, group in people.items() for person in group]
    frame = pl.DataFrame(found, schema=schema, orient="row")
    return frame.select(imdb_number("movie_id").alias("title_id"), pl.exclude("movie_id"))


def _people(
    director: str | None, director_id: str | None, star: str | None, star_id: str | None
) -> tuple[list[Person], bool]:
    """Directors and stars of one row, and whether each has an id."""
    ids = re.findall(r"nm\d+", f"{director_id or ''},{star_id or ''}")
    # A comma alone may be part of a name, so it separates only where the ids say so.
    for separator in ("\n", ","):
        directors, stars = _names(director, separator), _names(star, separator)
        if len(ids) == len(directors) + len(stars):
            break
    else:
        directors, stars, ids = _names(director, "\n"), _names(star, "\n"), []
    aligned = bool(ids) or not directors + stars
    known = iter([f"imdb:{found}" for found in ids])
    return [
        (next(known, None), name, role, place)
        for role, names in (("director", directors), ("actor", stars))
        for place, name in enumerate(names)
    ], aligned


def _names(cell: str | None, separator: str) -> list[str]:
    names = (part.strip(", \r\n\xa0") for part in (cell or "").split(separator))
    return [name for name in names if name]


SOURCE = Source(
    name=NAME,
    summary="films by genre with people, votes and gross (IMDb movies by genre, up to 16 files)",
    recognizes=recognizes,
    read=read,
)
