"""Runs and tables carried from one workspace to another by way of a store."""

from __future__ import annotations

import shutil

from marquee.data.schema import SCHEMAS, check
from marquee.data.workspace import Workspace
from marquee.errors import RemoteError, SchemaError, WorkspaceError
from marquee.lifecycle.remote import Copied, Store
from marquee.lifecycle.runs import MODEL, has_model, read_run, run_folder
from marquee.lifecycle.saving import load

TABLES = "tables"


def push_run(workspace: Workspace, run_id: str, store: Store) -> Copied:
    """Copies a run with its models to the store.

    Raises
    ------
    ParameterError
        If there is no such run.
    RemoteError
        If the store does not take it whole.
    """
    run = read_run(workspace, run_id)
    if not has_model(workspace, run_id):
        raise WorkspaceError(f"the model of run {run_id} was removed; train it again")
    return store.push(run_folder(workspace, run.id), f"runs/{run.id}")


def pull_run(workspace: Workspace, run_id: str, store: Store) -> Copied:
    """Copies a run out of the store; it answers nobody before it is promoted.

    Raises
    ------
    RemoteError
        If there is none, it is not what was pushed, or it is no run of that name.
    """
    folder = run_folder(workspace, run_id)
    copied = store.pull(f"runs/{run_id}", folder)
    try:
        if read_run(workspace, run_id).id != run_id:
            raise RemoteError(f"{store.url} holds another run under the name {run_id}")
        load(folder / MODEL)
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise
    return copied


def push_tables(workspace: Workspace, store: Store) -> Copied:
    """Copies the tables in force to the store, in place of those there.

    Raises
    ------
    WorkspaceError
        If the workspace is empty.
    """
    with workspace.writing():  # nobody must clear the snapshot away meanwhile
        return store.push(workspace.path("titles").parent, TABLES)


def pull_tables(workspace: Workspace, store: Store) -> Copied:
    """Puts the store's tables in force as a new snapshot, once all of them are here and right.

    Raises
    ------
    RemoteError
        If there are none, or they are not what was pushed; the tables in force stay.
    """
    import polars as pl

    with workspace.new_snapshot() as folder:
        copied = store.pull_into(TABLES, folder)
        for path in folder.iterdir():
            try:
                check(pl.read_parquet(path, glob=False), SCHEMAS[path.stem])
            except (KeyError, SchemaError, pl.exceptions.PolarsError) as error:
                raise RemoteError(f"{store.url} holds no table in {path.name} ({error})") from error
    return copied
