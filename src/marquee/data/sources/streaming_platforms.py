"""Films and shows with one 0/1 column per streaming service: Netflix, Hulu, Prime Video, Disney+.

Three tables are known by their columns, alone or together: an earlier film table with directors,
genres and Rotten Tomatoes percentages (``MoviesOnStreamingPlatforms_updated.csv``), a later one
without them (``MoviesOnStreamingPlatforms.csv``), and shows (``tv_shows.csv``). A film in both
film tables takes its facts from the earlier, fuller one and its services from both.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import polars as pl

from marquee.data.sources.base import Loaded, Source
from marquee.data.sources.facts import listed, number, year
from marquee.data.sources.files import Files, files_to_read, files_with_columns
from marquee.data.sources.records import Rejects, first_of_each, parse, read_records, reject_dates
from marquee.data.tables import Tables
from marquee.errors import SourceError

NAME = "streaming-platforms"
SERVICES = ("Netflix", "Hulu", "Prime Video", "Disney+")
USUAL_NAMES = (
    "MoviesOnStreamingPlatforms_updated.csv", "MoviesOnStreamingPlatforms.csv", "tv_shows.csv",
)  # fmt: skip
COLUMNS = ("ID", "Title", "Year", "Age", "Type", *SERVICES)
FULLER = ("IMDb", "Directors", "Genres", "Country", "Language", "Runtime")
KINDS = {"0": "film", "1": "show"}

REGION = "US"
"""Hulu sells in the United States only, and one collection compares it with the other three."""


@dataclass(frozen=True)
class Edition:
    """One of the three tables: where its ids start, and the day of its snapshot."""

    first_id: int
    """Added to the table's own ids, which start at 1 in each, to keep them apart."""
    known_on: date
    """The tables name no day: the last day of their newest release year, never too early."""


FULLER_FILMS = Edition(0, date(2020, 12, 31))
FILMS = Edition(1_000_000, date(2021, 12, 31))
SHOWS = Edition(2_000_000, date(2021, 12, 31))


def recognizes(files: Files) -> bool:
    """Whether a CSV file has a column for each of the four services."""
    return bool(files_with_columns(files, COLUMNS))


def read(files: Files) -> Loaded:
    """Titles, availability, directors and outcomes of the tables that are there.

    The scores written ``98/100`` are left out: on the 2,056 films that have both, they agree with
    the Rotten Tomatoes percentage in 38 (mean difference 20 points, correlation 0.38), so
    they measure something else than the share of positive reviews.
    """
    rejects = Rejects(NAME)
    found = {
        name: read_records(files.text(name), name, None, rejects, required=COLUMNS)
        for name in files_to_read(files, COLUMNS, USUAL_NAMES)
    }
    n_records = sum(table.height for table in found.values()) + rejects.frame().height
    tables: dict[Edition, pl.DataFrame] = {}
    for name, table in found.items():
        edition = _edition(table)
        if edition in tables:
            raise SourceError(f"{files.path}: {name} is a second copy of one table; keep one")
        tables[edition] = _parsed(table, edition, rejects, name)
    records = _united(tables)
    united = Tables(
        titles=_titles(records),
        credits=_directors(records),
        availability=_availability(records),
        outcomes=_outcomes(records),
    )
    return Loaded(united, rejects.frame(), n_records)


def _edition(records: pl.DataFrame) -> Edition:
    if "Directors" in records.columns:
        return FULLER_FILMS
    return SHOWS if (records["Type"] == "1").sum() > records.height / 2 else FILMS


def _parsed(records: pl.DataFrame, edition: Edition, rejects: Rejects, file: str) -> pl.DataFrame:
    """The records with numbers for text, all columns of the fuller table, and ids of our own."""
    for column in ("Rotten Tomatoes", *FULLER):
        if column not in records.columns:
            records = records.with_columns(pl.lit(None, dtype=pl.String).alias(column))
    own = _own_id()
    records = parse(records, "ID", own, rejects, file, "not below a million", required=True)
    records = first_of_each(records, "ID", rejects, file, "ID occurs before")
    name = pl.col("Title").str.strip_chars()
    records = parse(records, "Title", name, rejects, file, "no title", required=True)
    records = reject_dates(records, "Title", rejects, file)
    kind = pl.col("Type").replace_strict(KINDS, default=None, return_dtype=pl.String)
    records = parse(records, "Type", kind, rejects, file, "neither 0 (film) nor 1", required=True)
    records = parse(records, "Year", year("Year"), rejects, file, "not a year")
    records = parse(records, "Runtime", number("Runtime", 1e5), rejects, file, "not minutes")
    for service in SERVICES:
        flag = pl.col(service).replace_strict(
            {"0": False, "1": True}, default=None, return_dtype=pl.Boolean
        )
        records = parse(records, service, flag, rejects, file, "neither 0 nor 1")
    score = _number("IMDb", r"^(\d+(?:\.\d+)?)(?:/10)?$", 10)
    records = parse(records, "IMDb", score, rejects, file, "not a score from 0 to 10")
    percent = pl.col("Rotten Tomatoes")
    records = records.with_columns(pl.when(~percent.str.contains("/100$")).then(percent))
    share = _number("Rotten Tomatoes", r"^(\d+)%$", 100)
    records = parse(records, "Rotten Tomatoes", share, rejects, file, "not a percentage")
    return records.with_columns(
        title_id=pl.col("ID") + edition.first_id, known_on=pl.lit(edition.known_on)
    )


def _own_id() -> pl.Expr:
    value = pl.col("ID").str.strip_chars().str.to_integer(strict=False)
    return pl.when(value.is_between(0, FILMS.first_id - 1)).then(value)


def _number(column: str, pattern: str, maximum: float) -> pl.Expr:
    value = pl.col(column).str.strip_chars().str.extract(pattern).cast(pl.Float64)
    return pl.when(value <= maximum).then(value)


def _united(tables: dict[Edition, pl.DataFrame]) -> pl.DataFrame:
    """All records, the fuller first, where films of one name and year bear one title_id."""
    columns = ["title_id", "known_on", "ID", *COLUMNS[1:], "Rotten Tomatoes", *FULLER]
    order = [tables[e].select(columns) for e in (FULLER_FILMS, FILMS, SHOWS) if e in tables]
    records = pl.concat(order)
    name = pl.col("Title").str.normalize("NFKC").str.to_lowercase()
    same = pl.struct("Type", name, "Year")
    # Two films of one table are two films even if they share name and year.
    first_film = pl.col("title_id").first().over(same)
    later = (pl.col("title_id") > FILMS.first_id) & (pl.col("title_id") < SHOWS.first_id)
    fuller = first_film < FILMS.first_id
    return records.with_columns(
        pl.when(later & fuller & pl.col("Year").is_not_null())
        .then(first_film)
        .otherwise(pl.col("title_id"))
        .alias("title_id")
    )


def _titles(records: pl.DataFrame) -> pl.DataFrame:
    first = records.unique("title_id", keep="first", maintain_order=True)
    return first.select(
        "title_id",
        pl.col("Type").alias("kind"),
        pl.col("Title").alias("name"),
        pl.col("Year").alias("year"),
        pl.date(pl.col("Year"), 1, 1).alias("known_on"),
        listed("Genres").alias("genres"),
        listed("Language").alias("languages"),
        listed("Country").alias("countries"),
        pl.col("Age").alias("certificate"),
        pl.col("Runtime").alias("runtime_min"),
        pl.lit(NAME).alias("source"),
        pl.lit([NAME]).alias("sources"),
    )


def _directors(records: pl.DataFrame) -> pl.DataFrame:
    return (
        records.unique("title_id", keep="first", maintain_order=True)
        .select(
            "title_id",
            listed("Directors").list.unique(maintain_order=True).alias("person"),
            pl.date(pl.col("Year"), 1, 1).alias("known_on"),
        )
        .explode("person")
        .drop_nulls("person")
        .with_columns(
            role=pl.lit("director"),
            position=pl.int_range(pl.len()).over("title_id"),
            source=pl.lit(NAME),
        )
    )


def _availability(records: pl.DataFrame) -> pl.DataFrame:
    """One row per title and service, known from the earliest snapshot that shows it."""
    return (
        records.unpivot(SERVICES, index=["title_id", "known_on"], variable_name="service")
        .filter(pl.col("value").fill_null(False))
        .group_by("title_id", "service", maintain_order=True)
        .agg(pl.col("known_on").min())
        .with_columns(region=pl.lit(REGION), source=pl.lit(NAME))
    )


def _outcomes(records: pl.DataFrame) -> pl.DataFrame:
    measures = {"IMDb": "vote_average", "Rotten Tomatoes": "tomatometer"}
    return (
        records.rename(measures)
        .unpivot(list(measures.values()), index=["title_id", "known_on"], variable_name="measure")
        .drop_nulls("value")
        .with_columns(source=pl.lit(NAME))
    )


SOURCE = Source(
    NAME, "films and shows on four streaming services (0/1 columns per service)", recognizes, read
)
