"""``marquee evaluate``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from marquee.app.cli.console import progress, say, say_json, say_table
from marquee.app.cli.training import DEFAULT_MODEL, Json, Model, Params

if TYPE_CHECKING:
    from marquee.app.settings import Settings
    from marquee.evaluation.report import Report

SHOWN = ("rmse", "mae", "ndcg", "recall")
"""Metrics of the printed table; ``--json`` holds all."""


def evaluate(
    context: typer.Context,
    data: Annotated[
        str,
        typer.Option(help="A set under MARQUEE_DATA or fetched, a path, `world` or `workspace`."),
    ],
    model: Model = DEFAULT_MODEL,
    split: Annotated[
        str,
        typer.Option(
            help="A fold of the publisher such as u1, folds, random:0.1, kfold:5, time:0.9, "
            "time:1998-03-01, last-one, strong, strong:500, strong-validation."
        ),
    ] = "random:0.1",
    clock: Annotated[
        str | None,
        typer.Option(
            help="What a prediction may know of times: none, past or full.",
            show_default="past for time and last-one, else none",
        ),
    ] = None,
    seed: Annotated[int, typer.Option(help="Seed of random splits.")] = 0,
    k: Annotated[
        list[int] | None,
        typer.Option(
            "-k",
            min=1,
            max=10_000,
            help="Length of the ranked lists; repeatable.",
            show_default="10",
        ),
    ] = None,
    relevant_from: Annotated[
        float, typer.Option(help="Stars from which on a held-out title is relevant.")
    ] = 4.0,
    lists: Annotated[
        bool, typer.Option(help="Rank the catalog; without, only rating errors are measured.")
    ] = True,
    param: Params = None,
    as_json: Json = False,
) -> None:
    """Measure a model: rating error and ranking quality on held-out ratings."""
    from marquee.app.cli.params import make_model
    from marquee.data.moments import moments_of
    from marquee.errors import ParameterError
    from marquee.evaluation.experiment import evaluate as measure
    from marquee.evaluation.splits import parse_split
    from marquee.features.side_information import titles_frame, viewers_frame
    from marquee.lifecycle.fitting import catalog_interactions
    from marquee.service.datasets import open_data

    settings: Settings = context.obj
    params = param or []
    if any(text.partition("=")[0].strip() == "clock" for text in params):
        raise ParameterError("the clock of an evaluation is given as --clock, not as a parameter")
    make_model(model, params)  # wrong names are told before anything is read
    with progress(f"Reading {data}"):
        opened = open_data(data, settings.home, settings.data)
        ratings = opened.tables.ratings
        moments = moments_of(ratings)
        splits = parse_split(
            split,
            catalog_interactions(opened.tables, orders=True),
            seed=seed,
            fold_names=opened.fold_names,
            read_fold=opened.read_fold,
            ratings=ratings,
            relevant_from=relevant_from,
            real_times=moments is None or moments.are_real,
        )
    with progress(f"Evaluating {model}") as tick:
        report = measure(
            lambda: make_model(model, params),
            splits,
            k=k or 10,
            relevant_from=relevant_from,
            clock=clock,
            lists=lists,
            titles=titles_frame(opened.tables),
            viewers=viewers_frame(opened.tables),
            seed=seed,
            on_step=tick,
        )
    if as_json:
        say_json({"data": data, "name": model, "split": split, **report.to_dict()})
    else:
        _print(report, f"{model} on {data}, {split}, seed {seed}")


def _print(report: Report, title: str) -> None:
    from marquee.evaluation.clock import MEANING

    shown = [name for name in report.mean if name.partition("@")[0] in SHOWN]
    rows = [(result.name, *map(result.metrics.get, shown)) for result in report.splits]
    if len(rows) > 1:
        rows.append(("mean", *map(report.mean.get, shown)))
    say_table(("split", *shown), rows, title)
    say(f"Clock {report.clock}: {MEANING[report.clock]}.")
