"""``marquee train``: a run on the workspace."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from marquee.app.cli.console import progress, say, say_json, say_table
from marquee.app.cli.stores import feedback_store
from marquee.app.cli.training import DEFAULT_MODEL, PREDICTOR, Json, Model, Params
from marquee.app.clock import moment

if TYPE_CHECKING:
    from marquee.app.settings import Settings
    from marquee.lifecycle.runs import Run

SHOWN = ("ndcg@10", "recall@10", "hit_rate@10", "rmse", "mae")
"""Figures of the printed table; ``--json`` holds all."""


def train(
    context: typer.Context,
    model: Model = DEFAULT_MODEL,
    param: Params = None,
    split: Annotated[
        str,
        typer.Option(
            help="What the figures are measured on: newest, or a split as `marquee evaluate` "
            "takes it."
        ),
    ] = "newest",
    seed: Annotated[int, typer.Option(help="Seed of random splits.")] = 0,
    tracker: Annotated[
        list[str] | None,
        typer.Option(
            "--track",
            help="Tell a tracker too: mlflow:URI, comet:PROJECT, comet:offline:FOLDER; repeatable.",
        ),
    ] = None,
    as_json: Json = False,
) -> None:
    """Make a run: measure a model on the newest ratings, fit it on all of them, keep it all.

    It answers nobody before it passes the gates of `marquee models promote`.
    """
    from marquee.app.cli.params import make_model
    from marquee.app.tracking import check_tracker, track
    from marquee.data.workspace import Workspace
    from marquee.lifecycle.runs import run_folder
    from marquee.lifecycle.training import train as make_run

    settings: Settings = context.obj
    workspace = Workspace(settings.home)
    make_model(model, param or [])  # wrong names are told before anything is read
    for url in tracker or ():
        check_tracker(url)
    with progress(f"Training {model}") as tick, feedback_store(settings) as feedback:
        run = make_run(
            workspace,
            lambda: make_model(model, param or []),
            model,
            created_at=moment(),
            predictor=(PREDICTOR, lambda: make_model(PREDICTOR)),
            split=split,
            seed=seed,
            feedback=feedback,
            on_step=tick,
        )
    for url in tracker or ():
        track(url, run, run_folder(workspace, run.id))
    if as_json:
        say_json({**vars(run), "path": run_folder(workspace, run.id)})
        return
    say_run(run)
    say(f"Put it in force with: marquee models promote {run.id}")


def say_run(run: Run) -> None:
    """Prints what is known of a run."""
    say(f"Run {run.id}: {run.model}, begun {run.created_at}.")
    data, split = run.data, run.split
    say(
        f"Data {data['fingerprint'][:12]} (snapshot {data['snapshot']}): {data['n_ratings']:,} "
        f"ratings of {data['n_titles']:,} titles by {data['n_viewers']:,} viewers."
    )
    say(
        f"Measured on {split['name']}: fitted on {split['n_train']:,} ratings, asked about "
        f"{split['n_test']:,} of {split['n_users']:,} viewers, clock {split['clock']}."
    )
    rows = [
        (name, run.metrics[name], *run.intervals.get(name, [None, None]))
        for name in SHOWN
        if name in run.metrics
    ]
    rows += [(f"lists: {name}", value, None, None) for name, value in run.lists.items()]
    say_table(("figure", "value", "95 % from", "to"), rows)
    seconds = run.seconds
    size = sum(run.files.values()) / 1e6
    say(
        f"Took {seconds['total']:.1f} s, {seconds['measure']:.1f} of them to measure; "
        f"the saved model has {size:.1f} MB."
    )
