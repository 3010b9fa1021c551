"""Putting a run in force, past the gates, and taking that back exactly."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

from filelock import FileLock, Timeout

from marquee.data.workspace import Workspace
from marquee.errors import ParameterError, WorkspaceError
from marquee.evaluation.experiment import OnStep
from marquee.lifecycle.evidence import gather
from marquee.lifecycle.experiments import find_running
from marquee.lifecycle.gates import Bounds, Verdict, judge, read_bounds
from marquee.lifecycle.runs import has_model, has_run, read_run, remove_models, runs
from marquee.lifecycle.saving import load
from marquee.lifecycle.serving import (
    OF_RUN,
    Decision,
    Serving,
    decide,
    decision,
    decisions,
    named,
    serving,
    serving_key,
)

if TYPE_CHECKING:
    from marquee.data.feedback import FeedbackStore

LOCK_SECONDS = 5


@dataclass(frozen=True, kw_only=True)
class Promotion:
    """What became of a promotion."""

    run: str
    promoted: bool
    forced: bool
    before: str | None
    """What answered until then, as the pointer named it."""
    verdicts: list[Verdict]

    @property
    def failed(self) -> list[str]:
        """The gates that did not pass, each with its reason."""
        return [f"{each.gate}: {each.reason}" for each in self.verdicts if not each.passed]


def gate(
    workspace: Workspace,
    run_id: str,
    *,
    feedback: FeedbackStore | None = None,
    bounds: Bounds | None = None,
    on_step: OnStep | None = None,
    timer: Callable[[], float] = time.perf_counter,
) -> list[Verdict]:
    """What each gate says of the run; nothing is changed."""
    run = read_run(workspace, run_id)
    _check_model(workspace, run_id)
    limits = bounds or read_bounds(workspace.home)
    now = serving(workspace) if serving_key(workspace) is not None else None
    evidence = gather(workspace, run, now, feedback=feedback, on_step=on_step, timer=timer)
    return judge(evidence, limits)


def promote(
    workspace: Workspace,
    run_id: str,
    *,
    at: str,
    feedback: FeedbackStore | None = None,
    bounds: Bounds | None = None,
    force: str | None = None,
    verdicts: list[Verdict] | None = None,
    on_step: OnStep | None = None,
    timer: Callable[[], float] = time.perf_counter,
) -> Promotion:
    """Puts the run in force if it passes every gate, or for a reason that is kept in the log.

    A run that does not pass leaves a line in the log, and what answers goes on answering.

    Parameters
    ----------
    at
        The moment, as ISO 8601.
    force
        Why it is put in force even where it does not pass.
    verdicts
        What the gates said a moment ago, so that they are not asked again.

    Raises
    ------
    ParameterError
        If there is no such run, its model was removed, or the reason is empty.
    WorkspaceError
        If another process is deciding.
    """
    if force is not None and not force.strip():
        raise ParameterError("a promotion is forced for a reason; give one")
    run = read_run(workspace, run_id)
    _check_model(workspace, run_id)
    key = OF_RUN + run.id
    before = serving_key(workspace)
    if before == key:
        raise ParameterError(f"run {run_id} answers already")
    if verdicts is None:
        verdicts = gate(
            workspace, run_id, feedback=feedback, bounds=bounds, on_step=on_step, timer=timer
        )
    outcome = Promotion(
        run=run_id,
        promoted=force is not None or all(each.passed for each in verdicts),
        forced=force is not None,
        before=before,
        verdicts=verdicts,
    )
    with deciding(workspace):
        if serving_key(workspace) != before:
            raise WorkspaceError(
                f"another model was put in force while run {run_id} was looked at; promote it again"
            )
        decide(
            workspace,
            decision(
                workspace,
                "promote" if outcome.promoted else "refuse",
                key,
                at=at,
                forced=outcome.forced,
                reason=(force or "").strip(),
                failed=outcome.failed,
            ),
        )
    return outcome


def rollback(
    workspace: Workspace,
    to: str | None = None,
    *,
    at: str,
    reason: str = "",
    n_erased: int = 0,
) -> Decision:
    """Puts what answered before back in force, the very files that it was answered from.

    Without ``to`` that is what answered when the model in force was promoted, so that rolling back
    again goes one further back. ``to`` is the name of a run.

    Raises
    ------
    WorkspaceError
        If nothing answered before, it was fitted anew or removed since, or another process is
        deciding.
    ParameterError
        If there is no such run, or a viewer was erased since it was fitted; ``n_erased`` is how
        many have been until now.
    SavedModelError
        If its files are not as they were saved.
    """
    with deciding(workspace):
        now = serving_key(workspace)
        if to is None:
            key, version = _before(workspace, now)
        else:
            key, version = OF_RUN + read_run(workspace, to).id, None
        if key == now:
            raise ParameterError(f"{key} answers already")
        place = named(workspace, key)
        _check_erasures(workspace, place, n_erased)
        made = decision(workspace, "rollback", key, at=at, reason=reason)
        if version is not None and made.version != version:
            raise WorkspaceError(
                f"{key} is not what it was: it was fitted again or removed since; roll back to a "
                "run with --to"
            )
        load(place.folder)  # reads and verifies every byte before anybody is answered from it
        if place.predictor is not None:
            load(place.predictor)
        decide(workspace, made)
    return made


def clean(workspace: Workspace, keep: int = 3, *, n_erased: int | None = None) -> list[str]:
    """Names of the runs whose models were removed; their records stay.

    Kept are the model that answers, the one before it, those of the last ``keep`` runs, and those
    of the experiment that runs. With
    ``n_erased``, the number of viewers erased until now, models fitted when they were fewer go too,
    all but those that answer: they learned from somebody who is to be forgotten.
    """
    with deciding(workspace):
        now = serving_key(workspace)
        kept = {run.id for run in runs(workspace)[-keep:]} if keep else set()
        with suppress(WorkspaceError):
            kept.add(_before(workspace, now)[0].removeprefix(OF_RUN))
        running = find_running(workspace)
        tried = {arm.model for arm in running.arms} if running else set()
        gone = []
        for run in runs(workspace):
            outdated = n_erased is not None and run.data["n_erased"] < n_erased
            serves = OF_RUN + run.id == now or run.id in tried
            wanted = serves or (run.id in kept and not outdated)
            if not wanted and has_model(workspace, run.id):
                remove_models(workspace, run.id)
                gone.append(run.id)
    return gone


@contextmanager
def deciding(workspace: Workspace) -> Iterator[None]:
    """Keeps other processes from deciding which model answers.

    Raises
    ------
    WorkspaceError
        If another one is deciding.
    """
    workspace.models.mkdir(parents=True, exist_ok=True)
    try:
        with FileLock(workspace.models / ".deciding", timeout=LOCK_SECONDS):
            yield
    except Timeout as error:
        raise WorkspaceError(
            f"another process is deciding which model of {workspace.home} answers; try again when "
            "it is done"
        ) from error


def _before(workspace: Workspace, now: str | None) -> tuple[str, str | None]:
    """What answered before the model in force was promoted, with its version."""
    for made in reversed(list(decisions(workspace))):
        rose = made.action in {"promote", "fit"} and made.to == now
        if rose and made.before is not None and made.before != now:
            return made.before, made.version_before
    raise WorkspaceError(f"nothing answered before {now or 'now'}; there is nothing to go back to")


def _check_model(workspace: Workspace, run_id: str) -> None:
    if has_run(workspace, run_id) and not has_model(workspace, run_id):
        raise ParameterError(f"the model of run {run_id} was removed; train it again")


def _check_erasures(workspace: Workspace, place: Serving, n_erased: int) -> None:
    if place.run is None:
        return
    _check_model(workspace, place.run)
    then = read_run(workspace, place.run).data["n_erased"]
    if then < n_erased:
        raise ParameterError(
            f"run {place.run} was fitted when {n_erased - then} viewer(s) who were erased since "
            "were still part of the data; train again"
        )
