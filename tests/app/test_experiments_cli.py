"""An experiment from the command line to the pages and the API, and back to its figures."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient

from app_kit import app_over
from marquee.app.live import Follower, Live
from marquee.app.server import ServerSettings, create_app
from marquee.data.feedback import FeedbackStore
from marquee.data.workspace import Workspace
from marquee.lifecycle import promotion
from marquee.lifecycle.fitting import fit_workspace
from marquee.lifecycle.runs import has_model
from marquee.lifecycle.training import train
from marquee.models import ALGORITHMS
from marquee.service.engine import Engine
from marquee.service.trial import Trial, open_engine
from runs_kit import AT, copied

from .conftest import Run

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def two_models(world_home: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The small world in which bias answers and popularity was fitted; not to be written to."""
    workspace = copied(world_home, tmp_path_factory.mktemp("two"))
    for name in ("popularity", "bias"):
        fit_workspace(workspace, ALGORITHMS[name](), name)
    return workspace.home


@pytest.fixture(autouse=True)
def noon(monkeypatch: pytest.MonkeyPatch) -> None:
    """Experiments begin at one moment, so that viewers are dealt alike every time."""
    moment = datetime(2026, 5, 4, 12, tzinfo=UTC)
    monkeypatch.setattr("marquee.app.cli.experiments._now", lambda: moment)


@pytest.fixture
def home(two_models: Path, tmp_path: Path) -> Path:
    return copied(two_models, tmp_path / "home").home


@pytest.fixture
def store(home: Path) -> Iterator[FeedbackStore]:
    with closing(FeedbackStore(f"sqlite:///{home / 'feedback.db'}")) as store:
        store.migrate()
        yield store


def impression(picks: dict[str, Any], arms: list[str | None]) -> dict[str, Any]:
    """What the page that showed the picks says of them."""
    return {
        "answer_id": picks["answer_id"],
        "title_ids": [pick["title"]["title_id"] for pick in picks["picks"]],
        "model": picks["model"],
        "snapshot": picks["snapshot"],
        "arms": arms,
    }


def start(run: Run, home: Path, *more: object) -> None:
    done = run("--home", home, "experiment", "start", "one", "-m", "popularity", *more)
    assert done.code == 0, done.err


def test_an_experiment_is_started_shown_and_stopped(
    run: Run, home: Path, store: FeedbackStore
) -> None:
    told = run("--home", home, "experiment", "start", "one", "-m", "popularity", "--share", 0.2)
    assert "Experiment one runs" in told.out
    assert "popularity" in told.out
    shown = run("--home", home, "experiment", "show")
    assert "treatment: nobody counts yet." in shown.out
    answer = run("--home", home, "experiment", "show", "--json").answer
    assert [(arm["name"], arm["share"]) for arm in answer["arms"]] == [
        ("control", 0.8),
        ("treatment", 0.2),
    ]
    assert answer["effects"][0]["p"] == 1
    again = run("--home", home, "experiment", "start", "two", "-m", "popularity")
    assert again.code == 1
    assert "experiment one runs" in again.err
    assert "one ended" in run("--home", home, "experiment", "stop").out
    listed = run("--home", home, "experiment", "list", "--json").answer
    assert [each["name"] for each in listed] == ["one"]
    assert listed[0]["ended"]
    assert run("--home", home, "experiment", "show").code == 1
    assert run("--home", home, "experiment", "show", "one").code == 0


def test_a_model_that_is_not_there_starts_nothing(run: Run, home: Path) -> None:
    done = run("--home", home, "experiment", "start", "one", "-m", "nothing")
    assert done.code == 1
    assert "no model 'nothing' is fitted" in done.err
    assert run("--home", home, "experiment", "list", "--json").answer == []


def test_a_server_takes_an_experiment_up_and_lets_it_go(
    run: Run, home: Path, store: FeedbackStore
) -> None:
    workspace = Workspace(home)
    live = Live(open_engine(workspace, feedback=store))
    follower = Follower(workspace, live, lambda: open_engine(workspace, feedback=store))
    assert not follower.look()
    start(run, home)
    assert follower.look()
    assert isinstance(live.engine, Trial)
    assert not follower.look()
    run("--home", home, "experiment", "stop")
    assert follower.look()
    assert type(live.engine) is Engine


def test_what_the_api_showed_is_entered_with_its_arms(
    run: Run, home: Path, store: FeedbackStore
) -> None:
    start(run, home, "--kind", "interleave")
    engine = open_engine(Workspace(home), feedback=store)
    with TestClient(create_app(engine), base_url="http://127.0.0.1") as http:
        viewer = http.post("/api/v1/viewers", json={}).json()["viewer_id"]
        path = f"/api/v1/viewers/{viewer}"
        picks = http.get(f"{path}/recommendations", params={"n": 4}).json()
        arms = [pick["arm"] for pick in picks["picks"]]
        assert sorted(arms) == ["one:control"] * 2 + ["one:treatment"] * 2
        shown = impression(picks, arms)
        assert http.post(f"{path}/impressions", json=shown).status_code == 200
        assert http.post(f"{path}/impressions", json=shown).json()["new"] is False
        for bad in ({"arms": arms[:2]}, {"arms": [7, 7, 7, 7]}):
            assert http.post(f"{path}/impressions", json=shown | bad).status_code == 422
        for other in (None, ["two:control"] * 4, ["one:nobody"] * 4, [None] * 4):
            told = shown | {"answer_id": f"x{other}"[:20].replace(" ", ""), "arms": other}
            told["answer_id"] = re.sub(r"\W", "", told["answer_id"])
            assert http.post(f"{path}/impressions", json=told).status_code == 200
    frame = store.exposures_frame("one")
    assert frame["arm"].to_list() == [arm.removeprefix("one:") for arm in arms]
    assert frame["title_id"].to_list() == shown["title_ids"]


def test_shuffled_lists_estimate_another_model(
    run: Run, home: Path, store: FeedbackStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    options = ("--kind", "explore", "--explore", 1, "--top", 3)
    done = run("--home", home, "experiment", "start", "look", *options)
    assert "the first titles of some lists are shuffled" in done.out
    engine = open_engine(Workspace(home), feedback=store)
    with TestClient(create_app(engine), base_url="http://127.0.0.1") as http:
        for viewer in (1, 2, 3):
            path = f"/api/v1/viewers/{viewer}"
            picks = http.get(f"{path}/recommendations", params={"n": 5}).json()
            arms = [pick["arm"] for pick in picks["picks"]]
            assert sorted(arms[:3]) == ["look:1", "look:2", "look:3"]
            assert arms[3:] == [None, None]
            shown = impression(picks, arms)
            assert http.post(f"{path}/impressions", json=shown).status_code == 200
    estimate = ("--home", home, "experiment", "estimate", "look", "-m", "popularity")
    moment = datetime(2099, 1, 1, tzinfo=UTC)  # the day is over by then
    monkeypatch.setattr("marquee.app.cli.experiments._now", lambda: moment)
    told = run(*estimate, "--json").answer
    assert (told["n_lists"], told["top"], told["model"]) == (3, 3, "popularity")
    assert told["ips"]["value"] == 0
    assert "popularity, doubly robust" in run(*estimate).out
    assert "experiment estimate look" in run("--home", home, "experiment", "show").out


@pytest.mark.parametrize("kind", ["split", "interleave"])
def test_what_a_page_showed_is_entered_with_its_arms(
    run: Run, home: Path, store: FeedbackStore, kind: str
) -> None:
    start(run, home, "--kind", kind)
    engine = open_engine(Workspace(home), feedback=store)
    app = app_over(engine, ServerSettings())
    models = set()
    for _ in range(6):
        with TestClient(app, base_url="http://127.0.0.1") as browser:
            page = browser.get("/").text
            [token] = set(re.findall(r'name="token" value="([^"]+)"', page))
            said = re.findall(r'name="say" value="(rate:[^"]*)"', page)[4]
            assert browser.post("/say", data={"token": token, "say": said, "back": "/"}).is_success
            assert browser.get("/").is_success
    frame = store.exposures_frame("one")
    arms = {
        viewer: set(rows["arm"].drop_nulls())
        for (viewer,), rows in frame.group_by("viewer_id", maintain_order=True)
    }
    assert len(arms) == 6
    impressions = store.impressions_frame()
    for viewer, own in arms.items():
        if kind == "interleave":
            assert own == {"control", "treatment"}
            continue
        [arm] = own
        models.add(arm)
        shown = impressions.filter(impressions["viewer_id"] == viewer)
        assert set(shown["model"]) == {{"control": "bias", "treatment": "popularity"}[arm]}
    assert kind == "interleave" or models == {"control", "treatment"}


def test_models_of_an_experiment_are_not_cleaned_away(run: Run, home: Path) -> None:
    workspace = Workspace(home)
    runs = [train(workspace, ALGORITHMS["popularity"], f"p{n}", created_at=AT) for n in range(2)]
    done = run("--home", home, "experiment", "start", "one", "-m", runs[0].id)
    assert done.code == 0, done.err
    assert promotion.clean(workspace, 0) == [runs[1].id]
    assert has_model(workspace, runs[0].id)
    run("--home", home, "experiment", "stop")
    assert promotion.clean(workspace, 0) == [runs[0].id]
