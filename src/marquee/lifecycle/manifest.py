"""What is written beside the arrays of a saved model, and read before any of them."""

from __future__ import annotations

import dataclasses
import hashlib
import json
import platform
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import scipy

import marquee
from marquee.errors import SavedModelError

FORMAT = 1
"""Number of the format that this version writes, and the only one that it reads."""

MANIFEST = "manifest.json"


@dataclass(frozen=True, kw_only=True)
class Manifest:
    """A saved model without its arrays."""

    format: int = FORMAT
    model: str
    """Public name of the algorithm."""
    parameters: dict[str, Any]
    """Hyperparameters by name; tuples are lists, unfitted recommenders are objects."""
    state: dict[str, dict[str, Any]]
    """For each learned field its ``kind``, and what the kind needs beside its files."""
    files: dict[str, str]
    """SHA-256 of each other file by its path within the folder."""
    versions: dict[str, str]
    """Versions of the libraries that wrote it."""
    data_fingerprint: str
    """SHA-256 of the data that the model was fitted on."""
    metrics: dict[str, float]
    created_at: str | None = None
    """When it was written, as the caller put it."""

    @property
    def version(self) -> str:
        """Twelve hexadecimal digits that differ for different data, parameters or arrays."""
        return hashlib.sha256(self.to_json()).hexdigest()[:12]

    def to_json(self) -> bytes:
        """The manifest as indented JSON in UTF-8."""
        return json.dumps(dataclasses.asdict(self), indent=1, ensure_ascii=False).encode() + b"\n"


def library_versions() -> dict[str, str]:
    """Versions of Python and of the libraries that shape a saved model."""
    return {
        "marquee": marquee.__version__,
        "python": platform.python_version(),
        "numpy": np.__version__,
        "scipy": scipy.__version__,
        "polars": pl.__version__,
    }


def read_manifest(path: Path, digest: str) -> Manifest:
    """The manifest at that path, if its bytes have that SHA-256.

    Raises
    ------
    SavedModelError
        If it is missing, damaged, of another format, or not a manifest.
    """
    given = read_json(path, digest, FORMAT)
    types = {
        "model": str,
        "parameters": dict,
        "state": dict,
        "files": dict,
        "versions": dict,
        "data_fingerprint": str,
        "metrics": dict,
        "created_at": str | None,
    }
    if given.keys() != {"format", *types}:
        odd = sorted(given.keys() ^ {"format", *types})
        raise SavedModelError(f"{path} has or lacks {odd[0]!r}; save the model again")
    for name, kind in types.items():
        if not isinstance(given[name], kind):
            raise SavedModelError(
                f"{path} has {name} = {given[name]!r}, which cannot be; save the model again"
            )
    if not all(isinstance(entry, dict) for entry in given["state"].values()):
        raise SavedModelError(f"{path} has a field without a kind; save the model again")
    return Manifest(**given)


def read_json(path: Path, digest: str, format_: int) -> dict[str, Any]:
    """The object in the JSON file at that path, if its bytes have that SHA-256 and that format.

    Raises
    ------
    SavedModelError
        If the file is missing, damaged, no JSON object with a ``format``, or of another format.
    """
    try:
        given = json.loads(read_bytes(path, digest))
    except ValueError as error:
        raise SavedModelError(f"{path} is not JSON ({error}); save the model again") from error
    if not isinstance(given, dict) or not isinstance(given.get("format"), int):
        raise SavedModelError(f"{path} is not the manifest of a model; save the model again")
    if given["format"] != format_:
        raise SavedModelError(
            f"{path} has format {given['format']}, and this version of Marquee reads format "
            f"{format_}; use the version that wrote it, or fit the model again"
        )
    return given


def read_bytes(path: Path, digest: str) -> bytes:
    """The bytes of the file at that path, if they have that SHA-256; else ``SavedModelError``."""
    if not path.is_file():
        raise SavedModelError(f"{path} is missing; fit and save the model again")
    content = path.read_bytes()
    if hashlib.sha256(content).hexdigest() != digest:
        raise damaged(path)
    return content


def damaged(path: Path) -> SavedModelError:
    """The error for a file whose bytes are not those that were saved."""
    return SavedModelError(
        f"{path} is damaged: its bytes are not those that were saved; restore the file or fit and "
        "save the model again"
    )
