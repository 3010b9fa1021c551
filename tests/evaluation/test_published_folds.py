"""The publisher's folds of MovieLens 100K arrive as the very rows of their files."""

from __future__ import annotations

import hashlib
from pathlib import Path

import numpy as np
import pytest

from marquee.data.ids import IdIndex
from marquee.data.interactions import Interactions
from marquee.data.sources import Files, read_source
from marquee.evaluation.splits import Split, parse_split

pytestmark = pytest.mark.real


@pytest.fixture(scope="module")
def folds(data_root: Path) -> dict[str, Split]:
    path = data_root / "ml-100k"
    source, loaded = read_source(path, "ml-100k")
    read_fold = source.read_fold
    assert read_fold is not None
    data = Interactions.from_ratings(
        loaded.tables.ratings, item_index=IdIndex.of(loaded.tables.titles["title_id"].to_numpy())
    )
    files = Files(path)
    words = ["folds", "ua", "ub"]
    parsed = [
        parse_split(
            word,
            data,
            seed=0,
            fold_names=source.fold_names,
            read_fold=lambda name: read_fold(files, name),
        )
        for word in words
    ]
    return {split.name: split for splits in parsed for split in splits}


def lines_of(path: Path) -> list[tuple[int, int, float]]:
    cells = [line.split("\t") for line in path.read_text().splitlines()]
    return sorted((int(user), int(item), float(rating)) for user, item, rating, _ in cells)


@pytest.mark.parametrize("name", ["u1", "u2", "u3", "u4", "u5", "ua", "ub"])
def test_a_fold_holds_the_rows_of_its_two_files(
    folds: dict[str, Split], data_root: Path, name: str
) -> None:
    digest = hashlib.sha256()
    for role, suffix in (("test", "test"), ("train", "base")):
        rows = lines_of(data_root / "ml-100k" / f"{name}.{suffix}")
        users, items, ratings = zip(*rows, strict=True)
        digest.update(f"{role} {len(rows)} rows\n".encode())
        digest.update(np.array(users, "<i8").tobytes() + np.array(items, "<i8").tobytes())
        digest.update(np.array(ratings, "<f4").tobytes())
    assert folds[name].fingerprint == digest.hexdigest()


def test_the_folds_have_the_sizes_that_their_publisher_tells(folds: dict[str, Split]) -> None:
    assert list(folds) == ["u1", "u2", "u3", "u4", "u5", "ua", "ub"]
    for name, split in folds.items():
        n_test = 20_000 if name[1:].isdigit() else 9_430
        assert (len(split.train), len(split.test)) == (100_000 - n_test, n_test)
        assert (split.train.n_users, split.train.n_items) == (943, 1_682)
        assert not split.shared_pairs().size
    for name in ("ua", "ub"):
        assert set(np.diff(folds[name].test.matrix.indptr).tolist()) == {10}


def test_the_five_folds_test_every_rating_once(folds: dict[str, Split]) -> None:
    tested = sum(folds[f"u{place}"].test.matrix.astype(bool).astype(int) for place in range(1, 6))
    assert tested.nnz == 100_000
    assert tested.max() == 1
