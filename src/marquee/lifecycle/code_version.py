"""Which code a result depends on: work on one model leaves the results of others standing."""

from __future__ import annotations

import ast
import hashlib
import platform
from collections.abc import Iterable, Iterator
from importlib import metadata
from pathlib import Path

import marquee
from marquee.models.base import Recommender

LIBRARIES = (
    *("numpy", "scipy", "numba", "polars", "scikit-learn", "xgboost-cpu", "torch"),
    *("sentence-transformers", "nltk"),
)
"""Libraries by which figures may come out otherwise in another version."""


def code_hash(model: Recommender) -> str:
    """Hash of the modules that fitting, asking and measuring the model runs."""
    modules = {type(part).__module__ for part in parts_of(model)}
    return hash_of([*modules, "marquee.evaluation.experiment"])


def hash_of(names: Iterable[str]) -> str:
    """Hash of those modules and of all of Marquee's that they import."""
    files = closure(names)
    digest = hashlib.sha256()
    for name in sorted(files):
        digest.update(name.encode())
        digest.update(files[name].read_bytes())
    return digest.hexdigest()


def library_versions() -> str:
    """Python and the installed libraries that compute, each with its version, as one line."""
    said = [f"python {platform.python_version()}"]
    for name in LIBRARIES:
        try:
            said.append(f"{name} {metadata.version(name)}")
        except metadata.PackageNotFoundError:
            continue
    return ", ".join(said)


def parts_of(model: Recommender) -> Iterator[Recommender]:
    """The model and its members, and theirs."""
    yield model
    for value in model.params().values():
        for item in value if isinstance(value, tuple) else (value,):
            if isinstance(item, Recommender):
                yield from parts_of(item)


def closure(names: Iterable[str]) -> dict[str, Path]:
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
