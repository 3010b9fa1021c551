"""``marquee forecast``: the tree of its commands."""

from __future__ import annotations

import typer

from marquee.app.cli import (
    audience,
    forecast_films,
    forecast_fit,
    forecast_inputs,
    forecast_measuring,
)

app = typer.Typer(
    help="Forecast how films will do, and measure how good the forecasts are.",
    no_args_is_help=True,
    rich_markup_mode=None,
)
app.command()(forecast_fit.fit)
app.command()(forecast_measuring.evaluate)
app.command()(forecast_measuring.compare)
app.command()(forecast_films.title)
app.command("what-if")(forecast_films.what_if)
app.command()(forecast_films.explain)
app.command()(audience.audience)
app.command()(forecast_measuring.backtest)
app.command()(forecast_inputs.effects)
app.command()(forecast_inputs.importance)
app.command("leak-lab")(forecast_measuring.leak_lab)
