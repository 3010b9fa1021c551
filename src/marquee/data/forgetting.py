"""Taking viewers out of a workspace for good."""

from __future__ import annotations

from collections.abc import Collection

import polars as pl

from marquee.data.workspace import Workspace


def forget(workspace: Workspace, viewer_ids: Collection[int]) -> int:
    """Number of rows taken out: all that the tables hold about those viewers.

    Snapshots that still held them are removed from the disk, so a reader that has one open may be
    asked to start again. Nothing is written where the tables hold nothing about them.

    Raises
    ------
    WorkspaceError
        If another process is writing.
    """
    gone = pl.col("viewer_id").is_in(list(viewer_ids))
    with workspace.writing():
        if workspace.snapshot is None or not viewer_ids:
            return 0
        tables = workspace.tables()
        kept = {name: getattr(tables, name).filter(~gone) for name in ("ratings", "viewers")}
        n_gone = sum(getattr(tables, name).height - frame.height for name, frame in kept.items())
        if n_gone:
            workspace.write(tables.replace(**kept))
            workspace.drop_old_snapshots()
    return int(n_gone)
