"""``marquee retrain``: for cron."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from marquee.app.cli.console import progress, say, say_json
from marquee.app.cli.stores import feedback_store
from marquee.app.cli.training import DEFAULT_MODEL, PREDICTOR, Json, Params
from marquee.app.cli.updating import updating
from marquee.app.clock import moment

if TYPE_CHECKING:
    from marquee.app.settings import Settings
    from marquee.data.workspace import Workspace
    from marquee.lifecycle.retraining import Finished, Recipe


def retrain(
    context: typer.Context,
    if_due: Annotated[
        bool, typer.Option("--if-due", help="Do nothing where it is not time yet.")
    ] = False,
    every_days: Annotated[float, typer.Option(min=0, help="Time after which it is.")] = 7.0,
    new_share: Annotated[
        float, typer.Option(min=0, help="Growth of the ratings at which it is; 0: never.")
    ] = 0.05,
    source: Annotated[
        list[str] | None,
        typer.Option(
            "--from",
            help="Files to add first, as `marquee data add` reads them, get:NAME of a published "
            "set, or update:tmdb; repeatable.",
        ),
    ] = None,
    model: Annotated[
        str | None,
        typer.Option("--model", "-m", help="Name of the model; default what answers, anew."),
    ] = None,
    param: Params = None,
    restart: Annotated[
        bool, typer.Option("--restart", help="Give up a job that was left unfinished.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Fetch, fit, judge, and promote what passes: one job, finished by the next call if killed.

    What answers goes on until a better run is in force. Status 1 if the new run is refused.
    """
    from marquee.app.cli.params import make_model
    from marquee.data.workspace import Workspace
    from marquee.lifecycle import retraining

    def now() -> str:
        return moment()

    settings: Settings = context.obj
    workspace = Workspace(settings.home)
    places = source or []
    retraining.check_places(places)
    recipe = _recipe(workspace, model, param or [])
    predictor = retraining.Recipe.of(PREDICTOR, make_model(PREDICTOR))
    with feedback_store(settings) as feedback:
        reason = retraining.due(
            workspace,
            now=now(),
            feedback=feedback,
            every_days=every_days,
            new_share=new_share,
        )
        if if_due and reason is None:
            say_json({"due": False}) if as_json else say("It is not time to retrain.")
            return
        with progress("Retraining") as tick:
            done = retraining.retrain(
                workspace,
                recipe,
                now=now,
                fetch=retraining.fetch_with({"get": _get, "update": updating(settings)}, _add),
                places=places,
                predictor=predictor,
                feedback=feedback,
                restart=restart,
                on_step=tick,
            )
    if done is None:
        say_json({"due": True, "busy": True}) if as_json else say("Another process retrains.")
        return
    if as_json:
        say_json({"due": True, "busy": False, "reason": reason, **vars(done)})
    else:
        _tell(done, reason)
    if not done.promoted:
        raise typer.Exit(1)


def _recipe(workspace: Workspace, model: str | None, params: list[str]) -> Recipe:
    """What was asked for, or what answers, to be fitted anew."""
    from marquee.app.cli.params import make_model
    from marquee.errors import ParameterError
    from marquee.lifecycle.retraining import Recipe
    from marquee.lifecycle.saving import describe
    from marquee.lifecycle.serving import serving, serving_key

    if model is None and params:
        raise ParameterError("a parameter belongs to a model; name it with --model")
    if model is None and serving_key(workspace) is not None:
        now = serving(workspace)
        manifest = describe(now.folder)
        return Recipe(name=now.name, algorithm=manifest.model, parameters=manifest.parameters)
    name = model or DEFAULT_MODEL
    return Recipe.of(name, make_model(name, params))


def _add(workspace: Workspace, place: str) -> str:
    """Adds the files at a path."""
    from pathlib import Path

    from marquee.data.intake import add_source

    added = add_source(workspace, Path(place))
    return f"{added.n_records:,} records of {added.source}"


def _get(workspace: Workspace, name: str) -> str:
    """Fetches a published set and adds it."""
    import time

    import httpx

    from marquee.data.download import download
    from marquee.data.publishers import PUBLISHED
    from marquee.errors import ParameterError

    if name not in PUBLISHED:
        raise ParameterError(f"nothing published as {name!r}; there are {', '.join(PUBLISHED)}")
    with httpx.Client(follow_redirects=True, timeout=httpx.Timeout(30)) as client:
        folder = download(PUBLISHED[name], workspace.raw / name, client=client, sleep=time.sleep)
    return _add(workspace, str(folder))


def _tell(done: Finished, reason: str | None) -> None:
    say(f"Retrained, since {reason}." if reason else "Retrained.")
    for stage, came_to in done.stages.items():
        say(f"  {stage}: {came_to}")
    for failed in done.failed:
        say(f"  FAIL  {failed}")
    if done.resumed:
        say("The job had been left unfinished.")
    say(f"{done.run} answers now." if done.promoted else "What answered goes on answering.")
