"""How old what is in a workspace is."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime

import polars as pl

from marquee.data.workspace import Workspace
from marquee.errors import WorkspaceError

DATED = {
    "titles": "release_date",
    "ratings": "rated_at",
    "availability": "known_on",
    "outcomes": "known_on",
}
"""Column of each table by which its rows grow old."""


@dataclass(frozen=True, kw_only=True)
class TableAge:
    """A table of the snapshot in force."""

    table: str
    n_rows: int
    newest: date | None
    """The latest day that its rows tell of; of titles the last release, which may be to come.
    None where no row has one."""
    written_at: datetime
    """When its file was written."""


def table_ages(workspace: Workspace) -> list[TableAge]:
    """Every table of the snapshot in force.

    Raises
    ------
    WorkspaceError
        If the workspace is empty.
    """
    workspace.path("titles")
    found = []
    for table, n_rows in workspace.counts().items():
        try:
            path = workspace.path(table)
        except WorkspaceError:
            continue  # of an older workspace, which had no such table
        column, newest = DATED.get(table), None
        if column is not None:
            newest = workspace.scan(table).select(pl.col(column).max()).collect().item()
        found.append(
            TableAge(
                table=table,
                n_rows=n_rows,
                newest=newest.date() if isinstance(newest, datetime) else newest,
                written_at=datetime.fromtimestamp(path.stat().st_mtime, UTC),
            )
        )
    return found
