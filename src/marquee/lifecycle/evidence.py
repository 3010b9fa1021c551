"""Gathering what the gates look at, on the newest window of the data as it is now."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from marquee.data.interactions import Interactions
from marquee.data.tables import Tables
from marquee.data.workspace import Workspace
from marquee.evaluation.clock import without_times
from marquee.evaluation.experiment import OnStep
from marquee.evaluation.leaks.checking import split_leaks
from marquee.evaluation.leaks.future import side_information_leaks
from marquee.evaluation.metrics import ndcg
from marquee.evaluation.splits import Split
from marquee.lifecycle import state
from marquee.lifecycle.fitting import forget_erased, known_now, text_vectors
from marquee.lifecycle.gates import METRIC, Evidence, Figures
from marquee.lifecycle.golden import faults, read_golden
from marquee.lifecycle.lists import ListFigures
from marquee.lifecycle.runs import MODEL, Run, read_run, run_folder, values_of
from marquee.lifecycle.saving import describe, load
from marquee.lifecycle.serving import Serving
from marquee.lifecycle.window import HISTORY, NEWEST, K, Measured, measure, sample, tested, window
from marquee.models import ALGORITHMS
from marquee.models.base import Recommender

if TYPE_CHECKING:
    from marquee.data.feedback import FeedbackStore

RELEVANT_FROM = 4.0
N_TIMED = 50
"""Viewers whose lists are timed one after another."""


class _Today(NamedTuple):
    """The data as it is now, and its window."""

    tables: Tables
    fingerprint: str
    split: Split
    workspace: Workspace
    on_step: OnStep | None
    timer: Callable[[], float]


def gather(
    workspace: Workspace,
    run: Run,
    serving: Serving | None,
    *,
    feedback: FeedbackStore | None = None,
    on_step: OnStep | None = None,
    timer: Callable[[], float] = time.perf_counter,
) -> Evidence:
    """The evidence on a run, beside what answers and beside what is popular.

    All are compared on the same viewers of the newest window, each fitted on what came before it:
    a model that answers has been fitted on the window, so its recipe is fitted anew. Figures of a
    run that was measured on this very window are taken from there.

    Raises
    ------
    SavedModelError
        If the saved model is damaged.
    """
    forget_erased(workspace, feedback)
    tables, fingerprint = known_now(workspace, feedback)
    today = _Today(tables, fingerprint, window(tables, NEWEST), workspace, on_step, timer)
    rows = tested(today.split)
    saved = load(run_folder(workspace, run.id) / MODEL)
    golden = read_golden(workspace.home)
    sizes = np.diff(today.split.history.matrix.indptr)[rows]
    popular = _measured(today, ALGORITHMS["popularity"])
    candidate, of_model = _of_run(today, run)
    return Evidence(
        window=today.split.name,
        leaks=_leaks(today, run, of_model),
        candidate=candidate,
        serving=None if serving is None else _of_serving(today, serving),
        popularity=_figures(popular),
        saved=_saved_ndcg(saved, today.split, rows),
        known=sizes >= HISTORY,
        segments=_segments(popular.result.groups),
        latency_ms=_latency_ms(saved, today.split.history, timer),
        memory_mb=run.files[MODEL] / 1e6,
        golden=None if golden is None else faults(saved, golden),
    )


def _of_run(today: _Today, run: Run) -> tuple[Figures, tuple[str, ...]]:
    """Its figures on the window, and the leaks that were found as it was measured."""
    # Runs of earlier versions do not tell what was found, so they are measured again.
    if run.split["fingerprint"] == today.split.fingerprint and "leaks" in run.split:
        values = values_of(today.workspace, run.id)[METRIC].to_numpy()
        nan = dict.fromkeys(("coverage", "head_share", "overlap", "gini"), float("nan"))
        figures = Figures(values=values, lists=ListFigures(**nan | run.lists))
        return figures, tuple(run.split["leaks"])
    origin = run_folder(today.workspace, run.id)
    made = _measured(today, lambda: state.unfitted(run.algorithm, run.parameters, origin))
    return _figures(made), tuple(str(leak) for leak in made.leaks)


def _of_serving(today: _Today, serving: Serving) -> Figures:
    if serving.run is not None:
        return _of_run(today, read_run(today.workspace, serving.run))[0]
    manifest = describe(serving.folder)
    made = _measured(
        today, lambda: state.unfitted(manifest.model, manifest.parameters, serving.folder)
    )
    return _figures(made)


def _measured(today: _Today, make: Callable[[], Recommender]) -> Measured:
    return measure(
        make,
        today.split,
        today.tables,
        text_vectors(today.workspace),
        on_step=today.on_step,
        timer=today.timer,
    )


def _figures(measured: Measured) -> Figures:
    return Figures(values=measured.by_viewer[METRIC], lists=measured.lists)


def _leaks(today: _Today, run: Run, of_model: tuple[str, ...]) -> tuple[str, ...]:
    """Ways in which the run's figures could know the answers, as `marquee leakcheck` finds them.

    Those of the window are looked for in the data as it is now; those of the model were looked for
    when it was measured. Notes are none.
    """
    split = today.split
    seen = [*split_leaks(split), *side_information_leaks(today.tables, split)]
    found = [*(str(leak) for leak in seen if not leak.note), *of_model]
    same = run.data["fingerprint"] == today.fingerprint and run.split["name"] == split.name
    if same and run.split["fingerprint"] != split.fingerprint:
        found.append(f"the run was measured on other rows than those of {split.name} of its data")
    return tuple(dict.fromkeys(found))


def _saved_ndcg(model: Recommender, split: Split, rows: NDArray[np.int64]) -> NDArray[np.float64]:
    profiles = _asked(model, split.history.take(rows))
    least = RELEVANT_FROM if split.relevant_from is None else split.relevant_from
    relevant = split.test.take(rows).with_items(model.items_).at_least(least).matrix
    return ndcg(model.recommend(profiles, K), relevant)


def _latency_ms(model: Recommender, history: Interactions, timer: Callable[[], float]) -> float:
    """Milliseconds within which 95 of 100 lists of one viewer are made."""
    profiles = _asked(model, history)
    rows = sample(profiles, HISTORY, N_TIMED)
    model.recommend(profiles.take(rows[:1]), K)  # compiles what is compiled once
    taken = []
    for row in rows:
        one = profiles.take([row])
        start = timer()
        model.recommend(one, K)
        taken.append(timer() - start)
    return float(np.quantile(taken, 0.95) * 1e3)


def _asked(model: Recommender, profiles: Interactions) -> Interactions:
    """The profiles over the model's catalog, with times only where it wants them."""
    over = profiles.with_items(model.items_)
    return without_times(over) if model.params().get("clock") == "none" else over


def _segments(groups: Mapping[str, NDArray[Any]]) -> dict[str, NDArray[np.bool_]]:
    """The members of each group of viewers of the window, by what divides them and its name."""
    return {
        f"{what} {name}": members == name
        for what, members in groups.items()
        for name in np.unique(members).tolist()
        if name
    }
