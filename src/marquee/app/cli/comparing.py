"""``marquee compare``."""

from __future__ import annotations

import os
import platform
import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from marquee.app.cli.console import INTERRUPTED, note, progress, say, say_json, say_table
from marquee.app.cli.entrants import METRICS, budget_of, entrants_of, lengths_of, metric_names
from marquee.app.cli.splitting import Data, SaveSplit, SplitWord, open_interactions, splits_of
from marquee.app.cli.training import Json
from marquee.app.clock import moment

if TYPE_CHECKING:
    from marquee.app.settings import Settings
    from marquee.evaluation.leaderboard import Leaderboard

SHOWN = 3
"""Metrics of the printed table; JSON and page hold all."""


def compare(
    context: typer.Context,
    data: Data,
    models: Annotated[
        str, typer.Option(help="Names of models with commas between; baselines are always added.")
    ] = "",
    split: SplitWord = "time:0.9",
    save_split: SaveSplit = None,
    metrics: Annotated[
        str,
        typer.Option(
            help="Metrics with commas between, such as rmse, ndcg, recall@50; the first orders the "
            "table and chooses parameters.",
            show_default=",".join(METRICS),
        ),
    ] = "",
    against: Annotated[
        str | None,
        typer.Option(help="The model that all are held against.", show_default="best baseline"),
    ] = None,
    baselines: Annotated[
        bool, typer.Option(help="Add the models that every comparison should hold.")
    ] = True,
    tune: Annotated[
        int, typer.Option(min=0, help="Settings to try for each model; 0 takes the defaults.")
    ] = 0,
    tune_minutes: Annotated[
        float | None,
        typer.Option(
            help="Minutes after which no setting of a model is begun; enough without --tune."
        ),
    ] = None,
    seeds: Annotated[
        int, typer.Option(min=1, max=100, help="Fits with other seeds, of splits drawn and models.")
    ] = 1,
    k: Annotated[
        int,
        typer.Option("-k", min=1, max=1_000, help="Length of lists where a metric names none."),
    ] = 10,
    relevant_from: Annotated[
        float, typer.Option(help="Stars from which on a held-out title is relevant.")
    ] = 4.0,
    clock: Annotated[
        str | None,
        typer.Option(
            help="What a prediction may know of times: none, past or full.",
            show_default="past for splits by time, else none",
        ),
    ] = None,
    param: Annotated[
        list[str] | None,
        typer.Option("--param", "-p", help="A hyperparameter, MODEL.name=value; repeatable."),
    ] = None,
    embeddings: Annotated[
        str | None,
        typer.Option(
            help="Sentence-transformer by whose vectors lists are varied.",
            show_default="words of the texts",
        ),
    ] = None,
    html: Annotated[Path | None, typer.Option(help="Write the leaderboard as a page here.")] = None,
    as_json: Json = False,
) -> None:
    """Compare models on the same splits: intervals, paired tests, time and memory.

    What was measured is kept in the workspace and found again while data, split, parameters and
    code stay the same, so a comparison that was stopped goes on.
    """
    from marquee.app.cli.metering import watch_memory
    from marquee.data.vector_store import VectorFolder
    from marquee.data.workspace import Workspace
    from marquee.errors import ParameterError
    from marquee.evaluation.comparison import Comparison, Conditions
    from marquee.evaluation.leaderboard import leaderboard
    from marquee.features.side_information import titles_frame, viewers_frame
    from marquee.lifecycle.comparisons import keep_comparison
    from marquee.lifecycle.results import ResultFolder, data_version
    from marquee.lifecycle.split_files import write_splits
    from marquee.models import BASELINES
    from marquee.models.embeddings import with_embeddings

    settings: Settings = context.obj
    wanted = metric_names(metrics, k)
    budget = budget_of(tune, tune_minutes)
    named = [name.strip() for name in models.split(",") if name.strip()]
    entrants = entrants_of(named, BASELINES if baselines else (), param or [])
    if against is not None and against not in (every := [one.name for one in entrants]):
        raise ParameterError(
            f"{against!r} is not compared; there are {', '.join(every)}, and --models adds others"
        )
    if html is not None:
        html.parent.mkdir(parents=True, exist_ok=True)  # what cannot be written is said at once
        if html.is_dir():
            raise ParameterError(f"{html} is a folder; give --html the name of a file in it")
    if budget is not None:
        from marquee.search.study import imported

        imported()  # said before anything is read
    with progress(f"Reading {data}"):
        opened = open_interactions(data, settings)
        drawn = {
            seed: splits_of(opened, split, seed=seed, relevant_from=relevant_from)
            for seed in range(seeds)
        }
        titles, viewers = titles_frame(opened.tables), viewers_frame(opened.tables)
        if embeddings is not None:
            store = VectorFolder(settings.home / "embeddings")
            titles = with_embeddings(titles, embeddings, store)
        version = data_version(opened.interactions, titles, viewers)
    if save_split is not None:
        write_splits([one for splits in drawn.values() for one in splits], save_split)
    kept = settings.home / "evaluation"
    kept.mkdir(parents=True, exist_ok=True)
    with progress("Comparing") as tick:
        comparison = Comparison(
            entrants,
            Conditions(
                splits=drawn,
                metric=wanted[0],
                ks=lengths_of(wanted, k),
                relevant_from=relevant_from,
                clock=clock,
                auc="auc" in wanted,
                titles=titles,
                viewers=viewers,
                tables=opened.tables,
                data_version=version,
                budget=budget,
                trials=kept / "trials.journal",
            ),
            ResultFolder(kept / "results"),
            on_step=tick,
            meter=watch_memory,
            timer=time.process_time,
        )
        entries = comparison.run()
    if comparison.interrupted:
        note(
            f"interrupted: {len(entries)} of {len(entrants)} models are done, and what was "
            "measured is kept; the same command goes on from here"
        )
    if entries:
        table = leaderboard(
            entries,
            wanted,
            against=against if not comparison.interrupted else None,
            baselines=BASELINES,
        )
        answer = _answer(table, comparison, data=data, split=split, data_version=version)
        keep_comparison(Workspace(settings.home), answer)
        if html is not None:
            from marquee.app.leaderboard.page import page

            html.write_text(page(answer), encoding="utf-8")
        if as_json:
            say_json(answer)
        else:
            _print(table, answer)
            if html is not None:
                say(f"Leaderboard written to {html}.")
    if comparison.interrupted:
        raise typer.Exit(INTERRUPTED)


def _answer(
    table: Leaderboard, comparison: Any, *, data: str, split: str, data_version: str
) -> dict[str, Any]:
    """The comparison as JSON knows it, with what it takes to repeat it."""
    from marquee import __version__
    from marquee.app.cli.metering import MEANING as OF_MEMORY
    from marquee.evaluation.clock import MEANING
    from marquee.evaluation.leaks.leak import verdict
    from marquee.evaluation.plain import plain

    conditions = comparison.conditions
    runs = {run.fingerprint: run for row in table.rows for run in row.entry.runs}
    budget = conditions.budget
    return {
        "made_at": moment(),
        "data": data,
        "data_version": data_version,
        "split": split,
        "splits": [
            plain(
                {
                    name: getattr(run, name)
                    for name in (
                        *("name", "fingerprint", "n_train", "n_test", "n_items", "n_users"),
                        *("n_users_ranked", "n_users_without_training"),
                        *("n_test_items_without_training", "relevant_from", "test_starts"),
                    )
                }
            )
            for run in runs.values()
        ],
        "clock": comparison.clock,
        "clock_meaning": MEANING[comparison.clock],
        "k": list(conditions.ks),
        "relevant_from": conditions.relevant_from,
        "seeds": len(conditions.splits),
        "tuning": None if budget is None else plain(budget),
        "metric": table.metric,
        "metrics": list(table.metrics),
        "against": table.against,
        "interval": "95 % by the bootstrap over viewers, 1,000 resamples",
        "test": "paired randomization over viewers, two-sided; p_holm is Holm's correction over "
        "all models and metrics of the comparison",
        "seconds": "CPU seconds of the process; the first fit of a kind loads machine code",
        "memory": OF_MEMORY,
        "machine": f"{platform.system()} {platform.machine()}, {os.cpu_count()} cores",
        "version": __version__,
        "interrupted": comparison.interrupted,
        "verdict": verdict(leak for row in table.rows for leak in row.entry.leaks),
        "leaks": [
            f"{row.entry.name}: {leak.words}"
            for row in table.rows
            for leak in row.entry.leaks
            if not leak.note
        ],
        "models": [row.to_dict() for row in table.rows],
    }


def _print(table: Leaderboard, answer: dict[str, Any]) -> None:
    others = [name for name in table.metrics[1:] if any(name in row.figures for row in table.rows)]
    lines = []
    for row in table.rows:
        one, apart = row.figures.get(table.metric), row.differences.get(table.metric)
        lines.append(
            (
                row.entry.name,
                _number(one.value if one else None),
                "" if one is None else f"{one.low:.3f} to {one.high:.3f}",
                "" if apart is None else f"{apart.value:+.3f}",
                "" if apart is None else f"{apart.low:+.3f} to {apart.high:+.3f}",
                "" if apart is None else f"{apart.p_holm:.2g}",
                *(_number(found.value if (found := row.figures.get(name)) else None)
                  for name in others[:SHOWN]),
                f"{row.fit_seconds:.2f}",
                "" if row.fit_bytes is None else f"{row.fit_bytes / 1e6:,.0f}",
            )
        )  # fmt: skip
    first = answer["splits"][0]
    say_table(
        ("model", table.metric, "95 %", "apart", "95 %", "p", *others[:SHOWN], "fit s", "MB"),
        lines,
        f"{answer['data']}, {answer['split']}: {first['n_users_ranked']:,} viewers with something "
        f"to find{' on the first split' if len(answer['splits']) > 1 else ''}",
    )
    marks = [f"{one['name']} {one['fingerprint'][:12]}" for one in answer["splits"]]
    say(f"Fingerprint of {', '.join(marks)}.")
    say(
        f"apart: {table.metric} less that of {table.against}, with its interval over viewers; p is "
        "corrected for all comparisons (Holm). Seconds are of CPU, memory is what a fit added."
    )
    say(f"Clock {answer['clock']}: {answer['clock_meaning']}.")
    for row in table.rows:
        for own in row.entry.tuned:
            values = ", ".join(f"{name}={value}" for name, value in own.params.items())
            say(
                f"{row.entry.name}, chosen on {own.split}: {values or 'as it was'} "
                f"({own.metric} {_number(own.value)} after {_number(own.value_before)}, "
                f"settings tried: {own.n_trials})."
            )
    for found in answer["leaks"]:
        say(f"{answer['verdict']}: {found}.")


def _number(value: float | None) -> str:
    return "" if value is None or value != value else f"{value:.3f}"
