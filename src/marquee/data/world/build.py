"""The world's tables: all in memory, or streamed into Parquet files of any size."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import polars as pl

from marquee.data import schema
from marquee.data.tables import Tables
from marquee.data.workspace import write_parquet
from marquee.data.world.truth import World, make_world
from marquee.errors import ParameterError

OnStep = Callable[[int, int], None]
"""Called with the number of ratings written so far and in all."""


def build_world(
    n_titles: int = 2000, n_viewers: int = 3000, n_ratings: int = 300_000, seed: int = 7
) -> Tables:
    """The tables of a fictional world, with exactly that many ratings.

    Raises
    ------
    ParameterError
        As :func:`make_world`.
    """
    return make_world(n_titles, n_viewers, n_ratings, seed).tables()


def write_world(
    folder: Path,
    n_titles: int = 2000,
    n_viewers: int = 3000,
    n_ratings: int = 300_000,
    seed: int = 7,
    *,
    chunk: int = 1_000_000,
    on_step: OnStep | None = None,
) -> World:
    """Writes the tables that :func:`build_world` gives as Parquet files into an existing folder.

    Ratings are made and written ``chunk`` or a little more at a time, never all in memory; the rows
    do not depend on it. The folder is one from ``Workspace.new_snapshot()``. The world is returned,
    so that its truth can be asked.

    Raises
    ------
    ParameterError
        As :func:`make_world`, or if ``chunk`` is below 1.
    """
    if chunk < 1:
        raise ParameterError(f"chunk must be at least 1, got {chunk}")
    world = make_world(n_titles, n_viewers, n_ratings, seed)
    for name, frame in world.catalog().items():
        write_parquet(_checked(frame, name), folder / f"{name}.parquet")
    parts = folder / ".parts"
    parts.mkdir()
    done = 0
    for number, frame in enumerate(_in_chunks(world.rating_blocks(), chunk)):
        # A chunk holds whole viewers, so a pair that repeats would repeat within it.
        _checked(frame, "ratings").write_parquet(parts / f"{number:06d}.parquet")
        done += frame.height
        if on_step is not None:
            on_step(done, n_ratings)
    partial = folder / ".ratings.parquet.partial"
    # Listed here: in a pattern the name of a folder could be one too, as in "films [2024]".
    written = sorted(parts.glob("*.parquet"))
    pl.scan_parquet(written, glob=False).sink_parquet(partial, sync_on_close="all")
    partial.replace(folder / "ratings.parquet")
    shutil.rmtree(parts)
    return world


def _in_chunks(blocks: Iterator[pl.DataFrame], size: int) -> Iterator[pl.DataFrame]:
    """The blocks in the same order, joined until they hold at least ``size`` rows."""
    held: list[pl.DataFrame] = []
    for block in blocks:
        held.append(block)
        if sum(frame.height for frame in held) >= size:
            yield pl.concat(held)
            held = []
    if held:
        yield pl.concat(held)


def _checked(frame: pl.DataFrame, name: str) -> pl.DataFrame:
    table = schema.SCHEMAS[name]
    conformed = schema.conform(frame, table)
    schema.check(conformed, table)
    return conformed
