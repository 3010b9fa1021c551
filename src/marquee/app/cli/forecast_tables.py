"""Measured forecasts as short tables for a person at a terminal."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import TYPE_CHECKING

from marquee.app.cli.console import say, say_table
from marquee.evaluation.forecasting.measures import LOWER_IS_BETTER, MEASURED
from marquee.evaluation.forecasting.report import Difference, ForecastReport, Result
from marquee.features.frame import column

if TYPE_CHECKING:
    from marquee.evaluation.forecasting.leak_report import LeakLabReport
    from marquee.lifecycle.forecast_evaluation import Evaluated

FIGURES: dict[str, tuple[str, ...]] = {
    "revenue": (
        *("log_rmse", "r2_log", "within_2", "coverage_80", "width_80"),
        *("auc_2x", "brier_2x", "ece_2x"),
    ),
    "return": ("log_rmse", "r2_log", "within_2", "coverage_80", "auc_2x", "brier_2x", "ece_2x"),
    "profit": ("mae_usd", "rmse_usd", "r2_usd", "spearman", "coverage_80"),
    "popularity": ("log_rmse", "r2_log", "spearman", "rmse", "coverage_80"),
    "audience": ("rmse", "r2", "mae", "spearman", "coverage_80"),
    "success": ("accuracy", "macro_f1", "weighted_f1", "quadratic_kappa", "one_away", "rps"),
}
"""Figures of the printed table by target, first the one to rank by; ``--json`` holds all."""

RULE_OF = {"quadratic_kappa": "expected", "one_away": "within-one"}
"""Rule of decision under which a figure of classes is told; the most likely class else."""

STAR = "* a baseline: what anybody could say without a model."

WORDS = {
    "log_rmse": "log-RMSE",
    "r2_log": "R² (log)",
    "r2_usd": "R² (US$)",
    "r2": "R²",
    "within_2": "within ×2",
    "coverage_80": "in 80 %",
    "coverage_50": "in 50 %",
    "coverage_90": "in 90 %",
    "width_80": "high÷low",
    "bias_log": "bias (log)",
    "auc_2x": "AUC 2×",
    "brier_2x": "Brier 2×",
    "ece_2x": "ECE 2×",
    "rmse": "RMSE",
    "rmse_usd": "RMSE (US$)",
    "mae": "MAE",
    "mae_usd": "MAE (US$)",
    "spearman": "Spearman",
    "pinball": "pinball",
    "pinball_log": "pinball",
    "accuracy": "accuracy",
    "macro_f1": "macro-F1",
    "weighted_f1": "weighted F1",
    "quadratic_kappa": "kappa",
    "one_away": "one away",
    "rps": "RPS",
    "log_loss": "log-loss",
}


def say_report(told: Evaluated, data: str) -> None:
    """Says who was asked, all results with the figures of the target, and what to mind."""
    report = told.report
    _say_head(told, data)
    figures = FIGURES[report.target]
    has_rules = any(result.rule for result in report.results)
    head = ["model", *(["rule"] if has_rules else []), *(WORDS[name] for name in figures)]
    timed = any(result.fit_seconds for result in report.results)
    rows = [
        [
            called(result),
            *([result.rule or ""] if has_rules else []),
            _with_interval(result, figures[0]),
            *(shown(result.metrics.get(name)) for name in figures[1:]),
            *([_seconds(result)] if timed else []),
        ]
        for result in report.results
    ]
    say_table([*head, *(["fit s"] if timed else [])], rows)
    say(STAR)
    _say_foot(told)


def say_details(told: Evaluated, rule: str) -> None:
    """Says of each model what it differs by, thirds of budgets, and for success the classes."""
    report = told.report
    say_differences(report)
    for result in report.results:
        if "threshold_2x" in result.metrics:
            value = result.metrics
            say(
                f'\n{result.name} says "at least twice the budget" from a chance of '
                f"{100 * value['threshold_2x']:.0f} % on, chosen inside the training films: "
                f"balanced accuracy {shown(value['balanced_accuracy_2x'])}, "
                f"F1 {shown(value['f1_2x'])}."
            )
    if report.target == "success":
        for result in report.results:
            if result.rule == rule and not result.is_baseline:
                _say_classes(report, result)
        return
    results = report.results
    parts = results[0].slices
    if parts:
        wanted = dict.fromkeys((*FIGURES[report.target][:2], "coverage_80", "width_80"))
        names = [name for name in wanted if name in results[0].metrics]
        say_table(
            ["model", "films", "n", *(WORDS[name] for name in names)],
            [
                [called(result), part.name, part.n, *(shown(part.metrics[name]) for name in names)]
                for result in results
                for part in result.slices
            ],
            "\nBy budget",
        )
    for result in results:
        if result.reliability and not result.is_baseline:
            say_table(
                ["promised", "happened", "films"],
                [
                    [shown(bin_.promised), shown(bin_.happened), bin_.n]
                    for bin_ in result.reliability
                    if bin_.n
                ],
                f"\n{result.name}: chance of at least twice the budget, and how often it came true",
            )


def say_differences(report: ForecastReport) -> None:
    """Says what each model differs by from a baseline on the same films, with intervals."""
    names = MEASURED[report.target].headline
    shown_names = [name for name in FIGURES[report.target] if name in names]
    rows = [
        [
            result.key,
            WORDS[name],
            f"{signed(difference.value)} [{signed(difference.low)}, {signed(difference.high)}]",
            difference.against,
            verdict(name, difference),
        ]
        for result in report.results
        if not result.is_baseline
        for name in shown_names
        if result.rule in (None, RULE_OF.get(name, "most-likely"))
        if (difference := result.differences.get(name)) is not None
    ]
    if rows:
        promise = f"{100 * report.coverage:.0f} % intervals of {report.n_resamples:,} resamples"
        say_table(
            ["model", "figure", "difference", "against", ""],
            rows,
            f"\nDifferences on the same films, {promise}",
        )


def say_years(told: Evaluated, data: str) -> None:
    """Says the figures of each model and of the first baseline, year by year."""
    report = told.report
    _say_head(told, data)
    firsts = {result.name: result for result in reversed(report.results)}
    results = list(reversed(firsts.values()))
    compared = [result for result in results if not result.is_baseline]
    baseline = next(result for result in results if result.is_baseline)
    first = FIGURES[report.target][0]
    names = [first, "within_2", "one_away", "bias_log", "coverage_80", "width_80"]
    for result in compared:
        own = [name for name in names if name in result.metrics]
        rows = [
            [
                year.name,
                year.n,
                *(shown(year.metrics[name]) for name in own),
                shown(before.metrics.get(first)),
            ]
            for year, before in zip(result.years, baseline.years, strict=True)
        ]
        rows.append(
            [
                "all",
                report.n_asked,
                *(shown(result.metrics[name]) for name in own),
                shown(baseline.metrics.get(first)),
            ]
        )
        head = ["year", "films", *(WORDS[name] for name in own)]
        say_table([*head, f"{WORDS[first]} of {called(baseline)}"], rows, f"\n{result.key}")
    say(STAR)
    _say_foot(told)


def say_leaks(report: LeakLabReport, data: str, n_readings: int | None) -> None:
    """Says each mistake with its figures and its reason, and how often the films were read."""
    say(
        f"Leak lab on {data}: {report.n_films:,} films with known money; where films are divided "
        f"by time, those up to {report.last_year} are learned from."
    )
    for case in report.cases:
        names = [name for name in case.pairs[0].honest if name in case.pairs[0].inflated]
        names.sort(key=lambda name: name != case.headline)
        rows = [
            [pair.model, what, *(shown(figures.get(name)) for name in names)]
            for pair in case.pairs
            for what, figures in (("honest", pair.honest), ("inflated", pair.inflated))
        ]
        say()
        say(f"{case.name}: {_word(case.headline)} {signed(case.lift)}")
        say(f"  honest: {case.honest}")
        say(f"  inflated: {case.inflated}")
        say(f"  {case.why}")
        say_table(["model", "", *map(_word, names)], rows)
    say()
    say("Asked for before the release, the features answer:")
    for name, answer in report.refused.items():
        say(f"  {name}: {answer or 'GIVEN'}")
    say()
    _say_readings(n_readings)


def called(result: Result) -> str:
    """The name, a baseline with a star."""
    return f"{result.name} *" if result.is_baseline else result.name


def shown(value: object) -> str:
    """A figure at three decimals, a large one at none; a dash for what was not measured."""
    if value is None or (isinstance(value, float) and not math.isfinite(value)):
        return "–"
    if isinstance(value, float):
        return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.3f}"
    return str(value)


def signed(value: float) -> str:
    """The figure with its sign."""
    return f"{value:+,.0f}" if abs(value) >= 1000 else f"{value:+.3f}"


def verdict(figure: str, difference: Difference) -> str:
    """Whether the whole interval is on one side: better or worse; of a coverage which way."""
    if not (difference.low > 0 or difference.high < 0):
        return "may be luck"
    rises = difference.low > 0
    if figure.startswith("coverage"):
        return "holds more" if rises else "holds less"
    return "worse" if rises == (figure in LOWER_IS_BETTER) else "better"


def _say_head(told: Evaluated, data: str) -> None:
    report = told.report
    films = "; ".join(f"{n:,} {words}" for words, n in report.steps)
    kind = ", a comparison only: films are divided by chance" if report.comparison_only else ""
    learned = _span(split.n_train for split in report.splits)
    first = min(split.first_asked for split in report.splits)
    last = max(split.last_asked for split in report.splits)
    say(f"{report.target} on {data}, {report.split}{kind}; {report.horizon}")
    say(f"{films}.")
    say(
        f"{learned} films to learn from, {report.n_asked:,} asked about ({first} to {last}), "
        f"{len(report.columns)} columns."
    )


def _say_foot(told: Evaluated) -> None:
    undated = [name for name in told.report.columns if column(name).undated]
    if undated:
        say(
            f"Looked at undated columns too ({', '.join(undated)}): catalogs go on writing them "
            "after the release, so these figures are better than a forecast of a plan is."
        )
    for text in told.report.suspicions:
        say(text)
    for name, params in told.tuned.items():
        chosen = ", ".join(f"{key} {value}" for key, value in params.items())
        say(f"Tuned inside the training part: {name} with {chosen}.")
    if told.validation:
        say("Validation: the latest training years were asked about; no test film was read.")
    else:
        _say_readings(told.n_readings)


def _say_readings(n: int | None) -> None:
    if n is not None:
        times = "once" if n == 1 else f"{n} times"
        say(f"These test films have been read {times} in this workspace, this time included.")


def _say_classes(report: ForecastReport, result: Result) -> None:
    if result.per_class is None or result.confusion is None:
        return
    say_table(
        ["class", "films", "decided", "precision", "recall", "F1", "RPS"],
        [
            [
                *(name, each.n, each.decided),
                *map(shown, (each.precision, each.recall, each.f1, each.rps)),
            ]
            for name, each in zip(report.class_names, result.per_class, strict=True)
        ],
        f"\n{result.key}: class by class",
    )
    short = [str(number) for number in range(1, len(report.class_names) + 1)]
    say_table(
        ["films of class", *short],
        [
            [f"{number} {name}", *line]
            for number, name, line in zip(short, report.class_names, result.confusion, strict=True)
        ],
        f"\n{result.key}: films by class, and by decided class",
    )


def _with_interval(result: Result, name: str) -> str:
    interval = result.intervals.get(name)
    value = shown(result.metrics.get(name))
    if interval is None:
        return value
    return f"{value} [{shown(interval.low)}, {shown(interval.high)}]"


def _seconds(result: Result) -> str:
    return "" if result.is_baseline else f"{result.fit_seconds:.1f}"


def _span(counts: Iterable[int]) -> str:
    found = sorted(counts)
    return f"{found[0]:,}" if found[0] == found[-1] else f"{found[0]:,} to {found[-1]:,}"


def _word(name: str) -> str:
    return WORDS.get(name, name.replace("_", " "))
