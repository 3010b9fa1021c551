"""``marquee world`` and ``fit``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from marquee.app.cli.console import progress, say, say_json, say_table
from marquee.app.cli.stores import feedback_store

if TYPE_CHECKING:
    from marquee.app.settings import Settings

Json = Annotated[bool, typer.Option("--json", help="Answer as one JSON document.")]
Model = Annotated[str, typer.Option("--model", "-m", help="Name of the model.")]
Params = Annotated[
    list[str] | None,
    typer.Option("--param", "-p", help="A hyperparameter, name=value; repeatable."),
]
DEFAULT_MODEL = "ease-content"
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
    model: Model = DEFAULT_MODEL,
    param: Params = None,
    as_json: Json = False,
) -> None:
    """Fit a model on the workspace and save it there."""
    import time
    from datetime import UTC, datetime

    from marquee.app.cli.params import make_model
    from marquee.data.workspace import Workspace
    from marquee.lifecycle.fitting import fit_workspace

    settings: Settings = context.obj
    workspace = Workspace(settings.home)
    recommender = make_model(model, param or [])
    start = time.perf_counter()
    with progress(f"Fitting {model}") as tick, feedback_store(settings) as feedback:
        fit_workspace(
            workspace,
            recommender,
            model,
            predictor=(PREDICTOR, make_model(PREDICTOR)),
            feedback=feedback,
            created_at=datetime.now(UTC).isoformat(timespec="seconds"),
            on_epoch=tick,
        )
    seconds = time.perf_counter() - start
    if as_json:
        folder = workspace.models / model
        say_json({"model": model, "path": folder, "seconds": seconds})
    else:
        say(f"Fitted {model} in {seconds:.1f} s; saved in {workspace.models / model}.")
