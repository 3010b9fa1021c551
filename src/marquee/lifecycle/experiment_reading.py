"""What an experiment tells so far: one value for each viewer, and what the arms have over another.

A viewer counts once, when the days after their first list are over: with what was said until then
of titles that were shown. Values are in the order of those first lists, and a value that counts is
not changed by what comes later, which is why one may look every day. Who says only later that they
did not mean it (``undo``) is taken at that word.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np
import polars as pl
from numpy.typing import NDArray

from marquee.data.feedback.checks import microseconds
from marquee.evaluation.online.assignment import checked_shares
from marquee.evaluation.online.effects import UNBALANCED, effect, imbalance
from marquee.evaluation.online.interleaving import NEITHER, votes
from marquee.evaluation.online.sequential import Anytime, anytime
from marquee.lifecycle.experiments import Experiment

TAKEN = {"rating": 4.0, "watch": 0.5, "watchlist": 1.0, "pick": 1.0}
"""Least value by facet with which a viewer takes a title that was shown: stars, the share watched,
on the watchlist, a good pick."""


@dataclass(frozen=True, kw_only=True)
class ArmFigures:
    """Viewers of an arm."""

    name: str
    model: str
    share: float
    """Of the viewers that it was meant to get."""
    n_viewers: int
    """Those who count."""
    n_waiting: int
    """Those whose days are not over yet."""
    taken: float | None
    """Mean share of a viewer's lists from which something was taken; in an interleaved experiment
    mean number of titles of this arm taken from a list. None where nobody counts."""


@dataclass(frozen=True, kw_only=True)
class EffectFigures:
    """What an arm has over the control."""

    arm: str
    value: float
    """Difference of the means, as of now; in an interleaved experiment the mean vote, -1 to 1."""
    low: float
    high: float
    """Of an interval that holds whenever one looks."""
    p: float
    """Likewise."""
    found: bool


@dataclass(frozen=True, kw_only=True)
class ExperimentFigures:
    """An experiment so far."""

    name: str
    kind: str
    began: str
    ended: str | None
    days: float
    alpha: float
    arms: list[ArmFigures]
    effects: list[EffectFigures]
    n_lists: int
    n_mixed: int
    """Viewers who were shown lists of several arms, which a hash does not do; they are left out."""
    balance_p: float
    """Chance of sizes of the arms as far from the shares; 1 where each list is of both arms."""

    @property
    def balanced(self) -> bool:
        """Whether the sizes of the arms can be believed, and with them the figures."""
        return self.balance_p >= UNBALANCED


def figures(
    experiment: Experiment, shown: pl.DataFrame, said: pl.DataFrame, *, now: datetime
) -> ExperimentFigures:
    """What the experiment tells at that moment.

    Parameters
    ----------
    shown, said
        As ``FeedbackStore.experiment_frames`` gives them.
    """
    shown, n_mixed = within(shown, experiment), 0
    if experiment.kind == "split":
        lone = shown.filter(pl.col("arm").is_not_null())
        n_arms = lone.group_by("viewer_id").agg(pl.col("arm").n_unique().alias("n"))
        mixed = n_arms.filter(pl.col("n") > 1)
        n_mixed = mixed.height
        shown = shown.join(mixed, on="viewer_id", how="anti")
    shown = with_taken(shown, said, experiment)
    end_us = last_first_us(experiment, now)
    viewers = _viewers(shown, experiment).with_columns(counts=pl.col("first_us") <= end_us)
    done = viewers.filter("counts").sort("first_us", "viewer_id")
    if experiment.kind == "split":
        effects = _split_effects(experiment, done)
        sizes = [viewers.filter(pl.col("arm") == arm.name).height for arm in experiment.arms]
        balance_p = imbalance(sizes, experiment.shares)
    else:
        effects = [_vote_effect(experiment, done)] if experiment.kind == "interleave" else []
        balance_p = 1.0
    return ExperimentFigures(
        name=experiment.name,
        kind=experiment.kind,
        began=experiment.began,
        ended=experiment.ended,
        days=experiment.days,
        alpha=experiment.alpha,
        arms=_arms(experiment, viewers),
        effects=effects,
        n_lists=shown.select("viewer_id", "answer_id").n_unique() if shown.height else 0,
        n_mixed=n_mixed,
        balance_p=balance_p,
    )


def last_first_us(experiment: Experiment, now: datetime) -> int:
    """The last moment of a first list after which a viewer's days are over by now.

    Who was still within them when the experiment ended was not answered by their arm to the end.
    """
    ended = now if experiment.ended is None else datetime.fromisoformat(experiment.ended)
    return microseconds(min(now, ended)) - _us_of(experiment)


def within(shown: pl.DataFrame, experiment: Experiment) -> pl.DataFrame:
    """What was shown to each viewer within the days after their first list.

    ``first_us`` is the moment of that list, ``label`` what was said of the title.
    """
    said = pl.lit(experiment.arms[0].name) if experiment.kind == "explore" else pl.col("arm")
    arm = pl.when(pl.col("arm").is_in(experiment.labels)).then(said)
    first = pl.col("at_us").min().over("viewer_id")
    rows = shown.with_columns(
        pl.col("arm").alias("label"), arm.alias("arm"), first.alias("first_us")
    )
    return rows.filter(pl.col("at_us") <= pl.col("first_us") + _us_of(experiment))


def with_taken(shown: pl.DataFrame, said: pl.DataFrame, experiment: Experiment) -> pl.DataFrame:
    """The rows with ``taken``: whether the viewer took the title once it was shown, and in time."""
    least = pl.col("facet").replace_strict(TAKEN, default=None, return_dtype=pl.Float64)
    meant = said.filter(pl.col("value") >= least).select(
        "viewer_id", "title_id", pl.col("at_us").alias("said_us")
    )
    both = shown.join(meant, on=["viewer_id", "title_id"], how="left")
    in_time = (pl.col("said_us") >= pl.col("at_us")) & (
        pl.col("said_us") <= pl.col("first_us") + _us_of(experiment)
    )
    return both.group_by(shown.columns, maintain_order=True).agg(
        in_time.fill_null(False).any().alias("taken")
    )


def _viewers(shown: pl.DataFrame, experiment: Experiment) -> pl.DataFrame:
    """Of each viewer the first moment, the arm and the value; and titles taken of each arm."""
    names = [arm.name for arm in experiment.arms]
    team = pl.col("arm").replace_strict(
        {name: place for place, name in enumerate(names)},
        default=NEITHER,
        return_dtype=pl.Int64,
    )
    per_list = (
        shown.with_columns(team.alias("team"))
        .group_by("viewer_id", "answer_id", maintain_order=True)
        .agg(
            pl.col("first_us").first(),
            pl.col("arm").drop_nulls().first(),
            pl.col("taken").any().alias("any"),
            *(
                ((pl.col("team") == place) & pl.col("taken")).sum().alias(f"of_{place}")
                for place in range(len(names))
            ),
        )
    )
    if experiment.kind == "interleave":
        value = votes_of(per_list["of_0"].to_numpy(), per_list["of_1"].to_numpy())
        per_list = per_list.with_columns(pl.Series("value", value, pl.Float64))
    else:
        per_list = per_list.with_columns(pl.col("any").cast(pl.Float64).alias("value"))
    return per_list.group_by("viewer_id").agg(
        pl.col("first_us").first(),
        pl.col("arm").drop_nulls().first(),
        pl.col("value").mean(),
        *(pl.col(f"of_{place}").mean() for place in range(len(names))),
    )


def votes_of(first: NDArray[np.int64], second: NDArray[np.int64]) -> NDArray[np.float64]:
    """The vote of each list, of which so many titles of either team were taken."""
    number = np.arange(len(first))
    return votes(
        np.repeat([0, 1], len(first)),
        np.concatenate([first, second]),
        np.concatenate([number, number]),
    )


def _split_effects(experiment: Experiment, done: pl.DataFrame) -> list[EffectFigures]:
    control, *others = experiment.arms
    found = []
    for arm in others:
        pair = done.filter(pl.col("arm").is_in([control.name, arm.name]))
        shares = np.array([control.share, arm.share]) / (control.share + arm.share)
        made = effect(
            pair["value"].to_numpy(),
            (pair["arm"] == arm.name).to_numpy().astype(np.int64),
            checked_shares(shares.tolist()).tolist(),
            # Several treatments are several chances to find one where there is none.
            alpha=experiment.alpha / len(others),
        )
        found.append(_effect(arm.name, made, experiment.alpha / len(others)))
    return found


def _vote_effect(experiment: Experiment, done: pl.DataFrame) -> EffectFigures:
    made = anytime(done["value"].to_numpy(), low=-1.0, high=1.0, null=0.0, alpha=experiment.alpha)
    return _effect(experiment.arms[1].name, made, experiment.alpha)


def _effect(arm: str, made: Anytime, alpha: float) -> EffectFigures:
    return EffectFigures(
        arm=arm, value=made.mean, low=made.low, high=made.high, p=made.p, found=made.p <= alpha
    )


def _arms(experiment: Experiment, viewers: pl.DataFrame) -> list[ArmFigures]:
    found = []
    for place, arm in enumerate(experiment.arms):
        split = experiment.kind != "interleave"
        own = viewers.filter(pl.col("arm") == arm.name) if split else viewers
        done = own.filter("counts")
        means = done["value" if split else f"of_{place}"]
        found.append(
            ArmFigures(
                name=arm.name,
                model=arm.model,
                share=arm.share,
                n_viewers=done.height,
                n_waiting=own.height - done.height,
                taken=float(np.mean(means.to_numpy())) if done.height else None,
            )
        )
    return found


def _us_of(experiment: Experiment) -> int:
    return timedelta(days=experiment.days) // timedelta(microseconds=1)
