"""What was measured, kept in a folder: one document and one file of arrays for each result."""

from __future__ import annotations

import dataclasses
import hashlib
import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any
from zipfile import BadZipFile

import numpy as np
import polars as pl

from marquee.data.interactions import Interactions
from marquee.evaluation.comparison import Run
from marquee.evaluation.leaks.leak import Leak
from marquee.evaluation.metrics import Bin
from marquee.evaluation.plain import plain
from marquee.evaluation.report import SplitResult, Sums
from marquee.evaluation.splits.base import by_ids

ARRAYS = ("users", "items", "by_user", "sums", "groups")
"""Fields of a result that are kept as arrays."""


class ResultFolder:
    """Results in a folder by their keys; it is made when the first is kept."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def find(self, key: str) -> Run | None:
        """What was kept under that key; None where nothing was, or not whole."""
        document, arrays = self._paths(key)
        if not document.exists() or not arrays.exists():
            return None
        try:
            told = json.loads(document.read_text(encoding="utf-8"))
            with arrays.open("rb") as stream, np.load(stream, allow_pickle=False) as stored:
                leaks = tuple(Leak(**one) for one in told["leaks"])
                return Run(_result(told["result"], dict(stored)), leaks)
        except (ValueError, KeyError, TypeError, OSError, BadZipFile):
            return None  # of another version, or cut short: it is measured again

    def keep(self, key: str, run: Run, about: dict[str, Any]) -> None:
        """Keeps a run, so that a kill leaves all of it or nothing that is found."""
        result, leaks = run
        document, arrays = self._paths(key)
        self.folder.mkdir(parents=True, exist_ok=True)
        unfinished = arrays.with_suffix(".unfinished")
        with unfinished.open("wb") as stream:
            np.savez_compressed(stream, **_arrays(result))
        unfinished.replace(arrays)
        plain_fields = {
            f.name: plain(getattr(result, f.name))
            for f in dataclasses.fields(result)
            if f.name not in ARRAYS
        }
        unfinished = document.with_suffix(".unfinished")
        unfinished.write_text(
            json.dumps({"about": about, "leaks": plain(leaks), "result": plain_fields}, indent=1),
            encoding="utf-8",
        )
        unfinished.replace(document)

    def _paths(self, key: str) -> tuple[Path, Path]:
        return self.folder / f"{key}.json", self.folder / f"{key}.npz"


def _arrays(result: SplitResult) -> dict[str, Any]:
    found = {"users": result.users}
    if result.items is not None:
        found["items"] = result.items
    found |= {f"by_user/{name}": values for name, values in result.by_user.items()}
    found |= {f"groups/{name}": labels for name, labels in result.groups.items()}
    for name, own in result.sums.items():
        found[f"sums/{'root' if own.root else 'mean'}/{name}"] = np.stack([own.totals, own.weights])
    return found


def _result(told: dict[str, Any], stored: dict[str, Any]) -> SplitResult:
    named = dict(_below("by_user/", stored))
    sums = {
        name: Sums(both[0], both[1], root)
        for kind, root in (("root", True), ("mean", False))
        for name, both in _below(f"sums/{kind}/", stored)
    }
    nothing = float("nan")
    numbers = {
        field: {name: nothing if value is None else value for name, value in told[field].items()}
        for field in ("metrics", "se")
    }
    rows = [[nothing if value is None else value for value in row] for row in told["reliability"]]
    bins = tuple(Bin(low, high, int(n), *means) for low, high, n, *means in rows)
    return SplitResult(
        **told
        | numbers
        | {
            "reliability": bins,
            "users": stored["users"],
            "items": stored.get("items"),
            "by_user": named,
            "sums": sums,
            "groups": dict(_below("groups/", stored)),
        }
    )


def _below(front: str, stored: dict[str, Any]) -> Iterable[tuple[str, Any]]:
    return (
        (name.removeprefix(front), array)
        for name, array in stored.items()
        if name.startswith(front)
    )


def data_version(
    interactions: Interactions, titles: pl.DataFrame | None, viewers: pl.DataFrame | None
) -> str:
    """SHA-256, in hexadecimal, of ratings with their times, titles and viewers.

    The same for the same rows however they are ordered.
    """
    order = by_ids(interactions)
    digest = hashlib.sha256()
    for ids in (
        interactions.users.ids[interactions.rows[order]],
        interactions.items.ids[interactions.matrix.indices[order]],
    ):
        digest.update(json.dumps(ids.tolist()).encode())
    digest.update(np.ascontiguousarray(interactions.matrix.data[order], "<f4").data)
    if interactions.times is not None:
        digest.update(np.ascontiguousarray(interactions.times[order], "<i8").data)
    for frame, key in ((titles, "title_id"), (viewers, "viewer_id")):
        if frame is not None:
            digest.update(frame.sort(key).write_json().encode())
    return digest.hexdigest()
