"""How comparisons are worded: as differences only where their intervals say so."""

from __future__ import annotations

import polars as pl

from marquee.errors import ParameterError
from marquee.insights.sentences import Number

NAMED = 3
"""Names of a side that a sentence gives."""


def compared(difference: Number, more: str, less: str, neither: str) -> str:
    """The words for the difference: ``more`` or ``less`` where its interval leaves out zero.

    Raises
    ------
    ParameterError
        If it has no interval: a difference without one is never claimed.
    """
    if difference.low is None or difference.high is None:
        raise ParameterError(f"a difference of {difference.text} needs an interval to be worded")
    if difference.low > 0:
        return more
    return less if difference.high < 0 else neither


def farthest(
    table: pl.DataFrame,
    side: str,
    value: str,
    named: dict[str, Number | str],
    *,
    form: str = "{}",
    unit: str = "times",
    digits: int = 2,
    n: str = "films",
    last: bool = False,
) -> list[str]:
    """The words for the first rows that differ to a side, or the last ones, beginning at the end.

    The first column of the table has the names, ``from`` and ``to`` the intervals and ``differs``
    the sides; what the words name is entered in ``named``.
    """
    rows = table.filter(pl.col("differs") == side)
    words = []
    for at, row in enumerate((rows.reverse() if last else rows).head(NAMED).iter_rows(named=True)):
        key = f"{side}_{at}"
        named[key] = row[table.columns[0]]
        figure = Number(row[value], row["from"], row["to"], unit, digits, row[n])
        named[f"{key}_value"] = figure
        words.append(f"{form.format(f'{{{key}}}')} ({{{key}_value}}, {{{key}_value:range}})")
    return words
