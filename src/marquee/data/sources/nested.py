"""Lists of objects inside one cell of a table, written as JSON or as Python literals."""

from __future__ import annotations

import ast
import json
import warnings
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import polars as pl

from marquee.data.sources.records import Rejects

Object = dict[str, Any]
ReadCell = Callable[[str], object]


def from_json(text: str) -> object:
    """The value of a JSON text."""
    return json.loads(text)


def from_literal(text: str) -> object:
    """The value of a Python literal; a bare ``nan``, as pandas writes it, is None.

    Only literals are evaluated: a call or another name raises ``ValueError``.
    """
    try:
        return ast.literal_eval(text)
    except ValueError:
        tree = ast.parse(text.strip(), mode="eval")
        return ast.literal_eval(_NanIsNone().visit(tree))


class _NanIsNone(ast.NodeTransformer):
    def visit_Name(self, node: ast.Name) -> ast.expr:
        return ast.Constant(None) if node.id.lower() == "nan" else node


def objects(
    records: pl.DataFrame, column: str, read: ReadCell, rejects: Rejects, file: str
) -> list[list[Object]]:
    """The objects in each record's cell, a single one as a list of one; empty where there is none.

    A cell that cannot be read, or that holds something else than objects, is rejected and its row
    kept. Nulls in a list are skipped. Equal cells share their objects: do not change them.
    """
    seen: dict[str, list[Object] | None] = {}
    with warnings.catch_warnings():
        # Titles hold backslashes that are no escape; Python only warns about those.
        warnings.simplefilter("ignore", SyntaxWarning)
        warnings.simplefilter("ignore", DeprecationWarning)
        for cell in records[column].drop_nulls().unique():
            seen[cell] = _read_objects(cell, read)
    bad = [cell for cell, found in seen.items() if found is None]
    unread = records.filter(pl.col(column).is_in(bad))
    rejects.add(file, unread, "not a list of objects", column, row_kept=True)
    return [seen.get(cell) or [] for cell in records[column]]


def _read_objects(cell: str, read: ReadCell) -> list[Object] | None:
    try:
        value = read(cell)
    except (ValueError, SyntaxError, RecursionError, MemoryError):
        return None
    found = [item for item in (value if isinstance(value, list) else [value]) if item is not None]
    dicts = [item for item in found if isinstance(item, dict)]
    return dicts if len(dicts) == len(found) else None


def texts(cells: Sequence[Iterable[Object]], key: str) -> pl.Series:
    """The values under the key in each cell's objects as lists of text, repeats dropped.

    A cell without any is null.
    """
    found = [
        (row, value)
        for row, cell in enumerate(cells)
        for value in dict.fromkeys(text(item, key) for item in cell)
        if value is not None
    ]
    rows = pl.DataFrame({"row": range(len(cells))}, schema={"row": pl.Int64})
    # Grouping a flat column is three times as fast as building a series of many small lists.
    flat = pl.DataFrame(found, schema={"row": pl.Int64, "text": pl.String}, orient="row")
    lists = flat.group_by("row", maintain_order=True).agg("text")
    return rows.join(lists, on="row", how="left", maintain_order="left")["text"]


def text(item: Object, key: str) -> str | None:
    """The value under the key as text without outer blanks; None where it is empty."""
    value = item.get(key)
    stripped = "" if value is None else str(value).strip()
    return stripped or None
