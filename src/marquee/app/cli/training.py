"""``marquee world``, ``fit`` and ``evaluate``."""

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
SHOWN = ("rmse", "mae", "ndcg", "recall")
"""Metrics of the printed table; ``--json`` holds all."""


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


def evaluate(
    context: typer.Context,
    data: Annotated[
        str,
        typer.Option(help="A set under MARQUEE_DATA or fetched, a path, `world` or `workspace`."),
    ],
    model: Model = DEFAULT_MODEL,
    split: Annotated[
        str, typer.Option(help="A fold of the publisher such as u1, folds, random:0.1, kfold:5.")
    ] = "random:0.1",
    seed: Annotated[int, typer.Option(help="Seed of random splits.")] = 0,
    k: Annotated[
        int, typer.Option("-k", min=1, max=10_000, help="Length of the ranked lists.")
    ] = 10,
    param: Params = None,
    as_json: Json = False,
) -> None:
    """Measure a model: rating error and ranking quality on held-out ratings."""
    from marquee.app.cli.params import make_model
    from marquee.evaluation.experiment import evaluate as measure
    from marquee.evaluation.splits import parse_split
    from marquee.features.side_information import titles_frame, viewers_frame
    from marquee.lifecycle.fitting import catalog_interactions
    from marquee.service.datasets import open_data

    settings: Settings = context.obj
    params = param or []
    make_model(model, params)  # wrong names are told before anything is read
    with progress(f"Reading {data}"):
        opened = open_data(data, settings.home, settings.data)
        splits = parse_split(
            split,
            catalog_interactions(opened.tables),
            seed=seed,
            fold_names=opened.fold_names,
            read_fold=opened.read_fold,
        )
    with progress(f"Evaluating {model}") as tick:
        report = measure(
            lambda: make_model(model, params),
            splits,
            k=k,
            titles=titles_frame(opened.tables),
            viewers=viewers_frame(opened.tables),
            seed=seed,
            on_step=tick,
        )
    if as_json:
        say_json({"data": data, "name": model, "split": split, **report.to_dict()})
        return
    shown = [name for name in report.mean if name.partition("@")[0] in SHOWN]
    rows = [(result.name, *map(result.metrics.get, shown)) for result in report.splits]
    if len(rows) > 1:
        rows.append(("mean", *map(report.mean.get, shown)))
    say_table(("split", *shown), rows, f"{model} on {data}, {split}, seed {seed}")
