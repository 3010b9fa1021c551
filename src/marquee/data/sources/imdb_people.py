"""Who did what, from IMDb's daily files: principals and crew, with names from name.basics."""

from __future__ import annotations

import logging

import polars as pl

from marquee.data import schema
from marquee.data.sources.files import Files
from marquee.data.sources.imdb_lines import collect, scan
from marquee.data.sources.records import Rejects

NAMES = "name.basics.tsv"
PRINCIPALS = "title.principals.tsv"
CREW = "title.crew.tsv"
NAMES_COLUMNS = (
    *("nconst", "primaryName", "birthYear", "deathYear", "primaryProfession", "knownForTitles"),
)
PRINCIPALS_COLUMNS = ("tconst", "ordering", "nconst", "category", "job", "characters")
CREW_COLUMNS = ("tconst", "directors", "writers")

ROLES = {
    "actor": "actor",
    "actress": "actor",
    "self": "actor",
    "director": "director",
    "writer": "writer",
    "producer": "producer",
    "composer": "composer",
}
"""Role of each IMDb category; every other category is "crew"."""

_PERSON = {
    "title_id": pl.Int64(),
    "nconst": pl.String(),
    "role": pl.String(),
    "job": pl.String(),
    "character": pl.String(),
    "file": pl.String(),
    "line": pl.Int64(),
}

_log = logging.getLogger(__name__)


def read_people(files: Files, known: pl.DataFrame, rejects: Rejects) -> tuple[pl.DataFrame, int]:
    """The credits table of the titles in ``known``, and how many lines were read.

    ``known`` has ``title_id``, ``known_on`` and ``source``. Principals come first in the billing,
    then whom the crew file adds. A person without a name in name.basics is rejected.
    """
    if not files.has(NAMES):
        _log.warning("%s holds no %s: its titles have no credits", files.path, NAMES)
        return schema.CREDITS.empty(), 0
    n_lines = 0
    people = pl.DataFrame(schema=_PERSON)
    if files.has(PRINCIPALS):
        people, n_lines = _principals(files, known, rejects)
    if files.has(CREW):
        crew, n_crew = _crew(files, known, rejects)
        n_lines += n_crew
        added = crew.join(
            people, on=["title_id", "nconst", "role"], how="anti", maintain_order="left"
        )
        people = pl.concat([people, added])
    lines, n_names = scan(files, NAMES, NAMES_COLUMNS, rejects)
    wanted = people.lazy().select(pl.col("nconst").unique())
    names = collect(
        lines.select("nconst", "primaryName").join(wanted, on="nconst", how="semi"), files, NAMES
    ).unique("nconst", keep="any")
    named = people.join(names, on="nconst", how="left", maintain_order="left")
    named = _reject_nameless(named, rejects)
    table = named.join(known, on="title_id", how="left", maintain_order="left").select(
        "title_id",
        pl.concat_str(pl.lit("imdb:"), "nconst").alias("person_id"),
        pl.col("primaryName").alias("person"),
        "role",
        "job",
        "character",
        pl.int_range(pl.len(), dtype=pl.Int32).over("title_id", "role").alias("position"),
        "known_on",
        "source",
    )
    return table, n_lines + n_names


def _principals(files: Files, known: pl.DataFrame, rejects: Rejects) -> tuple[pl.DataFrame, int]:
    lines, n_lines = scan(files, PRINCIPALS, PRINCIPALS_COLUMNS, rejects)
    category = pl.col("category")
    # '["Ann","Bo \"B\""]', which is JSON but in practice only these two escapes.
    character = (
        pl.col("characters")
        .str.strip_prefix('["')
        .str.strip_suffix('"]')
        .str.replace_all('","', " / ", literal=True)
        .str.replace_all('\\"', '"', literal=True)
        .str.replace_all("\\\\", "\\", literal=True)
    )
    listed = _listed(lines, known).select(
        "title_id",
        "nconst",
        category.replace_strict(ROLES, default="crew", return_dtype=pl.String).alias("role"),
        pl.when(~category.is_in(["actor", "actress"]))
        .then(pl.coalesce("job", "category"))
        .alias("job"),
        character.alias("character"),
        pl.lit(PRINCIPALS).alias("file"),
        pl.col("line").cast(pl.Int64),
        pl.col("ordering").cast(pl.Int32, strict=False),
    )
    people = collect(listed, files, PRINCIPALS).sort("title_id", "ordering", "line")
    return people.select(*_PERSON), n_lines


def _crew(files: Files, known: pl.DataFrame, rejects: Rejects) -> tuple[pl.DataFrame, int]:
    lines, n_lines = scan(files, CREW, CREW_COLUMNS, rejects)
    records = collect(_listed(lines, known), files, CREW)
    roles = {"directors": "director", "writers": "writer"}
    return pl.concat(
        records.select(
            "title_id",
            pl.col(column).str.split(",").alias("nconst"),
            pl.lit(role).alias("role"),
            pl.lit(role).alias("job"),
            pl.lit(None, dtype=pl.String).alias("character"),
            pl.lit(CREW).alias("file"),
            pl.col("line").cast(pl.Int64),
        )
        .drop_nulls("nconst")
        .explode("nconst")
        for column, role in roles.items()
    ), n_lines


def _listed(lines: pl.LazyFrame, known: pl.DataFrame) -> pl.LazyFrame:
    """The lines of known titles, with their ``title_id``."""
    title_id = pl.col("tconst").str.slice(2).cast(pl.Int64, strict=False).alias("title_id")
    return lines.with_columns(title_id).join(
        known.lazy().select("title_id"), on="title_id", how="semi", maintain_order="left"
    )


def _reject_nameless(people: pl.DataFrame, rejects: Rejects) -> pl.DataFrame:
    nameless = people.filter(pl.col("primaryName").is_null())
    for file in (PRINCIPALS, CREW):
        # A line of the crew file names several people, so it is not lost with one of them.
        bad = nameless.filter(pl.col("file") == file)
        rejects.add(file, bad, f"no name in {NAMES}", "nconst", row_kept=file == CREW)
    return people.filter(pl.col("primaryName").is_not_null())
