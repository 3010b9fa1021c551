"""The part of the data that tells how good a model is today, and a model measured on it."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from marquee.data.interactions import Interactions
from marquee.data.moments import moments_of
from marquee.data.tables import Tables
from marquee.errors import ParameterError
from marquee.evaluation.clock import clock_for, with_clock, without_times
from marquee.evaluation.experiment import OnStep, evaluate
from marquee.evaluation.leaks.leak import Leak
from marquee.evaluation.report import SplitResult
from marquee.evaluation.splits import Split, parse_split
from marquee.features.side_information import viewers_frame
from marquee.lifecycle.fitting import catalog_interactions, told_titles
from marquee.lifecycle.intervals import Interval, mean_interval
from marquee.lifecycle.lists import ListFigures, list_figures
from marquee.models.base import OnEpoch, Recommender
from marquee.models.embeddings import VectorStore

NEWEST = "newest"
"""The window that is taken where nobody asks for another."""
SHARE = 0.9
"""Share of the ratings, in the order of time, before the newest window."""

K = 10
HISTORY = 5
"""Ratings from which on a viewer is known well enough to judge whether a list is theirs."""
MOST_LISTS = 1_000
"""Viewers whose lists are looked at together."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Measured:
    """What a model is worth on a split."""

    result: SplitResult
    clock: str
    intervals: dict[str, Interval]
    """95 % interval of each figure that is a mean over viewers or over ratings."""
    lists: ListFigures
    """Of viewers with at least ``HISTORY`` ratings."""
    leaks: tuple[Leak, ...]
    """What the leak checks of an evaluation found in the split and the model, notes left out."""

    @property
    def by_viewer(self) -> dict[str, NDArray[np.float64]]:
        """Figures of each viewer with a tested rating, in the order of the split."""
        return self.result.by_user


def window(tables: Tables, word: str = NEWEST, *, seed: int = 0) -> Split:
    """The split of that word; ``newest`` holds out what came last.

    That is the last tenth of the ratings in time. Where a source tells only the order of each
    viewer's own ratings it is the last of every viewer, and where not even that is known a tenth
    drawn with the seed.

    Raises
    ------
    ParameterError
        If the data allows no such split, or the word stands for several.
    """
    moments = moments_of(tables.ratings)
    interactions = catalog_interactions(tables, orders=True)
    wanted = word
    if word == NEWEST:
        if moments is None:
            wanted = f"random:{1 - SHARE:g}"
        else:
            wanted = f"time:{SHARE:g}" if moments.are_real else "last-one"
    found = parse_split(
        wanted,
        interactions,
        seed=seed,
        ratings=tables.ratings,
        real_times=moments is None or moments.are_real,
    )
    if len(found) > 1:
        raise ParameterError(f"{word} stands for {len(found)} splits; a run is measured on one")
    return found[0]


def measure(
    make: Callable[[], Recommender],
    split: Split,
    tables: Tables,
    vectors: VectorStore | None = None,
    *,
    on_step: OnStep | None = None,
    on_epoch: OnEpoch | None = None,
    timer: Callable[[], float] = time.perf_counter,
) -> Measured:
    """What a fresh model is worth on the split, fitted on its training part alone."""
    clock = clock_for([split], None)
    model = with_clock(make(), clock)
    report = evaluate(
        lambda: model,
        [split],
        k=K,
        clock=clock,
        titles=told_titles([model], tables, vectors),
        viewers=viewers_frame(tables),
        on_step=on_step,
        on_epoch=on_epoch,
        timer=timer,
    )
    [result] = report.splits
    n_ratings = np.bincount(split.train.matrix.indices, minlength=split.train.n_items)
    history = without_times(split.history) if clock == "none" else split.history
    lists = model.recommend(history.take(sample(history, HISTORY)), K).items
    return Measured(
        result=result,
        clock=clock,
        intervals=_intervals(result, split),
        lists=list_figures(lists, n_ratings),
        leaks=tuple(leak for leak in report.leaks if not leak.note),
    )


def sample(profiles: Interactions, at_least: int, n: int = MOST_LISTS) -> NDArray[np.int64]:
    """Rows of up to n profiles with so many interactions, spread evenly; all where few have them.

    The lists of those of whom next to nothing is known are alike for good reason.
    """
    sizes = np.diff(profiles.matrix.indptr)
    rows = np.flatnonzero(sizes >= at_least)
    if not rows.size:
        rows = np.arange(profiles.n_users)
    return rows[np.linspace(0, rows.size - 1, min(n, rows.size)).astype(np.int64)]


def tested(split: Split) -> NDArray[np.int64]:
    """Rows of the users with a tested rating, which is the order of all figures by viewer."""
    return np.flatnonzero(np.diff(split.test.matrix.indptr))


def _intervals(result: SplitResult, split: Split) -> dict[str, Interval]:
    n_tested = np.diff(split.test.matrix.indptr)[tested(split)]
    found = {}
    for name, values in result.by_user.items():
        if name == "rmse":
            mean, low, high, n = mean_interval(values**2, n_tested)
            found[name] = Interval(mean**0.5, low**0.5, high**0.5, n)
        elif name == "mae":
            found[name] = mean_interval(values, n_tested)
        else:
            found[name] = mean_interval(values)
        if name in {"rmse", "mae"}:
            found[f"{name}_user_averaged"] = mean_interval(values)
    return found
