"""The demo on a small world: it tells what to try, and is the same the second time."""

from __future__ import annotations

from pathlib import Path

import pytest

from marquee.app.cli import picks, training
from marquee.data.feedback import FeedbackStore
from marquee.data.intake import add_world
from marquee.data.workspace import Workspace
from marquee.lifecycle.fitting import fit_workspace
from marquee.models import RECIPES
from marquee.service.demo import NAMES, ready_made_viewers
from marquee.service.engine import Engine

from .conftest import Run


def test_ready_made_viewers_differ_and_are_made_once(world_home: Path, tmp_path: Path) -> None:
    feedback = FeedbackStore(f"sqlite:///{tmp_path / 'feedback.db'}")
    feedback.migrate()
    engine = Engine(Workspace(world_home), feedback=feedback)
    made = ready_made_viewers(engine.library, feedback)
    assert tuple(made) == NAMES
    lists = [
        [pick.title.title_id for pick in engine.recommend(viewer_id=number).picks]
        for number in made.values()
    ]
    assert len({tuple(each) for each in lists}) == len(NAMES)
    assert ready_made_viewers(engine.library, feedback) == made
    assert len(feedback.viewers()) == len(NAMES)
    assert all(15 <= len(feedback.profile(number).ratings) <= 40 for number in made.values())
    feedback.close()


def test_the_demo_recommends_with_reasons_and_says_what_to_try(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(picks, "DEMO_VIEWER", 5)
    monkeypatch.setattr(
        training,
        "world",
        lambda context: add_world(
            Workspace(context.obj.home), n_titles=200, n_viewers=120, n_ratings=5_000, seed=3
        ),
    )
    for _ in range(2):
        done = run("--home", tmp_path, "demo", "--no-serve")
        assert done.code == 0, done.err
        assert "because of" in done.out
        assert "fictional" in done.out
        assert "marquee recommend --like" in done.err
    after = run("--home", tmp_path, "recommend", "--viewer", 6, "--json")
    assert len(after.answer["picks"]) == 10


def test_what_was_said_in_the_app_counts_on_the_command_line_and_in_the_next_fit(
    run: Run, tmp_path: Path
) -> None:
    from datetime import UTC, datetime

    from marquee.data.feedback import Event, Settings

    workspace = Workspace(tmp_path)
    add_world(workspace, n_titles=60, n_viewers=40, n_ratings=700, seed=3)
    fit_workspace(workspace, RECIPES["ease-content"](), "ease-content")
    feedback = FeedbackStore(f"sqlite:///{tmp_path / 'feedback.db'}")
    feedback.migrate()
    viewer = feedback.add_viewer(Settings(name="Zoë"))
    at = datetime(2025, 6, 1, tzinfo=UTC)
    feedback.write([Event(viewer, "rate", at, title_id=1, value=5.0)])
    feedback.close()
    answer = run("--home", tmp_path, "recommend", "--viewer", viewer, "--json").answer
    assert answer["based_on"] == f"1 rating(s) of viewer {viewer}"
    version = answer["model_version"]
    assert run("--home", tmp_path, "fit").code == 0
    again = run("--home", tmp_path, "recommend", "--viewer", viewer, "--json").answer
    assert again["model_version"] != version
