"""The serving model on ratings that arrived after it had learned."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta

import numpy as np
import polars as pl

from marquee.data.ids import IdIndex
from marquee.data.interactions import Interactions
from marquee.data.tables import Tables
from marquee.data.workspace import Workspace
from marquee.evaluation.drift.alarm import QUIET_WEEKS
from marquee.evaluation.measuring import Asked, measure
from marquee.evaluation.report import SplitResult
from marquee.evaluation.splits import Split
from marquee.lifecycle.intervals import LEVEL, Interval, mean_interval
from marquee.lifecycle.monitoring.observing import WEEK
from marquee.lifecycle.monitoring.records import Accuracy
from marquee.lifecycle.runs import Run, read_run
from marquee.lifecycle.saving import describe, load
from marquee.lifecycle.serving import Serving
from marquee.lifecycle.window import K
from marquee.models.base import Recommender

LEAST_VIEWERS = 30
"""With a rating that can be measured; with fewer a figure is told and raises no alarm."""
STRICT = 1 - 2 / QUIET_WEEKS
"""Level of the interval that must lie beyond the promise for an alarm: if the model is as good as
promised one in 200 weeks does on its worse side, even where the promise has no width."""
JUDGED = ("rmse",)
"""Figures that raise an alarm. NDCG is told and not judged: a week holds fewer of a viewer's titles
than the window that it was promised for, which alone changes it."""
SHOWN = ("ndcg@10", "rmse")
RELEVANT_FROM = 4.0


def learned_until(serving: Serving, workspace: Workspace) -> datetime | None:
    """The moment after which a rating is new to what answers; None where nobody knows."""
    if serving.run is not None:
        told = read_run(workspace, serving.run).data["newest_rating"]
    else:
        told = describe(serving.folder).created_at
    if told is None:
        return None
    moment = datetime.fromisoformat(told)
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def accuracy_of(
    workspace: Workspace,
    serving: Serving,
    tables: Tables,
    week: date,
    *,
    timer: Callable[[], float] = time.perf_counter,
) -> list[Accuracy]:
    """What the model that answers is worth on the ratings of the week that it has not learned from.

    It is asked with what each viewer had said before the week, as a server would be. Empty where
    there is no new rating of a title that it knows.
    """
    until = learned_until(serving, workspace)
    if until is None or until >= _midnight(week + WEEK):
        return []
    run = None if serving.run is None else read_run(workspace, serving.run)
    found = _measured(load(serving.folder), tables, week, until, timer)
    results = {} if found is None else {name: found for name in SHOWN if name in found.metrics}
    if "rmse" not in results and serving.predictor is not None:
        beside = _measured(load(serving.predictor), tables, week, until, timer)
        if beside is not None:
            results["rmse"] = beside
    return [_accuracy(name, results[name], run) for name in SHOWN if name in results]


def _measured(
    model: Recommender,
    tables: Tables,
    week: date,
    until: datetime,
    timer: Callable[[], float],
) -> SplitResult | None:
    split = new_ratings(model.items_, tables.ratings, week, until)
    if not len(split.test):
        return None
    asked = Asked(
        ks=(K,),
        relevant_from=RELEVANT_FROM,
        clock=str(model.params().get("clock", "none")),
        lists=True,
        auc=False,
        titles=None,
        viewers=None,
        timer=timer,
    )
    return measure(model, split, asked, 0.0, None)


def new_ratings(items: IdIndex, ratings: pl.DataFrame, week: date, until: datetime) -> Split:
    """Ratings of the week after that moment to be asked about, and all before the week as known.

    Only viewers with one to be asked about are in it, and only titles that the model knows.
    """
    begins = _midnight(week)
    first = max(begins, until + timedelta(microseconds=1))
    known = ratings.filter(items.find(ratings["title_id"].to_numpy()) >= 0)
    asked = known.filter(pl.col("rated_at").is_between(first, begins + WEEK, closed="left"))
    told = known.filter(pl.col("rated_at") < begins).join(asked, on="viewer_id", how="semi")
    who = IdIndex(np.unique(asked["viewer_id"].to_numpy()))
    history, test = (
        Interactions.from_ratings(part, user_index=who, item_index=items) for part in (told, asked)
    )
    return Split(f"week of {week}", history, test, by_time=True)


def _midnight(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=UTC)


def _accuracy(name: str, result: SplitResult, run: Run | None) -> Accuracy:
    usual, strict = (_interval(name, result, level) for level in (LEVEL, STRICT))
    ends = None if run is None else run.intervals.get(name)
    promised = None
    if ends is not None and ends[0] is not None and ends[1] is not None:
        promised = [ends[0], ends[1]]
    lower_is_better = name == "rmse"
    worse = promised is not None and (
        strict.low > promised[1] if lower_is_better else strict.high < promised[0]
    )
    return Accuracy(
        metric=name,
        value=usual.mean,
        low=usual.low,
        high=usual.high,
        n_viewers=usual.n,
        promised=promised,
        alarm=bool(worse and name in JUDGED and usual.n >= LEAST_VIEWERS),
    )


def _interval(name: str, result: SplitResult, level: float) -> Interval:
    values = result.by_user[name]
    if name != "rmse":
        return mean_interval(values, level=level)
    mean, low, high, n = mean_interval(values**2, result.sums[name].weights, level=level)
    return Interval(mean**0.5, low**0.5, high**0.5, n)
