"""Files and worlds come into a workspace together, in any order, without losing a number."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest
from polars.testing import assert_frame_equal

from marquee.data.intake import add_source, add_world, check_source, check_workspace
from marquee.data.workspace import Workspace
from marquee.errors import SourceError, TooManyRejectsError
from sources_kit import FIXTURES


def build_world(workspace: Workspace) -> None:
    add_world(workspace, n_titles=40, n_viewers=30, n_ratings=300, seed=5)


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    return Workspace(tmp_path / "home")


def test_a_world_keeps_its_numbers_when_others_join_and_it_is_built_again(
    workspace: Workspace, tmp_path: Path
) -> None:
    build_world(workspace)
    alone = workspace.tables()
    add_source(workspace, FIXTURES["ml-csv"](tmp_path / "ml"), allow_rejects=True)
    assert workspace.tables().titles.height > alone.titles.height
    build_world(workspace)
    again = workspace.tables()
    world = pl.col("source") == "world"
    for name in ("titles", "ratings", "credits", "viewers"):
        order = [
            column
            for column in ("viewer_id", "title_id", "person", "role", "position")
            if column in getattr(alone, name).columns
        ]
        assert_frame_equal(
            getattr(again, name).filter(world).sort(order).drop("sources", strict=False),
            getattr(alone, name).sort(order).drop("sources", strict=False),
        )


def test_rejects_of_a_source_are_replaced_when_it_is_added_again(
    workspace: Workspace, tmp_path: Path
) -> None:
    path = FIXTURES["movies-dataset"](tmp_path / "films")
    add_source(workspace, path, allow_rejects=True)
    once = workspace.frame("rejects")
    assert once.height > 0
    add_source(workspace, path, allow_rejects=True)
    assert_frame_equal(workspace.frame("rejects"), once)
    counted = check_workspace(workspace).rejects
    assert sum(entry["rejects"] for entry in counted) == once.height


def test_what_is_refused_leaves_the_workspace_as_it_was(
    workspace: Workspace, tmp_path: Path
) -> None:
    build_world(workspace)
    before = workspace.snapshot, workspace.fingerprint()
    files = tmp_path / "ml"
    files.mkdir()
    (files / "movies.csv").write_text("movieId,title,genres\n1,One (1999),Drama\n")
    (files / "ratings.csv").write_text("userId,movieId,rating,timestamp\n1,1,4.0,1\n2,1,9.5,1\n")
    with pytest.raises(TooManyRejectsError, match=r"1 of 3 records.*ratings\.csv: not between"):
        add_source(workspace, files)
    with pytest.raises(SourceError):
        add_source(workspace, tmp_path / "nowhere")
    assert (workspace.snapshot, workspace.fingerprint()) == before


@pytest.mark.parametrize("name", ["letterboxd", "imdb-export", "trakt", "movielens-export"])
def test_a_viewers_own_export_is_never_refused_for_its_rejects(
    name: str, workspace: Workspace, tmp_path: Path
) -> None:
    added = add_source(workspace, FIXTURES[name](tmp_path / "export"))
    assert added.n_rejected > 0.01 * added.n_records
    assert workspace.frame("rejects").filter(~pl.col("row_kept")).height == added.n_rejected


def test_checking_files_writes_nothing(workspace: Workspace, tmp_path: Path) -> None:
    checked = check_source(FIXTURES["tmdb-5000"](tmp_path / "films"))
    assert checked.source == "tmdb-5000"
    assert checked.tables["titles"] > 0
    assert not workspace.home.exists()
