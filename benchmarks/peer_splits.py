"""The questions that all peers are asked, and their splits as files that an adapter can read."""

from __future__ import annotations

import functools
import json
import os
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from marquee.data.interactions import Interactions
from marquee.evaluation.metrics import (
    mae,
    mean_over_users,
    ndcg,
    recall_capped,
    rmse,
    standard_error,
)
from marquee.evaluation.splits import Split, parse_split
from marquee.lifecycle.fitting import catalog_interactions
from marquee.models.ranking import TopK
from marquee.service.datasets import OpenedData, open_data


class Question(NamedTuple):
    """Data, a split of it, and what is measured."""

    name: str
    data: str
    split: str
    """As ``marquee evaluate --split`` takes it; figures are means over the splits."""
    kind: str
    """``ratings`` or ``lists``."""
    k: int
    """Length of the lists."""
    words: str


QUESTIONS = (
    Question("ml-100k-folds", "ml-100k", "folds", "ratings", 0, "ML-100K, mean of u1–u5"),
    Question("ml-100k-time", "ml-100k", "time:0.9", "lists", 10, "ML-100K, time:0.9"),
    Question("ml-1m-strong", "ml-1m", "strong:500", "lists", 100, "ML-1M, strong:500"),
    Question("ml-1m-random", "ml-1m", "random:0.1", "ratings", 0, "ML-1M, a random tenth, seed 0"),
)
RELEVANT_FROM = 4.0


def test_splits(question: Question) -> list[Split]:
    """The splits that the question is about."""
    return _parsed(question, question.split)


def validation_split(question: Question) -> Split:
    """The split inside the training part on which parameters are chosen.

    For viewers of whom nothing is learned it is the other viewers that the protocol holds out for
    this; else the same division of the training part once more.
    """
    if question.split.startswith("strong"):
        return _parsed(question, question.split.replace("strong", "strong-validation"))[0]
    (whole,) = _parsed(question, question.split)
    return parse_split(question.split, whole.train, seed=0, relevant_from=RELEVANT_FROM)[0]


def _parsed(question: Question, word: str) -> list[Split]:
    opened = _opened(question.data)
    return parse_split(
        word,
        catalog_interactions(opened.tables, orders=True),
        seed=0,
        fold_names=opened.fold_names,
        read_fold=opened.read_fold,
        ratings=opened.tables.ratings,
        relevant_from=RELEVANT_FROM,
    )


@functools.cache
def _opened(data: str) -> OpenedData:
    root = os.environ.get("MARQUEE_DATA")
    return open_data(data, Path(".marquee"), Path(root) if root else None)


def write_split(split: Split, question: Question, root: Path) -> Path:
    """The folder under ``root`` that tells adapters of the split, written where it is not there.

    No value of a test rating is in it.
    """
    folder = root / f"{question.name}-{split.fingerprint[:12]}"
    if (folder / "split.json").exists():
        return folder
    folder.mkdir(parents=True, exist_ok=True)
    _write(folder / "train.npz", split.train)
    tested = tested_rows(split)
    if question.kind == "ratings":
        np.savez(folder / "asked.npz", rows=split.test.rows, columns=split.test.matrix.indices)
    else:
        _write(folder / "profiles.npz", split.history.take(tested))
        if split.profiles is None:
            np.save(folder / "viewers.npy", tested)
    values = split.train.matrix.data
    told = {
        "name": split.name,
        "fingerprint": split.fingerprint,
        "kind": question.kind,
        "n_users": split.train.n_users,
        "n_items": split.train.n_items,
        "n_asked": len(tested),
        "k": question.k,
        "scale": [float(values.min()), float(values.max())],
    }
    (folder / "split.json").write_text(json.dumps(told, indent=1) + "\n", encoding="utf-8")
    return folder


def _write(path: Path, part: Interactions) -> None:
    arrays: dict[str, Any] = {
        "rows": part.rows,
        "columns": part.matrix.indices,
        "values": part.matrix.data,
    }
    if part.times is not None:
        arrays["times"] = part.times
    np.savez(path, **arrays)


def tested_rows(split: Split) -> Any:
    """Rows of the viewers with a test rating, ascending."""
    return np.flatnonzero(np.diff(split.test.matrix.indptr))


def scored(split: Split, question: Question, out: Path) -> dict[str, float]:
    """What our metrics say of the answer that an adapter left in the folder.

    Raises
    ------
    ValueError
        If a list names a title twice, or one of the viewer's profile.
    """
    if question.kind == "ratings":
        predicted, actual = np.load(out / "ratings.npy"), split.test.matrix.data
        return {"rmse": rmse(predicted, actual), "mae": mae(predicted, actual)}
    items = np.load(out / "lists.npy")
    tested = tested_rows(split)
    _check_lists(items, split.history.take(tested))
    least = RELEVANT_FROM if split.relevant_from is None else split.relevant_from
    relevant = split.test.take(tested).at_least(least).matrix
    lists = TopK(items, np.zeros(items.shape, np.float32))
    by_user = ndcg(lists, relevant)
    length = min(20, question.k)
    short = TopK(items[:, :length], lists.scores[:, :length])
    return {
        f"ndcg@{question.k}": mean_over_users(by_user),
        "se": standard_error(by_user),
        f"recall_capped@{length}": mean_over_users(recall_capped(short, relevant)),
    }


def _check_lists(items: Any, profiles: Interactions) -> None:
    ordered = np.sort(items, axis=1)
    if ((ordered[:, 1:] == ordered[:, :-1]) & (ordered[:, 1:] >= 0)).any():
        raise ValueError("a list names a title twice")
    rows, places = np.nonzero(items >= 0)
    cells = rows * profiles.n_items + items[rows, places]
    told = profiles.rows.astype(np.int64) * profiles.n_items + profiles.matrix.indices
    if np.isin(cells, told).any():
        raise ValueError("a list names a title of the viewer's own profile")
