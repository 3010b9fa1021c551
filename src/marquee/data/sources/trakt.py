"""A viewer's own ratings from Trakt, 1 to 10, halved to stars, as JSON.

Every file that is a list of ratings is read: ``ratings.json``, or ``ratings-movies.json`` and its
like of a whole export. Seasons and episodes are no titles and are rejected.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import PurePosixPath
from typing import Any

import polars as pl

from marquee.data.sources.base import Loaded, Source
from marquee.data.sources.files import Files
from marquee.data.sources.records import Rejects, require_columns
from marquee.data.sources.viewer_export import RATED_LATER, latest_of_each, loaded
from marquee.errors import SourceError

NAME = "trakt"
_RECORD: dict[str, pl.DataType | type[pl.DataType]] = {
    "file": pl.String,
    "line": pl.Int64,
    "type": pl.String,
    "key": pl.String,
    "value": pl.String,
    "name": pl.String,
    "year": pl.Int32,
    "imdb_id": pl.String,
    "tmdb_id": pl.Int64,
    "rating": pl.Float32,
    "rated_at": pl.Datetime("us", "UTC"),
}


def _recognizes(files: Files) -> bool:
    return bool(_lists(files))


def _lists(files: Files) -> list[str]:
    """Names of the files that are lists of ratings."""
    names = dict.fromkeys(PurePosixPath(full).name.removesuffix(".gz") for full in files.names)
    lists = []
    for name in names:
        head = files.head(name) if name.lower().endswith(".json") else ""
        if head.lstrip().startswith("[") and '"rated_at"' in head and '"rating"' in head:
            lists.append(name)
    return lists


def _read(files: Files) -> Loaded:
    rejects = Rejects(NAME)
    only = [PurePosixPath(full).name.removesuffix(".gz") for full in files.names[:1]]
    names = _lists(files) or (only if len(files.names) == 1 else []) or ["ratings.json"]
    rows = [row for name in names for row in _rows(files.text(name), name)]
    records = pl.DataFrame(rows, schema=_RECORD)
    usable = [_usable(records.filter(pl.col("file") == name), rejects, name) for name in names]
    titles, replaced = latest_of_each(pl.concat(usable), "key", "rated_at")
    for name in names:
        rejects.add(name, replaced.filter(pl.col("file") == name), RATED_LATER, "name")
    kind = pl.when(pl.col("type") == "show").then(pl.lit("show")).otherwise(pl.lit("film"))
    return loaded(
        NAME,
        titles.select(
            pl.int_range(1, pl.len() + 1).alias("title_id"),
            kind.alias("kind"),
            *("name", "year", "imdb_id", "tmdb_id", "rating", "rated_at"),
        ),
        rejects,
    )


def _usable(records: pl.DataFrame, rejects: Rejects, file: str) -> pl.DataFrame:
    for bad, reason, column in (
        (~pl.col("type").is_in(["movie", "show"]), "neither a film nor a show", "type"),
        (pl.col("name").is_null(), "no title", None),
        (~pl.col("rating").is_between(0.5, 5), "not between 1 and 10", "value"),
    ):
        bad = bad.fill_null(True)
        failed = records.filter(bad)
        if column == "value":
            failed, column = failed.drop("rating").rename({"value": "rating"}), "rating"
        rejects.add(file, failed, reason, column)
        records = records.filter(~bad)
    rejects.add(
        file, records.filter(pl.col("rated_at").is_null()), "no time of rating", row_kept=True
    )
    return records


def _rows(text: str, file: str) -> Iterator[dict[str, Any]]:
    """One row per element of the list, with the line on which it starts."""
    elements = list(_elements(text, file))
    keys = {key for _, element in elements if isinstance(element, dict) for key in element}
    require_columns(sorted(keys), ("rating", "rated_at"), file)
    for line, element in elements:
        rating = element if isinstance(element, dict) else {}
        named = [what for what in ("episode", "season", "movie", "show") if what in rating]
        what = rating.get("type") or next(iter(named), None)
        title = rating.get(what) if isinstance(what, str) else None
        title = title if isinstance(title, dict) else {}
        ids = title.get("ids")
        ids = ids if isinstance(ids, dict) else {}
        own = ids.get("trakt") or ids.get("slug") or [title.get("title"), title.get("year")]
        yield {
            "file": file,
            "line": line,
            "type": str(what),
            "key": json.dumps([what, own], sort_keys=True),
            "value": json.dumps(rating.get("rating")),
            "name": _of_type(title.get("title"), str),
            "year": _within(title.get("year"), 1870, 2100),
            "imdb_id": _of_type(ids.get("imdb"), str),
            "tmdb_id": _within(ids.get("tmdb"), 1, 1 << 62),
            "rating": _stars(rating.get("rating")),
            "rated_at": _moment(rating.get("rated_at")),
        }


def _elements(text: str, file: str) -> Iterator[tuple[int, Any]]:
    """The elements of a JSON list, each with the line on which it starts."""
    decoder = json.JSONDecoder()
    place, line, seen = _after_space(text, 0), 1, 0
    try:
        if text[place : place + 1] != "[":
            raise json.JSONDecodeError("a list of ratings is expected", text, place)
        place = _after_space(text, place + 1)
        while text[place : place + 1] != "]":
            line, seen = line + text.count("\n", seen, place), place
            element, place = decoder.raw_decode(text, place)
            yield line, element
            place = _after_space(text, place)
            if text[place : place + 1] == ",":
                place = _after_space(text, place + 1)
            elif text[place : place + 1] != "]":
                raise json.JSONDecodeError("a comma or the end is expected", text, place)
    except (json.JSONDecodeError, RecursionError) as error:
        raise SourceError(f"{file} is no list in JSON: {error}") from error


def _after_space(text: str, place: int) -> int:
    while place < len(text) and text[place] in " \t\r\n":
        place += 1
    return place


def _of_type(value: object, kind: type[str]) -> str | None:
    return value if isinstance(value, kind) and value.strip() else None


def _within(value: object, low: int, high: int) -> int | None:
    if not isinstance(value, int) or isinstance(value, bool):
        return None
    return value if low <= value <= high else None


def _stars(value: object) -> float | None:
    if not isinstance(value, int | float) or isinstance(value, bool):
        return None
    return value / 2


def _moment(value: object) -> datetime | None:
    try:
        moment = datetime.fromisoformat(str(value))
        return moment.replace(tzinfo=moment.tzinfo or UTC).astimezone(UTC)
    except (ValueError, OverflowError):  # the first hours of the year 1 have no UTC
        return None


SOURCE = Source(
    name=NAME,
    summary="a viewer's own ratings from Trakt, as JSON",
    recognizes=_recognizes,
    read=_read,
    strict=False,
)
