"""The world is written in chunks, and is then the same as the one built in memory."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import polars as pl
import pytest
from polars.testing import assert_frame_equal

from marquee.data.tables import Tables
from marquee.data.workspace import Workspace
from marquee.data.world import build_world, write_world
from marquee.errors import ParameterError

pytestmark = pytest.mark.slow

SIZE = (400, 2500, 20_000)


@pytest.mark.parametrize("chunk", [1, 9_000, 10_000_000])
def test_a_written_world_equals_the_built_one(tmp_path: Path, chunk: int) -> None:
    workspace = Workspace(tmp_path)
    with workspace.new_snapshot() as folder:
        write_world(folder, *SIZE, chunk=chunk)
        assert sorted(path.name for path in folder.iterdir()) == [
            f"{name}.parquet"
            for name in ("availability", "credits", "outcomes", "ratings", "titles", "viewers")
        ]
    written = workspace.tables()
    for name, frame in build_world(*SIZE):
        assert_frame_equal(getattr(written, name), frame)


def test_progress_is_told_and_ends_at_the_total(tmp_path: Path) -> None:
    steps: list[tuple[int, int]] = []
    write_world(tmp_path, *SIZE, chunk=5_000, on_step=lambda *step: steps.append(step))
    assert [total for _, total in steps] == [SIZE[2]] * len(steps)
    done = [done for done, _ in steps]
    assert len(done) > 1
    assert done == sorted(done)
    assert done[-1] == SIZE[2]


def test_a_world_without_ratings_can_be_written(tmp_path: Path) -> None:
    write_world(tmp_path, 50, 3, 0)
    ratings = pl.read_parquet(tmp_path / "ratings.parquet")
    assert ratings.is_empty()
    assert Tables(ratings=ratings).ratings.is_empty()


def test_a_chunk_of_nothing_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ParameterError, match="chunk must be at least 1"):
        write_world(tmp_path, *SIZE, chunk=0)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.slow
def test_memory_does_not_grow_with_the_number_of_ratings(tmp_path: Path) -> None:
    code = (
        "import resource, sys; from pathlib import Path; from marquee.data.world import *\n"
        "write_world(Path(sys.argv[1]), 5000, 15_000, int(sys.argv[2]), chunk=100_000)\n"
        "sys.stdout.write(str(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024))"
    )
    peaks = []
    for n_ratings in (300_000, 3_000_000):
        folder = tmp_path / str(n_ratings)
        folder.mkdir()
        command = [sys.executable, "-c", code, str(folder), str(n_ratings)]
        done = subprocess.run(command, check=True, capture_output=True, text=True)
        peaks.append(int(done.stdout))
    # In memory, 3.5 million more ratings would take 140 MB for the columns alone, twice while made.
    assert peaks[1] - peaks[0] < 200
