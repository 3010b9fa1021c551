"""``marquee evaluate``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from marquee.app.cli.console import (
    INTERRUPTED,
    note,
    progress,
    say,
    say_json,
    say_table,
    work,
)
from marquee.app.cli.leaks import say_leaks
from marquee.app.cli.splitting import Data, SaveSplit, SplitWord, open_interactions, splits_of
from marquee.app.cli.training import DEFAULT_MODEL, Json, Model, Params

if TYPE_CHECKING:
    from marquee.app.settings import Settings
    from marquee.evaluation.bootstrap import Interval
    from marquee.evaluation.report import Report
    from marquee.evaluation.segmenting import Segmentation

SHOWN = ("rmse", "mae", "ndcg", "recall")
"""Metrics of the printed table; ``--json`` holds all."""


def evaluate(
    context: typer.Context,
    data: Data,
    model: Model = DEFAULT_MODEL,
    split: SplitWord = "random:0.1",
    save_split: SaveSplit = None,
    clock: Annotated[
        str | None,
        typer.Option(
            help="What a prediction may know of times: none, past or full.",
            show_default="past for splits by time, else none",
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
    auc: Annotated[
        bool, typer.Option("--auc", help="Measure the order of the whole catalog too.")
    ] = False,
    segments: Annotated[
        bool, typer.Option("--segments", help="Tell for whom the model is good, by group.")
    ] = False,
    param: Params = None,
    as_json: Json = False,
) -> None:
    """Measure a model: rating error and ranking quality on held-out ratings."""
    from marquee.app.cli.params import make_model
    from marquee.errors import ParameterError
    from marquee.evaluation.experiment import evaluate as measure
    from marquee.evaluation.segmenting import segmentations
    from marquee.evaluation.significance import intervals
    from marquee.features.side_information import titles_frame, viewers_frame
    from marquee.lifecycle.split_files import write_splits

    settings: Settings = context.obj
    params = param or []
    if any(text.partition("=")[0].strip() == "clock" for text in params):
        raise ParameterError("the clock of an evaluation is given as --clock, not as a parameter")
    make_model(model, params)  # wrong names are told before anything is read
    with progress(f"Reading {data}"):
        opened = open_interactions(data, settings)
        splits = splits_of(opened, split, seed=seed, relevant_from=relevant_from)
    if save_split is not None:
        write_splits(splits, save_split)
    with work(f"Evaluating {model}") as (on_step, on_epoch):
        report = measure(
            lambda: make_model(model, params),
            splits,
            k=k or 10,
            relevant_from=relevant_from,
            clock=clock,
            lists=lists,
            auc=auc,
            titles=titles_frame(opened.tables),
            viewers=viewers_frame(opened.tables),
            tables=opened.tables,
            seed=seed,
            on_step=on_step,
            on_epoch=on_epoch,
            keep_done=True,
        )
    if report.interrupted:
        note(f"interrupted: {len(report.splits)} of {len(splits)} splits are done")
    names = [name for name in report.mean if report.splits[0].parts(name) is not None]
    if not names:
        raise ParameterError(
            f"{model} predicts no ratings on {split}, so that without lists nothing can be "
            "measured; leave out --no-lists"
        )
    spans = intervals(report.splits, names)
    groups = segmentations(report.splits) if segments else {}
    if as_json:
        more: dict[str, object] = {"interval": {n: (s.low, s.high) for n, s in spans.items()}}
        if segments:
            more["segments"] = groups
        say_json({"data": data, "name": model, "split": split, **report.to_dict(), **more})
    else:
        _print(report, f"{model} on {data}, {split}, seed {seed}", spans)
        for divided, found in groups.items():
            _print_segments(divided, found)
    if report.interrupted:
        raise typer.Exit(INTERRUPTED)


def _print(report: Report, title: str, spans: dict[str, Interval]) -> None:
    from marquee.evaluation.clock import MEANING

    shown = [name for name in report.mean if " " not in name and name.partition("@")[0] in SHOWN]
    rows: list[tuple[object, ...]] = [
        (result.name, *map(result.metrics.get, shown), result.fingerprint[:12])
        for result in report.splits
    ]
    if len(rows) > 1:
        rows.append(("mean", *map(report.mean.get, shown), ""))
    rows.append(("95 %", *(_span(spans[name]) for name in shown), ""))
    say_table(("split", *shown, "fingerprint"), rows, title)
    say(f"Clock {report.clock}: {MEANING[report.clock]}.")
    say_leaks(report.leaks, notes=False)


def _print_segments(divided: str, found: Segmentation) -> None:
    shown = list(found.gaps)
    rows: list[tuple[object, ...]] = []
    for group, own in found.groups.items():
        rows.append((group, own.n_users, *(_figure(own.figures[name].value) for name in shown)))
    rows.append(("gap", None, *(_figure(found.gaps[name]) for name in shown)))
    say_table((divided, "viewers", *shown), rows)


def _figure(value: float) -> float | None:
    return None if value != value else value


def _span(one: Interval) -> str:
    return f"{one.low:.4f} to {one.high:.4f}"
