"""``marquee forecast effects`` and ``importance``: what inputs go along with, and are worth."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Annotated

import typer

from marquee.app.cli.console import say, say_json, say_table, work
from marquee.app.cli.forecast_options import (
    Data,
    Json,
    Of,
    Seed,
    Set,
    Stage,
    horizon_of,
    opened_data,
    settings_of,
    target_of,
)

if TYPE_CHECKING:
    from marquee.app.settings import Settings
    from marquee.forecast.effects import Effect

UNITS = {"budget": "twice the budget", "sequel": "being a sequel", "year": "a year later"}
"""What the factor of an effect without levels is of."""


def effects(
    context: typer.Context,
    data: Data = None,
    coverage: Annotated[
        float, typer.Option(help="Share of the effects that intervals are to hold.")
    ] = 0.95,
    as_json: Json = False,
) -> None:
    """Tell what month, genre, certificate, budget and sequels go along with, all else the same."""
    from marquee.evaluation.forecasting.frames import labeled
    from marquee.forecast.effects import FACTORS, NUMBERS, additive_effects

    settings: Settings = context.obj
    opened = opened_data(settings, data)
    films = labeled(opened.tables, "revenue", horizon="pre_release")
    looked_at = [*NUMBERS.values(), *FACTORS.values()]
    features = films.features.select(name for name in looked_at if name in films.columns)
    found = additive_effects(features, films.outcome, coverage=coverage)
    if as_json:
        say_json(
            {
                "data": opened.name,
                "n_films": len(films),
                "coverage": coverage,
                "effects": [
                    {
                        "name": each.name,
                        "level": each.level,
                        "log_points": each.value,
                        "low": each.low,
                        "high": each.high,
                        "n_films": each.n_films,
                    }
                    for each in found
                ],
            }
        )
        return
    say(f"revenue on {opened.name}: {len(films):,} films with a known budget and revenue")
    say_table(
        ("effect", "films", "times the revenue", f"{100 * coverage:g} % interval"),
        [
            (
                _called(each),
                f"{each.n_films:,}",
                f"×{_factor(each, each.value):.2f}",
                f"{_factor(each, each.low):.2f} to {_factor(each, each.high):.2f}",
            )
            for each in found
        ],
    )
    say(
        "Months, certificates and genres are told beside the mean over those listed; a film has "
        "the mean over its genres. All else that is listed is held fixed; what is not listed, such "
        "as stars or how widely a film opened, is not. These are associations, not causes."
    )


def importance(
    context: typer.Context,
    target: Of = "revenue",
    data: Data = None,
    model: Annotated[
        str, typer.Option("--model", "-m", help="Name of the model; `default` is the default one.")
    ] = "default",
    until: Annotated[
        int | None,
        typer.Option(help="Latest year of films to look at; default the training part's."),
    ] = None,
    horizon: Stage = None,
    repeats: Annotated[int, typer.Option(min=1, max=100, help="Shuffles of each input.")] = 5,
    settings: Set = None,
    seed: Seed = 0,
    as_json: Json = False,
) -> None:
    """Tell how much worse a model does when an input is shuffled among late training films."""
    from marquee.evaluation.forecasting.frames import labeled
    from marquee.evaluation.plain import plain
    from marquee.forecast import DEFAULT_FORECASTER
    from marquee.lifecycle.forecast_importance import measure_importance
    from marquee.lifecycle.forecast_models import forecast_models, with_settings

    of, stage = target_of(target), horizon_of(horizon)
    name = DEFAULT_FORECASTER if model == "default" else model
    models = with_settings(forecast_models([name], of, seed=seed), settings_of(settings))
    opened = opened_data(context.obj, data)
    with work(f"Shuffling inputs of {name}") as (on_step, _):
        on_step(0, 1, of)
        told = measure_importance(
            labeled(opened.tables, of, horizon=stage),
            name,
            models[name],
            last_year=until,
            n_repeats=repeats,
            seed=seed,
        )
    if as_json:
        say_json({"data": opened.name, **plain(told)})
        return
    first, last = told.asked
    read = (
        "no test film was read"
        if last < told.test_from
        else f"films from {told.test_from} on are test films of an evaluation without --split"
    )
    say(
        f"{of} on {opened.name}, {name}: learned from {told.n_learned:,} films up to "
        f"{told.learned_until}, asked about {told.n_asked:,} of {first} to {last}; {read}"
    )
    base, loss = told.importances.base, told.importances.loss
    say_table(
        ("input shuffled", f"{loss} {base:.3f} grows by", "95 % interval"),
        [
            (each.name, f"{each.increase:+.4f}", f"{each.low:+.4f} to {each.high:+.4f}")
            for each in told.importances.inputs
        ],
    )
    say("An interval that holds 0 may be luck; inputs that say the same stand in for each other.")


def _called(effect: Effect) -> str:
    return f"{effect.name}: {effect.level or UNITS.get(effect.name, '')}"


def _factor(effect: Effect, log_points: float) -> float:
    """Times the revenue; of the budget for twice as much."""
    return math.exp(log_points * (math.log(2) if effect.name == "budget" else 1.0))
