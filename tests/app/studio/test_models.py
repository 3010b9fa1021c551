"""How good the models are and what runs here: what is shown is what was measured and decided."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

from marquee.app.studio import opened
from marquee.data.workspace import Workspace
from marquee.features.asking import settled
from marquee.lifecycle.comparisons import comparisons_folder, keep_comparison, kept_comparisons
from marquee.lifecycle.ledger import append, entries
from marquee.lifecycle.serving import Decision, decide
from marquee.lifecycle.training import train
from marquee.models.popularity import Popularity
from marquee.service.track_record import ledger_path
from runs_kit import MODELS

from .conftest import OpenPage
from .test_pages import texts

pytestmark = pytest.mark.slow

SPLIT = {"fingerprint": "f" * 64, "n_users_ranked": 41}


def figure(value: float) -> dict[str, float | None]:
    return {"value": value, "low": value - 0.01, "high": value + 0.01, "sd_of_seeds": None}


ANSWER = {
    "made_at": "2026-03-02T01:00:00+00:00",
    "data": "workspace",
    "data_version": "v",
    "split": "time:0.8",
    "splits": [SPLIT],
    "clock": "past",
    "k": [10],
    "relevant_from": 4.0,
    "metric": "ndcg@10",
    "against": "popularity",
    "models": [
        {
            "name": "popularity",
            "metrics": {"ndcg@10": figure(0.11), "rmse": {"value": float("nan")}},
            "differences": {},
        },
        {
            "name": "a*b_c",
            "metrics": {"ndcg@10": figure(0.23), "gini@10": figure(0.5)},
            "differences": {"ndcg@10": {"value": 0.12, "low": 0.1, "high": 0.14, "p_holm": 0.003}},
        },
    ],
}


def test_a_comparison_is_kept_as_it_was_told_and_the_same_question_takes_its_place(
    tmp_path: Path,
) -> None:
    workspace = Workspace(tmp_path)
    assert kept_comparisons(workspace) == []
    keep_comparison(workspace, ANSWER | {"made_at": "2026-03-01"})
    path = keep_comparison(workspace, ANSWER)
    (path.parent / "torn.json").write_text('{"made_at": "2027')
    keep_comparison(workspace, ANSWER | {"made_at": "2026-03-03", "clock": "none"})
    newest, first = kept_comparisons(workspace)
    assert newest["clock"] == "none"
    assert first["made_at"] == ANSWER["made_at"]
    assert first["models"][0]["metrics"]["rmse"] == {"value": None}
    assert json.loads(path.read_text()) == first
    models: Any = ANSWER["models"]
    others = [models[0] | {"params": {"l2": 3.0}}, *models[1:]]
    for changed in ({"models": others}, {"tuning": {"n_trials": 20}}):
        n_kept = len(kept_comparisons(workspace))
        keep_comparison(workspace, ANSWER | changed)
        assert len(kept_comparisons(workspace)) == n_kept + 1, "another question"


def test_models_stand_by_the_metric_with_what_sets_them_apart(
    open_page: OpenPage, home: Path
) -> None:
    keep_comparison(Workspace(home), ANSWER)
    page = open_page("leaderboard", {"metric": "NDCG@10"})
    assert not page.exception
    assert not page.error
    assert [row["name"] for row in _values(page)] == ["a*b_c", "popularity"]
    assert "Against popularity" in texts(page)
    [apart] = [each.value for each in page.table]
    assert apart.iloc[0]["differs by"] == "+0.1200"
    page.selectbox(key="metric").set_value("gini@10").run()
    assert "lower the better" in texts(page)
    page.selectbox(key="metric").set_value("rmse").run()
    assert "None of these models has this figure" in texts(page)


def test_of_two_comparisons_of_one_name_the_newest_is_shown(
    open_page: OpenPage, home: Path
) -> None:
    workspace = Workspace(home)
    for path in comparisons_folder(workspace).glob("*.json"):
        path.unlink()
    keep_comparison(workspace, ANSWER | {"made_at": "2026-03-01T10:00:01+00:00"})
    other = {"made_at": "2026-03-01T10:00:02+00:00", "clock": "none", "clock_meaning": "the newest"}
    keep_comparison(workspace, ANSWER | other)
    page = open_page("leaderboard", {})
    assert "the newest" in texts(page)
    keep_comparison(workspace, ANSWER | {"made_at": "2026-03-01T09:00:01+00:00", "k": [5]})
    assert len(open_page("leaderboard", {}).selectbox(key="board").options) == 2


def _values(page: object) -> list[dict[str, object]]:
    [frame] = [each.value for each in page.dataframe]  # type: ignore[attr-defined]
    found: list[dict[str, object]] = frame.to_dict("records")
    return found


def test_a_forecaster_is_asked_about_years_it_has_not_seen(open_page: OpenPage, home: Path) -> None:
    page = open_page("leaderboard", {"backtest": "true"})
    assert not page.exception
    assert not page.error
    record, n_readings = opened.track_record("revenue")
    assert n_readings == 1, "one look, however often the page is drawn"
    shown = {each.label: each.value for each in page.metric}
    assert shown["Promised 80 %"] == f"{record.all_years['held_80']:.0%}"
    assert record.all_years["n"] == record.films.height == record.years["n"].sum()
    worst = np.abs(record.films["error"].to_numpy()).max()
    assert abs(record.worst(1)["error"][0]) == worst
    assert (home / "forecast-readings.jsonl").read_text().count("\n") == 1


def test_every_decision_is_told_with_its_reason_the_newest_first(
    open_page: OpenPage, home: Path
) -> None:
    for action, failed in (("fit", []), ("refuse", ["accuracy: it loses too much"])):
        line = Decision(
            at="2026-03-02",
            action=action,
            to="ease-content",
            version=None,
            before=None,
            version_before=None,
            failed=failed,
        )
        decide(Workspace(home), line)
    page = open_page("operations")
    assert not page.exception
    assert not page.error
    [log] = [each.value for each in page.table if "why" in each.value.columns]
    assert list(log["what"])[:2] == ["refuse", "fit"]
    assert log.iloc[0]["why"] == "accuracy: it loses too much"


def test_a_run_is_listed_and_its_gates_are_asked_only_when_it_is_chosen(
    open_page: OpenPage, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = train(
        Workspace(home), MODELS["popularity"], "popularity", created_at="2026-03-02T01:00:00+00:00"
    )
    page = open_page("operations")
    assert "gates" not in texts(page).replace("Runs and gates", "")
    [listed] = [each.value for each in page.table if "state" in each.value.columns]
    assert list(listed["run"]) == [run.id]
    page = page.selectbox(key="run").set_value(run.id).run()
    assert not page.exception
    assert not page.error
    [verdicts] = [each.value for each in page.table if "verdict" in each.value.columns]
    assert "leak" in list(verdicts["gate"])
    board = open_page("leaderboard")
    assert not board.exception
    assert _values(board)[0]["name"] == run.id


def test_the_inspector_says_what_anybody_gets_and_why(open_page: OpenPage) -> None:
    engine = opened.engine()
    who = int(engine.library.known_viewers[5])
    picks = engine.recommend(viewer_id=who, k=10).picks
    page = open_page("operations", {"viewer": str(who), "title": picks[3].title.name})
    assert not page.exception
    [shown] = [each.value for each in page.table if "because of" in each.value.columns]
    assert [text.replace("\\", "") for text in shown["title"]] == [str(p.title) for p in picks]
    assert f"has a score of {picks[3].score:.3f} for viewer {who}" in texts(page)
    nobody = open_page("operations", {"viewer": str(10**9)})
    assert not nobody.exception
    assert "1000000000" in "".join(each.value for each in nobody.error)


def test_a_model_that_is_put_in_force_answers_the_studio_too(home: Path) -> None:
    from marquee.lifecycle.fitting import fit_workspace

    assert opened.engine().library.model_name == "ease-content"
    fit_workspace(Workspace(home), Popularity(), "popularity")
    assert opened.engine().library.model_name == "popularity"


def test_a_film_with_a_title_of_its_own_is_entered_in_the_ledger_once(
    open_page: OpenPage, home: Path
) -> None:
    ledger = ledger_path(Workspace(home))
    assert "No forecast was given yet" in texts(open_page("track_record"))
    assert "is entered" in texts(open_page("forecast"))
    assert not ledger.exists(), "the made-up film is nobody's forecast"
    for _ in range(2):
        page = open_page("forecast", {"title": "Zażółć $5"})
        assert not page.exception
        assert "Entry 1 of the ledger" in texts(page)
    [entry] = entries(ledger)
    assert entry.said["plan"]["title"] == "Zażółć $5"
    record = open_page("track_record")
    assert not record.exception
    assert [each.value for each in record.metric] == ["1", "0", "1", "0"]
    assert entry.hash in texts(record)


def test_the_track_record_tells_what_films_took_and_trusts_no_edited_ledger(
    open_page: OpenPage, home: Path
) -> None:
    films = settled(Workspace(home).tables(), "revenue_usd").join(
        Workspace(home).tables().titles, on="title_id"
    )
    film = films.filter(pl.col("release_date").is_not_null()).row(0, named=True)
    took = film["value"]
    money = {"median": took / 2, "low_50": took / 3, "high_50": took * 0.9}
    money |= {"low_80": took / 4, "high_80": took * 2}
    said = {"film": film["name"], "title_id": film["title_id"], "opens": None, "year": None}
    said |= {"revenue_usd": money, "naive_usd": took / 4, "model_version": "v"}
    ledger = ledger_path(Workspace(home))
    append(ledger, said, at=f"{film['release_date'] - timedelta(days=30)}T00:00:00+00:00")
    page = open_page("track_record")
    assert not page.exception
    shown = {each.label: each.value for each in page.metric}
    assert (shown["Promised 50 %"], shown["Promised 80 %"]) == ("0 %", "100 %")
    assert "factor of 2.00" in texts(page)
    assert "against their 4.00" in texts(page)

    ledger.write_text(ledger.read_text().replace('"naive_usd"', '"naive_us$"'))
    edited = open_page("track_record")
    assert not edited.exception
    assert "Line 1" in "".join(each.value for each in edited.error)
    assert not edited.metric
