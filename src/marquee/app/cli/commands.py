"""The tree of commands; each command imports what it needs when it runs."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from marquee import __version__
from marquee.app.cli import (
    comparing,
    data,
    evaluating,
    experiments,
    faces,
    forecast,
    insights,
    keys,
    leaks,
    ledger,
    models,
    monitoring,
    picks,
    retraining,
    runs,
    spark,
    training,
)
from marquee.app.settings import Settings

app = typer.Typer(
    name="marquee",
    help="Movie intelligence: recommend, forecast, and show the evidence.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)
app.add_typer(data.app, name="data")
app.add_typer(keys.app, name="keys")
app.add_typer(models.app, name="models")
app.add_typer(forecast.app, name="forecast")
app.add_typer(insights.app, name="insights")
app.add_typer(ledger.app, name="ledger")
app.add_typer(spark.app, name="spark")
app.add_typer(experiments.app, name="experiment")
app.command()(training.world)
app.command()(training.fit)
app.command()(runs.train)
app.command()(retraining.retrain)
app.command()(monitoring.monitor)
app.command()(evaluating.evaluate)
app.command()(comparing.compare)
app.command()(leaks.leakcheck)
app.command()(picks.recommend)
app.command()(picks.similar)
app.command()(picks.demo)
app.command()(faces.serve)
app.command()(faces.studio)


def _print_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"marquee {__version__}")
        raise typer.Exit


@app.callback()
def options(
    context: typer.Context,
    home: Annotated[
        Path | None,
        typer.Option(help="The workspace; default MARQUEE_HOME or .marquee.", show_default=False),
    ] = None,
    version: Annotated[
        bool, typer.Option("--version", callback=_print_version, help="Print the version.")
    ] = False,
) -> None:
    """Movie intelligence: recommend, forecast, and show the evidence."""
    del version  # answered by its callback
    context.obj = Settings.read(home)
