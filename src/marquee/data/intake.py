"""Adding a source to a workspace: read, judge what was rejected, join, write."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl

from marquee.data.merge import JoinReport, first_origins, merge
from marquee.data.sources import Loaded, Source, read_source
from marquee.data.tables import Tables
from marquee.data.workspace import Workspace, write_parquet
from marquee.data.world import SOURCE as WORLD
from marquee.data.world import build_world, write_world
from marquee.errors import TooManyRejectsError

MAX_REJECTED = 0.01
"""Share of a source's records that may be rejected before adding it is refused."""


@dataclass(frozen=True)
class Added:
    """What adding a source did."""

    source: str
    n_records: int
    n_rejected: int
    """Records left out whole."""
    n_remarks: int
    """Rows of the rejects on values left out of records that were kept."""
    join: JoinReport
    tables: dict[str, int]
    """Rows of each table of the workspace afterwards."""


@dataclass(frozen=True)
class Checked:
    """Counts of a workspace, or of files before they are added."""

    source: str | None
    n_records: int | None
    n_rejected: int | None
    tables: dict[str, int]
    rejects: list[dict[str, Any]]
    """One entry per source, file, column and reason, the most frequent first."""


def add_source(
    workspace: Workspace,
    path: Path,
    *,
    name: str | None = None,
    allow_rejects: bool = False,
    on_step: Callable[[int, int, str], None] | None = None,
) -> Added:
    """Reads the files at the path, joins them to the workspace's tables, and writes those.

    ``on_step(done, total, next)`` is told before each of these steps, and at the end.

    Raises
    ------
    SourceError
        If the files cannot be read.
    TooManyRejectsError
        If more than 1 % of the records are rejected and ``allow_rejects`` is false; nothing is
        written then. A viewer's own export is never refused for its rejects.
    """
    tell = on_step or (lambda _done, _total, _next: None)
    tell(0, 3, "reading")
    source, loaded = read_source(path, name)
    if source.strict and not allow_rejects:
        _judge(source, loaded, path)
    tell(1, 3, f"joining {source.name}")
    with workspace.writing():
        merged = merge(workspace.tables(), loaded.tables, source.name)
        tell(2, 3, "writing")
        kept = workspace.frame("rejects").filter(pl.col("source") != source.name)
        workspace.write(merged.tables, rejects=pl.concat([kept, loaded.rejects]))
    tell(3, 3, "done")
    return Added(
        source.name,
        loaded.n_records,
        loaded.n_rejected,
        loaded.rejects.height - loaded.n_rejected,
        merged.report,
        workspace.counts(),
    )


def add_world(
    workspace: Workspace,
    *,
    n_titles: int,
    n_viewers: int,
    n_ratings: int,
    seed: int,
    on_step: Callable[[int, int], None] | None = None,
) -> dict[str, int]:
    """Rows of each table after building the fictional world into the workspace.

    Where the workspace holds nothing else the world is streamed to disk, at any size; where it
    does, the world is joined to the rest in memory.
    """
    size: dict[str, Any] = {
        "n_titles": n_titles,
        "n_viewers": n_viewers,
        "n_ratings": n_ratings,
        "seed": seed,
    }
    with workspace.writing():
        if _holds_others(workspace):
            merged = merge(workspace.tables(), build_world(**size), WORLD)
            workspace.write(merged.tables, rejects=workspace.frame("rejects"))
        else:
            with workspace.new_snapshot() as folder:
                write_world(folder, **size, on_step=on_step)
                # Without its origins a world that is joined to others later would be renumbered.
                titles = pl.read_parquet(folder / "titles.parquet", glob=False)
                write_parquet(first_origins(titles, WORLD), folder / "origins.parquet")
    return workspace.counts()


def check_source(path: Path, name: str | None = None) -> Checked:
    """Counts of what the files at the path hold, without adding them."""
    source, loaded = read_source(path, name)
    return Checked(
        source.name,
        loaded.n_records,
        loaded.n_rejected,
        _rows(loaded.tables),
        summarize_rejects(loaded.rejects),
    )


def check_workspace(workspace: Workspace) -> Checked:
    """Counts of what a workspace holds and of what was rejected on the way in."""
    rejects = summarize_rejects(workspace.frame("rejects"))
    return Checked(None, None, None, workspace.counts(), rejects)


def summarize_rejects(rejects: pl.DataFrame) -> list[dict[str, Any]]:
    """Number of rejects by source, file, column and reason, the most frequent first."""
    by = ["source", "file", "column", "reason", "row_kept"]
    counted = rejects.group_by(by).agg(pl.len().cast(pl.Int64).alias("rejects"))
    order = counted.sort(["rejects", *by], descending=[True, *[False] * len(by)])
    return order.select("source", "file", "column", "reason", "rejects", "row_kept").to_dicts()


def _judge(source: Source, loaded: Loaded, path: Path) -> None:
    if loaded.n_rejected <= MAX_REJECTED * loaded.n_records:
        return
    worst = summarize_rejects(loaded.rejects.filter(~pl.col("row_kept")))[0]
    raise TooManyRejectsError(
        f"{loaded.n_rejected:,} of {loaded.n_records:,} records of {path} as {source.name} are "
        f"rejected, most often in {worst['file']}: {worst['reason']}; look at them with "
        f"`marquee data check {path}`, or pass --allow-rejects to go on without them"
    )


def _holds_others(workspace: Workspace) -> bool:
    if workspace.snapshot is None:
        return False
    others = pl.col("source") != WORLD
    return workspace.scan("titles").filter(others).head(1).collect().height > 0


def _rows(tables: Tables) -> dict[str, int]:
    return {name: frame.height for name, frame in tables if name not in {"origins", "ambiguous"}}
