"""A comparison of forecasts as plain tables for a person to read."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence

from marquee.evaluation.forecasting.report import ForecastReport, Result

DECIMALS = 3


def to_markdown(report: ForecastReport, *, details: Sequence[str] = ()) -> str:
    """The report as Markdown: who was asked, all figures, differences, slices and years.

    Slices and years are told of the first rule of a model alone.

    ``details`` names the models whose confusion matrix and per-class figures are shown too.
    """
    parts = [_head(report), _figures(report), _differences(report)]
    parts += [_by_slice(report), _by_year(report)]
    parts += [_detail(report, result) for result in report.results if result.name in details]
    return "\n\n".join(part for part in parts if part) + "\n"


def table(head: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """A Markdown table; numbers at three decimals, large ones with thousands apart."""
    lines = ["| " + " | ".join(head) + " |", "|" + "---|" * len(head)]
    lines += ["| " + " | ".join(shown(cell) for cell in row) + " |" for row in rows]
    return "\n".join(lines)


def shown(cell: object) -> str:
    """The cell as text; a dash for what could not be measured."""
    if cell is None or (isinstance(cell, float) and not math.isfinite(cell)):
        return "–"
    if isinstance(cell, float):
        return f"{cell:,.0f}" if abs(cell) >= 1000 else f"{cell:.{DECIMALS}f}"
    return str(cell).replace("|", "\\|")


def _head(report: ForecastReport) -> str:
    films = "; ".join(f"{n:,} {words}" for words, n in report.steps)
    lines = [
        f"# {report.target}, {report.split}{' (comparison)' if report.comparison_only else ''}",
        f"Horizon {report.horizon}, {len(report.columns)} columns. {films}. "
        f"{report.n_asked:,} asked about.",
    ]
    if report.comparison_only:
        lines.append("Films are divided by chance: models saw the future of what they are asked.")
    lines += list(report.suspicions)
    lines += [
        f"- {split.name}: {split.n_train:,} to learn from, {split.n_test:,} asked about "
        f"({split.first_asked} to {split.last_asked}), fingerprint {split.fingerprint[:12]}"
        for split in report.splits[:12]
    ]
    return "\n\n".join(lines[:2]) + "\n\n" + "\n".join(lines[2:])


def _figures(report: ForecastReport) -> str:
    names = list(dict.fromkeys(name for each in report.results for name in each.metrics))
    has_rules = any(result.rule for result in report.results)
    head = ["model", *(["rule"] if has_rules else []), *names, "fit s", "predict s"]
    rows = [
        [
            _called(result),
            *([result.rule] if has_rules else []),
            *(result.metrics.get(name) for name in names),
            None if result.is_baseline else result.fit_seconds,
            None if result.is_baseline else result.predict_seconds,
        ]
        for result in report.results
    ]
    return "## All films\n\n" + table(head, rows)


def _differences(report: ForecastReport) -> str:
    rows = [
        [
            result.key,
            name,
            _interval(*_ends(result, name)),
            _interval(difference.value, difference.low, difference.high, signed=True),
            difference.against,
        ]
        for result in report.results
        for name, difference in result.differences.items()
        if not result.is_baseline
    ]
    if not rows:
        return ""
    promise = f"{100 * report.coverage:.0f} % intervals from {report.n_resamples:,} resamples"
    head = ["model", "figure", "value", "difference", "against"]
    return f"## Differences on the same films, {promise}\n\n" + table(head, rows)


def _by_slice(report: ForecastReport) -> str:
    parts = report.results[0].slices
    if not parts:
        return ""
    head = ["model", "figure", *(f"{part.name} ({part.n})" for part in parts)]
    rows = [
        [result.key, name, *(part.metrics.get(name) for part in result.slices)]
        for result in _first_rules(report)
        for name in (*report.headline[:3], "coverage_80", "width_80")
        if name in result.metrics
    ]
    return "## By budget\n\n" + table(head, rows)


def _by_year(report: ForecastReport) -> str:
    results = _first_rules(report)
    names = (report.headline[0], "bias_log", "coverage_80")
    rows = [
        [name, year.name, year.n, *(result.years[place].metrics.get(name) for result in results)]
        for name in names
        if any(name in result.metrics for result in results)
        for place, year in enumerate(results[0].years)
    ]
    head = ["figure", "year", "films", *(result.key for result in results)]
    return "## By year of release\n\n" + table(head, rows)


def _first_rules(report: ForecastReport) -> list[Result]:
    """One result of each model."""
    return list({result.name: result for result in reversed(report.results)}.values())[::-1]


def _detail(report: ForecastReport, result: Result) -> str:
    if result.per_class is None or result.confusion is None:
        return ""
    head = ["class", "films", "decided", "precision", "recall", "F1", *report.class_names]
    rows = [
        [name, each.n, each.decided, each.precision, each.recall, each.f1, *line]
        for name, each, line in zip(
            report.class_names, result.per_class, result.confusion, strict=True
        )
    ]
    return f"## {result.key}: films of each class by decided class\n\n" + table(head, rows)


def _called(result: Result) -> str:
    return f"{result.name} (baseline)" if result.is_baseline else result.name


def _ends(result: Result, name: str) -> tuple[float, float, float]:
    interval = result.intervals[name]
    return interval.value, interval.low, interval.high


def _interval(value: float, low: float, high: float, *, signed: bool = False) -> str:
    one = "{:+.3f}" if signed else "{:.3f}"
    if abs(value) >= 1000:
        one = one.replace(".3f", ",.0f")
    return f"{one.format(value)} [{one.format(low)}, {one.format(high)}]"
