"""``marquee recommend``, ``similar`` and ``demo``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from marquee.app.cli.console import note, say, say_json
from marquee.app.cli.stores import feedback_store

if TYPE_CHECKING:
    from marquee.app.settings import Settings
    from marquee.data.feedback import FeedbackStore
    from marquee.service.engine import Engine
    from marquee.service.records import Answer, Reason, TitleCard

Json = Annotated[bool, typer.Option("--json", help="Answer as one JSON document.")]
Count = Annotated[int, typer.Option("-n", min=1, max=1_000_000, help="How many titles.")]
Kind = Annotated[str | None, typer.Option(help="Only film, or only show.", show_default=False)]
Model = Annotated[
    str | None, typer.Option("--model", "-m", help="A fitted model; default the last.")
]
DEMO_VIEWER = 42


def recommend(
    context: typer.Context,
    viewer: Annotated[
        int | None, typer.Option(help="Number of a viewer.", show_default=False)
    ] = None,
    like: Annotated[
        list[str] | None,
        typer.Option(help='A title that is liked, "Alien (1979)"; repeatable.'),
    ] = None,
    n: Count = 10,
    kind: Kind = None,
    caps: Annotated[
        bool, typer.Option(help="Keep one director, franchise or genre from filling the list.")
    ] = True,
    model: Model = None,
    as_json: Json = False,
) -> None:
    """Recommend titles to a viewer, or to anybody who names what they like."""
    from marquee.service.filters import Filters
    from marquee.service.taste import AS_SCORED, NEUTRAL

    filters, taste = Filters(kind=kind), NEUTRAL if caps else AS_SCORED
    with feedback_store(context.obj) as feedback:
        engine = _engine(context, model, feedback)
        answer = engine.recommend(
            viewer_id=viewer, like=like or [], k=n, filters=filters, taste=taste
        )
    if as_json:
        say_json(answer)
    else:
        _say_answer("For you", answer, "nothing is left to recommend")


def similar(
    context: typer.Context,
    title: Annotated[str, typer.Argument(help='A title, "Alien (1979)" or its number, "#348".')],
    n: Count = 10,
    kind: Kind = None,
    model: Model = None,
    as_json: Json = False,
) -> None:
    """List the titles most like one."""
    from marquee.service.filters import Filters

    answer = _engine(context, model).similar(title, k=n, filters=Filters(kind=kind))
    if as_json:
        say_json(answer)
    else:
        _say_answer("Similar", answer, f"{answer.model} knows no title like it")


def demo(
    context: typer.Context,
    serve: Annotated[bool, typer.Option(help="Serve the app at the end.")] = True,
    port: Annotated[int, typer.Option(min=0, max=65535, help="Port; 0 for a free one.")] = 8000,
) -> None:
    """Build the built-in world, fit the models, recommend, forecast a film, and serve the app.

    It serves until Ctrl-C, or a SIGTERM, and then ends with status 0.
    """
    from marquee.app.cli import faces, training
    from marquee.app.cli.forecast_demo import say_demo_forecast
    from marquee.service.demo import ready_made_viewers

    if serve:
        _refuse_busy(port)
    training.world(context)
    training.fit(context)
    with feedback_store(context.obj, make=True) as feedback:
        engine = _engine(context, training.DEFAULT_MODEL, feedback)
        made = {} if feedback is None else ready_made_viewers(engine.library, feedback)
        say()
        _say_favorites(f"Viewer {DEMO_VIEWER} likes best", engine.favorites(DEMO_VIEWER))
        say()
        _say_answer("For you", engine.recommend(viewer_id=DEMO_VIEWER, k=8), "nothing")
        [(favorite, _)] = engine.favorites(DEMO_VIEWER, 1)
        first = _naming(engine, favorite)
    say()
    say_demo_forecast(context.obj)
    note("")
    note("Try next (from a shell in this folder):")
    note(f"  .venv/bin/marquee recommend --viewer {DEMO_VIEWER + 1}")
    note(f'  .venv/bin/marquee recommend --like "{first}"')
    note(f'  .venv/bin/marquee similar "{first}"')
    if not serve:
        note("  make serve")
        return
    note("")

    def greet(address: str) -> None:
        names = ", ".join(f"{name} (viewer {number})" for name, number in made.items())
        number = next(iter(made.values()), DEMO_VIEWER)
        say()
        say(f"The app is at {address} with three viewers under Household: {names}.")
        say("Ask as a platform would:")
        say(f"  curl '{address}/api/v1/viewers/{number}/recommendations?n=3'")
        say("Stop with Ctrl-C; everything said in the app is kept.")

    faces.serve_workspace(context.obj, port, greet=greet)


def _naming(engine: Engine, title: TitleCard) -> str:
    """What to type for the title: its name and year, or its number where others share them."""
    from marquee.errors import AmbiguousTitleError

    try:
        engine.catalog.find(str(title))
    except AmbiguousTitleError:
        return f"#{title.title_id}"
    return str(title)


def _refuse_busy(port: int) -> None:
    """Refuses a port that is in use before the work is done, not after it."""
    import socket

    from marquee.errors import MarqueeError

    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError as error:
            raise MarqueeError(
                f"port {port} of 127.0.0.1 cannot be used ({error.strerror}); stop what serves "
                f"there, or take another: `marquee demo --port {port % 65535 + 1}`, "
                f"`make demo PORT={port % 65535 + 1}`"
            ) from error


def _engine(
    context: typer.Context, model: str | None, feedback: FeedbackStore | None = None
) -> Engine:
    from marquee.data.workspace import Workspace
    from marquee.service.engine import Engine

    settings: Settings = context.obj
    return Engine(Workspace(settings.home), model, feedback=feedback)


def _say_favorites(head: str, favorites: tuple[tuple[TitleCard, float], ...]) -> None:
    say(f"{head}:")
    for title, stars in favorites:
        say(f"  {stars:.1f}  {title}  {', '.join(title.genres)}")


def _say_answer(head: str, answer: Answer, otherwise: str) -> None:
    """Prints the picks with their reasons; ``otherwise`` where there are none."""
    from marquee.service.records import PARTLY_FICTIONAL

    mixed = PARTLY_FICTIONAL in answer.notes
    say(f"{head}, from {answer.based_on}:")
    for place, pick in enumerate(answer.picks, 1):
        genres = ", ".join(pick.title.genres)
        fictional = "fictional, " if mixed and pick.title.fictional else ""
        kind = "show, " if pick.title.kind == "show" else ""
        say(f"  {place:>2}. {pick.title}  {fictional}{kind}{genres}")
        if pick.reasons:
            say(f"      because of {', '.join(map(_reason, pick.reasons))}")
    if not answer.picks:
        say(f"  {otherwise}")
    for text in answer.notes:
        say(text)
    say(f"Model {answer.model} ({answer.model_version}), data snapshot {answer.snapshot}.")


def _reason(reason: Reason) -> str:
    """The cited title, with the stars that the viewer gave it."""
    return str(reason.title) if reason.named else f"{reason.title} ({reason.rating:.1f})"
