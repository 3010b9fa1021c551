"""``marquee forecast evaluate``, ``compare``, ``backtest`` and ``leak-lab``."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import TYPE_CHECKING, Annotated

import typer

from marquee.app.cli.console import say_json, work
from marquee.app.cli.forecast_options import (
    Data,
    Json,
    Of,
    Seed,
    Set,
    Split,
    Stage,
    Tune,
    Validation,
    horizon_of,
    names_of,
    opened_data,
    settings_of,
    target_of,
)

if TYPE_CHECKING:
    from marquee.app.settings import Settings
    from marquee.lifecycle.forecast_evaluation import Evaluated

Model = Annotated[
    str, typer.Option("--model", "-m", help="Name of the model; `default` is the default one.")
]
Models = Annotated[
    str | None,
    typer.Option("--models", "-m", help="Names with commas between, or `all`.", show_default=False),
]
Rule = Annotated[
    str,
    typer.Option(help="Of success: the rule whose classes are told one by one."),
]
Undated = Annotated[
    str | None,
    typer.Option(
        help="Undated columns to look at too, with commas between, or `all`; see the guide.",
        show_default=False,
    ),
]
RESAMPLES = 1_000
"""Resamples of the films that intervals are taken from."""

LINE_UP = {
    "success": "logistic,random-forest,adaboost,xgboost,mlp,default",
    "money": "ols,random-forest,adaboost,xgboost,mlp,comparables,default",
    "other": "ols,random-forest,adaboost,xgboost,mlp,default",
}
"""What is compared where nobody names models: the line-up of the classics, and the default."""


def evaluate(
    context: typer.Context,
    target: Of = "revenue",
    data: Data = None,
    split: Split = None,
    model: Model = "default",
    horizon: Stage = None,
    undated: Undated = None,
    validation: Validation = False,
    tune: Tune = 0,
    rule: Rule = "most-likely",
    thresholds: Annotated[
        bool,
        typer.Option(help="Choose decision rules inside the training films: one more fit."),
    ] = True,
    settings: Set = None,
    seed: Seed = 0,
    as_json: Json = False,
) -> None:
    """Measure one model on films that it did not learn from, beside the baselines."""
    from marquee.app.cli.forecast_tables import say_details, say_report

    _check_rule(rule)
    told, name = _measured(
        *(context, target, data, split, model, horizon, undated),
        settings_of(settings),
        validation=validation,
        tune=tune,
        thresholds=thresholds,
        seed=seed,
    )
    if as_json:
        say_json({"data": name, **told.to_dict()})
        return
    say_report(told, name)
    say_details(told, rule)


def compare(
    context: typer.Context,
    target: Of = "revenue",
    data: Data = None,
    split: Split = None,
    models: Models = None,
    horizon: Stage = None,
    undated: Undated = None,
    validation: Validation = False,
    tune: Tune = 0,
    settings: Set = None,
    seed: Seed = 0,
    as_json: Json = False,
) -> None:
    """Measure several models on the same films, with what they differ by."""
    from marquee.app.cli.forecast_tables import say_differences, say_report

    names = models or _line_up(target)
    told, name = _measured(
        *(context, target, data, split, names, horizon, undated),
        settings_of(settings),
        validation=validation,
        tune=tune,
        seed=seed,
    )
    if as_json:
        say_json({"data": name, **told.to_dict()})
        return
    say_report(told, name)
    say_differences(told.report)


def backtest(
    context: typer.Context,
    target: Of = "revenue",
    data: Data = None,
    years: Annotated[
        str | None,
        typer.Option(help="Years to ask about, 2006-2011; default the latest.", show_default=False),
    ] = None,
    models: Models = None,
    horizon: Stage = None,
    undated: Undated = None,
    settings: Set = None,
    seed: Seed = 0,
    as_json: Json = False,
) -> None:
    """Measure year by year: each year by what the films of all earlier years teach."""
    from marquee.app.cli.forecast_tables import say_years

    told, name = _measured(
        context,
        target,
        data,
        f"rolling:{years.removeprefix('rolling:')}" if years else "rolling",
        models or "default",
        horizon,
        undated,
        settings_of(settings),
        seed=seed,
    )
    if as_json:
        say_json({"data": name, **told.to_dict()})
        return
    say_years(told, name)


def leak_lab(
    context: typer.Context,
    data: Data = None,
    seed: Seed = 0,
    as_json: Json = False,
) -> None:
    """Show what four common mistakes buy: honest and inflated figures side by side."""
    from marquee.app.cli.forecast_tables import say_leaks
    from marquee.lifecycle.forecast_evaluation import measure_leaks
    from marquee.lifecycle.readings import FILE

    settings: Settings = context.obj
    opened = opened_data(settings, data)
    with work("Leak lab") as (on_step, _):
        report, n_readings = measure_leaks(
            opened.tables, seed, log=settings.home / FILE, day=date.today(), on_step=on_step
        )
    if as_json:
        say_json({"data": opened.name, "n_readings": n_readings, **report.to_dict()})
        return
    say_leaks(report, opened.name, n_readings)


def _line_up(target: str) -> str:
    from marquee.evaluation.forecasting.frames import OF_MONEY

    of = target_of(target)
    return LINE_UP[of if of == "success" else "money" if of in OF_MONEY else "other"]


def _measured(
    context: typer.Context,
    target: str,
    data: str | None,
    split: str | None,
    names: str,
    horizon: str | None,
    undated: str | None,
    given: Mapping[str, str],
    *,
    validation: bool = False,
    tune: int = 0,
    thresholds: bool = False,
    seed: int,
) -> tuple[Evaluated, str]:
    """What was measured, and the name of the data; wrong names are told before data are read."""
    from marquee.evaluation.forecasting.frames import labeled
    from marquee.features.frame import with_undated
    from marquee.forecast import DEFAULT_FORECASTER
    from marquee.lifecycle.forecast_evaluation import evaluate_films, tables_fingerprint
    from marquee.lifecycle.forecast_models import forecast_models, with_settings
    from marquee.lifecycle.readings import FILE

    settings: Settings = context.obj
    of, stage = target_of(target), horizon_of(horizon)
    columns = None if undated is None else with_undated(names_of(undated), stage)
    wanted = [DEFAULT_FORECASTER if name == "default" else name for name in names_of(names)]
    models = with_settings(forecast_models(wanted, of, seed=seed), given)
    opened = opened_data(settings, data)
    with work(f"Measuring {of}") as (on_step, on_epoch):
        told = evaluate_films(
            labeled(opened.tables, of, horizon=stage, columns=columns),
            models,
            split,
            fingerprint=tables_fingerprint(opened.tables),
            validation=validation,
            n_trials=tune,
            fixed=tuple(given),
            searches=settings.home / "searches",
            log=settings.home / FILE,
            day=date.today(),
            seed=seed,
            n_resamples=RESAMPLES,
            thresholds=thresholds,
            on_step=on_step,
            on_epoch=on_epoch,
        )
    return told, opened.name


def _check_rule(rule: str) -> None:
    from marquee.errors import ParameterError
    from marquee.evaluation.forecasting.thresholds import CUTS
    from marquee.forecast.decisions import RULES

    if rule not in (*RULES, CUTS):
        raise ParameterError(f"there is no rule {rule!r}; there are {', '.join((*RULES, CUTS))}")
