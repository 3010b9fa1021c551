"""Tables, runs and reports in a store of objects, as the commands name it."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

pytest.importorskip("s3fs", reason="the extra s3 is not installed: pip install 'marquee[s3]'")

from marquee.data.workspace import Workspace
from marquee.lifecycle.training import train
from runs_kit import AT, MODELS
from s3_kit import S3, running

from .conftest import Run

URL = "s3://films/marquee"

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def server() -> Iterator[S3]:
    """A store on this machine; clients keep their connections, so one serves all tests."""
    with running() as server:
        yield server


@pytest.fixture
def s3(server: S3, monkeypatch: pytest.MonkeyPatch) -> S3:
    """The store, empty, told as deployments tell theirs: by the environment."""
    server.objects.clear()
    monkeypatch.setenv("AWS_ENDPOINT_URL", server.options["client_kwargs"]["endpoint_url"])
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "k")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "s")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    return server


def test_another_host_starts_from_what_was_pushed(
    run: Run, s3: S3, world_home: Path, tmp_path: Path
) -> None:
    one, other = tmp_path / "one", tmp_path / "other"
    shutil.copytree(world_home, one)
    made = train(Workspace(one), MODELS["popularity"], "popularity", created_at=AT).id
    assert run("--home", one, "data", "push", URL).code == 0
    assert run("--home", one, "models", "push", made, URL).code == 0
    assert {name.split("/")[2] for name in s3.objects} >= {"objects", "tables.json", "runs"}
    assert run("--home", other, "data", "pull", URL).code == 0
    assert run("--home", other, "models", "pull", made, URL).code == 0
    told = run("--home", other, "models", "show", made, "--json")
    assert told.code == 0, told.err
    absent = run("--home", other, "models", "pull", "20200101-000000-none-000000", URL)
    assert absent.code != 0
    assert "holds no copy" in absent.err


@pytest.mark.parametrize("ending", ["html", "md"])
def test_a_report_is_written_to_a_store_and_checked_there(
    run: Run, s3: S3, world_home: Path, ending: str
) -> None:
    where = f"{URL}/reports/films.{ending}"
    only = ("--only", "rating-distribution")
    done = run("--home", world_home, "insights", "report", "--out", where, *only)
    assert done.code == 0, done.err
    assert where in done.out
    names = {name.removeprefix("films/marquee/reports/") for name in s3.objects}
    if ending == "md":
        assert names == {"films.md", "films-charts/rating-distribution.svg"}
        return
    assert names == {"films.html"}
    held = run("--home", world_home, "insights", "verify", where)
    assert (held.code, held.out.splitlines()[-1][:4]) == (0, "All "), held.err
    absent = run("--home", world_home, "insights", "verify", f"{URL}/reports/other.html")
    assert "holds no file other.html" in absent.err
