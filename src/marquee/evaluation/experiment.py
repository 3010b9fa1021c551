"""Fitting a recommender on the training part of splits and measuring it on the test part."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Sequence

import polars as pl

from marquee.data.tables import Tables
from marquee.errors import ParameterError
from marquee.evaluation.clock import clock_for, with_clock, without_times
from marquee.evaluation.leaks.checking import model_leaks, split_leaks
from marquee.evaluation.leaks.future import side_information_leaks
from marquee.evaluation.leaks.leak import Leak
from marquee.evaluation.measuring import Asked, measure
from marquee.evaluation.report import Report, SplitResult
from marquee.evaluation.splits import Split
from marquee.models.abilities import UsesTitles, UsesViewers
from marquee.models.base import OnEpoch, Recommender

OnStep = Callable[[int, int, str], None]
"""Called with the number of steps done, the number in all, and what comes next."""


Meter = Callable[[], Callable[[], int | None]]
"""Begins to watch the memory of the process; what it returns tells the most bytes held since then
beyond those held at the beginning, None where that cannot be told."""


def evaluate(
    make: Callable[[], Recommender],
    splits: Sequence[Split],
    *,
    k: int | Sequence[int] = 10,
    relevant_from: float = 4.0,
    clock: str | None = None,
    lists: bool = True,
    auc: bool = False,
    titles: pl.DataFrame | None = None,
    viewers: pl.DataFrame | None = None,
    tables: Tables | None = None,
    seed: int | None = None,
    on_step: OnStep | None = None,
    on_epoch: OnEpoch | None = None,
    timer: Callable[[], float] = time.perf_counter,
    meter: Meter | None = None,
    keep_done: bool = False,
) -> Report:
    """The report of a fresh model, fitted on the training part of each split and asked of its test.

    The profile of a test user is the one that the split tells, or else the user's training row,
    empty if there is none. Lists are ranked over the whole catalog with the titles of the profile
    left out; a test title is relevant from ``relevant_from`` stars on, unless the protocol of the
    split says otherwise. Predicted ratings are asked for where the model predicts them and the
    values of the split are ratings.

    Parameters
    ----------
    make
        Makes the model; called once per split, so that nothing is carried from one to the next.
    k
        Length of the lists, or several.
    clock
        What a prediction may know of times, one of ``none``, ``past`` and ``full``: the model's
        hyperparameter ``clock`` is set to it, and its members' too. With ``none`` the model is
        given no times at all; with the others a model that predicts ratings at a time is given
        those of the test. By default ``past`` for splits by time and else ``none``.
    lists
        Whether to rank the catalog; False where only rating errors are wanted.
    auc
        Whether to measure the order of the whole catalog too, which takes all scores.
    titles
        Given before the fit to a model that uses titles; their genres and texts tell how varied
        lists are.
    viewers
        Given before the fit to a model that uses viewers; who they are divides them into segments.
    tables
        What titles and viewers were made of; the leak checks see whether they are still the same
        without the test ratings.
    seed
        Seed that the splits were drawn with, to be told in the report.
    on_step
        Told before each step what comes next, and at the end that all are done.
    on_epoch
        Told after each pass of a fit that takes several.
    timer
        Seconds from any origin, never going back.
    meter
        Tells how much memory each fit takes; without one it is not told.
    keep_done
        Whether an interrupt ends the run with a report of the splits that are done, if there are
        any, instead of going on to the caller.

    Raises
    ------
    ParameterError
        If there is no split, a part of one is empty, its training or profiles share a pair of user
        and item with its test, k is below 1, ``relevant_from`` is not a finite number, or the clock
        needs times that are not there. Nothing is fitted then.
    """
    ks = (k,) if isinstance(k, int) else tuple(sorted(set(k)))
    if not ks or ks[0] < 1:
        raise ParameterError(f"k must be at least 1, got {k}")
    if not math.isfinite(relevant_from):
        raise ParameterError(f"relevant_from must be a finite number, got {relevant_from}")
    if not splits:
        raise ParameterError("there is no split to evaluate on; give at least one")
    for split in splits:
        _check(split)
    asked = Asked(
        ks=ks,
        relevant_from=relevant_from,
        clock=clock_for(splits, clock),
        lists=lists,
        auc=auc and lists,
        titles=titles,
        viewers=viewers,
        timer=timer,
    )
    tell = on_step or (lambda _done, _total, _text: None)
    total = 2 * len(splits)
    results: list[SplitResult] = []
    leaks: list[Leak] = []
    interrupted = False
    for split in splits:

        def step(done: int, what: str, name: str = split.name) -> None:
            tell(2 * len(results) + done, total, f"{name}: {what}")

        try:
            model, result, found = _measured(make, split, asked, tables, step, on_epoch, meter)
        except KeyboardInterrupt:
            if not (keep_done and results):
                raise
            interrupted = True
            break
        results.append(result)
        leaks += found
    tell(2 * len(results), total, "done")
    return Report(
        model=type(model).__name__,
        params=model.params(),
        k=ks,
        relevant_from=relevant_from,
        clock=asked.clock,
        seed=seed,
        splits=tuple(results),
        leaks=tuple(dict.fromkeys(leaks)),
        interrupted=interrupted,
    )


def _measured(
    make: Callable[[], Recommender],
    split: Split,
    asked: Asked,
    tables: Tables | None,
    step: Callable[[int, str], None],
    on_epoch: OnEpoch | None,
    meter: Meter | None,
) -> tuple[Recommender, SplitResult, list[Leak]]:
    """A model fitted on one split, what was measured of it, and what the leak checks found."""
    step(0, "fitting")
    model = with_clock(make(), asked.clock)
    titles = asked.titles if isinstance(model, UsesTitles) else None
    viewers = asked.viewers if isinstance(model, UsesViewers) else None
    if titles is not None and isinstance(model, UsesTitles):
        model.use_titles(titles)
    if viewers is not None and isinstance(model, UsesViewers):
        model.use_viewers(viewers)
    train = without_times(split.train) if asked.clock == "none" else split.train
    most = meter() if meter is not None else lambda: None
    start = asked.timer()
    model.fit(train, on_epoch=on_epoch)
    fit_seconds, fit_bytes = asked.timer() - start, most()
    step(1, "predicting")
    result = measure(model, split, asked, fit_seconds, fit_bytes)
    leaks = [
        *split_leaks(split),
        *([] if tables is None else side_information_leaks(tables, split)),
        *model_leaks(model, split, asked.clock, titles=titles, viewers=viewers),
    ]
    return model, result, leaks


def _check(split: Split) -> None:
    if not len(split.train) or not len(split.test):
        raise ParameterError(
            f"split {split.name} has {len(split.train)} training and {len(split.test)} test "
            "interactions; both parts need some"
        )
    shared = split.shared_pairs()
    if shared.size:
        user = split.test.users.ids[split.test.rows[shared[0]]]
        item = split.test.items.ids[split.test.matrix.indices[shared[0]]]
        known = "the training part" if split.profiles is None else "the training part or profiles"
        raise ParameterError(
            f"split {split.name} leaks: {shared.size} of {len(split.test)} test pairs are in "
            f"{known}, first user {user} with item {item}"
        )
