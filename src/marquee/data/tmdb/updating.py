"""The update: what is new, what changed, what grew old; asked for one by one, then joined.

::

    HOME/raw/tmdb/titles.jsonl       what was answered about each title       answers
    HOME/raw/tmdb/state.json         the update under way, and the last one   wanted
    HOME/raw/tmdb/ATTRIBUTION.txt    whom to name where the data are shown

Each answer is on disk before the next is asked for, and lists that were read are entered by one
atomic rename. So whoever comes after a kill goes on where it stopped; what joins the tables does so
in one step, and a second time to the same end.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path

import polars as pl
from filelock import FileLock, Timeout

from marquee.data.intake import Added, add_source
from marquee.data.publishers import ATTRIBUTIONS
from marquee.data.sources.tmdb_api import NAME
from marquee.data.tmdb.answers import Answers, Held, Title
from marquee.data.tmdb.asking import Asker
from marquee.data.tmdb.listing import CHANGE_DAYS, Listed, listed_by_day, spans
from marquee.data.tmdb.shapes import APPENDED, KINDS, kept
from marquee.data.tmdb.wanted import Job, State, Wanted, read_state, write_state
from marquee.data.workspace import Workspace, replace_text
from marquee.errors import DownloadError, GivenUpError, ParameterError

FIRST_DAYS = 90
"""Days back from which on releases are new at the first update, where no day is given."""
OVERLAP_DAYS = 28
"""Days that an update looks back behind the last one: titles are entered, and get their votes,
after their release."""
LIST_DAYS = 31
MOST_FAILURES = 5
"""Titles in a row that fail before it is the server, and not a title, that is to blame."""

log = logging.getLogger(__name__)
OnStep = Callable[[int, int, str], None]


@dataclass(frozen=True, kw_only=True)
class Updated:
    """What an update did."""

    since: date
    until: date
    n_new: int
    """Titles that were not held before."""
    n_changed: int
    """Held titles of which TMDB tells changes."""
    n_asked: int
    """Titles that were asked for, old and new."""
    n_gone: int
    """Those that TMDB has no more."""
    n_failed: int
    """Those that it did not answer about; the next update asks again."""
    n_left: int
    """New and changed titles left to the next update."""
    doubtful: list[str]
    """Lists that did not hold still while they were read; the next update looks back over them."""
    resumed: bool
    added: Added | None
    """What joining them did; None where there was nothing to join."""


def update(
    workspace: Workspace,
    asker: Asker,
    wanted: Wanted | None = None,
    *,
    now: Callable[[], datetime],
    since: date | None = None,
    restart: bool = False,
    on_step: OnStep | None = None,
) -> Updated:
    """Brings the workspace's films, shows and offers from TMDB up to date.

    An update that was left unfinished is finished first, as it was begun. ``wanted`` is remembered;
    None asks for what the last update asked for. ``since`` is the day from which on releases are
    new; by default four weeks before the last update, and 90 days back at the first.

    Raises
    ------
    ParameterError
        If ``since`` lies in the future.
    DownloadError
        If TMDB refuses or does not answer, or another process is at it; the next call goes on.
    """
    folder = workspace.raw / "tmdb"
    folder.mkdir(parents=True, exist_ok=True)
    try:
        with FileLock(folder / ".lock", blocking=False):
            return _update(workspace, folder, asker, wanted, now, since, restart, on_step)
    except Timeout as error:
        raise DownloadError(
            f"another process updates {workspace.home}; wait until it ends"
        ) from error


def _update(
    workspace: Workspace,
    folder: Path,
    asker: Asker,
    wanted: Wanted | None,
    now: Callable[[], datetime],
    since: date | None,
    restart: bool,
    on_step: OnStep | None,
) -> Updated:
    tell = on_step or (lambda _done, _total, _text: None)
    said = ATTRIBUTIONS[NAME]
    replace_text(folder / "ATTRIBUTION.txt", f"{said.data}\n{said.offers}\n")
    state = read_state(folder)
    resumed = state.job is not None and not restart
    if state.job is None or restart:
        state.wanted = wanted or state.wanted
        state.job = _begun(state, now(), since)
        state.n_begun += 1
        write_state(folder, state)
    job = state.job
    with Answers(folder) as answers:
        _read_lists(folder, state, job, asker, answers, tell)
        if job.queue is None:
            _plan(workspace, state, job, answers, now().date())
            write_state(folder, state)
        failed = _ask(job, asker, answers, now, tell)
        asked = [title for title in job.queue or () if _is_of(job, answers, title)]
        n_gone = sum(title in answers.gone for title in asked)
        answers.tidy()
        has_answers = bool(answers.held)
    tell(1, 1, "joining")
    added = add_source(workspace, folder, name=NAME) if has_answers else None
    left = list(dict.fromkeys([*failed, *job.later]))
    state.until, state.waiting, state.job = job.until, left, None
    write_state(folder, state)
    return Updated(
        since=date.fromisoformat(job.since),
        until=date.fromisoformat(job.until),
        n_new=job.n_new,
        n_changed=job.n_changed,
        n_asked=len(asked),
        n_gone=n_gone,
        n_failed=len(failed),
        n_left=len(job.later),
        doubtful=job.doubtful,
        resumed=resumed,
        added=added,
    )


def _begun(state: State, at: datetime, since: date | None) -> Job:
    today = at.date()
    before = None if state.until is None else date.fromisoformat(state.until)
    if since is None:
        days = FIRST_DAYS if before is None else OVERLAP_DAYS
        since = min(before or today, today) - timedelta(days=days)
    if since > today:
        raise ParameterError(f"since must not lie in the future, got {since}")
    # A day more: TMDB's days begin and end elsewhere than ours.
    changed = min(before or today, today) - timedelta(days=1)
    return Job(
        id=f"{at.isoformat()} {state.n_begun}",
        since=since.isoformat(),
        changed_since=changed.isoformat(),
        until=today.isoformat(),
        wanted=state.wanted,
    )


def _read_lists(
    folder: Path, state: State, job: Job, asker: Asker, answers: Answers, tell: OnStep
) -> None:
    """Reads the lists that were not read yet, and enters each when it is."""
    lists = _lists(job, holds_titles=bool(answers.held))
    for number, (name, read) in enumerate(lists):
        if name in job.listed or job.queue is not None:
            continue
        tell(number, len(lists), name)
        found = read(asker)
        job.listed[name] = list(found.ids)
        if not found.whole:
            log.warning("%s did not hold still while it was read and may lack titles", name)
            job.doubtful.append(name)
        write_state(folder, state)


def _lists(job: Job, *, holds_titles: bool) -> list[tuple[str, Callable[[Asker], Listed]]]:
    """The lists to read, by name: ``new film 2026-11-01`` and ``changed film 2026-11-01``."""
    found: list[tuple[str, Callable[[Asker], Listed]]] = []
    until = date.fromisoformat(job.until)
    for kind in job.wanted.kinds:
        for first, last in spans(date.fromisoformat(job.since), until, LIST_DAYS):
            found.append((f"new {kind} {first}", _new(job, kind, first, last)))
        if holds_titles:
            for first, last in spans(date.fromisoformat(job.changed_since), until, CHANGE_DAYS):
                found.append((f"changed {kind} {first}", _changed(kind, first, last)))
    return found


_RELEASED = {"film": "primary_release_date", "show": "first_air_date"}


def _new(job: Job, kind: str, first: date, last: date) -> Callable[[Asker], Listed]:
    day = _RELEASED[kind]
    asked: dict[str, str | int] = {
        "include_adult": "false",
        "language": job.wanted.language,
        "sort_by": f"{day}.asc",
        "vote_count.gte": job.wanted.min_votes,
    }
    names = (f"{day}.gte", f"{day}.lte")
    return lambda asker: listed_by_day(
        asker, f"discover/{KINDS[kind]}", first, last, names, **asked
    )


def _changed(kind: str, first: date, last: date) -> Callable[[Asker], Listed]:
    names = ("start_date", "end_date")
    return lambda asker: listed_by_day(asker, f"{KINDS[kind]}/changes", first, last, names)


def _plan(workspace: Workspace, state: State, job: Job, answers: Answers, today: date) -> None:
    """Puts what to ask for in order: left over, new, changed, never asked for, grown old."""
    held = answers.held
    told: dict[str, list[Title]] = {"new": [], "changed": []}
    for name, ids in job.listed.items():
        what, kind, _ = name.split()
        told[what] += [(kind, number) for number in ids]
    new = [title for title in dict.fromkeys(told["new"]) if title not in held]
    changed = [title for title in dict.fromkeys(told["changed"]) if title in held]
    wanted = job.wanted
    oldest = (today - timedelta(days=wanted.stale_days)).isoformat()
    stale = [
        title for title, each in held.items() if each.on <= oldest or each.terms != wanted.terms
    ]
    stale.sort(key=lambda title: (held[title].on, title))
    first = list(dict.fromkeys([*state.waiting, *new, *changed]))
    rest = [*(title for title in _cataloged(workspace) if title not in held), *stale]
    everything = list(dict.fromkeys(each for each in [*first, *rest] if each[0] in wanted.kinds))
    job.queue, job.later = everything[: wanted.most], []
    job.later = [title for title in everything[wanted.most :] if title in set(first)]
    job.n_new, job.n_changed = len(new), len(changed)
    job.listed = {name: [] for name in job.listed}  # their numbers are in the queue


def _cataloged(workspace: Workspace) -> Iterable[Title]:
    """Titles of the workspace with a number of TMDB's, the newest first."""
    if workspace.snapshot is None:
        return []
    known = workspace.scan("titles").filter(pl.col("tmdb_id").is_not_null())
    newest = known.sort("year", "tmdb_id", descending=True, nulls_last=True)
    return newest.select("kind", "tmdb_id").collect().iter_rows()


def _ask(
    job: Job,
    asker: Asker,
    answers: Answers,
    now: Callable[[], datetime],
    tell: OnStep,
) -> list[Title]:
    """Asks for what the update has no answer about yet; the titles that failed.

    Raises
    ------
    DownloadError
        If several in a row fail, or TMDB refuses.
    """
    queue = job.queue or []
    failed: list[Title] = []
    in_a_row = 0
    for number, title in enumerate(queue):
        if _is_of(job, answers, title):
            continue
        tell(number, len(queue), "titles")
        kind, tmdb_id = title
        try:
            answer = asker.ask(
                f"{KINDS[kind]}/{tmdb_id}",
                "id",
                language=job.wanted.language,
                append_to_response=APPENDED[kind],
            )
        except GivenUpError as error:
            in_a_row += 1
            if in_a_row >= MOST_FAILURES:
                raise
            log.warning("%s %d is left to the next update: %s", kind, tmdb_id, error)
            failed.append(title)
            continue
        in_a_row = 0
        body = None if answer is None else kept(answer, job.wanted.regions)
        answers.add(title, Held(now().date().isoformat(), job.id, job.wanted.terms), body)
    answers.flush()
    return failed


def _is_of(job: Job, answers: Answers, title: Title) -> bool:
    """Whether this update has an answer about the title already."""
    held = answers.held.get(title)
    return held is not None and held.job == job.id
