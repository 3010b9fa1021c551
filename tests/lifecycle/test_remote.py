"""Copies elsewhere: whole or not there, on disk and on S3, whatever the store does meanwhile."""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("s3fs", reason="the extra s3 is not installed: pip install 'marquee[s3]'")

from marquee.data.workspace import Workspace
from marquee.errors import ParameterError, RemoteError, WorkspaceError
from marquee.lifecycle.copying import pull_run, pull_tables, push_run, push_tables
from marquee.lifecycle.remote import Store
from marquee.lifecycle.runs import remove_models, run_folder, runs
from marquee.lifecycle.serving import serving_key
from marquee.lifecycle.training import train
from marquee.models.popularity import Popularity
from runs_kit import AT
from s3_kit import S3, cuts, fails, is_slow, keeps_half, running

from .test_retraining import tables

pytestmark = pytest.mark.slow

FAULTS = [fails, is_slow, cuts, keeps_half]


@pytest.fixture(scope="module")
def server() -> Iterator[S3]:
    with running() as made:
        yield made


@pytest.fixture
def s3(server: S3) -> S3:
    """The server, empty and well-behaved."""
    server.objects.clear()
    server.faults.clear()
    server.asked.clear()
    return server


OPENED: dict[int, Store] = {}
"""One client for all tests: making one is nearly all that asking costs."""


def store(s3: S3, *, tries: int = 6, sleep: Any = lambda _: None) -> Store:
    made = OPENED.get(id(s3)) or Store("s3://bucket/films", options=s3.options)
    OPENED[id(s3)] = made
    made._fs.retries = 1  # trying again is ours here
    made._tries, made._sleep = tries, sleep
    return made


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "made"
    (made / "below").mkdir(parents=True)
    (made / "one").write_bytes(b"1" * 70_000)
    (made / "below" / "two").write_bytes(b"two")
    (made / "below" / "empty").write_bytes(b"")
    (made / ".lock").write_bytes(b"")
    return made


def content(folder: Path) -> dict[str, bytes]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and path.name != ".lock"
    }


@pytest.mark.parametrize("kind", ["disk", "file", "memory", "s3"])
def test_what_is_pushed_is_pulled(kind: str, folder: Path, tmp_path: Path, s3: S3) -> None:
    urls = {"disk": str(tmp_path / "Łódź"), "file": f"file://{tmp_path / 'there'}"}
    place = store(s3) if kind == "s3" else Store(urls.get(kind, "memory://films"))
    pushed = place.push(folder, "runs/one")
    assert (pushed.n_files, pushed.n_bytes, pushed.n_sent) == (3, 70_003, 3)
    place.pull("runs/one", tmp_path / "pulled")
    assert content(tmp_path / "pulled") == content(folder)
    assert place.push(folder, "runs/two").n_sent == 0, "what is there is not sent again"
    with pytest.raises(ParameterError, match="exists already"):
        place.pull("runs/one", tmp_path / "pulled")


@pytest.mark.parametrize("fault", FAULTS)
def test_a_store_that_stumbles_at_any_request_keeps_and_gives_the_whole(
    fault: Any, folder: Path, tmp_path: Path, s3: S3
) -> None:
    store(s3).push(folder, "one")
    n_pushing = len(s3.asked)
    s3.asked.clear()
    store(s3).pull("one", tmp_path / "pulled")
    n_pulling = len(s3.asked)
    for number in range(0, n_pushing, 3):
        s3.objects.clear()
        s3.faults[:] = [*[None] * number, fault]
        try:
            store(s3).push(folder, "one")
        except RemoteError:
            assert fault is keeps_half
            assert "bucket/films/one.json" not in s3.objects
            s3.faults.clear()
            store(s3).push(folder, "one")
        s3.faults.clear()
        store(s3).pull("one", tmp_path / f"after-{number}")
        assert content(tmp_path / f"after-{number}") == content(folder)
    if fault is not keeps_half:
        for number in range(0, n_pulling, 2):
            s3.faults[:] = [*[None] * number, fault]
            store(s3).pull("one", tmp_path / f"with-{number}")
            assert content(tmp_path / f"with-{number}") == content(folder)


@pytest.mark.parametrize("fault", [fails, cuts])
def test_a_store_that_never_answers_is_told_and_nothing_is_left(
    fault: Any, folder: Path, tmp_path: Path, s3: S3
) -> None:
    s3.faults[:] = [fault] * 99
    with pytest.raises(RemoteError, match="s3://bucket/films does not let us look for"):
        store(s3, tries=2).push(folder, "one")
    s3.faults.clear()
    assert s3.objects == {}
    with pytest.raises(RemoteError, match="holds no copy one"):
        store(s3).pull("one", tmp_path / "pulled")
    store(s3).push(folder, "one")
    s3.faults[:] = [None, *[fault] * 99]
    with pytest.raises(RemoteError, match="does not let us read"):
        store(s3, tries=2).pull("one", tmp_path / "pulled")
    assert not list(tmp_path.glob("*pull*"))
    assert not list(tmp_path.glob(".*pull*"))


def test_a_push_that_stops_leaves_the_old_copy_and_the_next_goes_on(
    folder: Path, tmp_path: Path, s3: S3
) -> None:
    store(s3).push(folder, "one")
    before = content(folder)
    (folder / "one").write_bytes(b"another")
    (folder / "three").write_bytes(b"three")
    s3.asked.clear()
    # All that is asked up to the list passes, and then the line is dead.
    s3.faults[:] = [*[None] * 9, *[fails] * 99]
    with pytest.raises(RemoteError):
        store(s3, tries=1).push(folder, "one")
    s3.faults.clear()
    store(s3).pull("one", tmp_path / "old")
    assert content(tmp_path / "old") == before
    assert store(s3).push(folder, "one").n_sent < 4
    store(s3).pull("one", tmp_path / "new")
    assert content(tmp_path / "new") == content(folder)


def test_waits_grow_from_try_to_try(folder: Path, s3: S3) -> None:
    waits: list[float] = []
    s3.faults[:] = [fails] * 3
    store(s3, sleep=waits.append).push(folder, "one")
    assert waits == [0.2, 0.4, 0.8]


def test_a_byte_that_changed_in_the_store_is_found(folder: Path, tmp_path: Path) -> None:
    place = Store(str(tmp_path / "there"), sleep=lambda _: None)
    place.push(folder, "one")
    for path in (tmp_path / "there" / "objects").iterdir():
        held = path.read_bytes()
        path.write_bytes(held[:-1] + b"x")
        with pytest.raises(RemoteError, match="is not what was pushed"):
            place.pull("one", tmp_path / "pulled")
        path.write_bytes(held)
    place.pull("one", tmp_path / "pulled")


@pytest.mark.parametrize("path", ["../evil", "/etc/evil", "a/../../evil", "C:evil", "a\\evil", ""])
def test_a_list_that_leads_elsewhere_is_refused(path: str, folder: Path, tmp_path: Path) -> None:
    place = Store(str(tmp_path / "there"))
    place.push(folder, "one")
    listed = tmp_path / "there" / "one.json"
    given = json.loads(listed.read_text())
    given["files"][path] = given["files"].pop("one")
    listed.write_text(json.dumps(given))
    with pytest.raises(RemoteError, match="is no list of a copy"):
        place.pull("one", tmp_path / "pulled")


@pytest.mark.parametrize(
    "written",
    [
        "{",
        "[]",
        '{"format": 2, "files": {}}',
        '{"format": 1}',
        '{"format": 1, "files": {"a": {"sha256": "../b"}}}',
    ],
)
def test_a_list_that_is_none_is_refused(written: str, tmp_path: Path) -> None:
    (tmp_path / "one.json").write_text(written)
    with pytest.raises(RemoteError, match="is no list of a copy"):
        Store(str(tmp_path)).pull("one", tmp_path / "pulled")


@pytest.mark.parametrize("name", ["../one", "/one", "", "One", "a//../b", "a b"])
def test_names_and_urls_that_cannot_be_are_refused(name: str, folder: Path, tmp_path: Path) -> None:
    with pytest.raises(ParameterError, match="is no name of a copy"):
        Store(str(tmp_path / "there")).push(folder, name)
    with pytest.raises(ParameterError, match="cannot be opened"):
        Store("gopher://films")


# Runs and tables


def workspaces(tmp_path: Path) -> tuple[Workspace, Workspace]:
    here, there = Workspace(tmp_path / "here"), Workspace(tmp_path / "away")
    here.write(tables())
    there.write(tables(2))
    return here, there


def test_a_run_that_was_carried_elsewhere_is_the_same_run(tmp_path: Path, s3: S3) -> None:
    here, there = workspaces(tmp_path)
    train(here, Popularity, "popularity", created_at=AT, run_id="one")
    push_run(here, "one", store(s3))
    pull_run(there, "one", store(s3))
    assert runs(there) == runs(here)
    assert content(run_folder(there, "one")) == content(run_folder(here, "one"))
    assert serving_key(there) is None
    remove_models(here, "one")
    with pytest.raises(WorkspaceError, match="was removed"):
        push_run(here, "one", store(s3))
    with pytest.raises(RemoteError, match="holds no copy runs/two"):
        pull_run(there, "two", store(s3))


def test_a_copy_that_is_another_run_or_none_is_not_taken(tmp_path: Path) -> None:
    here, there = workspaces(tmp_path)
    place = Store(str(tmp_path / "there"))
    train(here, Popularity, "popularity", created_at=AT, run_id="one")
    push_run(here, "one", place)
    listed = tmp_path / "there" / "runs" / "one.json"
    listed.with_name("two.json").write_bytes(listed.read_bytes())
    with pytest.raises(RemoteError, match="holds another run under the name two"):
        pull_run(there, "two", place)
    (tmp_path / "odd").mkdir()
    (tmp_path / "odd" / "run.json").write_text("{}")
    place.push(tmp_path / "odd", "runs/three")
    with pytest.raises(Exception, match=r"run\.json"):
        pull_run(there, "three", place)
    assert runs(there) == []
    assert not list((there.home / "runs").iterdir())


def test_tables_come_into_force_when_all_are_there_and_right(tmp_path: Path, s3: S3) -> None:
    here, there = workspaces(tmp_path)
    push_tables(here, store(s3))
    s3.faults[:] = [*[None] * 3, *[fails] * 99]
    before = (there.snapshot, there.fingerprint())
    with pytest.raises(RemoteError):
        pull_tables(there, store(s3, tries=1))
    assert (there.snapshot, there.fingerprint()) == before
    s3.faults.clear()
    pull_tables(there, store(s3))
    assert there.fingerprint() == here.fingerprint()
    assert there.snapshot != before[0]


def test_a_table_that_is_none_does_not_come_into_force(tmp_path: Path) -> None:
    here, there = workspaces(tmp_path)
    for number, (name, body) in enumerate(
        itertools.product(["titles.parquet", "evil.parquet"], [b"", b"PAR1"])
    ):
        odd = tmp_path / f"odd-{number}"
        odd.mkdir()
        (odd / name).write_bytes(body)
        place = Store(str(tmp_path / f"there-{number}"))
        place.push(odd, "tables")
        with pytest.raises(RemoteError, match=f"holds no table in {name}"):
            pull_tables(there, place)
    assert there.snapshot == "000001"
    with pytest.raises(WorkspaceError, match="holds no data"):
        push_tables(Workspace(tmp_path / "empty"), Store(str(tmp_path / "nowhere")))
    assert here.snapshot == "000001"
