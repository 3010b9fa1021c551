"""What a comparison came to: figures with intervals, differences with tests, time and memory."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from marquee.errors import ParameterError
from marquee.evaluation.bootstrap import N_RESAMPLES, Interval, percentile_interval
from marquee.evaluation.comparison import Entry
from marquee.evaluation.leaks.leak import verdict
from marquee.evaluation.metrics import LOWER_IS_BETTER
from marquee.evaluation.plain import plain
from marquee.evaluation.segmenting import Segmentation, segmentations
from marquee.evaluation.significance import Difference, differences, resampled


@dataclass(frozen=True, kw_only=True, eq=False)
class Row:
    """One model of the table."""

    entry: Entry
    figures: dict[str, Interval]
    """Every metric that the model has: mean over splits and seeds, with its interval."""
    sd_of_seeds: dict[str, float]
    """Standard deviation over the seeds of the mean over splits (n - 1); NaN for a single seed."""
    differences: dict[str, Difference]
    """From the model that all are held against, by metric; empty for that model itself."""
    fit_seconds: float
    """Mean over the runs, as measured when they were made."""
    predict_seconds: float
    fit_bytes: int | None
    """The most memory that one of the fits took beyond what was held before it."""
    segments: dict[str, Segmentation]

    def to_dict(self) -> dict[str, Any]:
        """The row as JSON knows it."""
        entry = self.entry
        return {
            "name": entry.name,
            "model": entry.model,
            "params": plain(entry.params),
            "tuned": plain(entry.tuned),
            "metrics": {
                name: plain({"value": one.value, "low": one.low, "high": one.high})
                | plain({"sd_of_seeds": self.sd_of_seeds[name]})
                for name, one in self.figures.items()
            },
            "differences": plain(self.differences),
            "fit_seconds": self.fit_seconds,
            "predict_seconds": self.predict_seconds,
            "fit_bytes": self.fit_bytes,
            "n_runs": len(entry.runs),
            "n_cached": entry.n_cached,
            "verdict": verdict(entry.leaks),
            "leaks": plain(entry.leaks),
            "seeds": sorted(set(entry.seeds)),
            "reliability": [
                [dict(zip(one._fields, plain(one), strict=True)) for one in run.reliability]
                for run in entry.runs[:1]
            ],
            "segments": plain(self.segments),
        }


@dataclass(frozen=True, kw_only=True, eq=False)
class Leaderboard:
    """The table, best first."""

    metric: str
    """By which the models are in order, and parameters were chosen."""
    metrics: tuple[str, ...]
    """Those that differences were tested in."""
    against: str
    """The model that all are held against."""
    rows: tuple[Row, ...]


def leaderboard(
    entries: Sequence[Entry],
    metrics: Sequence[str],
    *,
    against: str | None = None,
    baselines: Sequence[str] = (),
    n: int = N_RESAMPLES,
    seed: int = 0,
) -> Leaderboard:
    """The table of the models that are done; the first metric orders it.

    They are held against ``against``, or else against the baseline that is best by the first
    metric on these very splits: it is chosen to be hard to beat, never to be beaten.

    Raises
    ------
    ParameterError
        If there is no model, none has the first metric, or ``against`` is not among them.
    """
    by_name = {entry.name: entry for entry in entries}
    first = metrics[0]
    values = {name: _mean(entry, first) for name, entry in by_name.items()}
    known = [name for name, value in values.items() if not np.isnan(value)]
    if not known:
        had = sorted({name for entry in entries for name in entry.runs[0].metrics})
        if first in had:
            raise ParameterError(
                f"{first} has no value here, for any model: nobody has a test title that counts "
                "as right; let titles of fewer stars count, or take another split"
            )
        raise ParameterError(f"no model has a {first}; there are {', '.join(had)}")
    sign = 1 if first.partition("@")[0] in LOWER_IS_BETTER else -1
    order = sorted(by_name, key=lambda name: (name not in known, sign * values[name], name))
    order = [*(name for name in order if name in known), *(n for n in order if n not in known)]
    if against is not None and against not in by_name:
        raise ParameterError(f"{against!r} is not compared; there are {', '.join(by_name)}")
    candidates = [name for name in order if name in baselines] or order
    held = against or candidates[0]
    runs = {name: by_name[name].runs for name in order}
    apart = differences(runs, held, metrics, n=n, seed=seed)
    length = int(first.partition("@")[2]) if "@" in first else None
    return Leaderboard(
        metric=first,
        metrics=tuple(metrics),
        against=held,
        rows=tuple(
            _row(by_name[name], apart.get(name, {}), length=length, n=n, seed=seed)
            for name in order
        ),
    )


def _row(
    entry: Entry, apart: Mapping[str, Difference], *, length: int | None, n: int, seed: int
) -> Row:
    runs = entry.runs
    names = list(runs[0].metrics)
    drawn = resampled({"": runs}, names, n=n, seed=seed)[""]
    taken = [run.fit_bytes for run in runs if run.fit_bytes is not None]
    return Row(
        entry=entry,
        figures={name: percentile_interval(_mean(entry, name), drawn[name]) for name in names},
        sd_of_seeds={name: _sd(entry, name) for name in names},
        differences=dict(apart),
        fit_seconds=float(np.mean([run.fit_seconds for run in runs])),
        predict_seconds=float(np.mean([run.predict_seconds for run in runs])),
        fit_bytes=max(taken) if taken else None,
        segments=segmentations(runs, k=length, n=max(n // 5, 1), seed=seed),
    )


def _mean(entry: Entry, name: str) -> float:
    return float(np.mean([run.metrics.get(name, np.nan) for run in entry.runs]))


def _sd(entry: Entry, name: str) -> float:
    seeds = sorted(set(entry.seeds))
    if len(seeds) < 2:
        return float("nan")
    own: dict[int, list[float]] = {seed: [] for seed in seeds}
    for run, seed in zip(entry.runs, entry.seeds, strict=True):
        own[seed].append(run.metrics[name])
    return float(np.std([np.mean(values) for values in own.values()], ddof=1))
