"""What a source is: a format with a name, how it is known, and how it is read.

A reader is a function from :class:`Files` to :class:`Loaded`. A row that cannot be used goes to the
rejects with its line, column and reason; a file that cannot be used raises ``SourceError``.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import polars as pl

from marquee.data.schema import REJECTS
from marquee.data.sources.files import Files
from marquee.data.tables import Tables


@dataclass(frozen=True)
class Source:
    """A format that Marquee reads: its name, what it is, how it is known and how it is read."""

    name: str
    summary: str
    recognizes: Callable[[Files], bool]
    """Whether the files look like this format; reads names and first lines only."""
    read: Callable[[Files], Loaded]
    strict: bool = True
    """Whether too many rejects stop an add; a person's own export holds whatever it holds."""
    fold_names: tuple[str, ...] = ()
    """Names of the train and test splits that the publisher ships."""
    read_fold: Callable[[Files, str], tuple[pl.DataFrame, pl.DataFrame]] | None = None
    """Training and test ratings of one of those splits, with the canonical columns of ratings."""


@dataclass(frozen=True)
class Loaded:
    """What a reader found: canonical tables with ids of the source's own, and what it rejected."""

    tables: Tables
    rejects: pl.DataFrame = field(default_factory=REJECTS.empty)
    n_records: int = 0
    """Records in all files read, rejected ones included."""

    @property
    def n_rejected(self) -> int:
        """Records that were left out whole."""
        return self.rejects.filter(~pl.col("row_kept")).height
