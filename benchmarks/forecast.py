"""How well the default forecasters do on later films: the tables of ``docs/benchmarks.md``.

Run as ``python benchmarks/forecast.py [--data tmdb-5000] [--split time:2011] [--target revenue]``;
a name is looked up under ``MARQUEE_DATA``, and without one the built-in world is measured. With
``--merge imdb-5000`` facts of that source are laid under those of the first, and the films of the
first are asked about; with ``--undated all`` columns enter that catalogs keep no date for, as in
the best published figures and unlike the product. With ``--log FILE`` the look at the films is
recorded there and counted.
Parameters were chosen on films of the training years alone, by ``benchmarks/forecast_choices.py``.
"""

from __future__ import annotations

import argparse
import os
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

import numpy as np

from marquee.data.merge import merge
from marquee.data.sources import read_source
from marquee.data.tables import Tables
from marquee.data.world import build_world
from marquee.evaluation.bootstrap import Interval
from marquee.evaluation.forecasting.compare import Model
from marquee.evaluation.forecasting.frames import Labeled, Target, labeled
from marquee.evaluation.forecasting.markdown import table, to_markdown
from marquee.evaluation.forecasting.report import Difference, ForecastReport
from marquee.features.base import USUAL, Horizon
from marquee.features.frame import column, columns_at, with_undated
from marquee.forecast import CLASSIFIERS, FORECASTERS
from marquee.forecast.defaults import default_forecaster
from marquee.lifecycle.forecast_evaluation import Evaluated, evaluate_films, tables_fingerprint

UNDATED_AT: Horizon = "pre_release"
"""Horizon at which every undated column is known."""

MODEL = "default"
TARGETS: tuple[Target, ...] = ("revenue", "success", "popularity", "audience")
SHOWN: dict[Target, tuple[str, ...]] = {
    "revenue": (
        *("log_rmse", "r2_log", "within_2", "bias_log", "pinball_log", "spearman", "r2_usd"),
        *("coverage_50", "coverage_80", "width_80", "coverage_90", "width_90"),
        *("auc_2x", "brier_2x", "ece_2x", "top_decile_2x", "rate_2x"),
    ),
    "success": ("accuracy", "macro_f1", "weighted_f1", "quadratic_kappa", "one_away", "rps"),
    "popularity": ("log_rmse", "r2_log", "spearman", "coverage_80", "rmse"),
    "audience": ("rmse", "r2", "spearman", "coverage_80"),
}
"""Figures of the short tables."""


def main() -> None:
    """Prints the tables of each target."""
    options = _options()
    start = time.perf_counter()
    tables = tables_of(options.data)
    fingerprint = tables_fingerprint(tables)
    for target in options.target or TARGETS:
        films = films_of(tables, target, options.merge, options.undated)
        told = _told_of(films, fingerprint, options)
        report = told.report
        print(to_markdown(report, details=(MODEL,)) if options.full else _short(report))
        if told.n_readings is not None:
            print(f"These films have been read {told.n_readings} time(s).\n")
    print(f"{time.perf_counter() - start:.0f} seconds, {time.process_time():.0f} of one core")


def _told_of(films: Labeled, fingerprint: str, options: argparse.Namespace) -> Evaluated:
    models: dict[str, Model] = {MODEL: default_forecaster(films.target, seed=options.seed)}
    for name in options.model:
        kind = FORECASTERS.get(name) or CLASSIFIERS[name]
        models[name] = kind()
    return evaluate_films(
        films,
        models,
        options.split,
        fingerprint=fingerprint,
        log=options.log,
        day=datetime.now(UTC).date() if options.log else None,
    )


def _short(report: ForecastReport) -> str:
    """The figures that matter most, those of parts of the films, and the differences."""
    names = SHOWN[report.target]
    rows = [[each.key, *(each.metrics.get(name) for name in names)] for each in report.results]
    lines = [f"## {report.target}, {report.split}, {report.n_asked} films asked about", ""]
    lines += [table(["model", *names], rows), ""]
    ours = next(each for each in report.results if each.name == MODEL)
    parts = [
        [each.name, each.n, *(each.metrics.get(name) for name in names)] for each in ours.slices
    ]
    lines += [table(["films", "n", *names], parts), ""]
    gaps = [
        (each.key, name, *_told(each.intervals[name]), gap.against, *_told(gap))
        for each in report.results
        for name, gap in each.differences.items()
        if not each.is_baseline
    ]
    head = ["model", "figure", "value", "from", "to", "against", "difference", "from", "to"]
    return "\n".join([*lines, table(head, gaps), "", *report.suspicions])


def _told(of: Interval | Difference) -> tuple[float, float, float]:
    return of.value, of.low, of.high


def tables_of(name: str | None) -> Tables:
    """The tables of a source by its path or its name under MARQUEE_DATA; None is the world."""
    if name is None:
        return build_world()
    return read_source(_path(name))[1].tables


def films_of(
    tables: Tables, target: Target, merged: Sequence[str] = (), undated: Sequence[str] = ()
) -> Labeled:
    """The films of the tables with a known outcome; the sources tell what these leave open.

    Other films of the sources are none of those asked about or learned from. The columns are those
    of the usual horizon, whatever the undated ones are known at.
    """
    columns: tuple[str, ...] | None = None
    horizon: Horizon = USUAL
    if undated:
        horizon = UNDATED_AT
        usual = [each.name for each in columns_at(USUAL) if not each.undated]
        asked = [name for name in with_undated(undated, horizon) if column(name).undated]
        columns = (*usual, *asked)
    films = labeled(tables, target, horizon=horizon, columns=columns)
    if not merged:
        return films
    joined = merge(Tables(), tables, tables.titles["source"][0]).tables
    for name in merged:
        source, loaded = read_source(_path(name))
        joined = merge(joined, loaded.tables, source.name).tables
    more = labeled(joined, target, horizon=horizon, columns=columns)
    # The first source keeps its numbers in a merge.
    return more.take(np.flatnonzero(np.isin(more.title_ids, films.title_ids)))


def _path(name: str) -> Path:
    return Path(os.environ.get("MARQUEE_DATA", "."), name)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", help="folder of a source, or its name under MARQUEE_DATA")
    parser.add_argument("--split", default="time:2011", help="time:YEAR, rolling:FROM-TO, kfold:N")
    parser.add_argument("--target", action="append", choices=TARGETS, help="default: all")
    parser.add_argument("--model", action="append", default=[], help="others to set beside it")
    parser.add_argument("--merge", action="append", default=[], help="a source to fill gaps from")
    parser.add_argument("--undated", action="append", default=[], help="a column, or all")
    parser.add_argument("--log", type=Path, help="file in which looks at the films are recorded")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--full", action="store_true", help="every figure, by year too")
    return parser.parse_args()


if __name__ == "__main__":
    main()
