"""A split that was saved is the split that is read, or is refused."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from marquee.data.interactions import Interactions
from marquee.errors import ParameterError, SourceError
from marquee.evaluation.splits import parse_split, split_by_time, strong_split
from marquee.lifecycle.split_files import read_splits, write_splits
from splits_kit import DAY, ticking


@pytest.mark.parametrize(
    "word",
    ["random:0.3", "kfold:3", "time:0.7", "rolling:2x3", "last-one", "last-share:0.3", "strong:3"],
)
def test_a_split_comes_back_as_it_was(word: str, tmp_path: Path) -> None:
    data = ticking(5, 400)
    splits = parse_split(word, data, seed=1, relevant_from=2.0)
    write_splits(splits, tmp_path / "deep" / "split.parquet")
    found = read_splits(tmp_path / "deep" / "split.parquet", data)
    assert [split.fingerprint for split in found] == [split.fingerprint for split in splits]
    for old, new in zip(splits, found, strict=True):
        assert old.name == new.name
        for rule in ("relevant_from", "likes_only", "by_time", "test_starts"):
            assert getattr(old, rule) == getattr(new, rule)
        for old_part, new_part in ((old.train, new.train), (old.history, new.history)):
            assert old_part.items == new_part.items
            assert set(old_part.users) == set(new_part.users)
            assert old_part.times is not None
            assert new_part.times is not None
            assert sorted(old_part.times) == sorted(new_part.times)


def test_the_file_holds_pairs_that_any_reader_can_use(tmp_path: Path) -> None:
    data = ticking(3)
    split = split_by_time(data, 0.8)
    write_splits([split], tmp_path / "split.parquet")
    table = pl.read_parquet(tmp_path / "split.parquet")
    assert table.columns == ["split", "part", "viewer_id", "title_id"]
    tested = table.filter(pl.col("part") == "test")
    assert tested["title_id"].to_list() == split.test.items.ids[split.test.matrix.indices].tolist()
    assert len(table) == len(data)
    assert [path.name for path in tmp_path.iterdir()] == ["split.parquet"]


def test_other_ratings_are_other_data(tmp_path: Path) -> None:
    data = ticking(3)
    path = tmp_path / "split.parquet"
    write_splits([split_by_time(data, 0.8)], path)
    values = data.matrix.copy()
    values.data = np.where(np.arange(len(data)) == 5, values.data % 5 + 1, values.data)
    values.data = values.data.astype(np.float32)
    with pytest.raises(ParameterError, match="it was made of other ratings"):
        read_splits(path, replace(data, matrix=values))
    fewer = data.where(np.arange(len(data)) != 5)
    with pytest.raises(ParameterError, match=r"1 of \d+ pairs are not among the"):
        read_splits(path, fewer)


def test_what_is_no_file_of_splits_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="there is no file of splits"):
        read_splits(tmp_path / "none", ticking(0))
    (tmp_path / "text").write_text("split")
    with pytest.raises(SourceError, match="holds no splits"):
        read_splits(tmp_path / "text", ticking(0))
    pl.DataFrame({"split": [0]}).write_parquet(tmp_path / "bare")
    with pytest.raises(SourceError, match="holds no splits"):
        read_splits(tmp_path / "bare", ticking(0))


def test_viewers_that_were_held_out_stay_held_out(tmp_path: Path) -> None:
    users, items = np.nonzero(np.ones((30, 8)))
    data = Interactions.from_arrays(users, items, times=np.arange(240) * DAY)
    split = strong_split(data, liked_from=1.0, n_users=4)
    write_splits([split], tmp_path / "split")
    (found,) = read_splits(tmp_path / "split", data)
    assert found.fingerprint == split.fingerprint
    assert found.profiles is not None
    assert not set(found.train.users) & set(found.test.users)
