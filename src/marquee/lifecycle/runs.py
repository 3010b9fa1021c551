"""Runs: what a model was fitted on, how it was measured, and the model itself, as plain files.

::

    HOME/runs/ID/run.json           data, split, parameters, figures with intervals, environment
    HOME/runs/ID/viewers.parquet    figures of each viewer of the split, in its order, without ids
    HOME/runs/ID/model/             the saved model, fitted on all of the data
    HOME/runs/ID/predictor/         one that predicts ratings, where the model does not

A run is written beside the others and gets its name by one atomic rename: a kill at any instant
leaves a whole run or none. It is never changed afterwards, but its models may be removed.
"""

from __future__ import annotations

import dataclasses
import json
import re
import shutil
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import polars as pl

from marquee.data.workspace import Workspace, replace_text, sync, write_parquet
from marquee.errors import ParameterError, SavedModelError

FORMAT = 1
RECORD = "run.json"
VALUES = "viewers.parquet"
MODEL = "model"
PREDICTOR = "predictor"

_ID = re.compile(r"[0-9a-z][0-9a-z-]{0,99}")


@dataclass(frozen=True, kw_only=True)
class Run:
    """What is known of a run without its models."""

    format: int = FORMAT
    id: str
    created_at: str
    """When it began, as the caller put it: ISO 8601."""
    model: str
    """The name that was asked for, of an algorithm or a recipe."""
    algorithm: str
    parameters: dict[str, Any]
    """Hyperparameters as in the manifest of a saved model."""
    predictor: str | None
    """Name of the model that predicts ratings where this one does not."""
    data: dict[str, Any]
    """``fingerprint``, ``snapshot``, numbers of titles, viewers and ratings, and ``n_erased``."""
    split: dict[str, Any]
    """``name``, ``fingerprint``, ``starts``, ``clock``, and the numbers of what was tested."""
    metrics: dict[str, float | None]
    """Figures of a model fitted on the training part alone, by name."""
    intervals: dict[str, list[float | None]]
    """Lower and upper end of the 95 % interval of the figures that have one."""
    lists: dict[str, float]
    """What the lists of that model are like: see ``ListFigures``."""
    environment: dict[str, Any]
    seconds: dict[str, float]
    """Time to ``measure``, to ``fit`` on all of the data, and in ``total``."""
    files: dict[str, int] = field(default_factory=dict)
    """Bytes of each saved model."""

    def to_json(self) -> str:
        """The record as indented JSON."""
        return json.dumps(dataclasses.asdict(self), indent=1, ensure_ascii=False) + "\n"


def runs_folder(workspace: Workspace) -> Path:
    """Folder of the runs."""
    return workspace.home / "runs"


def run_folder(workspace: Workspace, run_id: str) -> Path:
    """Folder of a run, which need not exist.

    Raises
    ------
    ParameterError
        If no run can be called so.
    """
    if not _ID.fullmatch(run_id):
        raise ParameterError(f"{run_id[:60]!r} is no name of a run; see `marquee models runs`")
    return runs_folder(workspace) / run_id


def has_run(workspace: Workspace, run_id: str) -> bool:
    """Whether there is a whole run of that name."""
    return bool(_ID.fullmatch(run_id)) and (run_folder(workspace, run_id) / RECORD).is_file()


def read_run(workspace: Workspace, run_id: str) -> Run:
    """The run of that name.

    Raises
    ------
    ParameterError
        If there is none.
    SavedModelError
        If its record is damaged.
    """
    path = run_folder(workspace, run_id) / RECORD
    if not path.is_file():
        known = [folder.name for folder in _folders(workspace)]
        raise ParameterError(
            f"there is no run {run_id!r}; there are {', '.join(known[-5:]) or 'none'}; make one "
            "with `marquee train`"
        )
    return _read(path)


def runs(workspace: Workspace) -> list[Run]:
    """Every run, the oldest first."""
    found = [_read(folder / RECORD) for folder in _folders(workspace)]
    return sorted(found, key=lambda run: (run.created_at, run.id))


def values_of(workspace: Workspace, run_id: str) -> pl.DataFrame:
    """Figures of each viewer of the run's split, one column per metric, in the split's order."""
    path = run_folder(workspace, run_id) / VALUES
    try:
        return pl.read_parquet(path, glob=False)
    except (OSError, pl.exceptions.PolarsError) as error:
        raise SavedModelError(f"{path} is missing or damaged; train again") from error


def write_run(
    workspace: Workspace,
    run: Run,
    values: pl.DataFrame,
    write_models: Callable[[Path], dict[str, int]],
) -> Run:
    """Writes the run whole; ``write_models`` fills its folder and answers the bytes of each model.

    Raises
    ------
    ParameterError
        If there is a run of that name.
    """
    folder = run_folder(workspace, run.id)
    if folder.exists():
        raise ParameterError(f"there is a run {run.id} already")
    partial = folder.with_name(f".{run.id}.partial")
    shutil.rmtree(partial, ignore_errors=True)
    partial.mkdir(parents=True)
    written = dataclasses.replace(run, files=write_models(partial))
    write_parquet(values, partial / VALUES)
    replace_text(partial / RECORD, written.to_json())
    sync(partial)
    partial.replace(folder)
    sync(folder.parent)
    return written


def has_model(workspace: Workspace, run_id: str) -> bool:
    """Whether the run still has its model."""
    return (run_folder(workspace, run_id) / MODEL / "CURRENT").is_file()


def remove_models(workspace: Workspace, run_id: str) -> None:
    """Removes the models of a run and keeps its record."""
    folder = run_folder(workspace, run_id)
    for name in (MODEL, PREDICTOR):
        gone = folder / f".{name}.old"
        shutil.rmtree(gone, ignore_errors=True)
        if (folder / name).exists():
            # Gone in one step: nobody must find half a model.
            (folder / name).replace(gone)
            shutil.rmtree(gone, ignore_errors=True)


def folder_bytes(folder: Path) -> int:
    """Bytes of all files in the folder."""
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())


def _folders(workspace: Workspace) -> list[Path]:
    folder = runs_folder(workspace)
    if not folder.is_dir():
        return []
    return sorted(
        path.parent for path in folder.glob("*/" + RECORD) if _ID.fullmatch(path.parent.name)
    )


def _read(path: Path) -> Run:
    try:
        given = json.loads(path.read_bytes())
    except (OSError, ValueError) as error:
        raise SavedModelError(f"{path} cannot be read ({error}); remove the run") from error
    names = {each.name for each in dataclasses.fields(Run)}
    if not isinstance(given, dict) or given.get("format") != FORMAT or given.keys() != names:
        raise SavedModelError(
            f"{path} is not the record of a run of format {FORMAT}; remove the run, or use the "
            "version of Marquee that wrote it"
        )
    return Run(**given)
