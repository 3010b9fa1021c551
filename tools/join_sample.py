"""Prints matches of two sources with both sides, for a person to judge.

Run as ``python tools/join_sample.py KNOWN INCOMING``, both folders of data. All matches a year
apart are drawn, the rest up to ``--size`` at random. The verdicts on MovieLens 1M against TMDB 5000
stand in ``tests/fixtures/joins/ml-1m_tmdb-5000.csv`` as ids, without anything of the data.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import polars as pl

from marquee.data.matching import match
from marquee.data.sources import read_source
from marquee.data.tables import Tables


def sides(known: Tables, incoming: Tables) -> pl.DataFrame:
    """Matches with what both sides say about the title, by number of the incoming title."""
    found = match(known, incoming).drop_nulls("known_id")
    right = about(known).rename({"title_id": "known_id"})
    return (
        found.select("title_id", "known_id", "matched_by")
        .join(about(incoming), on="title_id", how="left", validate="1:1")
        .join(right, on="known_id", how="left", suffix="_known", validate="1:1")
        .sort("title_id")
    )


def about(tables: Tables) -> pl.DataFrame:
    """Ids, names, year, genres and directors of each title."""
    directors = (
        tables.credits.filter(pl.col("role") == "director")
        .group_by("title_id")
        .agg(pl.col("person").unique(maintain_order=True).alias("directors"))
    )
    columns = ["title_id", "movielens_id", "tmdb_id", "imdb_id"]
    shown = ["name", "original_name", "year", "genres"]
    return tables.titles.select(*columns, *shown).join(
        directors, on="title_id", how="left", validate="1:1"
    )


def draw(pairs: pl.DataFrame, size: int, seed: int) -> pl.DataFrame:
    """All pairs a year apart and as many of the others as make up the size."""
    near = pairs.filter(pl.col("matched_by") == "title and near year").head(size)
    others = pairs.join(near, on="title_id", how="anti")
    rest = others.sample(min(size - near.height, others.height), seed=seed, shuffle=True)
    return pl.concat([near, rest]).sort("title_id")


def line(row: dict[str, object], side: str = "") -> str:
    """One side of a match on a line."""
    names = ("movielens_id", "tmdb_id", "imdb_id", "name", "original_name", "year")
    shown = [str(row[name + side]) for name in names if row[name + side] is not None]
    lists = [row["genres" + side], row["directors" + side]]
    told = [", ".join(map(str, part)) for part in lists if isinstance(part, list)]
    return " | ".join([*shown, *told])


def main() -> None:
    """Draws and prints."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("known", type=Path)
    parser.add_argument("incoming", type=Path)
    parser.add_argument("--size", type=int, default=100)
    parser.add_argument("--seed", type=int, default=20)
    asked = parser.parse_args()
    known, incoming = (read_source(path)[1].tables for path in (asked.known, asked.incoming))
    pairs = sides(known, incoming)
    print(pairs["matched_by"].value_counts(sort=True))
    for row in draw(pairs, asked.size, asked.seed).iter_rows(named=True):
        print(f"{row['matched_by']}\n    {line(row)}\n    {line(row, '_known')}")


if __name__ == "__main__":
    main()
