"""What was measured, kept on disk by everything that it depends on.

A result is found again if the rows of its split, the titles and viewers that the model is told of,
the model with its parameters, the clock and the code are the same. The code is that of the model's
class and its members, and of every module of Marquee that these import, so that work on one model
leaves the results of the others standing.
"""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from marquee.lifecycle.code_version import code_hash as code_hash


class Store:
    """Results in a folder, one pair of files each."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir(parents=True, exist_ok=True)

    def find(self, key: str) -> dict[str, Any] | None:
        """What was measured under that key; None where nothing was."""
        path = self.folder / f"{key}.json"
        found: dict[str, Any] | None = json.loads(path.read_text()) if path.exists() else None
        return found

    def keep(
        self, key: str, result: dict[str, Any], users: Any, values: NDArray[np.float64]
    ) -> None:
        """Keeps a result and the value of each user, so that a kill leaves both or none."""
        arrays, document = self.folder / f"{key}.npz", self.folder / f"{key}.json"
        with arrays.open("wb") as stream:
            np.savez_compressed(stream, users=users, values=values)
        unfinished = document.with_suffix(".unfinished")
        unfinished.write_text(json.dumps(result, indent=1))
        unfinished.replace(document)

    def by_user(self, key: str) -> tuple[Any, NDArray[np.float64]]:
        """The users of a result and the value of each."""
        with np.load(self.folder / f"{key}.npz", allow_pickle=False) as arrays:
            return arrays["users"], arrays["values"]


def key_of(**parts: Any) -> str:
    """A name for a result that differs where any of the parts does."""
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()[:24]


def frame_hash(*frames: pl.DataFrame) -> str:
    """Hash of the contents of frames."""
    digest = hashlib.sha256()
    for frame in frames:
        digest.update(frame.write_json().encode())
    return digest.hexdigest()
