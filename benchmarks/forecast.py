"""How well the default forecasters do on later films: the tables of ``docs/benchmarks.md``.

Run as ``python benchmarks/forecast.py [--data tmdb-5000] [--split time:2011] [--target revenue]``;
a name is looked up under ``MARQUEE_DATA``, and without one the built-in world is measured.
Parameters were chosen on films of the training years alone, by ``benchmarks/forecast_choices.py``.
"""

from __future__ import annotations

import argparse
import os
import time
from pathlib import Path

from marquee.data.sources import read_source
from marquee.data.tables import Tables
from marquee.data.world import build_world
from marquee.evaluation.forecasting.bootstrap import Interval
from marquee.evaluation.forecasting.compare import Model, compare
from marquee.evaluation.forecasting.frames import Labeled, Target, labeled
from marquee.evaluation.forecasting.markdown import table, to_markdown
from marquee.evaluation.forecasting.report import Difference, ForecastReport
from marquee.evaluation.forecasting.splits import film_splits
from marquee.forecast import CLASSIFIERS, FORECASTERS
from marquee.forecast.defaults import default_forecaster

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
    tables = _tables(options.data)
    for target in options.target or TARGETS:
        films = labeled(tables, target)
        report = _report(films, options)
        print(to_markdown(report, details=(MODEL,)) if options.full else _short(report))
    print(f"{time.perf_counter() - start:.0f} seconds, {time.process_time():.0f} of one core")


def _report(films: Labeled, options: argparse.Namespace) -> ForecastReport:
    models: dict[str, Model] = {MODEL: default_forecaster(films.target, seed=options.seed)}
    for name in options.model:
        kind = FORECASTERS.get(name) or CLASSIFIERS[name]
        models[name] = kind()
    return compare(films, film_splits(options.split, films), models)


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


def _tables(name: str | None) -> Tables:
    if name is None:
        return build_world()
    return read_source(Path(os.environ.get("MARQUEE_DATA", "."), name))[1].tables


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", help="folder of a source, or its name under MARQUEE_DATA")
    parser.add_argument("--split", default="time:2011", help="time:YEAR, rolling:FROM-TO, kfold:N")
    parser.add_argument("--target", action="append", choices=TARGETS, help="default: all")
    parser.add_argument("--model", action="append", default=[], help="others to set beside it")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--full", action="store_true", help="every figure, by year too")
    return parser.parse_args()


if __name__ == "__main__":
    main()
