"""Splits on disk, to be given to others.

A Parquet file of one row per pair: ``split``, ``part`` (train, test or profiles), ``viewer_id`` and
``title_id``. What else is to be known, names, fingerprints and rules, is in the file's metadata, so
that any reader of Parquet can use the rows and ours can tell whether they are of the same data.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import polars as pl

from marquee.data.interactions import Interactions
from marquee.errors import SourceError
from marquee.evaluation.splits import Split, splits_from, table_of

KEY = "marquee_splits"


def write_splits(splits: Sequence[Split], path: Path) -> None:
    """Writes the splits to a file, whole or not at all."""
    table, rules = table_of(splits)
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_name(path.name + ".unfinished")
    table.write_parquet(unfinished, metadata={KEY: json.dumps(rules)})
    unfinished.replace(path)


def read_splits(path: Path, interactions: Interactions) -> list[Split]:
    """The splits of a file, of the interactions they were made of.

    Raises
    ------
    SourceError
        If there is no such file, or it holds no splits.
    ParameterError
        As :func:`splits_from`: what was saved must be of the same data.
    """
    if not path.is_file():
        raise SourceError(f"there is no file of splits {path}; write one with --save-split {path}")
    try:
        rules = json.loads(pl.read_parquet_metadata(path)[KEY])
        table = pl.read_parquet(path, glob=False)
    except (pl.exceptions.PolarsError, KeyError, ValueError) as error:
        raise SourceError(f"{path} holds no splits that --save-split wrote") from error
    return splits_from(table, rules, interactions)
