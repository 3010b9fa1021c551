"""Retraining as one job that can be killed anywhere and is finished by whoever comes next.

::

    HOME/retraining/state.json    the job under way, and which of its stages are done
    HOME/retraining/log.jsonl     one line per finished job, the oldest first

The stages are to fetch from each place, to train, to judge and to promote. Each can be done again
without harm, and is entered as done by one atomic rename; what answers changes in the last alone.
"""

from __future__ import annotations

import dataclasses
import json
import os
import re
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from filelock import FileLock, Timeout

from marquee.data.workspace import Workspace, replace_text, sync
from marquee.errors import MarqueeError, SavedModelError, WorkspaceError
from marquee.evaluation.experiment import OnStep
from marquee.lifecycle import promotion, state
from marquee.lifecycle.gates import Verdict
from marquee.lifecycle.runs import has_run, read_run
from marquee.lifecycle.serving import OF_RUN, named, serving_key
from marquee.lifecycle.training import train
from marquee.models.base import Recommender

if TYPE_CHECKING:
    from marquee.data.feedback import FeedbackStore

Fetch = Callable[[Workspace, str], str]
"""Brings titles and ratings from a place into the workspace, and says what it brought.

Done twice it has to leave what it leaves when done once."""

STATE = "state.json"
LOG = "log.jsonl"
EVERY_DAYS = 7.0
NEW_SHARE = 0.05
KEPT = 3
"""Runs whose models are kept beside those that answer and answered before."""


@dataclass(frozen=True, kw_only=True)
class Recipe:
    """An unfitted model as plain values, so that another process can make it."""

    name: str
    algorithm: str
    parameters: dict[str, Any]

    @classmethod
    def of(cls, name: str, model: Recommender) -> Recipe:
        """The recipe of that model, which is called so."""
        return cls(
            name=name, algorithm=state.name_of(model), parameters=state.encoded_params(model)
        )

    def make(self) -> Recommender:
        """A fresh model."""
        return state.unfitted(self.algorithm, self.parameters, Path("the recipe"))


@dataclass(frozen=True, kw_only=True)
class Job:
    """A retraining."""

    id: str
    began: str
    recipe: Recipe
    predictor: Recipe | None
    places: list[str]
    """Where to fetch from, in order."""
    done: dict[str, str] = field(default_factory=dict)
    """What each finished stage came to, by its name."""
    verdicts: list[Verdict] = field(default_factory=list)
    judged_beside: str | None = None
    """What answered when the gates were asked."""

    @property
    def run(self) -> str:
        """Name of the run that it makes."""
        return f"{self.id}-{self.recipe.name}".lower()


@dataclass(frozen=True, kw_only=True)
class Finished:
    """What a retraining came to."""

    id: str
    began: str
    ended: str
    run: str
    promoted: bool
    resumed: bool
    n_ratings: int
    """Ratings that it learned from."""
    stages: dict[str, str]
    failed: list[str]
    """The gates that did not pass, each with its reason."""


def due(
    workspace: Workspace,
    *,
    now: str,
    feedback: FeedbackStore | None = None,
    every_days: float = EVERY_DAYS,
    new_share: float = NEW_SHARE,
) -> str | None:
    """Why it is time to retrain; None where it is not.

    It is where a job was left unfinished, no run answers, the last retraining (or else the run that
    answers) began ``every_days`` ago, or the ratings have grown by ``new_share`` since.
    """
    if _state(workspace).exists():
        return "a retraining was left unfinished"
    jobs = list(finished(workspace))
    key = serving_key(workspace)
    if jobs:
        began, n_before = jobs[-1].began, jobs[-1].n_ratings
    elif key is not None and key.startswith(OF_RUN):
        run = read_run(workspace, named(workspace, key).run or "")
        began, n_before = run.created_at, int(run.data["n_ratings"])
    else:
        return "no run answers yet"
    days = (datetime.fromisoformat(now) - datetime.fromisoformat(began)).total_seconds() / 86_400
    if days >= every_days:
        return f"{days:.1f} days have passed since the last one"
    n_now = workspace.counts().get("ratings", 0)
    if feedback is not None:
        n_now += feedback.ratings_frame().height
    grown = (n_now - n_before) / max(n_before, 1)
    if grown >= new_share > 0:
        return f"there are {grown:.1%} more ratings than at the last one"
    return None


def retrain(
    workspace: Workspace,
    recipe: Recipe,
    *,
    now: Callable[[], str],
    fetch: Fetch | None = None,
    places: Sequence[str] = (),
    predictor: Recipe | None = None,
    feedback: FeedbackStore | None = None,
    restart: bool = False,
    on_step: OnStep | None = None,
    timer: Callable[[], float] = time.perf_counter,
) -> Finished | None:
    """What the retraining came to, or None where another process is at it.

    A job that was left unfinished is finished first, as it was begun: with its own recipe and its
    own places. What answers is exchanged only if the new run passes every gate.

    Parameters
    ----------
    now
        The moment, as ISO 8601.
    fetch
        Called with each of the ``places`` before the fit.
    restart
        Whether a job that was left unfinished is given up.

    Raises
    ------
    MarqueeError
        If a stage fails; the job stays, and the next call tries that stage again.
    """
    with _alone(workspace) as alone:
        if not alone:
            return None
        if restart:
            _state(workspace).unlink(missing_ok=True)
        left = _read(workspace)
        job = left or _begun(workspace, recipe, predictor, places, now())
        tell = on_step or (lambda _done, _total, _text: None)
        stages = [*(f"fetch {place}" for place in job.places), "train", "judge", "promote"]
        for number, stage in enumerate(stages):
            if stage in job.done:
                continue
            tell(number, len(stages), stage)
            if stage == "train":
                came_to = _train(workspace, job, feedback, timer)
            elif stage == "judge":
                job, came_to = _judge(workspace, job, feedback, timer)
            elif stage == "promote":
                job, came_to = _promote(workspace, job, feedback, now(), timer)
            elif fetch is None:
                raise WorkspaceError(f"nothing here can fetch from {job.places[number]}")
            else:
                came_to = fetch(workspace, job.places[number])
            job = dataclasses.replace(job, done=job.done | {stage: came_to})
            _write(workspace, job)
        tell(len(stages), len(stages), "done")
        n_erased = None if feedback is None else len(feedback.erased_viewers())
        promotion.clean(workspace, KEPT, n_erased=n_erased)
        return _end(workspace, job, now(), resumed=left is not None)


def finished(workspace: Workspace) -> Iterator[Finished]:
    """The jobs that were finished, the oldest first; lines that are none are passed over."""
    log = _folder(workspace) / LOG
    if not log.exists():
        return
    for line in log.read_text(encoding="utf-8", errors="replace").splitlines():
        try:
            yield Finished(**json.loads(line))
        except (ValueError, TypeError):
            continue


def _train(
    workspace: Workspace, job: Job, feedback: FeedbackStore | None, timer: Callable[[], float]
) -> str:
    if not has_run(workspace, job.run):
        train(
            workspace,
            job.recipe.make,
            job.recipe.name,
            created_at=job.began,
            predictor=None if job.predictor is None else (job.predictor.name, job.predictor.make),
            feedback=feedback,
            run_id=job.run,
            timer=timer,
        )
    return f"run {job.run}"


def _judge(
    workspace: Workspace, job: Job, feedback: FeedbackStore | None, timer: Callable[[], float]
) -> tuple[Job, str]:
    beside = serving_key(workspace)
    if beside == OF_RUN + job.run:
        return job, "it answers already"
    verdicts = promotion.gate(workspace, job.run, feedback=feedback, timer=timer)
    n_failed = sum(not each.passed for each in verdicts)
    judged = dataclasses.replace(job, verdicts=verdicts, judged_beside=beside)
    return judged, f"{n_failed} of {len(verdicts)} gates refuse it" if n_failed else "it passes"


def _promote(
    workspace: Workspace,
    job: Job,
    feedback: FeedbackStore | None,
    at: str,
    timer: Callable[[], float],
) -> tuple[Job, str]:
    key = serving_key(workspace)
    if key == OF_RUN + job.run:  # killed between the rename and the note of it
        return job, "promoted"
    if key != job.judged_beside:  # somebody promoted another one meanwhile
        job, _ = _judge(workspace, job, feedback, timer)
    outcome = promotion.promote(workspace, job.run, at=at, verdicts=job.verdicts)
    return job, "promoted" if outcome.promoted else "refused"


def _begun(
    workspace: Workspace,
    recipe: Recipe,
    predictor: Recipe | None,
    places: Sequence[str],
    began: str,
) -> Job:
    digits = re.sub(r"\D", "", began)[:14]
    stamp = f"{digits[:8]}-{digits[8:]}"
    job = Job(id=stamp, began=began, recipe=recipe, predictor=predictor, places=[*places])
    number = 2
    while has_run(workspace, job.run):
        job = dataclasses.replace(job, id=f"{stamp}-{number}")
        number += 1
    _write(workspace, job)
    return job


def _end(workspace: Workspace, job: Job, ended: str, *, resumed: bool) -> Finished:
    """Enters the job in the log once, and then takes it away."""
    found = Finished(
        id=job.id,
        began=job.began,
        ended=ended,
        run=job.run,
        promoted=job.done["promote"] == "promoted",
        resumed=resumed,
        n_ratings=int(read_run(workspace, job.run).data["n_ratings"]),
        stages=job.done,
        failed=[f"{each.gate}: {each.reason}" for each in job.verdicts if not each.passed],
    )
    log = _folder(workspace) / LOG
    if job.id not in {each.id for each in finished(workspace)}:
        torn = log.exists() and not log.read_bytes().endswith(b"\n")
        line = json.dumps(dataclasses.asdict(found), ensure_ascii=False)
        with log.open("a", encoding="utf-8") as stream:
            stream.write(("\n" if torn else "") + line + "\n")
            stream.flush()
            os.fsync(stream.fileno())
    _state(workspace).unlink(missing_ok=True)
    sync(_folder(workspace))
    return found


def _read(workspace: Workspace) -> Job | None:
    path = _state(workspace)
    if not path.exists():
        return None
    try:
        given = json.loads(path.read_text(encoding="utf-8"))
        beside = given.pop("predictor")
        return Job(
            **given
            | {
                "recipe": Recipe(**given["recipe"]),
                "predictor": None if beside is None else Recipe(**beside),
                "verdicts": [Verdict(**each) for each in given["verdicts"]],
            }
        )
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise SavedModelError(
            f"{path} is damaged ({error!r}); begin anew with `marquee retrain --restart`"
        ) from error


def _write(workspace: Workspace, job: Job) -> None:
    _folder(workspace).mkdir(parents=True, exist_ok=True)
    text = json.dumps(dataclasses.asdict(job), indent=1, ensure_ascii=False)
    replace_text(_state(workspace), text + "\n")


def _folder(workspace: Workspace) -> Path:
    return workspace.home / "retraining"


def _state(workspace: Workspace) -> Path:
    return _folder(workspace) / STATE


@contextmanager
def _alone(workspace: Workspace) -> Iterator[bool]:
    """Whether nobody else retrains; the system frees the lock of a process that is killed."""
    _folder(workspace).mkdir(parents=True, exist_ok=True)
    lock = FileLock(_folder(workspace) / ".lock", timeout=0)
    try:
        lock.acquire()
    except Timeout:
        yield False
        return
    try:
        yield True
    finally:
        lock.release()


Fetchers = Mapping[str, Fetch]
"""Ways to fetch, by the word before the colon of a place."""


def fetch_with(fetchers: Fetchers, otherwise: Fetch) -> Fetch:
    """Fetches from ``WORD:REST`` by the way of that word, and from anywhere else ``otherwise``."""

    def fetch(workspace: Workspace, place: str) -> str:
        word, colon, rest = place.partition(":")
        if colon and word in fetchers:
            return fetchers[word](workspace, rest)
        return otherwise(workspace, place)

    return fetch


def check_places(places: Sequence[str]) -> None:
    """Raises ``MarqueeError`` for places that are told twice: they could not be told apart."""
    if len(set(places)) < len(places):
        raise MarqueeError(f"a place to fetch from is given twice: {', '.join(places)}")
