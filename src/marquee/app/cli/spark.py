"""``marquee spark``: lists for everybody, and figures, where one machine is too small."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from marquee.app.cli.console import progress, say, say_json, say_table
from marquee.app.cli.spark_options import Master, Memory, spark_session
from marquee.app.cli.stores import feedback_store
from marquee.app.cli.training import SPARK_MODEL, Json, Model, Params

if TYPE_CHECKING:
    from marquee.app.settings import Settings

app = typer.Typer(
    help="Jobs for what outgrows one machine; fit with `marquee fit --engine spark`.",
    no_args_is_help=True,
    rich_markup_mode=None,
)
Length = Annotated[int, typer.Option("--k", "-k", min=1, max=1_000, help="Length of a list.")]


@app.command("lists")
def lists_(
    context: typer.Context,
    out: Annotated[Path, typer.Option(help="A new folder of Parquet files.")],
    k: Length = 10,
    model: Annotated[
        str | None, typer.Option("--model", "-m", help="A fitted model; default what answers.")
    ] = None,
    master: Master = None,
    memory: Memory = None,
    as_json: Json = False,
) -> None:
    """Write the best unseen titles of every viewer to Parquet."""
    from marquee.data.workspace import Workspace
    from marquee.service import clusters

    settings: Settings = context.obj
    with (
        progress("Writing lists"),
        feedback_store(settings) as feedback,
        spark_session(master, memory) as spark,
    ):
        workspace = Workspace(settings.home)
        n = clusters.write_lists(spark, workspace, out, model=model, k=k, feedback=feedback)
    if as_json:
        say_json({"viewers": n, "k": k, "path": out})
    else:
        say(f"Lists of {n:,} viewers are in {out}.")


@app.command()
def evaluate(
    context: typer.Context,
    model: Model = SPARK_MODEL,
    param: Params = None,
    test_share: Annotated[float, typer.Option(help="Share of the ratings to test on.")] = 0.1,
    seed: Annotated[int, typer.Option(help="Seed of the split.")] = 0,
    k: Length = 10,
    relevant_from: Annotated[float, typer.Option(help="Stars that make a test title good.")] = 4.0,
    master: Master = None,
    memory: Memory = None,
    as_json: Json = False,
) -> None:
    """Fit a model on a part of the ratings and measure it on the rest, all of it on Spark."""
    from marquee.app.cli.params import make_model
    from marquee.data.workspace import Workspace
    from marquee.service import clusters

    settings: Settings = context.obj
    recommender = make_model(model, param or [])
    clusters.check(recommender)
    with progress(f"Evaluating {model}"), spark_session(master, memory) as spark:
        found = clusters.evaluate(
            spark,
            Workspace(settings.home),
            recommender,
            test_share=test_share,
            seed=seed,
            k=k,
            relevant_from=relevant_from,
        )
    if as_json:
        say_json(found)
        return
    rows = [(name, value, found.se[name]) for name, value in found.metrics.items()]
    say_table(("metric", "mean", "standard error"), rows, f"{found.n_viewers:,} viewers")
