"""Small bodies of data for tests of joins."""

from __future__ import annotations

from typing import Any

import polars as pl
from polars.testing import assert_frame_equal

from marquee.data.tables import Tables


def film(title_id: int, name: str, year: int | None = None, **more: Any) -> dict[str, Any]:
    return {"title_id": title_id, "kind": "film", "name": name, "year": year, **more}


def body(*titles: dict[str, Any], source: str = "known", **tables: pl.DataFrame) -> Tables:
    """Titles given as dictionaries; a ``directors`` entry becomes credits."""
    names = {column for title in titles for column in title} - {"directors"}
    rows = [{**dict.fromkeys(names), **title, "source": source} for title in titles]
    people = [
        {"title_id": row["title_id"], "person": person, "role": "director", "source": source}
        for row in rows
        for person in row.pop("directors", None) or ()
    ]
    frames: dict[str, pl.DataFrame] = {"titles": pl.DataFrame(rows, infer_schema_length=None)}
    if people:
        frames["credits"] = pl.DataFrame(people)
    return Tables(**{**(frames if rows else {}), **tables})


def ratings(*rows: tuple[int, int, float], source: str = "known") -> pl.DataFrame:
    """Viewer, title and stars."""
    frame = pl.DataFrame(rows, schema=["viewer_id", "title_id", "rating"], orient="row")
    return frame.with_columns(pl.lit(source).alias("source"))


def assert_same(one: Tables, other: Tables) -> None:
    for (name, left), (_, right) in zip(one, other, strict=True):
        try:
            assert_frame_equal(left, right)
        except AssertionError as error:
            raise AssertionError(f"table {name}: {error}") from error
