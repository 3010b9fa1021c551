"""Which model answers: only one that passed, every decision told, and each can be taken back."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from numpy.typing import NDArray

from marquee.data.intake import add_world
from marquee.data.tables import Tables
from marquee.data.workspace import Workspace, replace_text
from marquee.errors import ParameterError, SavedModelError, WorkspaceError
from marquee.evaluation.leaks.planted import NewestFirst
from marquee.lifecycle import evidence, promotion, serving
from marquee.lifecycle.comparing import compare_runs
from marquee.lifecycle.fitting import current_model, fit_workspace
from marquee.lifecycle.gates import Bounds, Verdict
from marquee.lifecycle.promotion import clean, gate, promote, rollback
from marquee.lifecycle.runs import has_model, read_run, run_folder, runs, values_of
from marquee.lifecycle.serving import decisions, serving_key
from marquee.lifecycle.training import train
from marquee.models import ALGORITHMS
from marquee.models.popularity import Popularity
from marquee.service.engine import Engine
from runs_kit import AT, make_run

pytestmark = pytest.mark.slow

YES = [Verdict(gate="all", passed=True, reason="taken for granted")]


def failed(verdicts: Iterable[Verdict]) -> dict[str, str]:
    return {each.gate: each.reason for each in verdicts if not each.passed}


def test_the_good_pass_and_shuffled_labels_and_popularity_alone_do_not(world: Workspace) -> None:
    assert failed(promote(world, "ease-content", at=AT).verdicts) == {}
    assert current_model(world) == "ease-content"
    for name in ("shuffled", "popularity"):
        outcome = promote(world, name, at=AT)
        assert not outcome.promoted
        found = failed(outcome.verdicts)
        assert "not been shown to know anybody's taste" in found["taste"]
        assert found.keys() >= {"accuracy", "popularity"}
        assert serving_key(world) == "runs/ease-content"
    log = list(decisions(world))
    assert [(each.action, each.to) for each in log] == [
        ("promote", "runs/ease-content"),
        ("refuse", "runs/shuffled"),
        ("refuse", "runs/popularity"),
    ]
    assert any("taste" in reason for reason in log[1].failed)
    # Nothing answers them better where nothing answers yet.
    (world.models / "CURRENT").unlink()
    for name in ("shuffled", "popularity"):
        assert "taste" in failed(gate(world, name))


def test_a_model_that_was_fitted_without_a_run_is_measured_like_any_other(world: Workspace) -> None:
    fit_workspace(world, Popularity(), "popularity")
    assert failed(gate(world, "ease-content")) == {}
    now = serving.serving(world)
    assert now.run is None
    found = evidence.gather(world, read_run(world, "ease-content"), now)
    as_run = evidence.gather(world, read_run(world, "popularity"), None).candidate
    assert found.serving is not None
    assert found.serving.values.tolist() == pytest.approx(as_run.values.tolist(), nan_ok=True)
    assert found.popularity.lists == found.serving.lists == as_run.lists


def test_data_that_came_after_a_run_is_what_it_is_judged_on(world: Workspace) -> None:
    tables = world.tables()
    newer = tables.ratings.sort("rated_at").head(50_000)
    world.write(tables.replace(ratings=newer))
    found = evidence.gather(world, read_run(world, "popularity"), None)
    again = make_run(world, "popularity", run_id="again")
    own = values_of(world, again.id)["ndcg@10"].to_numpy()
    assert found.candidate.values.tolist() == pytest.approx(own.tolist(), nan_ok=True)
    assert found.saved.shape == found.known.shape == own.shape


def test_figures_of_other_rows_than_those_of_the_window_are_a_leak(world: Workspace) -> None:
    path = run_folder(world, "popularity") / "run.json"
    record = json.loads(path.read_text())
    record["split"]["fingerprint"] = "f00d"
    path.write_text(json.dumps(record))
    found = gate(world, "popularity")
    assert "measured on other rows than those of time:0.9" in failed(found)["leak"]


@dataclass(kw_only=True, eq=False)
class ByNumber(NewestFirst):
    """The planted leak as a model that can be saved."""

    ids_: NDArray[np.float32] = field(init=False, repr=False)


def test_what_the_leak_checks_find_is_refused_with_the_name_of_the_check(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # A model that ranks titles by their ids, where these follow time.
    monkeypatch.setitem(ALGORITHMS, "by-number", ByNumber)
    workspace = Workspace(tmp_path)
    add_world(workspace, n_titles=120, n_viewers=300, n_ratings=12_000, seed=3)
    tables = workspace.tables()
    firsts = tables.ratings.group_by("title_id").agg(pl.col("rated_at").min()).sort("rated_at")
    numbers = firsts.select("title_id", new=pl.int_range(1, pl.len() + 1, dtype=pl.Int64))
    renumbered = {
        name: frame.join(numbers, on="title_id")
        .with_columns(title_id="new")
        .drop("new")
        .sort("title_id")
        for name, frame in (("titles", tables.titles), ("ratings", tables.ratings))
    }
    workspace.write(Tables(**renumbered, viewers=tables.viewers))
    run = train(workspace, ByNumber, "by-number", created_at=AT)
    assert any("[ids-tell-time]" in told for told in run.split["leaks"])
    assert "[ids-tell-time]" in failed(gate(workspace, run.id))["leak"]
    # What a record of an earlier version does not tell is looked for again.
    path = run_folder(workspace, run.id) / "run.json"
    record = json.loads(path.read_text())
    del record["split"]["leaks"]
    path.write_text(json.dumps(record))
    assert "[ids-tell-time]" in failed(gate(workspace, run.id))["leak"]


def test_viewers_under_a_second_id_are_refused_where_no_moments_tell_them_apart(
    tmp_path: Path,
) -> None:
    workspace = Workspace(tmp_path)
    add_world(workspace, n_titles=120, n_viewers=300, n_ratings=12_000, seed=3)
    tables = workspace.tables()
    undated = tables.ratings.with_columns(rated_at=None, history_rank=None)
    workspace.write(tables.replace(ratings=undated))
    clean_run = train(workspace, Popularity, "popularity", created_at=AT, run_id="clean")
    assert "leak" not in failed(gate(workspace, clean_run.id))
    second = undated.filter(pl.col("viewer_id") % 10 == 0).with_columns(pl.col("viewer_id") + 10**6)
    workspace.write(tables.replace(ratings=pl.concat([undated, second])))
    run = train(workspace, Popularity, "popularity", created_at=AT, run_id="twice")
    assert "[repeated-rows]" in failed(gate(workspace, run.id))["leak"]
    # Whatever its record says: the window is looked at anew.
    path = run_folder(workspace, "twice") / "run.json"
    record = json.loads(path.read_text())
    record["split"]["leaks"] = []
    path.write_text(json.dumps(record))
    assert "[repeated-rows]" in failed(gate(workspace, run.id))["leak"]
    # The run before is judged on the data as they are now.
    assert "[repeated-rows]" in failed(gate(workspace, clean_run.id))["leak"]


def test_golden_lists_and_budgets_of_the_workspace_are_heard(world: Workspace) -> None:
    (world.home / "golden.json").write_text(
        json.dumps([{"name": "one", "ratings": {"1": 5}, "holds": [1]}])
    )
    (world.home / "gates.json").write_text('{"max_memory_mb": 0.001, "max_latency_ms": 0}')
    found = failed(gate(world, "popularity"))
    assert found["golden lists"] == "one: lacks title 1"
    assert "of 0.001 MB" in found["memory"]
    assert "latency" in found
    assert "memory" not in failed(gate(world, "popularity", bounds=Bounds()))


def test_a_forced_promotion_keeps_its_reason(world: Workspace) -> None:
    no = [Verdict(gate="leak", passed=False, reason="it leaks")]
    for reason in ("", "  "):
        with pytest.raises(ParameterError, match="forced for a reason; give one"):
            promote(world, "popularity", at=AT, verdicts=no, force=reason)
    outcome = promote(world, "popularity", at=AT, verdicts=no, force="a demonstration")
    assert outcome.promoted
    [made] = decisions(world)
    assert (made.action, made.forced, made.reason) == ("promote", True, "a demonstration")
    assert made.failed == ["leak: it leaks"]
    assert made.at == AT
    with pytest.raises(ParameterError, match="run popularity answers already"):
        promote(world, "popularity", at=AT, verdicts=YES)


def lists_of(workspace: Workspace, n: int = 1_000) -> bytes:
    """The lists of so many viewers as one text, with scores to the last bit."""
    engine = Engine(workspace)
    viewers = engine.library.known_viewers[:n].tolist()
    assert len(viewers) == n
    answers = [engine.recommend(viewer_id=viewer, k=10, n_reasons=1) for viewer in viewers]
    return json.dumps([repr(answer) for answer in answers]).encode()


def test_after_a_rollback_a_thousand_lists_are_byte_for_byte_what_they_were(
    world: Workspace,
) -> None:
    promote(world, "ease-content", at=AT, verdicts=YES)
    before = lists_of(world)
    promote(world, "popularity", at=AT, force="to see it go")
    between = lists_of(world, 50)
    made = rollback(world, at=AT, reason="seen")
    assert json.loads(between) != json.loads(before)[:50]
    assert lists_of(world) == before
    assert (made.to, made.before, made.reason) == ("runs/ease-content", "runs/popularity", "seen")


def test_rolling_back_again_goes_further_back_and_never_forward(world: Workspace) -> None:
    fit_workspace(world, Popularity(), "popularity")
    for name in ("popularity", "ease-content", "shuffled"):
        promote(world, name, at=AT, verdicts=YES)
    for expected in ("runs/ease-content", "runs/popularity", "popularity"):
        assert rollback(world, at=AT).to == expected == serving_key(world)
    with pytest.raises(WorkspaceError, match="nothing answered before popularity"):
        rollback(world, at=AT)
    assert rollback(world, "shuffled", at=AT).to == "runs/shuffled"
    assert [each.action for each in decisions(world)] == [
        *("fit", "promote", "promote", "promote", "rollback", "rollback", "rollback", "rollback")
    ]


def test_a_fitted_model_that_was_fitted_again_is_not_what_it_was(world: Workspace) -> None:
    fit_workspace(world, Popularity(), "popularity", created_at="2026-01-01")
    promote(world, "ease-content", at=AT, verdicts=YES)
    fit_workspace(world, Popularity(), "popularity", created_at="2026-01-02")
    promote(world, "ease-content", at=AT, verdicts=YES)
    fit_workspace(world, Popularity(), "popularity", created_at="2026-01-03")
    replace_text(world.models / "CURRENT", "runs/ease-content")
    with pytest.raises(WorkspaceError, match="popularity is not what it was: it was fitted again"):
        rollback(world, at=AT)
    assert serving_key(world) == "runs/ease-content"


def test_a_damaged_model_is_not_rolled_back_to(world: Workspace) -> None:
    promote(world, "ease-content", at=AT, verdicts=YES)
    promote(world, "popularity", at=AT, verdicts=YES)
    [array] = (run_folder(world, "ease-content") / "model").glob("*/members_.0/weights_.npy")
    array.write_bytes(array.read_bytes()[:-1] + b"x")
    with pytest.raises(SavedModelError, match=r"weights_\.npy is damaged"):
        rollback(world, at=AT)
    assert serving_key(world) == "runs/popularity"


def test_a_decision_is_in_the_log_before_it_is_in_force(
    world: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    promote(world, "ease-content", at=AT, verdicts=YES)

    def killed(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(serving, "replace_text", killed)
        with pytest.raises(KeyboardInterrupt):
            promote(world, "popularity", at=AT, verdicts=YES)
    assert current_model(world) == "ease-content"
    assert [each.to for each in decisions(world)] == ["runs/ease-content", "runs/popularity"]
    promote(world, "popularity", at=AT, verdicts=YES)
    assert rollback(world, at=AT).to == "runs/ease-content"


def test_a_torn_line_of_the_log_costs_no_other(world: Workspace) -> None:
    promote(world, "ease-content", at=AT, verdicts=YES)
    log = world.models / "log.jsonl"
    log.write_bytes(log.read_bytes() + b'{"at": "2026-0')
    promote(world, "popularity", at=AT, verdicts=YES)
    assert [each.to for each in decisions(world)] == ["runs/ease-content", "runs/popularity"]


def test_a_run_is_not_promoted_over_one_that_nobody_looked_at(
    world: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.models.mkdir()

    def meanwhile(*_: object, **__: object) -> list[Verdict]:
        replace_text(world.models / "CURRENT", "runs/shuffled")
        return YES

    monkeypatch.setattr(promotion, "gate", meanwhile)
    with pytest.raises(WorkspaceError, match="another model was put in force while run popularity"):
        promote(world, "popularity", at=AT)
    assert serving_key(world) == "runs/shuffled"


def test_two_processes_do_not_decide_at_once(
    world: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(promotion, "LOCK_SECONDS", 0.01)
    with (
        promotion.deciding(world),
        pytest.raises(WorkspaceError, match="another process is deciding which model"),
    ):
        promote(world, "popularity", at=AT, verdicts=YES)


def test_a_model_that_knew_an_erased_viewer_is_not_gone_back_to_and_goes(world: Workspace) -> None:
    for name in ("popularity", "ease-content"):
        promote(world, name, at=AT, verdicts=YES)
    with pytest.raises(ParameterError, match=r"fitted when 2 viewer\(s\) who were erased since"):
        rollback(world, at=AT, n_erased=2)
    assert clean(world, n_erased=2) == ["popularity", "shuffled"]
    assert has_model(world, "ease-content"), "somebody has to answer"
    assert {run.id for run in runs(world)} == {"ease-content", "popularity", "shuffled"}
    with pytest.raises(ParameterError, match="the model of run popularity was removed; train it"):
        rollback(world, at=AT)
    with pytest.raises(ParameterError, match="was removed"):
        promote(world, "popularity", at=AT)


def test_cleaning_keeps_what_answers_and_what_did_before(world: Workspace) -> None:
    for name in ("ease-content", "shuffled"):
        promote(world, name, at=AT, verdicts=YES)
    assert clean(world, 0) == ["popularity"]
    assert rollback(world, at=AT).to == "runs/ease-content"


def test_the_first_model_has_nothing_before_it(world: Workspace) -> None:
    with pytest.raises(WorkspaceError, match="there is nothing to go back to"):
        rollback(world, at=AT)
    promote(world, "ease-content", at=AT, verdicts=YES)
    with pytest.raises(WorkspaceError, match="nothing answered before runs/ease-content"):
        rollback(world, at=AT)


def test_the_engine_answers_from_the_run_in_force_and_from_any_that_is_named(
    world: Workspace,
) -> None:
    promote(world, "ease-content", at=AT, verdicts=YES)
    promote(world, "popularity", at=AT, verdicts=YES)
    assert Engine(world).library.model_name == "popularity"
    named = Engine(world, "ease-content").library
    assert named.model_name == "ease-content"
    assert set(named.fitted) == {"ease-content", "popularity", "shuffled"}
    with pytest.raises(WorkspaceError, match="no model 'svd' is fitted"):
        Engine(world, "svd")
    clean(world, 0, n_erased=9)
    with pytest.raises(WorkspaceError, match="the model of run ease-content was removed"):
        Engine(world, "ease-content")


def test_runs_are_compared_viewer_by_viewer(world: Workspace) -> None:
    found = {row.metric: row for row in compare_runs(world, "ease-content", "popularity")}
    row = found["ndcg@10"]
    assert row.first - row.second == pytest.approx(row.change.mean)
    assert row.change.low > 0
    assert compare_runs(world, "popularity", "popularity")[0].change[:3] == (0, 0, 0)
    tables = world.tables()
    world.write(tables.replace(ratings=tables.ratings.head(9_000)))
    make_run(world, "popularity", run_id="other")
    with pytest.raises(ParameterError, match="only what was measured on the same ratings"):
        compare_runs(world, "popularity", "other")


def test_a_workspace_moved_elsewhere_answers_as_before(world: Workspace, tmp_path: Path) -> None:
    promote(world, "popularity", at=AT, verdicts=YES)
    moved = Workspace(world.home.rename(tmp_path / "moved"))
    assert Engine(moved).library.model_name == "popularity"
