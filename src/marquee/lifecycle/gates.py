"""What a model must pass before it may answer: each gate is a verdict on the same evidence."""

from __future__ import annotations

import dataclasses
import json
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from marquee.errors import ParameterError
from marquee.lifecycle.intervals import LEVEL, Interval, mean_interval
from marquee.lifecycle.lists import ListFigures

FILE = "gates.json"
"""Bounds of a workspace that are not the defaults."""

METRIC = "ndcg@10"


@dataclass(frozen=True, kw_only=True)
class Bounds:
    """How much a model may lose, take and cost.

    Raises
    ------
    ParameterError
        If a bound is not a finite number of at least 0.
    """

    max_loss: float = 0.1
    """Share of the serving model's NDCG@10 that the new one may lose: no more than this may lie
    within the interval of the difference."""
    min_viewers: int = 30
    """Viewers of the window without which nothing can be told."""
    min_coverage_of_popularity: float = 1.25
    """Least coverage, in times of that of the popularity list, as far as half of the catalog."""
    min_coverage_of_serving: float = 0.5
    """Least coverage, in times of that of the serving model."""
    max_overlap_of_popularity: float = 0.9
    """How alike two viewers' lists may be, in times of those of popularity."""
    max_head_rise: float = 0.1
    """By how much the share of the most popular titles may rise over that of the serving model."""
    min_segment: int = 30
    """Viewers from which on a segment is judged for itself."""
    max_latency_ms: float = 100.0
    """For the list of one viewer; 95 of 100 must be faster."""
    max_memory_mb: float = 4_096.0
    """Of the saved model's arrays."""

    def __post_init__(self) -> None:
        for name, value in vars(self).items():
            number = isinstance(value, int | float) and not isinstance(value, bool)
            if not number or not 0 <= value < math.inf:
                raise ParameterError(f"{name} of {FILE} must be a number from 0, got {value!r}")


@dataclass(frozen=True, kw_only=True, eq=False)
class Figures:
    """What a model is worth on the window."""

    values: NDArray[np.float64]
    """NDCG@10 of each viewer of the window, NaN where nothing is relevant, shape (n_viewers,)."""
    lists: ListFigures


@dataclass(frozen=True, kw_only=True, eq=False)
class Evidence:
    """All that the gates look at."""

    window: str
    """Name of the split."""
    leaks: tuple[str, ...]
    """Ways in which the figures could know the answers, as the leak checks word them."""
    candidate: Figures
    """Fitted before the window."""
    serving: Figures | None
    """The serving model's recipe, fitted before the window too; None where nothing answers."""
    popularity: Figures
    """What everybody gets where nobody is known."""
    saved: NDArray[np.float64]
    """NDCG@10 of the saved model, which has seen the window, shape (n_viewers,)."""
    known: NDArray[np.bool_]
    """Viewers of whom enough is known to have taste, shape (n_viewers,)."""
    segments: Mapping[str, NDArray[np.bool_]]
    """Groups of viewers by name, each shape (n_viewers,)."""
    latency_ms: float
    """Time within which 95 of 100 lists of one viewer are made by the saved model."""
    memory_mb: float
    golden: tuple[str, ...] | None
    """What is wrong with lists that were written down as right; None where none were."""


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """What a gate says."""

    gate: str
    passed: bool
    reason: str
    figures: dict[str, float] = field(default_factory=dict)


def read_bounds(home: Path) -> Bounds:
    """The bounds of a workspace: the defaults where it does not say otherwise.

    Raises
    ------
    ParameterError
        If its file holds something else than bounds.
    """
    path = home / FILE
    if not path.exists():
        return Bounds()
    try:
        given = json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise ParameterError(f"{path} is not JSON ({error})") from error
    names = [each.name for each in dataclasses.fields(Bounds)]
    if not isinstance(given, dict) or not given.keys() <= set(names):
        raise ParameterError(f"{path} must be an object with any of {', '.join(names)}")
    return Bounds(**given)


def judge(evidence: Evidence, bounds: Bounds) -> list[Verdict]:
    """The verdict of every gate."""
    return [dataclasses.replace(gate(evidence, bounds), gate=name) for name, gate in GATES.items()]


def _leak(evidence: Evidence, bounds: Bounds) -> Verdict:  # noqa: ARG001 - gates are alike
    if evidence.leaks:
        return _no("; ".join(evidence.leaks))
    return _yes(f"no check finds anything of {evidence.window} in what was learned from")


def _accuracy(evidence: Evidence, bounds: Bounds) -> Verdict:
    own = mean_interval(evidence.candidate.values)
    if own.n < bounds.min_viewers:
        return _no(
            f"{own.n} viewers in {evidence.window} are too few to tell; "
            f"{bounds.min_viewers} would do"
        )
    if evidence.serving is None:
        return _yes(f"NDCG@10 is {own}; nothing answers yet to compare with", ndcg=own.mean)
    theirs = mean_interval(evidence.serving.values)
    change = mean_interval(evidence.candidate.values - evidence.serving.values)
    allowed = bounds.max_loss * theirs.mean
    said = f"NDCG@10 is {own.mean:.4f} after {theirs.mean:.4f}, a change of {_signed(change)}"
    figures = {
        "ndcg": own.mean,
        "ndcg_serving": theirs.mean,
        "low": change.low,
        "high": change.high,
    }
    if change.high < 0:
        return _no(f"{said}: worse than what answers", **figures)
    if not change.low >= -allowed:
        return _no(f"{said}: it may lose more than {allowed:.4f}", **figures)
    return _yes(said, **figures)


def _taste(evidence: Evidence, bounds: Bounds) -> Verdict:
    values = np.where(
        evidence.known, evidence.candidate.values - evidence.popularity.values, np.nan
    )
    lead = mean_interval(values)
    if lead.n < bounds.min_viewers:
        return _no(
            f"{lead.n} viewers in {evidence.window} have a history; {bounds.min_viewers} are "
            "needed to see whether it knows their taste"
        )
    said = f"over what is popular, viewers with a history get NDCG@10 {_signed(lead)}"
    if not lead.low > 0:
        return _no(
            f"{said}: it has not been shown to know anybody's taste", lead=lead.mean, low=lead.low
        )
    return _yes(said, lead=lead.mean, low=lead.low)


def _saved(evidence: Evidence, bounds: Bounds) -> Verdict:
    change = mean_interval(evidence.saved - evidence.candidate.values)
    allowed = bounds.max_loss * mean_interval(evidence.candidate.values).mean
    said = f"the saved model, which has seen {evidence.window}, has NDCG@10 {_signed(change)} there"
    if not change.mean >= -allowed:
        return _no(f"{said}: it is not the model that was measured", change=change.mean)
    return _yes(said, change=change.mean)


def _coverage(evidence: Evidence, bounds: Bounds) -> Verdict:
    own, plain = evidence.candidate.lists.coverage, evidence.popularity.lists.coverage
    least = min(bounds.min_coverage_of_popularity * plain, 0.5)
    why = f"what is popular covers {plain:.1%}"
    if evidence.serving is not None:
        theirs = evidence.serving.lists.coverage
        if bounds.min_coverage_of_serving * theirs > least:
            least, why = (
                bounds.min_coverage_of_serving * theirs,
                f"what answers covers {theirs:.1%}",
            )
    said = f"its lists hold {own:.1%} of the catalog; at least {least:.1%} is asked, since {why}"
    return (_yes if own >= least else _no)(said, coverage=own, least=least)


def _popularity(evidence: Evidence, bounds: Bounds) -> Verdict:
    own, plain = evidence.candidate.lists, evidence.popularity.lists
    most = bounds.max_overlap_of_popularity * plain.overlap
    if not own.overlap <= most:
        return _no(
            f"two viewers' lists share {own.overlap:.1%} of their titles, more than {most:.1%}: "
            "nearly everybody gets the same",
            overlap=own.overlap,
        )
    said = f"the most popular tenth of the titles takes {own.head_share:.1%} of the places"
    if evidence.serving is not None:
        most = evidence.serving.lists.head_share + bounds.max_head_rise
        if own.head_share > most:
            return _no(f"{said}, more than {most:.1%}", head_share=own.head_share)
    return _yes(f"{said}, and lists share {own.overlap:.1%}", head_share=own.head_share)


def _fairness(evidence: Evidence, bounds: Bounds) -> Verdict:
    if evidence.serving is None:
        return _yes("nothing answers yet that a segment could lose by")
    change = evidence.candidate.values - evidence.serving.values
    judged = {
        name: members
        for name, members in evidence.segments.items()
        if np.count_nonzero(~np.isnan(change[members])) >= bounds.min_segment
    }
    # Of many segments one seems to lose by chance alone.
    level = 1 - (1 - LEVEL) / max(len(judged), 1)
    losing = []
    for name, members in judged.items():
        found = mean_interval(change[members], level=level)
        allowed = bounds.max_loss * mean_interval(evidence.serving.values[members]).mean
        if found.high < 0 and found.mean < -allowed:
            losing.append(f"{name} by {_signed(found)}")
    if losing:
        return _no(f"loses accuracy for {'; '.join(losing)}")
    return _yes(
        f"none of {len(judged)} segments of viewers loses: {', '.join(judged) or 'all are small'}"
    )


def _latency(evidence: Evidence, bounds: Bounds) -> Verdict:
    taken, most = evidence.latency_ms, bounds.max_latency_ms
    said = f"95 of 100 lists take {taken:.1f} ms or less, of {most:g} ms"
    return (_yes if taken <= most else _no)(said, latency_ms=taken)


def _memory(evidence: Evidence, bounds: Bounds) -> Verdict:
    said = f"it takes {evidence.memory_mb:,.1f} MB of {bounds.max_memory_mb:,g} MB"
    passed = evidence.memory_mb <= bounds.max_memory_mb
    return (_yes if passed else _no)(said, memory_mb=evidence.memory_mb)


def _golden(evidence: Evidence, bounds: Bounds) -> Verdict:  # noqa: ARG001 - gates are alike
    if evidence.golden is None:
        return _yes("no golden lists are kept")
    if evidence.golden:
        return _no("; ".join(evidence.golden))
    return _yes("every golden list is as it was written down")


Gate = Callable[[Evidence, Bounds], Verdict]

GATES: dict[str, Gate] = {
    "leak": _leak,
    "accuracy": _accuracy,
    "taste": _taste,
    "saved model": _saved,
    "coverage": _coverage,
    "popularity": _popularity,
    "fairness": _fairness,
    "latency": _latency,
    "memory": _memory,
    "golden lists": _golden,
}
"""Every gate by name, in the order in which they are told."""


def _yes(reason: str, **figures: Any) -> Verdict:
    return Verdict(gate="", passed=True, reason=reason, figures=figures)


def _no(reason: str, **figures: Any) -> Verdict:
    return Verdict(gate="", passed=False, reason=reason, figures=figures)


def _signed(change: Interval) -> str:
    return f"{change.mean:+.4f} ({change.low:+.4f} to {change.high:+.4f})"
