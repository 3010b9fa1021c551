"""What ``marquee data update --from tmdb`` brought: ``titles.jsonl``, an answer of TMDB's a line.

A line has the kind and TMDB's number of a title, the day of the answer, language and regions that
it was asked for, and TMDB's own words; or it says that the title is gone. The last line about a
title counts; of one that is gone the last words stand, without offers. TMDB numbers films and shows
apart, so a title_id is twice the number, plus one for a show.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import date
from typing import Any

import polars as pl

from marquee.data.schema import AVAILABILITY
from marquee.data.sources import tmdb_fields
from marquee.data.sources.base import Loaded, Source
from marquee.data.sources.facts import imdb_id
from marquee.data.sources.files import Files
from marquee.data.sources.nested import from_json
from marquee.data.sources.records import Rejects, parse
from marquee.data.tables import Tables
from marquee.errors import SourceError

NAME = "tmdb-api"
FILE = "titles.jsonl"

Line = dict[str, Any]
SHOW_WORDS = {
    "title": "name",
    "original_title": "original_name",
    "release_date": "first_air_date",
}
"""What shows call what films call otherwise."""
CELLS = ("collection", "imdb_id")


def recognizes(files: Files) -> bool:
    """Whether there is a file of answers."""
    head = files.head(FILE).partition("\n")[0]
    return head.startswith("{") and all(f'"{key}":' in head for key in ("kind", "id", "on"))


def read(files: Files) -> Loaded:
    """Titles, credits, offers and outcomes; offers are those that ask for no payment per title."""
    rejects = Rejects(NAME)
    lines, last = _lines(files, rejects)
    n_bad = rejects.frame().height
    told = {key: line for key, line in lines.items() if "body" in line}
    records = _records(told)
    records = tmdb_fields.parse_records(records, from_json, rejects, FILE)
    records = parse(records, "imdb_id", imdb_id("imdb_id"), rejects, FILE, "not tt…")
    titles = _titles(records)
    people = tmdb_fields.credited(
        records.with_columns(titles["title_id"]), from_json, titles, rejects, FILE
    )
    tables = Tables(
        titles=titles,
        credits=people,
        availability=_offers(titles, told, last),
        outcomes=_outcomes(records, titles),
    )
    return Loaded(tables, rejects.frame(), len(told) + n_bad)


def _lines(files: Files, rejects: Rejects) -> tuple[dict[int, Line], dict[int, Line]]:
    """By title_id the last line that tells of the title, and the last line of all.

    Raises
    ------
    SourceError
        If no line is an answer.
    """
    told: dict[int, Line] = {}
    last: dict[int, Line] = {}
    bad: list[tuple[int, str]] = []
    n_lines = 0
    for number, text in enumerate(files.text(FILE).split("\n"), 1):
        if not text.strip():
            continue
        n_lines += 1
        line = _line(text)
        if line is None:
            bad.append((number, text))
            continue
        title_id = 2 * line["id"] + (line["kind"] == "show")
        last[title_id] = line | {"line": number}
        if "body" in line:
            told[title_id] = line | {"line": number}
    if n_lines == len(bad):
        raise SourceError(f"{FILE} holds no answer of TMDB's")
    frame = pl.DataFrame(bad, schema={"line": pl.Int64, "record": pl.String}, orient="row")
    rejects.add(FILE, frame.rename({"record": "answer"}), "no answer of TMDB's", "answer")
    return told, last


def _line(text: str) -> Line | None:
    """The line, if it is one that the reader can go by."""
    try:
        line = json.loads(text)
        number, kind = line["id"], line["kind"]
        date.fromisoformat(line["on"])
        usable = (
            kind in ("film", "show")
            and type(number) is int
            and 0 < number < 1 << 53
            and (line.get("gone") is True or isinstance(line.get("body"), dict))
        )
    except (ValueError, KeyError, TypeError, RecursionError):
        return None
    return line if usable else None


def _records(told: dict[int, Line]) -> pl.DataFrame:
    """The answers as records of text, as the files that hand TMDB's words on have them."""
    rows = [
        {
            "line": line["line"],
            "kind": line["kind"],
            "on": line["on"],
            "certificate": _certificate(line["body"]),
            "seasons": _seasons(line["body"]) if line["kind"] == "show" else None,
            **_cells(line),
        }
        for line in told.values()
    ]
    schema = {"line": pl.Int64, "kind": pl.String, "on": pl.String, "certificate": pl.String}
    names = ("id", *tmdb_fields.COLUMNS, *CELLS, "cast", "crew")
    texts = dict.fromkeys(names, pl.String)
    return pl.DataFrame(rows, schema={**schema, "seasons": pl.Int32, **texts}).with_columns(
        pl.col("on").str.to_date()
    )


def _cells(line: Line) -> dict[str, str | None]:
    body = line["body"]
    is_show = line["kind"] == "show"
    found: dict[str, str | None] = {"id": str(line["id"])}
    for name in (*tmdb_fields.COLUMNS, *CELLS, "cast", "crew"):
        value = body.get(SHOW_WORDS.get(name, name) if is_show else name)
        if is_show and name == "runtime":
            minutes = body.get("episode_run_time")
            value = minutes[0] if isinstance(minutes, list) and minutes else None
        found[name] = _cell(value)
    return found


def _cell(value: object) -> str | None:
    if value is None:
        return None
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return text if text.strip() else None


def _certificate(body: Line) -> str | None:
    texts = [text for _, text in _map(body.get("certificates")) if isinstance(text, str)]
    return texts[0] if texts else None


def _seasons(body: Line) -> int | None:
    value = body.get("number_of_seasons")
    return value if type(value) is int and 0 < value < 10_000 else None


def _titles(records: pl.DataFrame) -> pl.DataFrame:
    """The titles, in the order of the records.

    What TMDB tells of a title to come is known from the day of its answer, at the latest.
    """
    is_show = pl.col("kind") == "show"
    found = tmdb_fields.titles(records, NAME).with_columns(
        records["kind"], records["on"], records["certificate"], records["seasons"]
    )
    return found.with_columns(
        (2 * pl.col("tmdb_id") + is_show.cast(pl.Int64)).alias("title_id"),
        pl.min_horizontal("known_on", "on").alias("known_on"),
        pl.when(~is_show).then("budget_usd").alias("budget_usd"),
    ).drop("on")


def _offers(titles: pl.DataFrame, told: dict[int, Line], last: dict[int, Line]) -> pl.DataFrame:
    there = set(titles["title_id"].to_list())
    rows = [
        (title_id, service, region, date.fromisoformat(line["on"]), NAME)
        for title_id, line in told.items()
        if title_id in there and "body" in last[title_id]
        for region, services in _map(line["body"].get("offers"))
        for service in dict.fromkeys(_texts(services))
    ]
    columns = ("title_id", "service", "region", "known_on", "source")
    schema = {name: AVAILABILITY.dtypes[name] for name in columns}
    return pl.DataFrame(rows, schema=schema, orient="row")


def _map(value: object) -> Iterable[tuple[str, object]]:
    return value.items() if isinstance(value, dict) else ()


def _texts(value: object) -> list[str]:
    found = value if isinstance(value, list) else []
    return [text.strip() for text in found if isinstance(text, str) and text.strip()]


def _outcomes(records: pl.DataFrame, titles: pl.DataFrame) -> pl.DataFrame:
    """Box office, votes and popularity, as of the day of each answer."""
    numbered = records.with_columns(titles["title_id"].alias("id"))
    parts = [
        tmdb_fields.measured(part, day, NAME)
        for (day,), part in numbered.sort("on", maintain_order=True).group_by(
            "on", maintain_order=True
        )
        if isinstance(day, date)
    ]
    return pl.concat(parts) if parts else Tables().outcomes


SOURCE = Source(
    name=NAME,
    summary="films, shows and where to watch them, as TMDB's API answered (data update)",
    recognizes=recognizes,
    read=read,
    strict=False,  # what an update brought is what there is: an odd answer must not stop the rest
)
