"""``marquee experiment``: two models on viewers at once, and which is better."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from marquee.app.cli.console import progress, say, say_json, say_table
from marquee.app.cli.stores import feedback_store

if TYPE_CHECKING:
    from datetime import datetime

    from marquee.app.settings import Settings
    from marquee.lifecycle.experiment_reading import ArmFigures, EffectFigures, ExperimentFigures

app = typer.Typer(
    help="Let two models answer at once, and see which is better.",
    no_args_is_help=True,
    rich_markup_mode=None,
)
Json = Annotated[bool, typer.Option("--json", help="Answer as one JSON document.")]


@app.command()
def start(
    context: typer.Context,
    name: Annotated[str, typer.Argument(help="What to call it, such as ease-or-slim.")],
    model: Annotated[
        list[str] | None,
        typer.Option("--model", "-m", help="A run or fitted model to try; repeatable."),
    ] = None,
    kind: Annotated[
        str,
        typer.Option(
            help="split: each viewer is answered by one model; interleave: by both in turns; "
            "explore: what answers is shuffled now and then, so that others can be estimated."
        ),
    ] = "split",
    share: Annotated[
        list[float] | None,
        typer.Option(help="Share of viewers for each --model; default equal shares."),
    ] = None,
    days: Annotated[
        float, typer.Option(help="Days after the first list in which a viewer's choices count.")
    ] = 1.0,
    alpha: Annotated[
        float, typer.Option(help="Chance at most to find an effect where there is none.")
    ] = 0.05,
    explore: Annotated[
        float, typer.Option(help="With --kind explore: chance with which a list is shuffled.")
    ] = 0.1,
    top: Annotated[
        int, typer.Option(help="With --kind explore: how many of its first titles.")
    ] = 5,
    as_json: Json = False,
) -> None:
    """Try models beside the one that answers; a server takes it up within seconds."""
    from marquee.data.workspace import Workspace
    from marquee.lifecycle import experiments
    from marquee.service.trial import check_arms

    settings: Settings = context.obj
    workspace = Workspace(settings.home)
    shares = None if not share else [1 - sum(share), *share]
    models = model or []
    with progress("Opening the models"):
        check_arms(workspace, models)
    made = experiments.start(
        workspace,
        name,
        models,
        at=_now().isoformat(timespec="seconds"),
        kind=kind,
        shares=shares,
        days=days,
        alpha=alpha,
        explore=explore,
        top=top,
    )
    if as_json:
        say_json(made)
        return
    say(f"Experiment {made.name} runs: {_told(made.kind)}.")
    say_table(("arm", "model", "share"), [tuple(vars(arm).values()) for arm in made.arms])


@app.command()
def show(
    context: typer.Context,
    name: Annotated[
        str | None, typer.Argument(help="Default the one that runs.", show_default=False)
    ] = None,
    as_json: Json = False,
) -> None:
    """What an experiment tells so far; look as often as you like."""
    from marquee.data.workspace import Workspace
    from marquee.errors import WorkspaceError
    from marquee.lifecycle import experiments
    from marquee.lifecycle.experiment_reading import figures

    settings: Settings = context.obj
    workspace = Workspace(settings.home)
    found = experiments.find_running(workspace) if name is None else None
    if name is None and found is None:
        raise WorkspaceError("no experiment runs; name one that `marquee experiment list` tells of")
    experiment = found or experiments.read(workspace, name or "")
    with feedback_store(settings) as feedback:
        if feedback is None:
            raise WorkspaceError(f"{settings.home} keeps no feedback; run `marquee serve` first")
        shown, said = feedback.experiment_frames(experiment.name)
    told = figures(experiment, shown, said, now=_now())
    if as_json:
        say_json(told)
        return
    _tell(told)


@app.command()
def estimate(
    context: typer.Context,
    name: Annotated[str, typer.Argument(help="An experiment of --kind explore.")],
    model: Annotated[str, typer.Option("--model", "-m", help="A run or fitted model.")],
    as_json: Json = False,
) -> None:
    """What a model would have earned, before any viewer sees it."""
    from marquee.data.workspace import Workspace
    from marquee.errors import WorkspaceError
    from marquee.lifecycle import experiments
    from marquee.service.engine import Engine
    from marquee.service.estimating import estimate as estimated

    settings: Settings = context.obj
    workspace = Workspace(settings.home)
    experiment = experiments.read(workspace, name)
    with feedback_store(settings) as feedback:
        if feedback is None:
            raise WorkspaceError(f"{settings.home} keeps no feedback; run `marquee serve` first")
        shown, said = feedback.experiment_frames(experiment.name)
    with progress("Asking the model") as tick:
        told = estimated(
            Engine(workspace, model), experiment, shown, said, now=_now(), on_step=tick
        )
    if as_json:
        say_json(told)
        return
    say(
        f"{told.n_lists:,} lists of {told.n_viewers:,} viewers, the first {told.top} titles of "
        f"{100 * told.explore:g} % of them shuffled; {told.n_partial:,} shown in part left out."
    )
    ways = {
        "what answered": told.as_it_was,
        f"{told.model}, IPS": told.ips,
        f"{told.model}, SNIPS": told.snips,
        f"{told.model}, doubly robust": told.doubly_robust,
        "difference, doubly robust": told.difference,
    }
    say_table(
        ("taken of a place", "value", "low", "high", "choices that tell as much"),
        [(way, e.value, e.low, e.high, round(e.n_effective)) for way, e in ways.items()],
        "95 % intervals over viewers",
    )


@app.command("list")
def list_(context: typer.Context, as_json: Json = False) -> None:
    """All experiments, the oldest first."""
    from marquee.data.workspace import Workspace
    from marquee.lifecycle.experiments import experiments

    settings: Settings = context.obj
    found = experiments(Workspace(settings.home))
    if as_json:
        say_json(found)
        return
    say_table(
        ("name", "kind", "models", "began", "ended"),
        [
            (
                each.name,
                each.kind,
                ", ".join(arm.model for arm in each.arms),
                each.began,
                each.ended,
            )
            for each in found
        ],
    )


@app.command()
def stop(context: typer.Context, as_json: Json = False) -> None:
    """End the experiment that runs; what answered before answers everybody again."""
    from marquee.data.workspace import Workspace
    from marquee.lifecycle import experiments

    settings: Settings = context.obj
    ended = experiments.stop(Workspace(settings.home), at=_now().isoformat(timespec="seconds"))
    if as_json:
        say_json(ended)
    else:
        say(f"Experiment {ended.name} ended; see it by: marquee experiment show {ended.name}")


def _now() -> datetime:
    from datetime import UTC, datetime

    return datetime.now(UTC)


def _told(kind: str) -> str:
    ways = {
        "split": "each viewer is answered by the model of an arm, found by a hash",
        "interleave": "each list is of both models, which choose in turns",
        "explore": "the first titles of some lists are shuffled",
    }
    return ways[kind]


def _tell(told: ExperimentFigures) -> None:
    ended = f", ended {told.ended}" if told.ended else ""
    say(f"Experiment {told.name}, begun {told.began}{ended}: {_told(told.kind)}.")
    say(f"A viewer counts once, {told.days:g} day(s) after the first list; {told.n_lists:,} lists.")
    head = "taken of a list" if told.kind == "interleave" else "lists taken from"
    say_table(
        ("arm", "model", "viewers", "waiting", head),
        [_arm(arm) for arm in told.arms],
    )
    if told.kind == "explore":
        say(f"What another model would have earned: marquee experiment estimate {told.name} -m M")
    for effect in told.effects:
        say(_effect(effect, told))
    if told.n_mixed:
        say(f"{told.n_mixed:,} viewers were shown lists of several arms; they are left out.")
    if not told.balanced:
        say(
            f"The arms have not the sizes that they should (p = {told.balance_p:.2g}): viewers of "
            "one are lost on the way, so no figure here can be believed."
        )


def _arm(arm: ArmFigures) -> tuple[object, ...]:
    return (arm.name, arm.model, arm.n_viewers, arm.n_waiting, arm.taken)


def _effect(effect: EffectFigures, told: ExperimentFigures) -> str:
    if effect.value != effect.value:
        return f"{effect.arm}: nobody counts yet."
    what = "mean vote for it" if told.kind == "interleave" else "difference to control"
    sure = f"{100 * (1 - told.alpha / len(told.effects)):g} %"
    verdict = "better" if effect.low > 0 else "worse"
    word = f"it is {verdict}" if effect.found else "not told apart yet"
    return (
        f"{effect.arm}: {what} {effect.value:+.4f}, {sure} interval {effect.low:+.4f} to "
        f"{effect.high:+.4f} at whatever time, p = {effect.p:.3g}: {word}."
    )
