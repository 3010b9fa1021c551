"""Netflix titles in the United States as JustWatch lists them: ``titles.csv`` and ``credits.csv``.

List columns are Python literals. JustWatch numbers films and shows apart (``tm84618``,
``ts300399``), so a title_id is twice the number, plus one for a show.
"""

from __future__ import annotations

import ast
from datetime import date

import polars as pl

from marquee.data.schema import CREDITS, TEXTS
from marquee.data.sources.base import Loaded, Source
from marquee.data.sources.facts import number, year
from marquee.data.sources.files import Files, files_to_read, files_with_columns
from marquee.data.sources.records import Rejects, first_of_each, parse, read_records
from marquee.data.tables import Tables

NAME = "justwatch"
TITLE_COLUMNS = (
    "id", "title", "type", "description", "release_year", "age_certification", "runtime",
    "genres", "production_countries", "seasons", "imdb_id", "imdb_score", "imdb_votes",
    "tmdb_popularity", "tmdb_score",
)  # fmt: skip
CREDIT_COLUMNS = ("person_id", "id", "name", "character", "role")
KINDS = {"MOVIE": "film", "SHOW": "show"}
ROLES = {"ACTOR": "actor", "DIRECTOR": "director"}

SERVICE = "Netflix"
REGION = "US"
"""The publisher collected what JustWatch offered for the United States."""

KNOWN_ON = date(2022, 12, 31)
"""The files name no day: the last day of their newest release year, which is never too early."""


def recognizes(files: Files) -> bool:
    """Whether a CSV file has the columns of JustWatch titles."""
    return bool(files_with_columns(files, TITLE_COLUMNS))


def read(files: Files) -> Loaded:
    """Titles, credits, availability on Netflix and outcomes; without a credits file no credits.

    ``vote_average`` is IMDb's score, which the vote count belongs to, and TMDB's where IMDb has
    none.
    """
    rejects = Rejects(NAME)
    file = files_to_read(files, TITLE_COLUMNS, ["titles.csv"])[0]
    records = read_records(files.text(file), file, None, rejects, required=TITLE_COLUMNS)
    people = None
    if files.has("credits.csv"):
        people = read_records(
            files.text("credits.csv"), "credits.csv", None, rejects, required=CREDIT_COLUMNS
        )
    n_records = records.height + (0 if people is None else people.height) + rejects.frame().height
    records = _titles_parsed(records, rejects, file)
    found = Tables(
        titles=_titles(records),
        credits=CREDITS.empty() if people is None else _credits(people, records, rejects),
        availability=_availability(records),
        outcomes=_outcomes(records),
    )
    return Loaded(found, rejects.frame(), n_records)


def _title_id(column: str) -> pl.Expr:
    """Twice JustWatch's number, plus one for a show; null for what is no such id."""
    number = pl.col(column).str.extract(r"^t[ms](\d{1,15})$").cast(pl.Int64)
    return number * 2 + pl.col(column).str.starts_with("ts").cast(pl.Int64)


def _titles_parsed(records: pl.DataFrame, rejects: Rejects, file: str) -> pl.DataFrame:
    records = parse(records, "id", _title_id("id"), rejects, file, "not tm… or ts…", required=True)
    records = first_of_each(records, "id", rejects, file, "id occurs before")
    name = pl.col("title").str.strip_chars()
    records = parse(records, "title", name, rejects, file, "no title", required=True)
    kind = pl.col("type").replace_strict(KINDS, default=None, return_dtype=pl.String)
    records = parse(records, "type", kind, rejects, file, "neither MOVIE nor SHOW", required=True)
    records = parse(records, "release_year", year("release_year"), rejects, file, "not a year")
    minutes = number("runtime", 100_000).cast(pl.Int32)
    records = parse(records, "runtime", minutes, rejects, file, "not minutes")
    seasons = number("seasons", 10_000).cast(pl.Int32)
    records = parse(records, "seasons", seasons, rejects, file, "not a number of seasons")
    imdb_id = pl.col("imdb_id").str.extract(r"^(tt\d+)$")
    records = parse(records, "imdb_id", imdb_id, rejects, file, "not tt…")
    for column, maximum in (
        ("imdb_score", 10), ("tmdb_score", 10), ("imdb_votes", 1e12), ("tmdb_popularity", 1e12),
    ):  # fmt: skip
        records = parse(
            records, column, number(column, maximum), rejects, file, f"not from 0 to {maximum:g}"
        )
    for column in ("genres", "production_countries"):
        texts = pl.col(column).map_elements(_texts, return_dtype=TEXTS)
        records = parse(records, column, texts, rejects, file, "not a list of texts")
    return records.with_columns(known_on=pl.date(pl.col("release_year"), 1, 1))


def _texts(cell: str) -> list[str] | None:
    """The list of texts that a Python literal stands for; None for anything else."""
    try:
        value = ast.literal_eval(cell)
    except (ValueError, SyntaxError, MemoryError, RecursionError):
        return None
    if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
        return None
    return value


def _titles(records: pl.DataFrame) -> pl.DataFrame:
    return records.select(
        pl.col("id").alias("title_id"),
        pl.col("type").alias("kind"),
        pl.col("title").alias("name"),
        pl.col("release_year").alias("year"),
        "known_on",
        pl.col("description").alias("overview"),
        "genres",
        pl.col("production_countries").alias("countries"),
        pl.col("age_certification").alias("certificate"),
        pl.col("runtime").alias("runtime_min"),
        "seasons",
        "imdb_id",
        pl.lit(NAME).alias("source"),
        pl.lit([NAME]).alias("sources"),
    )


def _credits(people: pl.DataFrame, titles: pl.DataFrame, rejects: Rejects) -> pl.DataFrame:
    file = "credits.csv"
    name = pl.col("name").str.strip_chars()
    people = parse(people, "name", name, rejects, file, "no name", required=True)
    role = pl.col("role").replace_strict(ROLES, default=None, return_dtype=pl.String)
    people = parse(people, "role", role, rejects, file, "neither ACTOR nor DIRECTOR", required=True)
    people = people.with_columns(title_id=_title_id("id")).join(
        titles.select(pl.col("id").alias("title_id"), "known_on", loaded=pl.lit(True)),
        on="title_id", how="left", maintain_order="left",
    )  # fmt: skip
    orphan = pl.col("loaded").is_null()
    rejects.add(file, people.filter(orphan), "credit of a title that was not loaded", "id")
    return people.filter(~orphan).select(
        "title_id",
        (pl.lit(f"{NAME}:") + pl.col("person_id").str.strip_chars()).alias("person_id"),
        pl.col("name").alias("person"),
        "role",
        "character",
        pl.int_range(pl.len()).over("title_id", "role").alias("position"),
        "known_on",
        pl.lit(NAME).alias("source"),
    )


def _availability(records: pl.DataFrame) -> pl.DataFrame:
    return records.select(
        pl.col("id").alias("title_id"),
        pl.lit(SERVICE).alias("service"),
        pl.lit(REGION).alias("region"),
        pl.lit(KNOWN_ON).alias("known_on"),
        pl.lit(NAME).alias("source"),
    )


def _outcomes(records: pl.DataFrame) -> pl.DataFrame:
    return (
        records.select(
            pl.col("id").alias("title_id"),
            pl.coalesce("imdb_score", "tmdb_score").alias("vote_average"),
            pl.col("imdb_votes").alias("vote_count"),
            pl.col("tmdb_popularity").alias("popularity"),
        )
        .unpivot(index="title_id", variable_name="measure")
        .drop_nulls("value")
        .with_columns(known_on=pl.lit(KNOWN_ON), source=pl.lit(NAME))
    )


SOURCE = Source(
    NAME, "Netflix titles in the US, from JustWatch (titles, credits)", recognizes, read
)
