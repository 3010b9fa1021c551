"""The demo on a small world: it tells what to try, and is the same the second time."""

from __future__ import annotations

import json
import re
import signal
import socket
import subprocess
import sys
import threading
import urllib.request
from pathlib import Path

import pytest

from marquee.app.cli import forecast_demo, picks, training
from marquee.data.feedback import FeedbackStore
from marquee.data.intake import add_world
from marquee.data.workspace import Workspace
from marquee.lifecycle.fitting import fit_workspace
from marquee.models import RECIPES
from marquee.service.demo import NAMES, ready_made_viewers
from marquee.service.engine import Engine

from .conftest import Run

pytestmark = pytest.mark.slow


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
        forecast_demo, "SETTINGS", {"n_parts": "2", "n_trees": "20", "n_seeds": "1"}
    )
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
        assert re.search(r"A forecast: .* of revenue, 8 of 10 such films \$", done.out, re.DOTALL)
    after = run("--home", tmp_path, "recommend", "--viewer", 6, "--json")
    assert len(after.answer["picks"]) == 10


SMALL_DEMO = """
import sys
from marquee.app.cli import forecast_demo, main, picks, training
from marquee.data.intake import add_world
from marquee.data.workspace import Workspace

picks.DEMO_VIEWER = 5
forecast_demo.say_demo_forecast = lambda settings: None  # told in a test of its own
training.world = lambda context: add_world(
    Workspace(context.obj.home), n_titles=120, n_viewers=80, n_ratings=3_000, seed=3
)
sys.argv = ["marquee", "--home", sys.argv[1], "demo", "--port", "0"]
main()
"""


def served(command: list[str], said_on: str, ready: str, sent: signal.Signals) -> str:
    """What a server said until it was ready; it answers a page then, and ends well by a signal."""
    out, err = (subprocess.PIPE if said_on == name else None for name in ("stdout", "stderr"))
    server = subprocess.Popen([sys.executable, *command], text=True, stdout=out, stderr=err)
    patience = threading.Timer(120, server.kill)
    patience.start()
    said = getattr(server, said_on)
    told = ""
    for line in said:  # a pipe, and still each line is here as soon as it is said
        told += line
        if ready in line:
            break
    for address in re.findall(r"http://127\.0\.0\.1:\d+[^'\s]*", told):
        with urllib.request.urlopen(address) as answer:
            assert answer.status == 200
            if "recommendations?n=3" in address:
                assert len(json.load(answer)["picks"]) == 3
    server.send_signal(sent)
    assert server.wait(20) == 0
    patience.cancel()
    said.close()
    return told


def test_the_demo_ends_by_serving_until_it_is_told_to_stop_and_can_be_served_again(
    tmp_path: Path,
) -> None:
    told = served(["-c", SMALL_DEMO, str(tmp_path)], "stdout", "Ctrl-C", signal.SIGINT)
    assert "The app is at http://127.0.0.1:" in told
    assert all(name in told for name in NAMES)
    [asked] = re.findall(r"curl '([^']+)'", told)
    assert asked.endswith("/recommendations?n=3")
    feedback = FeedbackStore(f"sqlite:///{tmp_path / 'feedback.db'}")
    assert [viewer.settings.name for viewer in feedback.viewers()] == list(NAMES)
    again = ["-m", "marquee", "--home", str(tmp_path), "serve", "--port", "0"]
    told = served(again, "stderr", "Ctrl-C", signal.SIGTERM)
    assert "to this machine only" in told
    assert [viewer.settings.name for viewer in feedback.viewers()] == list(NAMES)
    feedback.close()


def test_a_busy_port_is_told_before_the_work_with_a_way_out(run: Run, tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        done = run("--home", tmp_path / "home", "demo", "--port", port)
    assert done.code == 1
    assert f"port {port}" in done.err
    assert f"marquee demo --port {port + 1}" in done.err
    assert not (tmp_path / "home").exists()


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
    assert answer["based_on"] == f"1 rating of viewer {viewer}"
    version = answer["model_version"]
    assert run("--home", tmp_path, "fit").code == 0
    again = run("--home", tmp_path, "recommend", "--viewer", viewer, "--json").answer
    assert again["model_version"] != version
