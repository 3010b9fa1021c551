"""Figures of each segment of viewers: for whom a model is good."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from marquee.evaluation.bootstrap import N_RESAMPLES, Interval
from marquee.evaluation.metrics import mean_over_users
from marquee.evaluation.metrics.segments import gap, place_of
from marquee.evaluation.report import SplitResult, Sums
from marquee.evaluation.significance import intervals

IN_SEGMENTS = ("rmse", "ndcg", "recall", "popularity_lift", "genre_miscalibration")
"""What is told of each segment, of lists of one length."""


@dataclass(frozen=True)
class Segment:
    """One group of viewers."""

    n_users: int
    """Viewers of the group, those of several splits counted once."""
    figures: dict[str, Interval]


@dataclass(frozen=True)
class Segmentation:
    """The groups that one thing divides viewers into, and how far apart they are."""

    groups: dict[str, Segment]
    gaps: dict[str, float]
    """Greatest less least figure of the groups with at least 10 viewers, by metric."""


def segmentations(
    results: Sequence[SplitResult],
    *,
    k: int | None = None,
    n: int = N_RESAMPLES,
    seed: int = 0,
) -> dict[str, Segmentation]:
    """The figures of every group by what divides the viewers, with intervals over its viewers.

    A viewer of no known group is in none. Where there is more than one result a group's figure is
    the mean over those in which it has viewers. Lists are of length ``k``, the shortest that were
    measured where it is None.
    """
    ks = sorted({int(name.partition("@")[2]) for name in results[0].by_user if _is_list(name)})
    length = k if k is not None else ks[0] if ks else None
    wanted = [
        f"{name}@{length}" if length is not None and name != "rmse" else name
        for name in IN_SEGMENTS
    ]
    names = [name for name in wanted if name in results[0].metrics]
    found = {}
    for divided in results[0].groups:
        labels = {str(label) for one in results for label in one.groups[divided]} - {""}
        groups = {}
        for label in sorted(labels, key=place_of):
            own = [narrowed(one, one.groups[divided] == label) for one in results]
            own = [one for one in own if one.n_users]
            groups[label] = Segment(
                n_users=len(np.unique(np.concatenate([one.users for one in own]))),
                figures=intervals(own, names, n=n, seed=seed),
            )
        sizes = {label: group.n_users for label, group in groups.items()}
        gaps = {
            name: gap({label: group.figures[name].value for label, group in groups.items()}, sizes)
            for name in names
        }
        found[divided] = Segmentation(groups, gaps)
    return found


def _is_list(name: str) -> bool:
    return "@" in name and " " not in name


def narrowed(result: SplitResult, chosen: NDArray[np.bool_]) -> SplitResult:
    """What was measured of the chosen users alone, shape (n_users,) of bool.

    Metrics are those that can be told of them without the lists of others.
    """
    by_user = {name: values[chosen] for name, values in result.by_user.items()}
    sums = {
        name: Sums(own.totals[chosen], own.weights[chosen], own.root)
        for name, own in result.sums.items()
    }
    metrics = {name: mean_over_users(values) for name, values in by_user.items()}
    return replace(
        result,
        metrics=metrics | {name: own.value for name, own in sums.items()},
        n_users=int(np.count_nonzero(chosen)),
        users=result.users[chosen],
        by_user=by_user,
        sums=sums,
        items=None if result.items is None else result.items[chosen],
        groups={name: labels[chosen] for name, labels in result.groups.items()},
    )
