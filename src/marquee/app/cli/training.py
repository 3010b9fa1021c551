"""``marquee world`` and ``fit``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from marquee.app.cli.console import progress, say, say_json, say_table
from marquee.app.cli.spark_options import Engine, Master, Memory, on_spark, spark_session
from marquee.app.cli.stores import feedback_store
from marquee.app.clock import moment

if TYPE_CHECKING:
    from marquee.app.settings import Settings

Json = Annotated[bool, typer.Option("--json", help="Answer as one JSON document.")]
Model = Annotated[str, typer.Option("--model", "-m", help="Name of the model.")]
Params = Annotated[
    list[str] | None,
    typer.Option("--param", "-p", help="A hyperparameter, name=value; repeatable."),
]
DEFAULT_MODEL = "ease-content"
SPARK_MODEL = "als"
"""What Spark fits where nobody names a model."""
PREDICTOR = "svd"
"""Fitted beside a model that predicts no ratings, so that the workspace can."""


def world(
    context: typer.Context,
    titles: Annotated[int, typer.Option(min=30, help="Number of titles.")] = 2_000,
    viewers: Annotated[int, typer.Option(min=10, help="Number of viewers.")] = 3_000,
    ratings: Annotated[int, typer.Option(min=10, help="Number of ratings.")] = 300_000,
    seed: Annotated[int, typer.Option(help="Seed; the same seed makes the same world.")] = 7,
    as_json: Json = False,
) -> None:
    """Build the fictional film world that Marquee brings along."""
    from marquee.data.intake import add_world
    from marquee.data.workspace import Workspace
    from marquee.service.records import FICTIONAL

    settings: Settings = context.obj
    with progress("Building the world") as tick:
        counts = add_world(
            Workspace(settings.home),
            n_titles=titles,
            n_viewers=viewers,
            n_ratings=ratings,
            seed=seed,
            on_step=tick,
        )
    if as_json:
        say_json({"home": settings.home, "seed": seed, "tables": counts, "note": FICTIONAL})
        return
    say_table(("table", "rows"), counts.items(), f"Workspace {settings.home}")
    say(FICTIONAL)


def fit(
    context: typer.Context,
    model: Annotated[
        str | None,
        typer.Option(
            "--model", "-m", help=f"Name of the model; default {DEFAULT_MODEL}, or als on Spark."
        ),
    ] = None,
    param: Params = None,
    engine: Engine = "python",
    master: Master = None,
    memory: Memory = None,
    checkpoints: Annotated[
        str | None,
        typer.Option(help="Folder or URL that all machines of --master reach.", show_default=False),
    ] = None,
    as_json: Json = False,
) -> None:
    """Fit a model on the workspace and save it there."""
    import time

    from marquee.app.cli.params import make_model
    from marquee.data.workspace import Workspace

    spark_works = on_spark(engine, master, memory, checkpoints)
    settings: Settings = context.obj
    workspace = Workspace(settings.home)
    name = model or (SPARK_MODEL if spark_works else DEFAULT_MODEL)
    recommender = make_model(name, param or [])
    start = time.perf_counter()
    at = moment()
    with progress(f"Fitting {name}") as tick, feedback_store(settings) as feedback:
        if spark_works:
            from marquee.service import clusters

            # Whether Spark can fit it is known before Spark is started.
            clusters.check(recommender)
            with spark_session(master, memory, checkpoints) as spark:
                clusters.fit_workspace(
                    spark, workspace, recommender, name, feedback=feedback, created_at=at
                )
        else:
            from marquee.lifecycle.fitting import fit_workspace

            fit_workspace(
                workspace,
                recommender,
                name,
                predictor=(PREDICTOR, make_model(PREDICTOR)),
                feedback=feedback,
                created_at=at,
                on_epoch=tick,
            )
    seconds = time.perf_counter() - start
    if as_json:
        folder = workspace.models / name
        say_json({"model": name, "path": folder, "seconds": seconds, "engine": engine})
    else:
        where = " by Spark" if spark_works else ""
        say(f"Fitted {name}{where} in {seconds:.1f} s; saved in {workspace.models / name}.")
