"""``marquee data update``: new films and shows, and where to watch them, from an API."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from marquee.app.cli.console import note, progress, say, say_json

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from contextlib import AbstractContextManager

    from marquee.app.settings import Settings
    from marquee.data.tmdb.asking import Asker
    from marquee.data.tmdb.updating import Updated
    from marquee.data.workspace import Workspace

PLACES = ("tmdb",)
TIMEOUT_S = 30.0
RATE = 20.0
"""Requests a second, well below the some 40 that TMDB says it bears."""


def update(
    context: typer.Context,
    source: Annotated[str, typer.Option("--from", help="Where from: tmdb.")],
    since: Annotated[
        datetime | None,
        typer.Option(
            formats=["%Y-%m-%d"],
            help="Day from which on releases are new; default four weeks before the last update, "
            "90 days back at the first.",
            show_default=False,
        ),
    ] = None,
    kind: Annotated[
        list[str] | None, typer.Option(help="film or show; repeatable, default both.")
    ] = None,
    region: Annotated[
        list[str] | None,
        typer.Option(help="Region of offers, such as US or GB; repeatable, default US."),
    ] = None,
    language: Annotated[
        str | None, typer.Option(help="Language of titles and plots, such as en-US.")
    ] = None,
    min_votes: Annotated[
        int | None, typer.Option(help="Votes below which a new title has to wait; default 5.")
    ] = None,
    most: Annotated[
        int | None, typer.Option(help="Titles to ask for in one update; default 5000.")
    ] = None,
    stale_days: Annotated[
        int | None, typer.Option(help="Age at which a title is asked for anew; default 30.")
    ] = None,
    rate: Annotated[float, typer.Option(help="Requests a second at most.")] = RATE,
    key_file: Annotated[
        Path | None,
        typer.Option(
            help="File that holds the API key or read access token; default what "
            "MARQUEE_TMDB_KEY says.",
            show_default=False,
        ),
    ] = None,
    restart: Annotated[
        bool, typer.Option("--restart", help="Give up an update that was left unfinished.")
    ] = False,
    api: Annotated[
        str | None,
        typer.Option(
            help="Address of the API; default MARQUEE_TMDB_API, else TMDB's own.",
            show_default=False,
        ),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Answer as one JSON document.")] = False,
) -> None:
    """Fetch new and changed films and shows, and which services carry them.

    Killed anywhere, the next call goes on. What is asked for is remembered: later calls, and
    `marquee retrain --from update:tmdb`, need not say it again.
    """
    from dataclasses import replace

    from marquee.data.tmdb.updating import update as bring
    from marquee.data.tmdb.wanted import read_state
    from marquee.data.workspace import Workspace
    from marquee.errors import ParameterError

    settings: Settings = context.obj
    if source not in PLACES:
        raise ParameterError(f"nothing can be updated from {source!r}; there is {PLACES[0]}")
    workspace = Workspace(settings.home)
    given: dict[str, Any] = {
        "kinds": tuple(kind) if kind else None,
        "regions": tuple(region) if region else None,
        "language": language,
        "min_votes": min_votes,
        "most": most,
        "stale_days": stale_days,
    }
    changes = {name: value for name, value in given.items() if value is not None}
    before = read_state(workspace.raw / "tmdb")
    wanted = replace(before.wanted, **changes)
    if before.job is not None and not restart:
        note(f"Going on with the update of {before.job.id}; --restart begins anew.")
    with (
        _asker(_key(settings, key_file), api or settings.tmdb_api, rate) as asker,
        progress("Updating") as tick,
    ):
        done = bring(
            workspace,
            asker,
            wanted,
            now=_now,
            since=None if since is None else since.date(),
            restart=restart,
            on_step=tick,
        )
    if as_json:
        say_json(done)
    else:
        _tell(done, settings.home)


def updating(settings: Settings) -> Callable[[Workspace, str], str]:
    """A way to fetch for a retraining: it asks for what the last update asked for."""

    def fetch(workspace: Workspace, place: str) -> str:
        from marquee.data.tmdb.updating import update as bring
        from marquee.errors import ParameterError

        if place not in PLACES:
            raise ParameterError(f"nothing can be updated from {place!r}; there is {PLACES[0]}")
        with _asker(_key(settings, None), settings.tmdb_api, RATE) as asker:
            done = bring(workspace, asker, now=_now)
        return f"{done.n_asked:,} titles of TMDB's, {done.n_new:,} of them new"

    return fetch


def _now() -> datetime:
    from datetime import UTC

    return datetime.now(UTC)


def _key(settings: Settings, key_file: Path | None) -> str:
    from marquee.errors import ParameterError

    if key_file is not None:
        try:
            return key_file.read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise ParameterError(f"the key cannot be read from {key_file} ({error})") from error
    if settings.tmdb_key is None:
        raise ParameterError(
            "TMDB's API needs a key: get one at https://www.themoviedb.org/settings/api, and set "
            "MARQUEE_TMDB_KEY or name a file with --key-file"
        )
    return settings.tmdb_key


def _asker(key: str, base: str | None, per_second: float) -> AbstractContextManager[Asker]:
    """What asks, with connections that are closed at the end."""
    import time
    from contextlib import contextmanager

    import httpx

    from marquee.data.tmdb.asking import BASE, Asker
    from marquee.data.tmdb.keyed import Keyed

    @contextmanager
    def asking() -> Iterator[Asker]:
        with httpx.Client(transport=Keyed(key), timeout=httpx.Timeout(TIMEOUT_S)) as client:
            yield Asker(
                client,
                sleep=time.sleep,
                clock=time.monotonic,
                base=base or BASE,
                per_second=per_second,
            )

    return asking()


def _tell(done: Updated, home: Path) -> None:
    say(
        f"{done.n_asked:,} titles asked for since {done.since}: {done.n_new:,} new, "
        f"{done.n_changed:,} changed."
    )
    for count, what in (
        (done.n_gone, "are gone from TMDB; they stay here, without offers."),
        (done.n_failed, "were not answered; the next update asks again."),
        (done.n_left, "are left to the next update (--most)."),
    ):
        if count:
            say(f"{count:,} {what}")
    for name in done.doubtful:
        say(f"The list `{name}` did not hold still; the next update looks over it again.")
    if done.added is not None:
        say(f"Joined titles: {done.added.join}.")
        say(f"{done.added.tables['availability']:,} offers of services in {home} now.")
