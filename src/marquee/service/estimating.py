"""What a model would have earned, out of lists that were shuffled while another one answered."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from marquee.errors import ParameterError
from marquee.evaluation.online.off_policy import Estimate, doubly_robust, ips, snips
from marquee.lifecycle.experiment_reading import last_first_us, with_taken, within
from marquee.lifecycle.experiments import Experiment
from marquee.service.engine import Engine
from marquee.service.filters import Filters
from marquee.service.taste import AS_SCORED

Floats = NDArray[np.float64]


@dataclass(frozen=True, kw_only=True)
class ModelEstimate:
    """What a model would have earned by its own order of the titles that were shown first.

    A value is the share of those places from which a title was taken. Titles that the model would
    have brought from elsewhere are not in the logs: of them nothing can be said before a trial.
    """

    model: str
    top: int
    """Titles of a list that were put in order."""
    explore: float
    n_lists: int
    n_viewers: int
    n_partial: int
    """Lists left out: not all of their first titles were shown."""
    as_it_was: Estimate
    """Of what answered, without the shuffle, by inverse propensities."""
    ips: Estimate
    snips: Estimate
    doubly_robust: Estimate
    difference: Estimate
    """Of the model over what answered, doubly robust, viewer by viewer."""


@dataclass(frozen=True)
class _Logged:
    """Places of lists, in order: (n_lists, top) each."""

    viewers: NDArray[np.int64]
    """Shape (n_lists,)."""
    ranks: NDArray[np.int64]
    """Place before the shuffle of the title that stood there, from 0."""
    taken: Floats
    wanted: NDArray[np.int64]
    """Place before the shuffle of the title that the model would have put there."""


def estimate(
    engine: Engine,
    experiment: Experiment,
    shown: pl.DataFrame,
    said: pl.DataFrame,
    *,
    now: datetime,
    on_step: Callable[[int, int], None] | None = None,
) -> ModelEstimate:
    """What the engine's model would have earned, from the logs of an experiment that explores.

    For each list the model is asked as it would have been then: with the ratings that the viewer
    had given until that moment. Viewers whose days are not over wait, as in the figures.

    Raises
    ------
    ParameterError
        If the experiment does not explore.
    """
    if experiment.kind != "explore":
        raise ParameterError(f"{experiment.name} does not explore; start one with --kind explore")
    over = pl.col("first_us") <= last_first_us(experiment, now)
    rows = with_taken(within(shown, experiment).filter(over), said, experiment)
    log, n_partial = _logged(engine, experiment, rows, said, on_step)
    n, top = log.ranks.shape
    even = experiment.explore / top
    chance = np.where(log.ranks == np.arange(top), 1 - experiment.explore + even, even)
    there = np.broadcast_to(np.arange(top), log.ranks.shape)
    base = (log.ranks == there).astype(np.float64)
    model = (log.ranks == log.wanted).astype(np.float64)
    guess = _guesses(log)
    which = np.arange(n)[:, None]
    predicted = guess[which, log.ranks, there]
    ours, theirs = guess[which, log.wanted, there], guess[which, there, there]
    who = np.repeat(log.viewers, top)
    r, p = log.taken.ravel(), chance.ravel()
    apart = (ours - theirs) + (model - base) / chance * (log.taken - predicted)
    sure = np.ones_like(p)
    return ModelEstimate(
        model=engine.library.model_name,
        top=top,
        explore=experiment.explore,
        n_lists=n,
        n_viewers=len(np.unique(log.viewers)),
        n_partial=n_partial,
        as_it_was=ips(r, p, base.ravel(), who),
        ips=ips(r, p, model.ravel(), who),
        snips=snips(r, p, model.ravel(), who),
        doubly_robust=doubly_robust(r, p, model.ravel(), predicted.ravel(), ours.ravel(), who),
        difference=ips(apart.ravel(), sure, sure, who),
    )


def _logged(
    engine: Engine,
    experiment: Experiment,
    rows: pl.DataFrame,
    said: pl.DataFrame,
    on_step: Callable[[int, int], None] | None,
) -> tuple[_Logged, int]:
    top = experiment.top
    ordered = rows.filter(pl.col("label").is_in(experiment.labels)).sort(
        "viewer_id", "at_us", "answer_id", "place"
    )
    rated = said.filter(pl.col("facet") == "rating").sort("at_us")
    words = {viewer: part for (viewer,), part in rated.group_by("viewer_id")}
    lists = [
        [*each]
        for _, each in groupby(
            ordered.iter_rows(named=True), lambda row: (row["viewer_id"], row["answer_id"])
        )
    ]
    whole = [each for each in lists if len({row["label"] for row in each}) == len(each) == top]
    ranks = np.array([[int(row["label"]) - 1 for row in each] for each in whole], np.int64)
    taken = np.array([[row["taken"] for row in each] for each in whole], np.float64)
    wanted = np.empty((len(whole), top), np.int64)
    for number, each in enumerate(whole):
        if on_step is not None:
            on_step(number, len(whole))
        stars = _stars(engine, each[0], words.get(each[0]["viewer_id"]))
        place = {row["title_id"]: int(row["label"]) - 1 for row in each}
        answer = engine.recommend(
            ratings=stars,
            k=top,
            filters=Filters(exclude=()),
            taste=AS_SCORED,
            candidates=[*place],
            n_reasons=0,
        )
        wanted[number] = [place[pick.title.title_id] for pick in answer.picks]
    shape = (len(whole), top)
    viewers = np.array([each[0]["viewer_id"] for each in whole], np.int64)
    found = _Logged(viewers, ranks.reshape(shape), taken.reshape(shape), wanted)
    return found, len(lists) - len(whole)


def _stars(engine: Engine, row: dict[str, Any], words: pl.DataFrame | None) -> dict[int, float]:
    """The ratings that the viewer had given when the list was shown, by title."""
    ids = engine.library.facts.items.ids
    stars = {int(ids[at]): given for at, given in engine.library.rated(row["viewer_id"]).items()}
    if words is not None:
        before = words.filter(pl.col("at_us") < row["at_us"])
        for title, value in before.select("title_id", "value").iter_rows():
            stars.pop(title, None)
            if value is not None and title in engine.library.title_ids:
                stars[title] = value
    return stars


def _guesses(log: _Logged) -> Floats:
    """Predicted share taken, by list, place before the shuffle, and place: (n_lists, top, top).

    From the lists of the other half of the viewers: how often the titles of a rank are taken, times
    how often those at a place are, relative to the mean of all.
    """
    n, top = log.ranks.shape
    found = np.zeros((n, top, top))
    half = np.unique(log.viewers, return_inverse=True)[1] % 2
    for fold in (0, 1):
        other = half != fold
        if not other.any():
            continue
        taken, ranks = log.taken[other], log.ranks[other]
        counts = np.bincount(ranks.ravel(), minlength=top)
        by_rank = np.bincount(ranks.ravel(), taken.ravel(), top) / np.maximum(counts, 1)
        by_place = taken.mean(axis=0)
        mean = taken.mean()
        if mean > 0:
            found[half == fold] = np.minimum(np.outer(by_rank, by_place) / mean, 1)
    return found
