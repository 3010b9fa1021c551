"""A comparison measures each model once, keeps what is done, and holds all against one."""

from __future__ import annotations

import dataclasses
import json
import math
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

from marquee.data.interactions import Interactions
from marquee.errors import ParameterError
from marquee.evaluation.comparison import Comparison, Conditions, Entrant, Run
from marquee.evaluation.experiment import evaluate
from marquee.evaluation.leaderboard import leaderboard
from marquee.evaluation.leaks.leak import Leak
from marquee.evaluation.splits import k_folds, split_by_time
from marquee.evaluation.tuning import Budget
from marquee.lifecycle.results import ResultFolder, data_version
from marquee.models.base import Recommender
from marquee.models.bias import Bias
from marquee.models.popularity import Popularity
from marquee.models.svd import SVD
from marquee.search.space import Range
from splits_kit import ticking

DATA = ticking(5, 400)
TIMED = {0: [split_by_time(DATA, 0.7)]}


class Memory:
    """Keeps results in memory, and counts what is asked."""

    def __init__(self) -> None:
        self.kept: dict[str, Run] = {}
        self.about: list[dict[str, Any]] = []

    def find(self, key: str) -> Run | None:
        return self.kept.get(key)

    def keep(self, key: str, run: Run, about: dict[str, Any]) -> None:
        assert key not in self.kept
        self.kept[key] = run
        self.about.append(about)


@dataclass(kw_only=True, eq=False)
class Stopped(Popularity):
    """Somebody presses Ctrl-C while it is fitted on data with that pair."""

    pair: tuple[int, int] | None = None

    def _fit(self, train: Interactions) -> None:
        if self.pair is None or self.pair in pairs(train):
            raise KeyboardInterrupt
        super()._fit(train)


def pairs(part: Interactions) -> set[tuple[int, int]]:
    users, items = part.users.ids[part.rows], part.items.ids[part.matrix.indices]
    return set(zip(users.tolist(), items.tolist(), strict=True))


def entrant(name: str, kind: Callable[..., Recommender], **more: Any) -> Entrant:
    return Entrant(name=name, make=lambda params: kind(**params), **more)


def small_svd(**params: Any) -> SVD:
    return SVD(**{"factors": 2, "epochs": 2, **params})


def compared(entrants: list[Entrant], store: Memory | None = None, **more: Any) -> Comparison:
    given = {"splits": TIMED, "ks": (3,), "relevant_from": 2.0, "metric": "ndcg@3", **more}
    comparison = Comparison(entrants, Conditions(**given), store or Memory())
    comparison.run()
    return comparison


BOTH = [entrant("popularity", Popularity), entrant("bias", Bias)]


def test_figures_are_those_of_an_evaluation() -> None:
    comparison = compared(BOTH)
    for entry, kind in zip(comparison.entries, (Popularity, Bias), strict=True):
        alone = evaluate(kind, TIMED[0], k=3, relevant_from=2.0, clock="past")
        (run,) = entry.runs
        assert alone.splits[0].metrics == pytest.approx(run.metrics, nan_ok=True)
    assert comparison.clock == "past"
    assert not comparison.interrupted


def test_what_was_measured_is_not_measured_again_while_all_is_the_same() -> None:
    store = Memory()
    compared(BOTH, store)
    assert [about["model"] for about in store.about] == ["popularity", "bias"]
    again = compared(BOTH, store)
    assert [entry.n_cached for entry in again.entries] == [1, 1]
    assert len(store.kept) == 2
    other_rows = dataclasses.replace(split_by_time(DATA, 0.8), name=TIMED[0][0].name)
    more: list[tuple[list[Entrant], dict[str, Any]]] = [
        ([entrant("bias", lambda: Bias(l2_users=3.0))], {}),
        ([entrant("bias", Bias, version="other code")], {}),
        (BOTH[1:], {"data_version": "other data"}),
        (BOTH[1:], {"splits": {0: [split_by_time(DATA, 0.8)]}}),
        (BOTH[1:], {"splits": {0: [other_rows]}}),
        (BOTH[1:], {"ks": (3, 5)}),
        (BOTH[1:], {"relevant_from": 3.0}),
        (BOTH[1:], {"clock": "none"}),
        (BOTH[1:], {"auc": True}),
    ]
    for number, (entrants, changed) in enumerate(more, start=3):
        compared(entrants, store, **changed)
        assert len(store.kept) == number, changed


def test_an_interrupt_ends_the_run_and_keeps_what_is_done() -> None:
    store = Memory()
    told: list[tuple[int, int, str]] = []
    entrants = [*BOTH, entrant("stopped", Stopped), entrant("svd", small_svd)]
    comparison = Comparison(
        entrants,
        Conditions(splits=TIMED, ks=(3,), relevant_from=2.0),
        store,
        on_step=lambda *step: told.append(step),
    )
    assert [entry.name for entry in comparison.run()] == ["popularity", "bias"]
    assert comparison.interrupted
    assert len(store.kept) == 2
    assert told[-2:] == [(2, 4, "stopped on time:0.7"), (2, 4, "done")]
    resumed = compared([*BOTH, entrant("svd", small_svd)], store)
    assert [entry.n_cached for entry in resumed.entries] == [1, 1, 0]


def test_a_model_stopped_between_its_splits_is_no_entry_but_its_results_stay() -> None:
    store = Memory()
    folds = {0: k_folds(DATA, 2, 1)}
    # What the first fold tests is what the second learns from.
    pair = min(pairs(folds[0][0].test))
    comparison = compared([entrant("two", lambda: Stopped(pair=pair))], store, splits=folds)
    assert comparison.interrupted
    assert comparison.entries == []
    assert [about["split"] for about in store.about] == ["kfold:2/1"]


def test_seeds_draw_other_splits_and_give_models_other_seeds() -> None:
    store = Memory()
    drawn = {seed: k_folds(DATA, 2, seed) for seed in (0, 1, 2)}
    entrants = [entrant("popularity", Popularity), entrant("svd", lambda: small_svd(seed=5))]
    comparison = compared(entrants, store, splits=drawn)
    popularity, svd = comparison.entries
    assert popularity.seeds == svd.seeds == (0, 0, 1, 1, 2, 2)
    asked = [about["params"]["seed"] for about in store.about if about["model"] == "svd"]
    assert asked == [5, 5, 6, 6, 7, 7]


def test_where_neither_split_nor_model_is_drawn_one_fit_is_enough() -> None:
    store = Memory()
    same = dict.fromkeys((0, 1, 2), TIMED[0])
    entrants = [entrant("popularity", Popularity), entrant("svd", small_svd)]
    popularity, svd = compared(entrants, store, splits=same).entries
    assert (popularity.seeds, svd.seeds) == ((0,), (0, 1, 2))
    table = leaderboard([popularity, svd], ["ndcg@3", "rmse"], n=50)
    by_name = {row.entry.name: row for row in table.rows}
    values = [run.metrics["ndcg@3"] for run in svd.runs]
    assert by_name["svd"].sd_of_seeds["ndcg@3"] == pytest.approx(np.std(values, ddof=1))
    assert math.isnan(by_name["popularity"].sd_of_seeds["ndcg@3"])
    assert by_name["svd"].figures["ndcg@3"].value == pytest.approx(np.mean(values))


@pytest.mark.slow
def test_parameters_are_chosen_on_every_split_by_itself(tmp_path: Path) -> None:
    pytest.importorskip("optuna")
    told: list[tuple[int, int, str]] = []
    space = {"l2_users": Range(0.5, 50.0, log=True)}

    def comparison() -> Comparison:
        return Comparison(
            [entrant("bias", Bias, space=space), entrant("popularity", Popularity)],
            Conditions(
                splits={0: k_folds(DATA, 2, 1)},
                ks=(3,),
                relevant_from=2.0,
                metric="rmse",
                budget=Budget(n_trials=3),
                trials=tmp_path / "trials.journal",
            ),
            Memory(),
            on_step=lambda *step: told.append(step),
        )

    bias, popularity = comparison().run()
    assert [one.split.rpartition(" inside ")[2] for one in bias.tuned] == ["kfold:2/1", "kfold:2/2"]
    assert not popularity.tuned
    done = [step[0] for step in told]
    assert done == sorted(done)
    assert told[-1] == (2 * (3 + 1) + 2, 2 * (3 + 1) + 2, "done")
    told.clear()
    comparison().run()
    assert (3, 10, "bias on kfold:2/1") in told, "trials that were kept are done"


def test_parameters_are_chosen_by_the_metric_of_its_own_length() -> None:
    pytest.importorskip("optuna")
    (entry,) = compared(
        [entrant("bias", Bias, space={"l2_users": Range(0.5, 50.0)})],
        ks=(3, 5),
        metric="ndcg@3",
        budget=Budget(n_trials=1),
    ).entries
    assert [one.metric for one in entry.tuned] == ["ndcg@3"]
    (row,) = leaderboard([entry], ["ndcg@5"], n=5).rows
    assert "ndcg@5" in row.segments["activity"].gaps


def test_the_best_comes_first_and_the_best_baseline_is_what_all_are_held_against() -> None:
    entries = compared([*BOTH, entrant("svd", small_svd)]).entries
    table = leaderboard(entries, ["rmse", "ndcg@3"], baselines=["popularity", "bias"], n=50)
    assert table.against == "bias", "popularity has no such metric"
    values = [row.figures["rmse"].value for row in table.rows if "rmse" in row.figures]
    assert values == sorted(values)
    assert table.rows[-1].entry.name == "popularity"
    held = next(row for row in table.rows if row.entry.name == "bias")
    assert not held.differences
    other = leaderboard(entries, ["ndcg@3"], against="svd", n=50)
    assert other.against == "svd"
    assert {row.entry.name for row in other.rows if row.differences} == {"popularity", "bias"}
    json.dumps([row.to_dict() for row in table.rows], allow_nan=False)


@pytest.mark.parametrize(
    ("metrics", "against", "said"),
    [
        (["auc"], None, "no model has a auc; there are"),
        (["ndcg@3"], "ease", "'ease' is not compared; there are popularity, bias"),
    ],
)
def test_what_cannot_be_held_together_is_refused(
    metrics: list[str], against: str | None, said: str
) -> None:
    with pytest.raises(ParameterError, match=said):
        leaderboard(compared(BOTH).entries, metrics, against=against, n=5)


def test_a_metric_that_nobody_has_a_value_for_is_told_from_one_that_does_not_exist() -> None:
    entries = compared(BOTH, relevant_from=9.0).entries
    with pytest.raises(ParameterError, match="ndcg@3 has no value here, for any model: nobody has"):
        leaderboard(entries, ["ndcg@3"], n=5)


def test_seconds_are_the_mean_of_the_runs_and_memory_the_most_that_one_took() -> None:
    (entry,) = compared(BOTH[1:], splits={0: k_folds(DATA, 3, 1)}).entries
    taken = [(1.0, 0.5, 10), (4.0, 1.5, 30), (1.0, 1.0, None)]
    runs = tuple(
        dataclasses.replace(run, fit_seconds=fit, predict_seconds=predict, fit_bytes=size)
        for run, (fit, predict, size) in zip(entry.runs, taken, strict=True)
    )
    (row,) = leaderboard([dataclasses.replace(entry, runs=runs)], ["ndcg@3"], n=5).rows
    assert (row.fit_seconds, row.predict_seconds, row.fit_bytes) == (2.0, 1.0, 30)
    unmeasured = tuple(dataclasses.replace(run, fit_bytes=None) for run in runs)
    (row,) = leaderboard([dataclasses.replace(entry, runs=unmeasured)], ["ndcg@3"], n=5).rows
    assert row.fit_bytes is None


def test_a_leak_stays_with_a_result_that_is_found_again(monkeypatch: pytest.MonkeyPatch) -> None:
    store = Memory()
    leak = Leak(check="known-later", words="rows known later", n=3)
    monkeypatch.setattr("marquee.evaluation.experiment.split_leaks", lambda _split: [leak])
    compared(BOTH[1:], store)
    monkeypatch.undo()
    (again,) = compared(BOTH[1:], store).entries
    assert (again.n_cached, again.leaks) == (1, (leak,))
    (row,) = leaderboard([again], ["ndcg@3"], n=5).rows
    assert row.to_dict()["verdict"] == "LEAKING"
    (clean,) = leaderboard(compared(BOTH[1:]).entries, ["ndcg@3"], n=5).rows
    assert clean.to_dict()["verdict"] == "no leak found"


def test_a_comparison_of_nothing_is_refused() -> None:
    for entrants in ([], [BOTH[0], BOTH[0]]):
        with pytest.raises(ParameterError, match="needs models, each named once"):
            compared(entrants)
    with pytest.raises(ParameterError, match="no split to compare on"):
        compared(BOTH, splits={})


def test_a_result_comes_back_from_its_folder_as_it_was(tmp_path: Any) -> None:
    titles = pl.DataFrame({"title_id": [1, 2, 3], "genres": [["War"], ["Drama"], None]})
    (result,) = evaluate(Bias, TIMED[0], k=[2, 3], relevant_from=2, titles=titles).splits
    store = ResultFolder(tmp_path / "results")
    assert store.find("a") is None
    leaks = (Leak(check="ids-tell-time", words="ids follow time", n=3, note=True),)
    store.keep("a", Run(result, leaks), {"model": "bias"})
    kept = store.find("a")
    assert kept is not None
    assert kept.leaks == leaks
    found = kept.result
    for field in dataclasses.fields(result):
        old, new = getattr(result, field.name), getattr(found, field.name)
        if field.name in {"by_user", "groups", "sums"}:
            assert old.keys() == new.keys()
            for name in old:
                np.testing.assert_equal(old[name], new[name])
        else:
            np.testing.assert_equal(old, new)
    for path in sorted((tmp_path / "results").iterdir()):
        content = path.read_bytes()
        path.write_bytes(content[: len(content) // 2])
        assert store.find("a") is None, "half a file is none"
        path.write_bytes(content)
    assert store.find("a") is not None


def test_data_are_other_data_where_a_time_a_title_or_a_viewer_differs() -> None:
    titles = pl.DataFrame({"title_id": [1, 2], "genres": [["War"], None]})
    viewers = pl.DataFrame({"viewer_id": [1, 2], "age": [5, None]})
    first = data_version(DATA, titles, viewers)
    assert data_version(DATA, titles.reverse(), viewers.reverse()) == first
    assert DATA.times is not None
    later = dataclasses.replace(DATA, times=DATA.times + 1)
    others = [
        data_version(later, titles, viewers),
        data_version(DATA, titles.with_columns(title_id=titles["title_id"] + 1), viewers),
        data_version(DATA, titles, viewers.with_columns(age=pl.lit(6))),
        data_version(DATA, None, viewers),
        data_version(DATA.where(np.arange(len(DATA)) > 0), titles, viewers),
    ]
    assert len({first, *others}) == 6
