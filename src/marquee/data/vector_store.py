"""Vectors kept in a folder by key, such as those of texts that took long to encode."""

from __future__ import annotations

import hashlib
import logging
import os
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import polars as pl
from numpy.typing import NDArray

logger = logging.getLogger(__name__)


class VectorFolder:
    """A folder of Parquet files, one for each batch that was kept; none is ever changed.

    Several processes may keep at once: a file appears whole, under the hash of its keys. One that
    cannot be read counts as absent, and a warning is logged.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def find(self, keys: Sequence[str]) -> dict[str, NDArray[np.float32]]:
        """The vectors of those of the keys that are kept, each of shape (n_dimensions,)."""
        wanted = pl.Series(list(keys), dtype=pl.String).implode()
        found: dict[str, NDArray[np.float32]] = {}
        for path in sorted(self.folder.glob("*.parquet")):
            try:
                batch = pl.read_parquet(path).filter(pl.col("key").is_in(wanted))
                vectors = np.array(batch["vector"].to_list(), np.float32)
            except (OSError, ValueError, pl.exceptions.PolarsError) as error:
                logger.warning("%s cannot be read and is passed over: %s", path, error)
                continue
            found |= dict(zip(batch["key"].to_list(), vectors, strict=True))
        return found

    def keep(self, vectors: dict[str, NDArray[np.float32]]) -> None:
        """Keeps the vectors, all of one length; nothing happens for none."""
        if not vectors:
            return
        self.folder.mkdir(parents=True, exist_ok=True)
        keys = sorted(vectors)
        rows = [vectors[key].astype(np.float32).tolist() for key in keys]
        batch = pl.DataFrame(
            {"key": keys, "vector": rows},
            schema={"key": pl.String, "vector": pl.List(pl.Float32)},
        )
        name = hashlib.sha256("\n".join(keys).encode()).hexdigest()[:16]
        unfinished = self.folder / f"{name}.{os.getpid()}.part"
        batch.write_parquet(unfinished)
        unfinished.replace(self.folder / f"{name}.parquet")


def files_of(name: str) -> str:
    """Names, sizes and times of the files where the name is that of a folder, else nothing."""
    folder = Path(name)
    if not folder.is_dir():
        return ""
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    told = [(str(path.relative_to(folder)), path.stat()) for path in files]
    return "".join(f"\0{path} {own.st_size} {own.st_mtime_ns}" for path, own in told)
