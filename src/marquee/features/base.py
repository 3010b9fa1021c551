"""What a feature theme is, and from which stage of a film's life each column may be asked.

A theme answers questions of the form *what was known about this title on that day*. It gets all the
tables and must use only what was known before the day asked about, so that it gives the same answer
from all tables and from ``tables.before(as_of)``; a shared test recomputes every column so.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, get_args

import polars as pl

from marquee.data.tables import Tables
from marquee.errors import ParameterError

Horizon = Literal["greenlight", "announced", "pre_release", "post_release"]
HORIZONS: tuple[Horizon, ...] = get_args(Horizon)
"""Stages of a film's life, earliest first.

greenlight: the decision to make it (budget, genre, people, companies, planned date).
announced: also what the announcement tells (certificate, runtime, collection, plot).
pre_release: also what is known on the eve of the release (crowding by other films).
post_release: what only the released film itself can tell (votes, popularity, box office).
"""

USUAL: Horizon = "announced"
"""Stage of forecasts where nobody names another. It is that of a plan, whose rivals no catalog
holds yet: a model that counted those around films of the past would find none around a plan."""

Kind = Literal["number", "flag", "category", "list", "text"]
DTYPES: dict[Kind, pl.DataType] = {
    "number": pl.Float64(),
    "flag": pl.Boolean(),
    "category": pl.String(),
    "list": pl.List(pl.String()),
    "text": pl.String(),
}
"""Type of a column's values, by its kind. Unknown is null in every kind."""


@dataclass(frozen=True)
class Column:
    """One column of a theme."""

    name: str
    """Name in the frame, with its unit: ``budget_usd``."""
    kind: Kind
    horizon: Horizon
    """Earliest stage at which it can be asked."""
    group: str
    """What a reader calls it: budget, studio, director, cast, month. Explanations add up by it."""
    words: str
    """What the value says, its unit, and when it is null."""
    undated: bool = False
    """Whether its value may be younger than the day asked about: volunteers write more about films
    that became known, and catalogs keep no date for it. A frame holds it only where its name is
    asked for, which is safe from a snapshot of that day."""


Compute = Callable[[Tables, pl.DataFrame], pl.DataFrame]


@dataclass(frozen=True)
class Theme:
    """A feature: a function from tables and questions to columns that it declares.

    Calling it returns the questions (``title_id``, ``as_of``, in their order) with its columns.
    """

    name: str
    summary: str
    columns: tuple[Column, ...]
    compute: Compute
    """Gets the tables and the questions (unique pairs); returns the questions with the columns."""

    def __call__(self, tables: Tables, asked: pl.DataFrame) -> pl.DataFrame:
        """The questions in their order, with the columns of the theme in their declared types.

        Repeated questions get the same answer. A title that the tables do not know on that day
        gets nulls, or what a theme says of an unknown title.

        Raises
        ------
        ParameterError
            If ``asked`` lacks ``title_id`` or ``as_of``.
        """
        questions = _questions(asked)
        answers = self.compute(tables, questions.unique(maintain_order=True))
        declared = {column.name: DTYPES[column.kind] for column in self.columns}
        answers = answers.select("title_id", "as_of", *declared).cast(declared)  # type: ignore[arg-type]  # types are invariant in a dict's values
        return questions.join(
            answers, on=["title_id", "as_of"], how="left", maintain_order="left", validate="m:1"
        )


def _questions(asked: pl.DataFrame) -> pl.DataFrame:
    absent = [name for name in ("title_id", "as_of") if name not in asked.columns]
    if absent:
        raise ParameterError(f"questions need the columns title_id and as_of, got {asked.columns}")
    questions = asked.select(pl.col("title_id").cast(pl.Int64), pl.col("as_of").cast(pl.Date))
    if questions.null_count().sum_horizontal().item():
        raise ParameterError("a question lacks its title_id or its as_of; both must be given")
    return questions
