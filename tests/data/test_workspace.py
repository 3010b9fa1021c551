"""What a workspace promises whoever writes and reads at once, or is killed in between."""

from __future__ import annotations

import os
import random
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from marquee.data import workspace as module
from marquee.data.schema import REJECTS, SCHEMAS
from marquee.data.tables import Tables
from marquee.data.workspace import Workspace
from marquee.errors import MarqueeError, SchemaError, WorkspaceError

N_ROWS = 40


def generation(number: int, n_rows: int = N_ROWS) -> Tables:
    """Tables of which every row carries the number."""
    ids = list(range(1, n_rows + 1))
    mark = f"generation {number}"
    return Tables(
        titles=pl.DataFrame({"title_id": ids, "kind": "film", "name": mark, "source": mark}),
        viewers=pl.DataFrame({"viewer_id": ids, "source_id": ids, "source": mark}),
        ratings=pl.DataFrame(
            {"viewer_id": ids, "title_id": ids, "rating": 3.0, "source": mark},
        ),
        credits=pl.DataFrame({"title_id": ids, "person": mark, "role": "actor", "source": mark}),
    )


def number_of(tables: Tables) -> int:
    """The generation of the tables, which must be whole and all of one."""
    marks: set[str] = set()
    for name in ("titles", "viewers", "ratings", "credits"):
        frame: pl.DataFrame = getattr(tables, name)
        assert frame.height == N_ROWS, name
        marks |= set(frame["source"])
    assert len(marks) == 1
    return int(marks.pop().removeprefix("generation "))


def test_an_empty_workspace_says_so(tmp_path: Path) -> None:
    workspace = Workspace(tmp_path / "none")
    assert workspace.snapshot is None
    assert all(frame.is_empty() for _, frame in workspace.tables())
    with pytest.raises(WorkspaceError, match="holds no data; run `marquee world`"):
        workspace.scan("titles")
    assert not (tmp_path / "none").exists()


def test_what_is_written_is_read_back(tmp_path: Path) -> None:
    workspace = Workspace(tmp_path)
    workspace.write(generation(7))
    for (_, written), (_, read) in zip(generation(7), Workspace(tmp_path).tables(), strict=True):
        assert written.equals(read)
    assert workspace.scan("ratings").select(pl.len()).collect().item() == N_ROWS
    assert all(workspace.path(name).exists() for name in SCHEMAS)
    with pytest.raises(WorkspaceError, match="no table 'ratings2'"):
        workspace.path("ratings2")


def test_a_workspace_from_before_a_table_was_thought_of_still_opens(tmp_path: Path) -> None:
    workspace = Workspace(tmp_path)
    workspace.write(generation(7))
    workspace.path("ambiguous").unlink()
    assert number_of(workspace.tables()) == 7
    assert workspace.tables().ambiguous.is_empty()
    assert workspace.counts()["ambiguous"] == 0
    assert workspace.counts()["titles"] == N_ROWS


def test_rejects_stay_until_they_are_replaced(tmp_path: Path) -> None:
    reject = {"source": "s", "file": "f", "line": 1, "reason": "r", "row_kept": False}
    bad = pl.DataFrame([{**dict.fromkeys(REJECTS.dtypes), **reject}], schema=REJECTS.dtypes)
    workspace = Workspace(tmp_path)
    workspace.write(generation(1), rejects=bad)
    workspace.write(generation(2))
    assert workspace.frame("rejects").height == 1
    workspace.write(generation(3), rejects=bad.clear())
    assert workspace.frame("rejects").is_empty()


@pytest.mark.parametrize("name", ["films [2024]", "what?", "all *", "{a,b}", "ünï 東京"])
def test_a_home_may_be_called_anything(tmp_path: Path, name: str) -> None:
    home = tmp_path / name
    Workspace(home).write(generation(1))
    assert number_of(Workspace(home).tables()) == 1
    assert Workspace(home).scan("titles").collect().height == N_ROWS
    assert Workspace(home).counts()["titles"] == N_ROWS


@pytest.mark.parametrize("place", ["file", "file/below"])
def test_a_home_that_cannot_be_made_is_told_by_name(tmp_path: Path, place: str) -> None:
    (tmp_path / "file").write_text("not a folder")
    with pytest.raises(WorkspaceError, match=r"file.* cannot be written"):
        Workspace(tmp_path / place).write(generation(1))


def test_a_disk_that_fills_up_is_told_and_leaves_the_old_tables(tmp_path: Path) -> None:
    workspace = Workspace(tmp_path)
    workspace.write(generation(1))
    said = "parquet: underlying IO error: No space left on device (os error 28)"  # Polars' words
    with (
        pytest.raises(WorkspaceError, match=r"cannot be written to .*No space left on device"),
        workspace.new_snapshot(),
    ):
        raise pl.exceptions.ComputeError(said)
    with pytest.raises(pl.exceptions.ComputeError), workspace.new_snapshot():
        raise pl.exceptions.ComputeError("a mistake of ours")
    assert number_of(workspace.tables()) == 1


def test_a_breach_of_schema_is_refused_and_nothing_is_replaced(tmp_path: Path) -> None:
    workspace = Workspace(tmp_path)
    workspace.write(generation(1))
    tables = generation(2)
    # Behind the back of Tables, which would refuse it first.
    broken = tables.outcomes.clear().with_columns(extra=pl.lit(1))
    object.__setattr__(tables, "outcomes", broken)
    with pytest.raises(SchemaError):
        workspace.write(tables)
    assert number_of(Workspace(tmp_path).tables()) == 1
    with pytest.raises(SchemaError):
        workspace.write(generation(2), rejects=pl.DataFrame({"source": [None]}))
    assert number_of(Workspace(tmp_path).tables()) == 1
    workspace.write(generation(3))
    assert number_of(Workspace(tmp_path).tables()) == 3


def test_an_error_inside_a_new_snapshot_leaves_the_old_one(tmp_path: Path) -> None:
    workspace = Workspace(tmp_path)
    workspace.write(generation(1))

    def fail() -> None:
        with workspace.new_snapshot() as folder:
            module.write_parquet(generation(2).titles, folder / "titles.parquet")
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    assert number_of(workspace.tables()) == 1


class Killed(BaseException):
    """Stands for the process ending at this point."""


def steps(monkeypatch: pytest.MonkeyPatch, end_at: int | None) -> Callable[[], int]:
    """Counts every step that touches the disk, and ends the process at one of them."""
    count = 0

    def counted(owner: Any, name: str) -> None:
        original = getattr(owner, name)

        def step(*args: Any, **kwargs: Any) -> Any:
            nonlocal count
            count += 1
            if count == end_at:
                raise Killed
            return original(*args, **kwargs)

        monkeypatch.setattr(owner, name, step)

    for owner, name in (
        (os, "fsync"),
        (Path, "replace"),
        (Path, "mkdir"),
        (shutil, "rmtree"),
        (pl.DataFrame, "write_parquet"),
    ):
        counted(owner, name)
    return lambda: count


@pytest.mark.slow
def test_ending_at_any_step_leaves_the_old_tables_or_the_new(tmp_path: Path) -> None:
    with pytest.MonkeyPatch.context() as patch:
        Workspace(tmp_path / "count").write(generation(0))
        count = steps(patch, None)
        Workspace(tmp_path / "count").write(generation(0))
        n_steps = count()
    assert n_steps > 3 * len(SCHEMAS)
    seen = []
    home = tmp_path / "home"
    Workspace(home).write(generation(0))
    for step in range(1, n_steps + 1):
        before = number_of(Workspace(home).tables())
        with pytest.MonkeyPatch.context() as patch:
            steps(patch, step)
            with pytest.raises(Killed):
                Workspace(home).write(generation(before + 1))
        after = number_of(Workspace(home).tables())
        assert after in (before, before + 1)
        seen.append(after - before)
        Workspace(home).write(generation(after + 1))
        assert number_of(Workspace(home).tables()) == after + 1
    # Most steps come before the new tables are in force.
    assert 0 < sum(seen) < len(seen) / 2
    assert len(list((home / "snapshots").iterdir())) == module.KEPT_SNAPSHOTS


WRITER = """
import sys
from pathlib import Path
sys.path[:0] = sys.argv[3:]
from test_workspace import generation
from marquee.data.workspace import Workspace
workspace = Workspace(Path(sys.argv[1]))
for number in range(int(sys.argv[2]), 1 << 30):
    workspace.write(generation(number))
    if number == int(sys.argv[2]):
        print("writing", flush=True)
"""


def writer(home: Path, first: int) -> subprocess.Popen[str]:
    command = [sys.executable, "-c", WRITER, str(home), str(first), str(Path(__file__).parent)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True)


@pytest.mark.slow
@pytest.mark.fault
def test_a_writer_killed_at_any_instant_leaves_whole_tables(
    tmp_path: Path, soak_round: int
) -> None:
    rng = random.Random(4803 + soak_round)
    last = 0
    fresh = 0
    # A busy machine writes slowly: kills come later and later, until enough came in between.
    for attempt in range(240):
        if attempt >= 24 and fresh > 5:
            break
        child = writer(tmp_path, last + 1)
        assert child.stdout is not None
        assert child.stdout.readline() == "writing\n"
        time.sleep(rng.uniform(0, 0.15 * (1 + attempt // 24)))
        os.kill(child.pid, signal.SIGKILL)
        child.wait()
        child.stdout.close()
        now = number_of(Workspace(tmp_path).tables())
        assert now > last
        fresh += now > last + 1
        last = now
    assert fresh > 5, "the kills came before the writing had begun"
    partial = [path for path in tmp_path.rglob("*.partial") if path.parent == tmp_path]
    Workspace(tmp_path).write(generation(last + 1))
    assert number_of(Workspace(tmp_path).tables()) == last + 1
    assert len(partial) <= 1


def test_a_second_writer_is_told_that_another_writes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "LOCK_SECONDS", 0.05)
    one, other = Workspace(tmp_path), Workspace(tmp_path)
    one.write(generation(1))
    with one.writing():
        with pytest.raises(WorkspaceError, match="is being written by another process"):
            other.write(generation(3))
        one.write(generation(2))
    assert number_of(other.tables()) == 2
    other.write(generation(3))
    assert number_of(one.tables()) == 3


@pytest.mark.slow
def test_writers_at_once_lose_no_write(tmp_path: Path) -> None:
    errors: list[MarqueeError] = []

    def write(first: int) -> None:
        try:
            for number in range(first, first + 5):
                Workspace(tmp_path).write(generation(number))
        except MarqueeError as error:
            errors.append(error)

    threads = [threading.Thread(target=write, args=(first,)) for first in (1, 101, 201)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert errors == []
    assert Workspace(tmp_path).snapshot == "000015"
    assert number_of(Workspace(tmp_path).tables()) % 100 == 5


def test_an_open_scan_survives_a_write(tmp_path: Path) -> None:
    workspace = Workspace(tmp_path)
    workspace.write(generation(1))
    scan = workspace.scan("ratings")
    workspace.write(generation(2))
    assert set(scan.collect()["source"]) == {"generation 1"}
    assert set(workspace.scan("ratings").collect()["source"]) == {"generation 2"}


@pytest.mark.slow
def test_a_reader_never_sees_tables_of_two_writes(tmp_path: Path) -> None:
    Workspace(tmp_path).write(generation(0))
    done = threading.Event()

    def write() -> None:
        try:
            for number in range(1, 15):
                Workspace(tmp_path).write(generation(number))
        finally:
            done.set()

    thread = threading.Thread(target=write)
    thread.start()
    seen = [0]
    try:
        while not done.is_set():
            seen.append(number_of(Workspace(tmp_path).tables()))
    finally:
        thread.join()
    assert seen == sorted(seen)
    assert len(set(seen)) > 2


def test_a_reader_whose_snapshot_is_cleared_away_gets_the_next(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    Workspace(tmp_path).write(generation(1))
    reading = pl.read_parquet
    later = iter((2, 3))

    def slow(path: Path, *, glob: bool) -> pl.DataFrame:
        for number in later:
            Workspace(tmp_path).write(generation(number), rejects=REJECTS.empty())
        return reading(path, glob=glob)

    monkeypatch.setattr(pl, "read_parquet", slow)
    assert number_of(Workspace(tmp_path).tables()) == 3


def test_old_snapshots_are_cleared_away(tmp_path: Path) -> None:
    workspace = Workspace(tmp_path)
    for number in range(6):
        workspace.write(generation(number))
    names = sorted(path.name for path in (tmp_path / "snapshots").iterdir())
    assert names == ["000005", "000006"]
    assert workspace.snapshot == "000006"


@pytest.mark.parametrize("name", ["", "latest", "../000001", "\u0661"])
def test_a_damaged_pointer_is_told_with_the_way_out(name: str, tmp_path: Path) -> None:
    workspace = Workspace(tmp_path)
    workspace.write(generation(1))
    (tmp_path / "CURRENT").write_text(name, encoding="utf-8")
    for ask in (workspace.tables, workspace.counts, lambda: workspace.scan("titles")):
        with pytest.raises(WorkspaceError, match=r"CURRENT is damaged: .* newest folder of .*snap"):
            ask()


@pytest.mark.parametrize("damage", ["no file", "no folder", "no Parquet"])
def test_a_damaged_table_is_told_with_the_way_out(damage: str, tmp_path: Path) -> None:
    workspace = Workspace(tmp_path)
    workspace.write(generation(1))
    file = workspace.path("titles")
    if damage == "no folder":
        shutil.rmtree(file.parent)
    elif damage == "no file":
        shutil.rmtree(file.parent)
        (tmp_path / "CURRENT").write_text("000009")
    else:
        file.write_bytes(b"PAR1 and nothing more")
    for ask in (workspace.tables, workspace.counts, lambda: workspace.frame("titles")):
        with pytest.raises(WorkspaceError, match=r"snapshots.0000.. is damaged .*with --home"):
            ask()
