"""A viewer's own ratings from Trakt, 1 to 10, halved to stars, as JSON.

Every file that is a list of ratings is read: ``ratings.json``, or ``ratings-movies.json`` and its
like of a whole export. Seasons and episodes are no titles and are rejected.

A whole export also holds every play (``watched-history-1.json`` and on), a summary of them
(``watched-movies.json``, ``watched-shows.json``) and the watchlist (``lists-watchlist.json``, in
parts where it is long); other programs write ``history.json`` and ``watchlist.json``. None has
ratings: :func:`read_list` reads them as titles alone. Who saw an episode knows the show.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
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
_MOMENT = pl.Datetime("us", "UTC")
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
    "rated_at": _MOMENT,
}


def _recognizes(files: Files) -> bool:
    return bool(_tables(files))


def _tables(files: Files) -> list[str]:
    """Names of the files that are lists of ratings."""
    names = dict.fromkeys(PurePosixPath(full).name.removesuffix(".gz") for full in files.names)
    found = []
    for name in names:
        head = files.head(name) if name.lower().endswith(".json") else ""
        if head.lstrip().startswith("[") and '"rated_at"' in head and '"rating"' in head:
            found.append(name)
    return found


def lists(files: Files) -> dict[str, list[str]]:
    """Names of the files that hold no rating, by what they say of their titles.

    A list of the viewer's own, ``lists-list-1-name.json``, is none, whatever its name.
    """
    found: dict[str, list[str]] = {}
    for full in files.names:
        name = PurePosixPath(full).name.removesuffix(".gz")
        head = files.head(name) if name.lower().endswith(".json") else ""
        if '"watched_at"' in head or '"last_watched_at"' in head:
            found.setdefault("seen", []).append(name)
        elif "watchlist" in name.lower() and not name.startswith("lists-list-") and "{" in head:
            found.setdefault("watchlist", []).append(name)
    return found


def read_list(files: Files, names: Sequence[str]) -> Loaded | None:
    """The titles of files of :func:`lists`, each once, without ratings.

    None where there is no record.

    Raises
    ------
    SourceError
        If a file is no list in JSON.
    """
    rejects = Rejects(NAME)
    rows = [_row(*element, name) for name in names for element in _elements(files.text(name), name)]
    if not rows:
        return None
    records = pl.DataFrame(rows, schema=_RECORD).with_columns(
        pl.lit(None, pl.Float32).alias("rating"), pl.lit(None, _MOMENT).alias("rated_at")
    )
    usable = [_titled(records.filter(pl.col("file") == name), rejects, name) for name in names]
    every = pl.concat(usable)
    titles = every.unique("key", keep="first", maintain_order=True)
    return _loaded(titles, rejects, n_merged=every.height - titles.height)


def _empty(files: Files) -> list[str]:
    """Names of the lists of ratings of somebody who rated nothing."""
    names = [PurePosixPath(full).name.removesuffix(".gz") for full in files.names]
    named = [name for name in names if name.startswith("ratings") and name.endswith(".json")]
    return [name for name in named if files.head(name).strip() == "[]"]


def _read(files: Files) -> Loaded:
    rejects = Rejects(NAME)
    only = [PurePosixPath(full).name.removesuffix(".gz") for full in files.names[:1]]
    names = _tables(files) or (only if len(files.names) == 1 else _empty(files)) or ["ratings.json"]
    rows = [row for name in names for row in _rows(files.text(name), name)]
    records = pl.DataFrame(rows, schema=_RECORD)
    usable = [_usable(records.filter(pl.col("file") == name), rejects, name) for name in names]
    titles, replaced = latest_of_each(pl.concat(usable), "key", "rated_at")
    for name in names:
        rejects.add(name, replaced.filter(pl.col("file") == name), RATED_LATER, "name")
    return _loaded(titles, rejects)


def _loaded(titles: pl.DataFrame, rejects: Rejects, n_merged: int = 0) -> Loaded:
    kind = pl.when(pl.col("type") == "show").then(pl.lit("show")).otherwise(pl.lit("film"))
    return loaded(
        NAME,
        titles.select(
            pl.int_range(1, pl.len() + 1).alias("title_id"),
            kind.alias("kind"),
            *("name", "year", "imdb_id", "tmdb_id", "rating", "rated_at"),
        ),
        rejects,
        n_merged=n_merged,
    )


def _titled(records: pl.DataFrame, rejects: Rejects, file: str) -> pl.DataFrame:
    """The records that name a film or a show."""
    for bad, reason, column in (
        (~pl.col("type").is_in(["movie", "show"]), "neither a film nor a show", "type"),
        (pl.col("name").is_null(), "no title", None),
    ):
        rejects.add(file, records.filter(bad), reason, column)
        records = records.filter(~bad)
    return records


def _usable(records: pl.DataFrame, rejects: Rejects, file: str) -> pl.DataFrame:
    records = _titled(records, rejects, file)
    bad = (~pl.col("rating").is_between(0.5, 5)).fill_null(True)
    failed = records.filter(bad).drop("rating").rename({"value": "rating"})
    rejects.add(file, failed, "not between 1 and 10", "rating")
    records = records.filter(~bad)
    rejects.add(
        file, records.filter(pl.col("rated_at").is_null()), "no time of rating", row_kept=True
    )
    return records


def _rows(text: str, file: str) -> Iterator[dict[str, Any]]:
    """One row per element of the list, with the line on which it starts."""
    elements = list(_elements(text, file))
    keys = {key for _, element in elements if isinstance(element, dict) for key in element}
    if elements:
        require_columns(sorted(keys), ("rating", "rated_at"), file)
    for line, element in elements:
        yield _row(line, element, file)


def _row(line: int, element: Any, file: str) -> dict[str, Any]:
    """What an element says of a title; of a play of an episode, of its show."""
    said = element if isinstance(element, dict) else {}
    named = [what for what in ("episode", "season", "movie", "show") if what in said]
    what = said.get("type") or next(iter(named), None)
    if what == "episode" and "watched_at" in said:
        what = "show"
    title = said.get(what) if isinstance(what, str) else None
    title = title if isinstance(title, dict) else {}
    ids = title.get("ids")
    ids = ids if isinstance(ids, dict) else {}
    own = ids.get("trakt") or ids.get("slug") or [title.get("title"), title.get("year")]
    return {
        "file": file,
        "line": line,
        "type": str(what),
        "key": json.dumps([what, own], sort_keys=True),
        "value": json.dumps(said.get("rating")),
        "name": _of_type(title.get("title"), str),
        "year": _within(title.get("year"), 1870, 2100),
        "imdb_id": _of_type(ids.get("imdb"), str),
        "tmdb_id": _within(ids.get("tmdb"), 1, 1 << 62),
        "rating": _stars(said.get("rating")),
        "rated_at": _moment(said.get("rated_at")),
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
