"""``marquee forecast title``, ``what-if`` and ``explain``."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from marquee.app.cli.console import note, progress, say, say_json
from marquee.app.cli.forecast_options import Json, day_of
from marquee.app.cli.forecast_plans import Day, Film, changes_of, describes_film, film_of, told_of
from marquee.app.clock import moment

if TYPE_CHECKING:
    from datetime import date

    from marquee.app.settings import Settings
    from marquee.service.film_plan import FilmPlan
    from marquee.service.forecast_desk import ForecastDesk
    from marquee.service.forecast_records import FilmForecast

Like = Annotated[int, typer.Option("--similar", min=0, max=50, help="Similar past films to name.")]
Changes = Annotated[
    list[str] | None,
    typer.Option("--set", "-s", help="A change: budget=60M, release=2026-12; repeatable."),
]
Save = Annotated[
    Path | None, typer.Option(help="Keep the question and its answer in this JSON file.")
]
Replay = Annotated[
    Path | None, typer.Option(help="Ask a kept question again, and tell what differs now.")
]


@describes_film
def title(
    context: typer.Context,
    given: Mapping[str, Any],
    film: Film = None,
    today: Day = None,
    similar: Like = 5,
    enter: Annotated[
        bool,
        typer.Option(help="Enter the forecast in the workspace's ledger: see `marquee ledger`."),
    ] = True,
    as_json: Json = False,
) -> None:
    """Forecast a planned film, or a title of the catalog as before it opened."""
    from marquee.app.cli.forecast_answers import say_forecast

    day = day_of(today)
    desk, asked = _opened(context, film, given, day)
    answer = desk.forecast(asked, today=day, n_similar=similar)
    if enter:
        _enter(context, asked, answer)
    if as_json:
        _say_plain(desk, answer)
        return
    say_forecast(answer)
    _say_notes(desk)


@describes_film
def what_if(
    context: typer.Context,
    given: Mapping[str, Any],
    film: Film = None,
    changes: Changes = None,
    best_month: Annotated[
        bool, typer.Option("--best-month", help="The film in each month of its year.")
    ] = False,
    budget_curve: Annotated[
        bool, typer.Option("--budget-curve", help="The film with other budgets.")
    ] = False,
    save: Save = None,
    replay: Replay = None,
    today: Day = None,
    as_json: Json = False,
) -> None:
    """Change some of what is planned, and see what that does to the forecast."""
    from marquee.app.cli import forecast_answers as answers
    from marquee.errors import ParameterError

    changed = changes_of(changes or [])
    wanted = [bool(changed), best_month, budget_curve, replay is not None]
    if sum(wanted) != 1:
        raise ParameterError(
            "say one of: --set NAME=VALUE (repeatable), --best-month, --budget-curve, --replay FILE"
        )
    if save is not None and not changed:
        raise ParameterError("--save keeps a question with --set; give a change")
    if save is not None and not save.absolute().parent.is_dir():
        raise ParameterError(f"{save} cannot be written: there is no folder {save.parent}")
    if replay is not None and (film is not None or given or today is not None):
        raise ParameterError("--replay asks the film of its file, as of its day; give nothing else")
    day = day_of(today)
    if replay is not None:
        _replay(context, replay, as_json)
        return
    desk, asked = _opened(context, film, given, day, changed)
    answer: Any
    if best_month:
        answer = desk.best_month(asked, today=day)
        tell: Any = answers.say_best_month
    elif budget_curve:
        answer = desk.budget_curve(asked, today=day)
        tell = answers.say_budget_curve
    else:
        answer = desk.what_if(asked, changed, today=day)
        tell = answers.say_what_if
    if as_json:
        _say_plain(desk, answer)
    else:
        tell(answer)
        _say_notes(desk)
    if save is not None:
        from marquee.data.workspace import replace_text
        from marquee.service.scenarios import make_scenario

        scenario = make_scenario(desk, save.stem, asked, changed, today=day)
        replace_text(save, scenario.to_json())
        note(f"Kept in {save}; ask again with: marquee forecast what-if --replay {save}")


@describes_film
def explain(
    context: typer.Context,
    given: Mapping[str, Any],
    film: Film = None,
    target: Annotated[
        str, typer.Option("--target", "-t", help="revenue, popularity or audience.")
    ] = "revenue",
    today: Day = None,
    as_json: Json = False,
) -> None:
    """Tell what each part of a plan does to the forecast, as factors on its median."""
    from marquee.app.cli.forecast_answers import say_explanation
    from marquee.errors import ParameterError
    from marquee.service.forecast_desk import TARGETS

    day = day_of(today)
    if target not in TARGETS:
        raise ParameterError(f"there is no model of {target!r}; there are {', '.join(TARGETS)}")
    desk, asked = _opened(context, film, given, day)
    answer = desk.explain(asked, today=day, target=target)
    if as_json:
        _say_plain(desk, answer)
        return
    say_explanation(answer)
    _say_notes(desk)


def _enter(context: typer.Context, asked: FilmPlan | int, answer: FilmForecast) -> None:
    """Enters a forecast that is given now, whatever day it was asked as of."""
    from marquee.data.workspace import Workspace
    from marquee.service.track_record import enter, ledger_path

    settings: Settings = context.obj
    now = moment()
    made = enter(ledger_path(Workspace(settings.home)), asked, answer, at=now)
    note(f"Entry {made.number} of the ledger.")


def _opened(
    context: typer.Context,
    film: str | None,
    given: Mapping[str, Any],
    today: date,
    changes: Mapping[str, Any] | None = None,
) -> tuple[ForecastDesk, FilmPlan | int]:
    """The desk and the film asked about; what is wrong with the words is told before it opens."""
    from marquee.data.workspace import Workspace

    settings: Settings = context.obj
    told = told_of(film, given)
    workspace = Workspace(settings.home)
    workspace.path("titles")  # an empty workspace has its own error
    asked = film_of(workspace.frame("titles"), told, changes or {}, today)
    return _desk(context), asked


def _desk(context: typer.Context) -> ForecastDesk:
    from marquee.data.workspace import Workspace
    from marquee.service.forecast_opening import open_desk

    settings: Settings = context.obj
    with progress("Opening the forecasters"):
        return open_desk(Workspace(settings.home))


def _replay(context: typer.Context, path: Path, as_json: bool) -> None:
    from marquee.errors import ParameterError
    from marquee.service.scenarios import read_scenario
    from marquee.service.scenarios import replay as ask_again

    if not path.is_file():
        raise ParameterError(f"{path} does not exist")
    try:
        scenario = read_scenario(path.read_text(encoding="utf-8"))
    except UnicodeDecodeError as error:
        raise ParameterError(f"{path} is not a saved scenario: it is not UTF-8 text") from error
    desk = _desk(context)
    again = ask_again(desk, scenario)
    if as_json:
        _say_plain(desk, again)
        return
    if again.same:
        say(f"{scenario.name}: the answer is the same as on {scenario.today}.")
        return
    say(f"{scenario.name}: {len(again.differences)} value(s) differ from those of then:")
    for each in again.differences[:20]:
        say(f"  {each.what}: {each.then} then, {each.now} now")


def _say_plain(desk: ForecastDesk, answer: object) -> None:
    from marquee.service.forecast_opening import opening_notes
    from marquee.service.forecast_records import plain

    say_json({**plain(answer), "beside": list(opening_notes(desk))})


def _say_notes(desk: ForecastDesk) -> None:
    from marquee.service.forecast_opening import opening_notes

    for text in opening_notes(desk):
        say(text)
