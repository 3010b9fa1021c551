"""Retraining is one job: due when it must be, alone, finished whatever kills it, never worse."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import polars as pl
import pytest

from marquee.data.tables import Tables
from marquee.data.workspace import Workspace
from marquee.errors import MarqueeError, SavedModelError, WorkspaceError
from marquee.lifecycle import promotion, retraining
from marquee.lifecycle.fitting import fit_workspace
from marquee.lifecycle.gates import Verdict
from marquee.lifecycle.promotion import promote
from marquee.lifecycle.retraining import Finished, Recipe, due, finished, retrain
from marquee.lifecycle.runs import read_run, runs
from marquee.lifecycle.serving import decisions, serving_key
from marquee.lifecycle.training import train
from marquee.models.ease import EASE
from marquee.models.popularity import Popularity
from runs_kit import AT, shuffled

pytestmark = pytest.mark.slow

YES = [Verdict(gate="all", passed=True, reason="taken for granted")]
NO = [Verdict(gate="all", passed=False, reason="never")]
POPULARITY = Recipe.of("popularity", Popularity())
LATER = "2026-03-05T01:00:00+00:00"


def tables(n_viewers: int = 12) -> Tables:
    """Every viewer has rated most of six titles, one a day."""
    pairs = [(v, t) for v in range(1, n_viewers + 1) for t in range(1, 7) if (v + t) % 6]
    days = pl.datetime(2024, 1, 1, time_zone="UTC") + pl.duration(days=pl.int_range(pl.len()))
    return Tables(
        titles=pl.DataFrame(
            {"title_id": range(1, 7), "kind": "film", "name": "Ø", "source": "s"},
            schema_overrides={"title_id": pl.Int64},
        ),
        ratings=pl.DataFrame(pairs, schema=["viewer_id", "title_id"], orient="row").with_columns(
            rating=(pl.col("viewer_id") + pl.col("title_id")) % 5 + 1.0,
            rated_at=days,
            source=pl.lit("s"),
        ),
    )


def more(workspace: Workspace, place: str) -> str:
    """Brings as many viewers as the place says; done twice it brings no more."""
    workspace.write(tables(int(place)))
    return f"{place} viewers"


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    workspace = Workspace(tmp_path)
    workspace.write(tables())
    return workspace


@pytest.fixture
def passing(monkeypatch: pytest.MonkeyPatch) -> None:
    """The gates have tests of their own."""
    monkeypatch.setattr(promotion, "gate", lambda *_, **__: YES)


def again(workspace: Workspace, now: str = AT, **options: object) -> Finished:
    done = retrain(workspace, POPULARITY, now=lambda: now, **options)  # type: ignore[arg-type]  # any
    assert done is not None
    return done


@pytest.mark.usefixtures("passing")
def test_a_job_fetches_fits_judges_and_promotes(workspace: Workspace) -> None:
    told: list[str] = []
    done = again(
        workspace,
        fetch=more,
        places=["20", "30"],
        on_step=lambda number, total, text: told.append(f"{number}/{total} {text}"),
    )
    assert (done.promoted, done.resumed, done.began) == (True, False, AT)
    assert done.stages == {
        "fetch 20": "20 viewers",
        "fetch 30": "30 viewers",
        "train": f"run {done.run}",
        "judge": "it passes",
        "promote": "promoted",
    }
    assert told[0] == "0/5 fetch 20"
    assert told[-1] == "5/5 done"
    assert serving_key(workspace) == f"runs/{done.run}" == "runs/20260302-010000-popularity"
    assert done.n_ratings == 150 == read_run(workspace, done.run).data["n_ratings"]
    assert list(finished(workspace)) == [done]
    assert [each.action for each in decisions(workspace)] == ["promote"]


def test_a_run_that_is_refused_leaves_what_answers(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    fit_workspace(workspace, EASE(), "ease")
    monkeypatch.setattr(promotion, "gate", lambda *_, **__: NO)
    done = again(workspace)
    assert not done.promoted
    assert done.failed == ["all: never"]
    assert done.stages["promote"] == "refused"
    assert serving_key(workspace) == "ease"
    assert [each.action for each in decisions(workspace)] == ["fit", "refuse"]


def test_a_job_that_learns_from_shuffled_labels_is_refused_by_the_gates(world: Workspace) -> None:
    promote(world, "ease-content", at=AT, verdicts=YES)
    done = retrain(world, Recipe.of("shuffled", shuffled()), now=lambda: LATER)
    assert done is not None
    assert not done.promoted
    assert any(reason.startswith("taste: ") for reason in done.failed)
    assert serving_key(world) == "runs/ease-content"


@pytest.mark.usefixtures("passing")
def test_it_is_due_after_a_time_with_new_ratings_and_when_left_unfinished(
    workspace: Workspace,
) -> None:
    assert due(workspace, now=AT) == "no run answers yet"
    again(workspace)
    assert due(workspace, now=AT) is None
    assert due(workspace, now="2026-03-09T00:59:59+00:00") is None
    assert (
        due(workspace, now="2026-03-09T01:00:00+00:00") == "7.0 days have passed since the last one"
    )
    assert due(workspace, now="2026-03-09T00:59:59Z", every_days=2) is not None
    workspace.write(tables(13))
    assert due(workspace, now=AT) == "there are 8.3% more ratings than at the last one"
    assert due(workspace, now=AT, new_share=0.09) is None
    assert due(workspace, now=AT, new_share=0) is None
    again(workspace, LATER)
    assert due(workspace, now=LATER) is None
    with pytest.raises(WorkspaceError, match="nothing here can fetch from there"):
        again(workspace, LATER, places=["there"])
    assert due(workspace, now=LATER) == "a retraining was left unfinished"


def test_a_run_that_was_promoted_by_hand_counts_as_the_last(workspace: Workspace) -> None:
    train(workspace, Popularity, "popularity", created_at=AT, run_id="one")
    promote(workspace, "one", at=AT, verdicts=YES)
    assert due(workspace, now=AT) is None
    workspace.write(tables(13))
    assert due(workspace, now=AT) is not None


def test_a_refused_job_is_not_due_again_at_once(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(promotion, "gate", lambda *_, **__: NO)
    again(workspace)
    assert due(workspace, now=AT) is None


@pytest.mark.usefixtures("passing")
def test_a_job_that_failed_is_gone_on_with_as_it_was_begun(workspace: Workspace) -> None:
    def broken(_workspace: Workspace, place: str) -> str:
        if place == "30":
            raise MarqueeError("the line is dead")
        return more(workspace, place)

    with pytest.raises(MarqueeError, match="the line is dead"):
        again(workspace, fetch=broken, places=["20", "30"])
    assert serving_key(workspace) is None
    asked: list[str] = []

    def mended(_workspace: Workspace, place: str) -> str:
        asked.append(place)
        return more(workspace, place)

    other = Recipe.of("ease", EASE())
    done = retrain(workspace, other, now=lambda: LATER, fetch=mended, places=["99"])
    assert done is not None
    assert asked == ["30"]
    assert (done.resumed, done.began, done.ended) == (True, AT, LATER)
    assert read_run(workspace, done.run).model == "popularity"
    assert serving_key(workspace) == f"runs/{done.run}"


@pytest.mark.usefixtures("passing")
def test_a_job_can_be_given_up(workspace: Workspace) -> None:
    with pytest.raises(WorkspaceError):
        again(workspace, places=["there"])
    done = again(workspace, restart=True)
    assert not done.resumed
    state = workspace.home / "retraining" / "state.json"
    state.write_text("{")
    with pytest.raises(SavedModelError, match="begin anew with `marquee retrain --restart`"):
        again(workspace)
    assert again(workspace, LATER, restart=True).promoted


@pytest.mark.usefixtures("passing")
def test_only_one_retrains(workspace: Workspace) -> None:
    seen: list[object] = []

    def meanwhile(_workspace: Workspace, _place: str) -> str:
        seen.append(retrain(Workspace(workspace.home), POPULARITY, now=lambda: AT))
        return "nothing"

    assert again(workspace, fetch=meanwhile, places=["there"]).promoted
    assert seen == [None]
    assert len(runs(workspace)) == 1


def test_a_run_is_judged_again_beside_what_was_promoted_meanwhile(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    train(workspace, Popularity, "popularity", created_at=AT, run_id="other")
    n_asked = 0

    def judged(*_: object, **__: object) -> list[Verdict]:
        nonlocal n_asked
        n_asked += 1
        if n_asked == 1:
            promote(workspace, "other", at=AT, verdicts=YES)
        return YES if n_asked == 1 else NO

    monkeypatch.setattr(promotion, "gate", judged)
    done = again(workspace)
    assert (n_asked, done.promoted) == (2, False)
    assert serving_key(workspace) == "runs/other"


@pytest.mark.usefixtures("passing")
def test_models_of_old_jobs_go_and_records_stay(workspace: Workspace) -> None:
    for day in range(1, 7):
        again(workspace, f"2026-03-0{day}T00:00:00+00:00")
    kept = [
        run.id for run in runs(workspace) if (workspace.home / "runs" / run.id / "model").exists()
    ]
    assert len(runs(workspace)) == 6
    assert [name[:8] for name in kept] == ["20260304", "20260305", "20260306"]


def test_places_are_fetched_from_by_their_word(workspace: Workspace) -> None:
    fetch = retraining.fetch_with({"tmdb": lambda _, rest: f"tmdb {rest}"}, lambda _, place: place)
    assert fetch(workspace, "tmdb:changes") == "tmdb changes"
    assert fetch(workspace, "C:/films") == "C:/films"
    assert fetch(workspace, "films") == "films"
    with pytest.raises(MarqueeError, match="given twice"):
        retraining.check_places(["a", "b", "a"])


KILLED = """
import os, shutil, sys
import sklearn.feature_extraction.text  # each child would load it anew
from pathlib import Path
sys.path.insert(0, sys.argv[2])
from kill_kit import in_child, kill_before
from lifecycle_retraining import POPULARITY, YES, AT, LATER, more, tables
from marquee.data import workspace as data
from marquee.data.workspace import Workspace
from marquee.lifecycle import promotion, retraining, runs, serving, versions
from marquee.lifecycle.saving import load
from marquee.lifecycle.training import train
from marquee.models.popularity import Popularity

promotion.gate = lambda *_, **__: YES
steps = [
    *((owner, "replace_text") for owner in (retraining, runs, serving, versions, data)),
    *((runs, name) for name in ("write_parquet", "sync")),
    *((promotion, name) for name in ("decide", "clean")),
    *((retraining, name) for name in ("train", "_judge", "_promote", "_end", "sync")),
]


def prepared():
    workspace = Workspace(first)
    workspace.write(tables())
    train(workspace, Popularity, "popularity", created_at=AT, run_id="old")
    promotion.promote(workspace, "old", at=AT, verdicts=YES)


def killed(step, home):
    kill_before(step, steps)
    retraining.retrain(Workspace(home), POPULARITY, now=lambda: AT, fetch=more, places=["20"])


def finished(step, home):
    workspace = Workspace(home)
    new = "runs/20260302-010000-popularity"
    # Whoever starts to serve now can.
    assert serving.serving_key(workspace) in {"runs/old", new}, step
    load(serving.serving(workspace).folder)
    done = retraining.retrain(workspace, POPULARITY, now=lambda: LATER, fetch=more, places=["20"])
    jobs = list(retraining.finished(workspace))
    if done.run == new[5:]:
        assert [job.id for job in jobs] == ["20260302-010000"], (step, jobs)
    else:  # killed before it was noted, or after its very end
        assert done.run == "20260305-010000-popularity", (step, done.run)
        assert len(jobs) in {1, 2}, (step, jobs)
    assert done.promoted, step
    assert serving.serving_key(workspace) == "runs/" + done.run, step
    assert done.n_ratings == 100, step
    assert not (home / "retraining" / "state.json").exists(), step
    assert {run.id for run in runs.runs(workspace)} >= {"old", done.run}, step
    load(serving.serving(workspace).folder)
    promotion.rollback(workspace, at=LATER)


first = Path(sys.argv[1]) / "first"
assert in_child(prepared) == 0
step = 1
while True:
    home = Path(sys.argv[1]) / str(step)
    shutil.copytree(first, home)
    status = in_child(lambda: killed(step, home))
    if not os.WIFSIGNALED(status):
        assert status == 0
        break
    assert in_child(lambda: finished(step, home)) == 0, step
    step += 1
print(step - 1)
"""


@pytest.mark.fault
@pytest.mark.skipif(sys.platform == "win32", reason="processes are killed by POSIX signals")
def test_a_job_that_is_killed_anywhere_is_finished_by_the_next(tmp_path: Path) -> None:
    kit = tmp_path / "kit"
    kit.mkdir()
    (kit / "lifecycle_retraining.py").symlink_to(Path(__file__))
    done = subprocess.run(
        [sys.executable, "-c", KILLED, str(tmp_path), str(kit)],
        cwd=Path(__file__).parents[1],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    assert int(done.stdout) >= 15
