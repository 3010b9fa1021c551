"""``marquee ledger``: the forecasts that were given, and how they have done."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from marquee.app.amounts import dollars, percent
from marquee.app.cli.console import say, say_json, say_table
from marquee.app.cli.forecast_options import Json, day_of
from marquee.app.cli.forecast_plans import Day

if TYPE_CHECKING:
    from pathlib import Path

    from marquee.app.settings import Settings
    from marquee.service.track_record import TrackRecord

app = typer.Typer(
    help="The forecasts that were given, in a ledger that shows whether it was changed.",
    no_args_is_help=True,
    rich_markup_mode=None,
)


@app.command()
def show(
    context: typer.Context,
    last: Annotated[int, typer.Option(min=1, help="How many entries, the last ones.")] = 20,
    as_json: Json = False,
) -> None:
    """Show the last forecasts that were given, and the hash to keep elsewhere."""
    from marquee.lifecycle.ledger import entries

    found = list(entries(_path(context)))
    shown = found[-last:]
    if as_json:
        say_json(shown)
        return
    if not found:
        say("No forecast was given yet; `marquee forecast title` gives one.")
        return
    say_table(
        ("", "given", "film", "opens", "median", "8 of 10", "model"),
        [
            (
                entry.number,
                entry.at[:10],
                entry.said["film"],
                entry.said["opens"] or entry.said["year"] or "",
                dollars(entry.said["revenue_usd"]["median"]),
                f"{dollars(entry.said['revenue_usd']['low_80'])} to "
                f"{dollars(entry.said['revenue_usd']['high_80'])}",
                entry.said["model_version"],
            )
            for entry in shown
        ],
    )
    say(f"{len(found):,} entries; the last hash is {found[-1].hash}")


@app.command()
def verify(
    context: typer.Context,
    head: Annotated[
        str | None,
        typer.Option(help="A hash that was the last one before, as `show` told it."),
    ] = None,
    as_json: Json = False,
) -> None:
    """Check that no entry was changed, taken out or put in; exit status 1 where one was."""
    from marquee.lifecycle.ledger import verify as check

    path = _path(context)
    faults = check(path, head)
    if as_json:
        say_json([fault._asdict() for fault in faults])
    elif faults:
        for fault in faults:
            say(f"Line {fault.line}: {fault.what}." if fault.line else f"{fault.what}.")
    else:
        n = len(path.read_text(encoding="utf-8").splitlines()) if path.exists() else 0
        say(f"All {n:,} entries hold.")
    if faults:
        raise typer.Exit(1)


@app.command("track-record")
def record(context: typer.Context, today: Day = None, as_json: Json = False) -> None:
    """Tell how the forecasts of films that are out by now have done."""
    from marquee.data.workspace import Workspace
    from marquee.lifecycle.ledger import entries
    from marquee.service.track_record import track_record

    settings: Settings = context.obj
    tables, _ = Workspace(settings.home).tables_and_fingerprint()
    found = track_record(entries(_path(context)), tables, today=day_of(today))
    if as_json:
        say_json(found)
    else:
        _say(found)


def _say(found: TrackRecord) -> None:
    say(
        f"{found.n_given:,} forecasts were given; {len(found.scored):,} films of them are out and "
        f"known, {found.n_waiting:,} are waited for, {found.n_superseded:,} were followed by a "
        f"later one, {found.n_after_release:,} were of films that were out and do not count."
    )
    for each in found.held:
        say(
            f"The {percent(each.nominal)} interval held {percent(each.share)} of {each.n:,} films "
            f"({percent(each.low)} to {percent(each.high)})."
        )
    if found.log_rmse_beside_naive is not None and found.naive_log_rmse is not None:
        say(
            f"Log-RMSE {found.log_rmse_beside_naive:.3f}, against {found.naive_log_rmse:.3f} of "
            "comparables alone."
        )
    if found.scored:
        say_table(
            ("", "film", "given", "released", "median", "8 of 10", "took"),
            [
                (
                    each.number,
                    each.film,
                    each.given_on,
                    each.released,
                    dollars(each.median_usd),
                    f"{dollars(each.low_80_usd)} to {dollars(each.high_80_usd)}",
                    dollars(each.revenue_usd),
                )
                for each in found.scored
            ],
        )


def _path(context: typer.Context) -> Path:
    from marquee.data.workspace import Workspace
    from marquee.service.track_record import ledger_path

    settings: Settings = context.obj
    return ledger_path(Workspace(settings.home))
