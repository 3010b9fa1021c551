"""What was measured, kept on disk by everything that it depends on.

A result is found again if the rows of its split, the titles and viewers that the model is told of,
the model with its parameters, the clock and the code are the same. The code is that of the model's
class and its members, and of every module of Marquee that these import, so that work on one model
leaves the results of the others standing.
"""

from __future__ import annotations

import ast
import hashlib
import json
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

import marquee
from marquee.models.base import Recommender


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


def code_hash(model: Recommender) -> str:
    """Hash of the modules that fitting, asking and measuring the model runs."""
    modules = {type(part).__module__ for part in _parts(model)}
    files = _closure([*modules, "marquee.evaluation.experiment"])
    digest = hashlib.sha256()
    for name in sorted(files):
        digest.update(name.encode())
        digest.update(files[name].read_bytes())
    return digest.hexdigest()


def _parts(model: Recommender) -> Iterator[Recommender]:
    yield model
    for value in model.params().values():
        for item in value if isinstance(value, tuple) else (value,):
            if isinstance(item, Recommender):
                yield from _parts(item)


def _closure(names: Iterable[str]) -> dict[str, Path]:
    """Files of those modules and of all of Marquee's that they import, by name."""
    files: dict[str, Path] = {}
    waiting = list(names)
    while waiting:
        name = waiting.pop()
        path = _file_of(name)
        if path is not None and name not in files:
            files[name] = path
            waiting += _imports(path)
    return files


def _file_of(name: str) -> Path | None:
    """Where the module or package of that name lies; None for what is none of Marquee's."""
    package, *below = name.split(".")
    if package != "marquee":
        return None
    place = Path(marquee.__file__).parent.joinpath(*below)
    candidates = (place.with_suffix(".py"), place / "__init__.py")
    return next((path for path in candidates if path.is_file()), None)


def _imports(path: Path) -> Iterator[str]:
    """Names that the file imports, each name from a module as if it were a module too."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.module:
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)
        elif isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
