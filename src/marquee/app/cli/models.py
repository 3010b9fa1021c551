"""``marquee models``: what can be fitted, what was, and which of it answers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from marquee.app.cli.console import progress, say, say_json, say_table
from marquee.app.cli.copies import Url, copy
from marquee.app.cli.stores import feedback_store
from marquee.app.cli.training import Json
from marquee.app.clock import moment

if TYPE_CHECKING:
    from marquee.app.settings import Settings
    from marquee.lifecycle.gates import Verdict
    from marquee.lifecycle.serving import Decision

app = typer.Typer(
    help="The recommenders that can be fitted, the runs that were made, and which one answers.",
    no_args_is_help=True,
    rich_markup_mode=None,
)

RunId = Annotated[str, typer.Argument(help="A run, as `marquee models runs` names it.")]
Reason = Annotated[
    str | None,
    typer.Option("--force", help="Promote it all the same; the reason is kept in the log."),
]


@app.command("list")
def list_models(
    name: Annotated[str | None, typer.Argument(help="Only this one, with all it takes.")] = None,
    as_json: Json = False,
) -> None:
    """List the recommenders: what each can do, its parameters with their meaning, its paper.

    What was fitted in the workspace is told by `marquee models runs`.
    """
    from marquee.errors import ParameterError
    from marquee.lifecycle.model_catalog import catalog

    entries = catalog()
    if name is not None:
        known = [entry.name for entry in entries]
        if name not in known:
            raise ParameterError(f"there is no model {name!r}; there are {', '.join(known)}")
        entries = [entry for entry in entries if entry.name == name]
    if as_json:
        say_json(entries)
        return
    if name is None:
        rows = [(entry.name, entry.summary, ", ".join(entry.abilities)) for entry in entries]
        say_table(("model", "what it does", "can"), rows)
        say("`marquee models list NAME` tells a model's parameters and its paper.")
        say("`marquee models runs` lists what was trained in the workspace.")
        return
    (entry,) = entries
    say(f"{entry.name}: {entry.summary}")
    say(f"Can: {', '.join(entry.abilities)}.")
    rows = [(one.name, str(one.default), one.meaning) for one in entry.parameters]
    say_table(("parameter", "default", "meaning"), rows)
    if entry.paper:
        say(entry.paper)


@app.command()
def runs(context: typer.Context, as_json: Json = False) -> None:
    """List the runs of the workspace, the oldest first, and which one answers."""
    from marquee.data.workspace import Workspace
    from marquee.lifecycle.runs import has_model
    from marquee.lifecycle.runs import runs as all_runs
    from marquee.lifecycle.serving import OF_RUN, serving_key

    settings: Settings = context.obj
    workspace = Workspace(settings.home)
    key = serving_key(workspace)
    listed = [
        {
            "run": run.id,
            "model": run.model,
            "begun": run.created_at,
            "measured_on": run.split["name"],
            "ndcg@10": run.metrics.get("ndcg@10"),
            "state": "answers"
            if key == OF_RUN + run.id
            else "kept"
            if has_model(workspace, run.id)
            else "model removed",
        }
        for run in all_runs(workspace)
    ]
    if as_json:
        say_json({"serving": key, "runs": listed})
        return
    head = ("run", "model", "begun", "measured on", "ndcg@10", "state")
    say_table(head, [tuple(row.values()) for row in listed])
    if key is None:
        say("No model answers yet.")
    elif not key.startswith(OF_RUN):
        say(f"{key} answers, which `marquee fit` made.")


@app.command()
def show(
    context: typer.Context,
    run: Annotated[str | None, typer.Argument(help="A run; default what answers.")] = None,
    as_json: Json = False,
) -> None:
    """Show what made a run and what it is worth, or what answers now."""
    from marquee.app.cli.runs import say_run
    from marquee.data.workspace import Workspace
    from marquee.lifecycle.runs import read_run
    from marquee.lifecycle.saving import describe
    from marquee.lifecycle.serving import serving

    settings: Settings = context.obj
    workspace = Workspace(settings.home)
    if run is None:
        now = serving(workspace)
        if now.run is None:
            manifest = describe(now.folder)
            if as_json:
                say_json({"model": now.name, "run": None, "manifest": manifest})
                return
            say(f"{now.name} answers, made by `marquee fit` at {manifest.created_at}.")
            say(f"Data {manifest.data_fingerprint[:12]}, version {manifest.version}.")
            say("It was not measured; `marquee train` makes a run that is.")
            return
        run = now.run
    found = read_run(workspace, run)
    if as_json:
        say_json(found)
    else:
        say_run(found)


@app.command()
def promote(
    context: typer.Context,
    run: RunId,
    force: Reason = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Only tell what the gates say.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Let a run answer if it passes every gate; status 1 if it does not.

    Servers pick it up by themselves.
    """
    from marquee.data.workspace import Workspace
    from marquee.lifecycle import promotion

    settings: Settings = context.obj
    workspace = Workspace(settings.home)
    with progress(f"Judging {run}") as tick, feedback_store(settings) as feedback:
        verdicts = promotion.gate(workspace, run, feedback=feedback, on_step=tick)
        passed = all(each.passed for each in verdicts)
        done = None
        if not dry_run:
            at = moment()
            done = promotion.promote(workspace, run, at=at, force=force, verdicts=verdicts)
    if as_json:
        promoted = done is not None and done.promoted
        say_json({"run": run, "promoted": promoted, "passed": passed, "verdicts": verdicts})
    else:
        say_verdicts(verdicts)
        if done is None:
            say("It would be promoted." if passed else "It would be refused.")
        elif done.promoted:
            say(f"{run} answers now, in place of {done.before or 'nothing'}.")
            if not passed:
                say(f"Forced: {force}")
        else:
            kept = f"{done.before} goes on answering" if done.before else "nothing answers yet"
            say(f"{run} is refused; {kept}.")
            say("Force it with --force REASON.")
    if not (passed if done is None else done.promoted):
        raise typer.Exit(1)


@app.command()
def rollback(
    context: typer.Context,
    to: Annotated[
        str | None, typer.Option("--to", help="A run; default what answered before.")
    ] = None,
    reason: Annotated[str, typer.Option(help="Why; it is kept in the log.")] = "",
    as_json: Json = False,
) -> None:
    """Let what answered before answer again, from the very same files."""
    from marquee.data.workspace import Workspace
    from marquee.lifecycle import promotion

    settings: Settings = context.obj
    with feedback_store(settings) as feedback:
        n_erased = 0 if feedback is None else len(feedback.erased_viewers())
    at = moment()
    made = promotion.rollback(Workspace(settings.home), to, at=at, reason=reason, n_erased=n_erased)
    if as_json:
        say_json(made)
    else:
        say(f"{made.to} answers again, in place of {made.before}.")


@app.command()
def compare(
    context: typer.Context,
    run: RunId,
    other: Annotated[str, typer.Argument(help="Another run, measured on the same ratings.")],
    as_json: Json = False,
) -> None:
    """Compare two runs viewer by viewer, with the interval of each difference."""
    from marquee.data.workspace import Workspace
    from marquee.lifecycle.comparing import compare_runs

    settings: Settings = context.obj
    compared = compare_runs(Workspace(settings.home), run, other)
    if as_json:
        say_json(compared)
        return
    say_table(
        ("figure", run, other, "difference", "95 % from", "to"),
        [
            (row.metric, row.first, row.second, row.change.mean, row.change.low, row.change.high)
            for row in compared
        ],
    )
    say("An interval without 0 is a difference that other viewers would show too.")


@app.command()
def log(context: typer.Context, as_json: Json = False) -> None:
    """Tell every decision about which model answers, the oldest first."""
    from marquee.data.workspace import Workspace
    from marquee.lifecycle.serving import decisions

    settings: Settings = context.obj
    made = list(decisions(Workspace(settings.home)))
    if as_json:
        say_json(made)
        return
    for each in made:
        say(_told(each))
    if not made:
        say("No model has answered yet.")


@app.command()
def push(context: typer.Context, run: RunId, url: Url, as_json: Json = False) -> None:
    """Copy a run to a folder or a store such as s3://bucket/path."""
    from marquee.lifecycle.copying import push_run

    copy(context, run, url, lambda home, at: push_run(home, run, at), to=url, as_json=as_json)


@app.command()
def pull(context: typer.Context, run: RunId, url: Url, as_json: Json = False) -> None:
    """Copy a run out of a folder or a store into the workspace, every byte checked."""
    from marquee.lifecycle.copying import pull_run

    to = context.obj.home
    copy(context, run, url, lambda home, at: pull_run(home, run, at), to=to, as_json=as_json)


@app.command()
def clean(
    context: typer.Context,
    keep: Annotated[int, typer.Option(min=0, help="Keep the models of so many last runs.")] = 3,
    as_json: Json = False,
) -> None:
    """Remove models of old runs, and of those that knew viewers who were erased since.

    What answers stays, and so do the records of all runs.
    """
    from marquee.data.workspace import Workspace
    from marquee.lifecycle import promotion

    settings: Settings = context.obj
    with feedback_store(settings) as feedback:
        n_erased = None if feedback is None else len(feedback.erased_viewers())
    gone = promotion.clean(Workspace(settings.home), keep, n_erased=n_erased)
    if as_json:
        say_json({"removed": gone})
    else:
        say(f"Removed the models of {', '.join(gone)}." if gone else "Nothing to remove.")


def say_verdicts(verdicts: list[Verdict]) -> None:
    """Prints what each gate says."""
    for each in verdicts:
        say(f"{'pass' if each.passed else 'FAIL'}  {each.gate}: {each.reason}")


def _told(made: Decision) -> str:
    forced = " by force" if made.forced else ""
    before = f" in place of {made.before}" if made.before and made.action != "refuse" else ""
    why = f" ({made.reason})" if made.reason else ""
    failed = f": {'; '.join(made.failed)}" if made.failed else ""
    return f"{made.at or 'undated'}  {made.action}{forced}  {made.to}{before}{why}{failed}"
