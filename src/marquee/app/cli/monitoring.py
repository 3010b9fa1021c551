"""``marquee monitor``: for cron."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from marquee.app.cli.console import progress, say, say_json, say_table
from marquee.app.cli.stores import feedback_store
from marquee.app.cli.training import Json

if TYPE_CHECKING:
    from datetime import date

    from marquee.app.settings import Settings
    from marquee.data.feedback import FeedbackStore
    from marquee.data.workspace import Workspace
    from marquee.lifecycle.monitoring.records import Latency, Reading

NEWEST = "newest"


def monitor(
    context: typer.Context,
    as_of: Annotated[
        str | None,
        typer.Option(
            help="Read the weeks that were over on that day, YYYY-MM-DD, or `newest` for the day "
            "after the last rating.",
            show_default="today",
        ),
    ] = None,
    server: Annotated[
        str | None,
        typer.Option(help="A running server to be asked how fast it answers, by its URL."),
    ] = None,
    key: Annotated[
        str | None,
        typer.Option(help="An API key, where the server asks for one.", envvar="MARQUEE_KEY"),
    ] = None,
    as_json: Json = False,
) -> None:
    """Read the weeks that are over: drift, accuracy, satisfaction. Status 1 means an alarm.

    Each week, Monday to Sunday in UTC, is read once and kept in the workspace.
    """
    from marquee.data.workspace import Workspace
    from marquee.errors import MarqueeError
    from marquee.lifecycle.monitoring.observing import WEEK, monday
    from marquee.lifecycle.monitoring.records import readings
    from marquee.lifecycle.monitoring.watching import monitor as read_weeks

    settings: Settings = context.obj
    workspace = Workspace(settings.home)
    latency = _latency(server, key) if server else []
    with feedback_store(settings) as feedback:
        day = _day(as_of, workspace, feedback)
        first = not readings(workspace, 1)
        with progress("Reading") as tick:
            made = read_weeks(workspace, day, feedback=feedback, latency=latency, on_step=tick)
    last = (monday(day) - WEEK).isoformat()
    kept = [each for each in readings(workspace) if each.week <= last]
    if not kept:
        raise MarqueeError(f"no week before {day} was read: those that were read begin later")
    # What is read for the first time reaches two years back: alarms of then are history.
    newly = kept[-1:] if first or not made else made
    alarms = [f"week of {each.week}: {text}" for each in newly for text in each.alarms]
    if as_json:
        say_json(
            {
                "as_of": day,
                "read_now": [each.week for each in made],
                "reading": kept[-1],
                "alarms": alarms,
            }
        )
    else:
        _tell(kept[-1], len(made))
        earlier = [each for each in kept[:-1] if each.alarms and each not in newly]
        if earlier:
            say(f"Weeks with an alarm before: {', '.join(each.week for each in earlier[-5:])}.")
        for text in alarms:
            say(f"ALARM, {text}.")
        if not alarms:
            say("No alarm.")
    if alarms:
        raise typer.Exit(1)


def _day(text: str | None, workspace: Workspace, feedback: FeedbackStore | None) -> date:
    from datetime import UTC, date, datetime, timedelta

    from marquee.errors import ParameterError
    from marquee.lifecycle.monitoring.watching import newest_rating

    if text is None:
        return datetime.now(UTC).date()
    if text == NEWEST:
        return newest_rating(workspace, feedback) + timedelta(days=1)
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise ParameterError(f"--as-of takes YYYY-MM-DD or {NEWEST}, got {text!r}") from error


def _tell(reading: Reading, n_made: int) -> None:
    say(f"{n_made:,} week(s) read now; the newest is that of {reading.week}.")
    say(
        f"{reading.n_ratings:,} ratings of {reading.n_viewers:,} viewers, beside "
        f"{reading.n_viewers_before:,} viewers of {reading.n_weeks_before} weeks before it."
    )
    if reading.drift:
        head = ("feature", "viewers", "distance", "PSI", "by chance", "p (Holm)", "level", "moved")
        say_table(
            head,
            [
                (
                    each.feature,
                    each.n_viewers,
                    *map(_figure, (each.distance, each.psi, each.psi_by_chance, each.p_holm)),
                    f"{each.level:.3f}",
                    each.moved,
                )
                for each in reading.drift
            ],
        )
        say("An alarm is a level of 1; at most one of them is false in 200 quiet weeks.")
    for each in reading.accuracy:
        promised = "nothing" if each.promised is None else "{:.4f} to {:.4f}".format(*each.promised)
        say(
            f"{each.metric} on new ratings: {each.value:.4f} ({each.low:.4f} to {each.high:.4f}, "
            f"{each.n_viewers:,} viewers); promised was {promised}."
        )
    if reading.lists is not None:
        lists = reading.lists
        say(
            f"{lists.n_lists:,} lists shown, covering {_share(lists.coverage)} of the catalog; "
            f"{lists.n_good:,} of {lists.n_picks:,} judged picks good, {lists.n_thumbs_up:,} of "
            f"{lists.n_thumbs:,} thumbs up."
        )
    for speed in reading.latency:
        say(
            f"{speed.route}: {speed.n:,} requests, half within {speed.p50_ms:.1f} ms, 95 % within "
            f"{speed.p95_ms:.1f} ms, 99 % within {speed.p99_ms:.1f} ms."
        )
    for note in reading.notes:
        say(f"Note: {note}.")


def _figure(value: float | None) -> str:
    return "" if value is None else f"{value:.3f}"


def _share(value: float | None) -> str:
    return "nothing" if value is None else f"{value:.1%}"


def _latency(server: str, key: str | None) -> list[Latency]:
    from marquee.app.client import MarqueeClient
    from marquee.app.speed import latencies

    with MarqueeClient(server, key=key) as client:
        return latencies(client.metrics())
