"""Data sets by the name that a person gives them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from marquee.data.sources import Files, read_source
from marquee.data.tables import Tables
from marquee.data.workspace import Workspace
from marquee.data.world import build_world
from marquee.errors import SourceError


@dataclass(frozen=True)
class OpenedData:
    """The tables of a data set and the folds that its publisher ships."""

    tables: Tables
    fold_names: tuple[str, ...] = ()
    read_fold: Callable[[str], tuple[pl.DataFrame, pl.DataFrame]] | None = None


def open_data(
    name: str,
    home: Path,
    data: Path | None = None,
    *,
    needs_ratings: bool = True,
    source: str | None = None,
) -> OpenedData:
    """The data set of that name, which holds ratings unless they are not needed.

    ``world`` is the built-in world at its default size, ``workspace`` what the workspace at
    ``home`` holds. Any other name is a path, or a folder under ``data`` or among the fetched files,
    read as ``source``, or as what it is recognized to be.

    Raises
    ------
    SourceError
        If there are no such files, they cannot be read, or hold no ratings that are needed.
    """
    opened = _opened(name, home, data, source)
    if needs_ratings and opened.tables.ratings.is_empty():
        raise SourceError(f"{name} holds no ratings to learn from and to measure on")
    return opened


def _opened(name: str, home: Path, data: Path | None, format_: str | None) -> OpenedData:
    if name == "world":
        return OpenedData(build_world())
    workspace = Workspace(home)
    if name == "workspace":
        return OpenedData(workspace.tables())
    path = find_files(name, workspace.raw, data)
    source, loaded = read_source(path, format_)
    read_fold = source.read_fold
    if read_fold is None:
        return OpenedData(loaded.tables)
    files = Files(path)
    return OpenedData(loaded.tables, source.fold_names, lambda fold: read_fold(files, fold))


def find_files(name: str, fetched: Path, data: Path | None = None) -> Path:
    """Where the files of that name lie: under ``data``, among the fetched, or at that very path.

    Raises
    ------
    SourceError
        If they lie nowhere.
    """
    places = [data / name] if data is not None else []
    places += [fetched / name, Path(name)]
    for place in places:
        if place.exists():
            return place
    raise SourceError(
        f"no data set {name!r} at hand; name a path, set MARQUEE_DATA to the folder that holds it, "
        f"or fetch it with `marquee data get {name}`"
    )
