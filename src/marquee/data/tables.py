"""The canonical tables of one body of data, held together."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from dataclasses import dataclass, field, fields
from datetime import date
from functools import cache

import polars as pl

from marquee.data import schema


@dataclass(frozen=True, eq=False)
class Tables:
    """Canonical tables in memory; a table that was not given is empty.

    Frames are brought to their schema and checked on the way in, so whoever holds a ``Tables`` can
    trust its columns.

    Raises
    ------
    SchemaError
        If a frame breaks a promise of its schema.
    """

    titles: pl.DataFrame = field(default_factory=schema.TITLES.empty)
    credits: pl.DataFrame = field(default_factory=schema.CREDITS.empty)
    ratings: pl.DataFrame = field(default_factory=schema.RATINGS.empty)
    viewers: pl.DataFrame = field(default_factory=schema.VIEWERS.empty)
    availability: pl.DataFrame = field(default_factory=schema.AVAILABILITY.empty)
    outcomes: pl.DataFrame = field(default_factory=schema.OUTCOMES.empty)
    origins: pl.DataFrame = field(default_factory=schema.ORIGINS.empty)
    ambiguous: pl.DataFrame = field(default_factory=schema.AMBIGUOUS.empty)

    def __post_init__(self) -> None:
        for name, frame in self:
            conformed = schema.conform(frame, schema.SCHEMAS[name])
            schema.check(conformed, schema.SCHEMAS[name])
            object.__setattr__(self, name, conformed)

    @classmethod
    def of_parts(cls, **frames: pl.DataFrame) -> Tables:
        """The tables of frames that follow their schemas already, such as rows taken out of others.

        Nothing is checked: for a few rows among many, which are asked about again and again.
        """
        made = object.__new__(cls)
        for table in fields(cls):
            given = frames.get(table.name)
            object.__setattr__(made, table.name, _empty(table.name) if given is None else given)
        return made

    def __iter__(self) -> Iterator[tuple[str, pl.DataFrame]]:
        """Pairs of table name and frame, in the order of the class."""
        return ((table.name, getattr(self, table.name)) for table in fields(self))

    def replace(self, **frames: pl.DataFrame) -> Tables:
        """The same tables but for those given by name."""
        return dataclasses.replace(self, **frames)

    def before(self, as_of: date) -> Tables:
        """The tables as they could be known before that day: rows with ``known_on < as_of``.

        A row without ``known_on`` has no known day and is left out; a rating is known from the day
        of its ``rated_at``. Viewers are kept: their facts carry no day. Origins and ambiguous are
        about joins, not about films, and are left out.
        """
        known = pl.col("known_on") < as_of
        return Tables(
            titles=self.titles.filter(known),
            credits=self.credits.filter(known),
            ratings=self.ratings.filter(pl.col("rated_at").dt.date() < as_of),
            viewers=self.viewers,
            availability=self.availability.filter(known),
            outcomes=self.outcomes.filter(known),
        )


@cache
def _empty(name: str) -> pl.DataFrame:
    """The table of that name without rows."""
    return schema.SCHEMAS[name].empty()
