"""Catalogs of Netflix, Prime Video, Hulu and Disney+ with twelve columns each, one file a service.

The service comes from the file name. Show ids (``s1``, ``s2``, …) are per file, so a title_id is
the service's place in ``SERVICES`` times a million plus the number. Records of the same kind, name
and year are one title with several availability rows, unless their directors contradict.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import polars as pl

from marquee.data.sources.base import Loaded, Source
from marquee.data.sources.facts import listed, year
from marquee.data.sources.files import Files, files_to_read, files_with_columns
from marquee.data.sources.records import Rejects, first_of_each, parse, read_records, reject_dates
from marquee.data.tables import Tables
from marquee.errors import SourceError

NAME = "streaming-lists"
COLUMNS = (
    "show_id", "type", "title", "director", "cast", "country", "date_added", "release_year",
    "rating", "duration", "listed_in", "description",
)  # fmt: skip
KINDS = {"Movie": "film", "TV Show": "show"}
FIRST_ID = 1_000_000


@dataclass(frozen=True)
class Service:
    """A streaming service: how its file is called, and where and when the list was made."""

    name: str
    in_file_name: str
    known_on: date
    """The newest date_added of the published list: records without a date are known from then."""
    region: str | None = None
    """Only where it follows from the service: the lists name no region."""


SERVICES = (
    Service("Netflix", "netflix", date(2021, 9, 25)),
    Service("Prime Video", "amazon", date(2021, 10, 10)),
    Service("Hulu", "hulu", date(2021, 10, 24), "US"),  # sold in the United States only
    Service("Disney+", "disney", date(2021, 11, 26)),
)
USUAL_NAMES = (
    "netflix_titles.csv", "amazon_prime_titles.csv", "hulu_titles.csv", "disney_plus_titles.csv",
)  # fmt: skip


def recognizes(files: Files) -> bool:
    """Whether a CSV file has the twelve columns."""
    return bool(files_with_columns(files, COLUMNS))


def read(files: Files) -> Loaded:
    """Titles, people and availability of the lists that are there.

    Raises
    ------
    SourceError
        If a file name names none of the services, or two files name the same.
    """
    rejects = Rejects(NAME)
    lists: dict[Service, tuple[str, pl.DataFrame]] = {}
    for name in files_to_read(files, COLUMNS, USUAL_NAMES):
        service = _service(name)
        if service in lists:
            raise SourceError(
                f"{files.path} holds two lists of {service.name}, {lists[service][0]} and {name}; "
                "keep one"
            )
        table = read_records(files.text(name), name, None, rejects, required=COLUMNS)
        lists[service] = (name, table)
    n_records = sum(table.height for _, table in lists.values()) + rejects.frame().height
    in_order = sorted(lists.items(), key=lambda item: SERVICES.index(item[0]))
    parsed = [_parsed(table, service, rejects, name) for service, (name, table) in in_order]
    records = _united(pl.concat(parsed))
    titles = records.group_by("title_id", maintain_order=True).agg(
        pl.exclude("title_id").drop_nulls().first()
    )
    found = Tables(
        titles=_titles(titles), credits=_credits(titles), availability=_availability(records)
    )
    return Loaded(found, rejects.frame(), n_records)


def _service(file: str) -> Service:
    for service in SERVICES:
        if service.in_file_name in file.lower():
            return service
    names = ", ".join(service.in_file_name for service in SERVICES)
    raise SourceError(f"{file} does not say whose list it is; put one of {names} in its name")


def _parsed(records: pl.DataFrame, service: Service, rejects: Rejects, file: str) -> pl.DataFrame:
    number = pl.col("show_id").str.extract(r"^s(\d{1,6})$").cast(pl.Int64)
    records = parse(records, "show_id", number, rejects, file, "not s and a number", required=True)
    records = first_of_each(records, "show_id", rejects, file, "show_id occurs before")
    name = pl.col("title").str.strip_chars()
    records = parse(records, "title", name, rejects, file, "no title", required=True)
    records = reject_dates(records, "title", rejects, file)
    kind = pl.col("type").replace_strict(KINDS, default=None, return_dtype=pl.String)
    records = parse(records, "type", kind, rejects, file, "not Movie or TV Show", required=True)
    records = parse(records, "release_year", year("release_year"), rejects, file, "not a year")
    added = pl.col("date_added").str.strip_chars().str.to_date("%B %d, %Y", strict=False)
    records = parse(records, "date_added", added, rejects, file, "not like September 25, 2021")
    for column in ("director", "cast"):
        records = parse(records, column, _people(column), rejects, file, "not names of people")
    return _durations(records, rejects, file).with_columns(
        title_id=pl.col("show_id") + SERVICES.index(service) * FIRST_ID,
        service=pl.lit(service.name),
        region=pl.lit(service.region, dtype=pl.String),
        snapshot=pl.lit(service.known_on),
        known_on=pl.date(pl.col("release_year"), 1, 1),
    )


def _people(column: str) -> pl.Expr:
    """The names in a cell; null for a cell that holds a sentence or no letter.

    Hulu's list has sentences in place of directors, Prime Video's tests of its upload ("1").
    """
    names = _texts(column).list.eval(pl.element().str.replace(r"(\p{L}{4,})\.$", "$1"))
    sentence = pl.col(column).str.contains(r"\b\p{Ll}{3,}\.$") | (
        names.list.eval(pl.element().str.len_chars()).list.max() > 60
    )
    return pl.when(pl.col(column).str.contains(r"\p{L}") & ~sentence).then(names)


def _texts(column: str | pl.Expr) -> pl.Expr:
    return listed(column).list.unique(maintain_order=True)


def _genres() -> pl.Expr:
    """The genres; "Arts, Entertainment, and Culture" of Prime Video's list is one, with commas."""
    written, joined = "Arts, Entertainment, and Culture", "Arts Entertainment and Culture"
    texts = _texts(pl.col("listed_in").str.replace(written, joined, literal=True))
    return texts.list.eval(pl.element().replace(joined, written))


def _durations(records: pl.DataFrame, rejects: Rejects, file: str) -> pl.DataFrame:
    """The records with ``runtime_min`` and ``seasons``.

    Where the duration stands in ``rating`` and ``duration`` is empty (3 records of Netflix, 292 of
    Hulu) it is taken from there. Such a record in seasons is a show, whatever its type says: 62
    shows of Hulu are typed Movie, which is what the list says where it does not know.
    """
    pattern = r"^(\d{1,5}) (min|Seasons?)$"
    misplaced = pl.col("rating").str.contains(pattern) & pl.col("duration").is_null()
    misplaced = misplaced.fill_null(False)
    records = records.with_columns(
        duration=pl.when(misplaced).then("rating").otherwise("duration"),
        rating=pl.when(~misplaced).then("rating"),
        type=pl.when(misplaced & pl.col("rating").str.contains("Season"))
        .then(pl.lit("show"))
        .otherwise("type"),
    )
    length = pl.when(pl.col("duration").str.contains(pattern)).then("duration")
    records = parse(records, "duration", length, rejects, file, "not like 90 min or 2 Seasons")
    number = pl.col("duration").str.extract(pattern).cast(pl.Int32)
    minutes = pl.col("duration").str.ends_with("min")
    return records.with_columns(
        runtime_min=pl.when(minutes).then(number), seasons=pl.when(~minutes).then(number)
    )


def _united(records: pl.DataFrame) -> pl.DataFrame:
    """The records with one title_id for those of one kind, name and year.

    A record joins the first before it whose directors share one with its own; where either names
    no director nothing contradicts.
    """
    name = pl.col("title").str.normalize("NFKC").str.to_lowercase()
    same = records.select(
        "title_id", "director", pl.struct("type", name.alias("name"), "release_year").alias("key")
    )
    same = same.filter(
        pl.col("key").is_duplicated(), pl.col("key").struct.field("release_year").is_not_null()
    )
    groups: dict[tuple[object, ...], list[tuple[int, set[str]]]] = {}
    new_ids: dict[int, int] = {}
    for title_id, director, key in same.iter_rows():
        directors = {person.casefold() for person in director or ()}
        group = groups.setdefault(tuple(key.values()), [])
        for first_id, others in group:
            if not directors or not others or directors & others:
                new_ids[title_id] = first_id
                others |= directors
                break
        else:
            group.append((title_id, directors))
    return records.with_columns(pl.col("title_id").replace(new_ids))


def _titles(titles: pl.DataFrame) -> pl.DataFrame:
    return titles.select(
        "title_id",
        pl.col("type").alias("kind"),
        pl.col("title").alias("name"),
        pl.col("release_year").alias("year"),
        "known_on",
        pl.col("description").str.strip_chars().alias("overview"),
        _genres().alias("genres"),
        _texts("country").alias("countries"),
        pl.col("rating").alias("certificate"),
        "runtime_min",
        "seasons",
        pl.lit(NAME).alias("source"),
        pl.lit([NAME]).alias("sources"),
    )


def _credits(titles: pl.DataFrame) -> pl.DataFrame:
    roles = {"director": "director", "cast": "actor"}
    return pl.concat(
        titles.select("title_id", "known_on", pl.col(column).alias("person"))
        .explode("person")
        .drop_nulls("person")
        .with_columns(
            role=pl.lit(role),
            position=pl.int_range(pl.len()).over("title_id"),
            source=pl.lit(NAME),
        )
        for column, role in roles.items()
    )


def _availability(records: pl.DataFrame) -> pl.DataFrame:
    """One row per title and service, added and known on the earliest of its records' days."""
    return records.group_by("title_id", "service", "region", maintain_order=True).agg(
        pl.col("date_added").min().alias("added_on"),
        pl.coalesce("date_added", "snapshot").min().alias("known_on"),
        pl.lit(NAME).first().alias("source"),
    )


SOURCE = Source(
    NAME,
    "catalogs of Netflix, Prime Video, Hulu and Disney+ (12 columns, a file each)",
    recognizes,
    read,
)
