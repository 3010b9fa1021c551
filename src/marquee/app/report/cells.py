"""Tables of findings as text: what a cell says, and the whole as CSV."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

import polars as pl
import polars.selectors as cs

from marquee.insights.base import Finding
from marquee.insights.sentences import Number

DIGITS = {"%": 1, "points": 1, "$": 1, "year": 0}
"""Digits after the point in a table, by unit; others have two, whole numbers none."""


def cell(value: Any, unit: str = "") -> str:
    """What a cell says; nothing where nothing is known."""
    if value is None or value != value:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int | float):
        whole = isinstance(value, int) or (unit == "year" and float(value).is_integer())
        digits = 0 if whole and unit not in ("%", "points", "$") else DIGITS.get(unit, 2)
        if unit == "year" and not whole:
            digits = 1
        return f"{Number(value, unit=unit, digits=digits):bare}"
    return str(value)


def rows(finding: Finding) -> list[list[str]]:
    """The table's rows as text."""
    units = [finding.units.get(name, "") for name in finding.table.columns]
    return [list(map(cell, row, units)) for row in finding.table.iter_rows()]


def numeric(finding: Finding) -> list[bool]:
    """Which columns hold numbers, and stand to the right."""
    return [dtype.is_numeric() for dtype in finding.table.dtypes]


def csv(table: pl.DataFrame) -> str:
    """The table as CSV with a head; numbers with up to ten digits."""
    return table.with_columns(cs.float().round_sig_figs(10)).write_csv()


def csv_link(table: pl.DataFrame) -> str:
    """The table's CSV as an address that holds it."""
    return "data:text/csv;charset=utf-8," + quote(csv(table))
