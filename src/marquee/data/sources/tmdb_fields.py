"""The records of TMDB, which two sources hand on in different files and different quotes.

TMDB writes 0 for an unknown budget, revenue, runtime or number of votes; zero is null here, and a
film without votes has no mean score. A few budgets and revenues lie between 1 and 999 dollars; they
are kept as published.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

import polars as pl

from marquee.data.sources.facts import (
    day,
    known_number,
    outcomes,
    parse_numbers,
    title_known_on,
    with_columns_of,
)
from marquee.data.sources.nested import Object, ReadCell, objects, text, texts
from marquee.data.sources.records import Rejects, parse

MAXIMA = {
    "budget": 1e12,
    "popularity": 1e9,
    "revenue": 1e12,
    "runtime": 1e5,
    "vote_average": 10,
    "vote_count": 1e9,
}
LISTS = {
    "genres": "name",
    "keywords": "name",
    "production_companies": "name",
    "production_countries": "iso_3166_1",
    "spoken_languages": "iso_639_1",
}
TEXTS = ("original_language", "original_title", "overview", "status", "tagline", "release_date")

COLUMNS = ("title", *TEXTS, *MAXIMA, *LISTS)
"""What :func:`parse_records` gives besides the id and the line."""

_JOBS = {
    "director": ("Director",),
    "writer": (
        *("Adaptation", "Author", "Book", "Characters", "Co-Writer", "Comic Book", "Novel"),
        *("Original Story", "Scenario Writer", "Screenplay", "Screenstory", "Short Story"),
        *("Story", "Teleplay", "Theatre Play", "Writer"),
    ),
    "producer": (
        *("Associate Producer", "Co-Executive Producer", "Co-Producer", "Consulting Producer"),
        *("Executive Producer", "Line Producer", "Producer", "Supervising Producer"),
    ),
    "composer": ("Composer", "Original Music Composer"),
}
ROLES = {job: role for role, jobs in _JOBS.items() for job in jobs}
"""Role of each TMDB job; every other job is "crew"."""


def parse_records(
    records: pl.DataFrame, read: ReadCell, rejects: Rejects, file: str
) -> pl.DataFrame:
    """The records with typed columns and lists of text; those without id or title are rejected."""
    records = with_columns_of(records, (*MAXIMA, *LISTS, *TEXTS))
    records = parse_id(records, "id", rejects, file)
    name = pl.col("title").str.strip_chars()
    records = parse(records, "title", name, rejects, file, "not a title", required=True)
    records = parse_numbers(records, MAXIMA, rejects, file)
    records = parse(records, "release_date", day("release_date"), rejects, file, "not a date")
    return records.with_columns(
        *(
            texts(objects(records, column, read, rejects, file), key).alias(column)
            for column, key in LISTS.items()
        ),
        *(known_number(column).alias(column) for column in MAXIMA if column != "vote_average"),
        pl.when(pl.col("vote_count") > 0).then("vote_average").alias("vote_average"),
    )


def parse_id(records: pl.DataFrame, column: str, rejects: Rejects, file: str) -> pl.DataFrame:
    """The records with the column as a TMDB id; those where it is none are rejected."""
    value = pl.col(column).str.strip_chars().str.replace(r"\.0$", "").cast(pl.Int64, strict=False)
    found = pl.when(value > 0).then(value)
    return parse(records, column, found, rejects, file, "not a TMDB id", required=True)


def titles(records: pl.DataFrame, source: str) -> pl.DataFrame:
    """The titles table of parsed records; columns that it adds to TMDB's own are kept."""
    spoken = pl.col("spoken_languages").fill_null([])
    original = pl.concat_list("original_language").list.drop_nulls()
    renamed = records.with_columns(
        pl.col("release_date").dt.year().alias("year"),
        pl.concat_list(original, spoken).list.unique(maintain_order=True).alias("languages"),
    )
    extra = [name for name in ("collection", "imdb_id", "movielens_id") if name in records.columns]
    return renamed.select(
        pl.col("id").alias("title_id"),
        pl.lit("film").alias("kind"),
        pl.col("title").alias("name"),
        pl.col("original_title").alias("original_name"),
        "year",
        "release_date",
        title_known_on(),
        "overview",
        "tagline",
        "genres",
        "languages",
        pl.col("production_countries").alias("countries"),
        pl.col("production_companies").alias("companies"),
        "keywords",
        pl.col("runtime").cast(pl.Int32).alias("runtime_min"),
        pl.col("budget").alias("budget_usd"),
        "status",
        pl.col("id").alias("tmdb_id"),
        *extra,
        pl.lit(source).alias("source"),
        pl.concat_list(pl.lit(source)).alias("sources"),
    )


def measured(records: pl.DataFrame, collected_on: date, source: str) -> pl.DataFrame:
    """The outcomes table of parsed records."""
    wide = records.select(
        pl.col("id").alias("title_id"),
        "release_date",
        pl.col("revenue").alias("revenue_usd"),
        "popularity",
        "vote_average",
        "vote_count",
    )
    return outcomes(wide, collected_on, source)


def credited(
    records: pl.DataFrame, read: ReadCell, titles: pl.DataFrame, rejects: Rejects, file: str
) -> pl.DataFrame:
    """The credits table of records with ``title_id``, ``cast`` and ``crew``.

    Records of other films than the titles are rejected. Billing follows TMDB's ``order`` for the
    cast and the order of the list for the crew, where it is counted within a role.
    """
    listed = pl.col("title_id").is_in(titles["title_id"].implode())
    rejects.add(file, records.filter(~listed), "no film of that id among the titles", "title_id")
    records = records.filter(listed)
    ids = records["title_id"].to_list()
    cast = objects(records, "cast", read, rejects, file)
    crew = objects(records, "crew", read, rejects, file)
    rows: list[tuple[object, ...]] = []
    for title_id, players, workers in zip(ids, cast, crew, strict=True):
        rows += _cast_rows(title_id, players)
        rows += _crew_rows(title_id, workers)
    schema = {
        "title_id": pl.Int64,
        "person_id": pl.String,
        "person": pl.String,
        "role": pl.String,
        "job": pl.String,
        "character": pl.String,
        "position": pl.Int32,
    }
    columns = zip(*rows, strict=True) if rows else [()] * len(schema)
    frame = pl.DataFrame(dict(zip(schema, map(list, columns), strict=True)), schema=schema)
    for column, cells in (("cast", cast), ("crew", crew)):
        nameless = [any(text(item, "name") is None for item in cell) for cell in cells]
        bad = records.filter(pl.Series(nameless, dtype=pl.Boolean))
        rejects.add(file, bad, "an entry without a name", column, row_kept=True)
    known = titles.select("title_id", "known_on", "source")
    return frame.filter(pl.col("person").is_not_null()).join(
        known, on="title_id", how="left", maintain_order="left"
    )


def _cast_rows(title_id: int, players: Sequence[Object]) -> list[tuple[object, ...]]:
    billed = sorted(players, key=lambda item: _order(item, len(players)))
    return [
        (title_id, _person_id(item), text(item, "name"), "actor", None, text(item, "character"), at)
        for at, item in enumerate(billed)
    ]


def _crew_rows(title_id: int, workers: Sequence[Object]) -> list[tuple[object, ...]]:
    places: dict[str, int] = {}
    rows: list[tuple[object, ...]] = []
    for item in workers:
        job = text(item, "job")
        role = ROLES.get(job or "", "crew")
        place = places.get(role, 0)
        places[role] = place + 1
        rows.append((title_id, _person_id(item), text(item, "name"), role, job, None, place))
    return rows


def _order(item: Object, last: int) -> int:
    order = item.get("order")
    return order if isinstance(order, int) else last


def _person_id(item: Object) -> str | None:
    number = item.get("id")
    return f"tmdb:{number}" if isinstance(number, int) else None
