"""Saving and loading fitted recommenders as folders of plain arrays.

::

    FOLDER/CURRENT                   the version in force and the SHA-256 of its manifest
    FOLDER/version-000002/           complete before CURRENT names it, never changed afterwards
        manifest.json                names, parameters, versions, and the SHA-256 of each other file
        weights_.npy                 one file per array
        layers_.encoder_1.npy        one file per key of a dictionary of arrays
        members_.0/manifest.json     one folder per member of a blend

A model comes into force when ``CURRENT`` is replaced, which is one atomic rename: a kill at any
instant leaves the old model or the new one. Reading runs no code from the files: the class comes
from ``ALGORITHMS``, the fields are those that it declares, and arrays of objects are refused.

What the ``kind`` of a field's entry in ``state`` stands for:

=========  ===============================  ======================================================
kind       a field of type                  files of the field ``x_``
=========  ===============================  ======================================================
array      ``np.ndarray``                   ``x_.npy``
ids        ``IdIndex``                      ``x_.npy``
csr        ``csr_array`` of ``shape``       ``x_.data.npy``, ``x_.indices.npy``, ``x_.indptr.npy``
arrays     ``dict[str, np.ndarray]``        ``x_.KEY.npy`` for each of ``keys``, which are of
                                            lower-case letters, digits and underscores
models     tuple of recommenders, a         ``x_.0/``, ``x_.1/`` and so on
           ``count`` of them
value      None, a bool, int or float       none: it is the ``value`` itself
=========  ===============================  ======================================================
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from marquee.data.workspace import sync
from marquee.errors import SavedModelError
from marquee.lifecycle import state
from marquee.lifecycle.manifest import (
    MANIFEST,
    Manifest,
    damaged,
    library_versions,
    read_manifest,
)
from marquee.lifecycle.versions import in_force, put_in_force
from marquee.models.base import Recommender


def save(
    model: Recommender,
    folder: Path,
    *,
    data_fingerprint: str,
    metrics: Mapping[str, float] | None = None,
    created_at: str | None = None,
) -> None:
    """Saves a fitted model in the folder, in place of the one that is there.

    Raises
    ------
    NotFittedError
        If the model is not fitted.
    SavedModelError
        If the model is of no public algorithm, holds something that is no array or number, or the
        folder is being written by another process.
    """
    model.check_fitted()
    about = {
        "versions": library_versions(),
        "data_fingerprint": data_fingerprint,
        "metrics": {name: float(value) for name, value in (metrics or {}).items()},
        "created_at": created_at,
    }
    put_in_force(folder, lambda version: _write(model, version, about))


def load(folder: Path) -> Recommender:
    """The model saved in the folder, which scores bit for bit as it did.

    Raises
    ------
    SavedModelError
        If there is no model, or anything about it is not as it was saved; the text names the file.
    """
    version, digest = in_force(folder)
    return _read(version, digest)


def describe(folder: Path) -> Manifest:
    """What the manifest of the model saved in the folder says; no array is read.

    Raises
    ------
    SavedModelError
        If there is no model or its manifest is damaged.
    """
    version, digest = in_force(folder)
    return read_manifest(version / MANIFEST, digest)


def _write(model: Recommender, folder: Path, about: dict[str, Any]) -> str:
    """Writes the model into a new folder; the SHA-256 of its manifest."""
    folder.mkdir()
    packed = state.pack(model)
    files = {name: _write_array(folder / name, array) for name, array in packed.arrays.items()}
    for name, member in packed.members.items():
        files[f"{name}/{MANIFEST}"] = _write(member, folder / name, about)
    manifest = Manifest(
        model=state.name_of(model),
        parameters=state.encoded_params(model),
        state=packed.entries,
        files=files,
        **about,
    )
    content = manifest.to_json()
    with (folder / MANIFEST).open("wb") as stream:
        stream.write(content)
        stream.flush()
        os.fsync(stream.fileno())
    sync(folder)
    return hashlib.sha256(content).hexdigest()


def _read(folder: Path, digest: str) -> Recommender:
    manifest = read_manifest(folder / MANIFEST, digest)
    origin = folder / MANIFEST
    model = state.unfitted(manifest.model, manifest.parameters, origin)
    arrays, members = state.expected(model, manifest.state, origin)
    _check_files(folder, manifest, arrays, members)
    return state.unpack(
        model,
        manifest.state,
        {name: _read_array(folder / name, manifest.files[name]) for name in arrays},
        {name: _read(folder / name, manifest.files[f"{name}/{MANIFEST}"]) for name in members},
        origin,
    )


def _check_files(folder: Path, manifest: Manifest, arrays: list[str], members: list[str]) -> None:
    """Refuses a folder that holds anything else than the files of the model's own fields."""
    wanted = {*arrays, *(f"{name}/{MANIFEST}" for name in members)}
    for name in sorted(wanted ^ manifest.files.keys()):
        raise SavedModelError(
            f"{folder / MANIFEST} lists {name!r} wrongly; save the model again"
            if name in manifest.files
            else f"{folder / MANIFEST} lacks {name!r}; save the model again"
        )
    there = {path.name for path in folder.iterdir()}
    allowed = {MANIFEST, *arrays, *members}
    for name in sorted(allowed - there):
        raise SavedModelError(f"{folder / name} is missing; fit and save the model again")
    for name in sorted(there - allowed):
        raise SavedModelError(f"{folder / name} is no part of the model; remove it")


def _write_array(path: Path, array: NDArray[Any]) -> str:
    """Writes the array so that it is on disk; the SHA-256 of the file."""
    with path.open("wb") as stream:
        np.lib.format.write_array(stream, array, allow_pickle=False)
        stream.flush()
        os.fsync(stream.fileno())
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def _read_array(path: Path, digest: str) -> NDArray[Any]:
    if not path.is_file():
        raise SavedModelError(f"{path} is missing; fit and save the model again")
    with path.open("rb") as stream:
        if hashlib.file_digest(stream, "sha256").hexdigest() != digest:
            raise damaged(path)
        stream.seek(0)
        try:
            array: NDArray[Any] = np.lib.format.read_array(stream, allow_pickle=False)
        except (ValueError, EOFError) as error:
            raise SavedModelError(
                f"{path} is no plain array ({error}); fit and save the model again"
            ) from error
    return array
