"""``marquee forecast audience``: which viewers would want a title, and how many."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import TYPE_CHECKING, Annotated, Any

import typer

from marquee.app.cli.console import progress, say, say_json, say_table
from marquee.app.cli.forecast_options import Data, Json, Seed, day_of, opened_data
from marquee.app.cli.forecast_plans import Film, describes_film, told_of

if TYPE_CHECKING:
    from marquee.app.settings import Settings
    from marquee.data.tables import Tables
    from marquee.service.audience import AudienceForecast, Segment
    from marquee.service.film_question import FilmQuestion

MOST_ROWS = 8
"""Segments of a kind that are shown, those with the highest lift; JSON holds all."""


@describes_film
def audience(
    context: typer.Context,
    given: Mapping[str, Any],
    film: Film = None,
    data: Data = None,
    seen: Annotated[
        bool, typer.Option("--seen", help="Who would watch it, and not only who would like it.")
    ] = False,
    viewers: Annotated[
        int, typer.Option(min=0, max=1_000_000, help="Viewers to name, the likeliest first.")
    ] = 0,
    as_of: Annotated[
        str | None,
        typer.Option(help="Use ratings before this day alone, YYYY-MM-DD.", show_default=False),
    ] = None,
    seed: Seed = 0,
    as_json: Json = False,
) -> None:
    """Tell which viewers would want a title, and how many, from its description alone."""
    from marquee.forecast.audience import AudienceModel
    from marquee.service.audience import forecast_audience

    settings: Settings = context.obj
    until = None if as_of is None else day_of(as_of)
    today, told = day_of(as_of), told_of(film, given)
    tables = opened_data(settings, data).tables
    asked = _asked(tables, told, today)
    held_out = [asked] if isinstance(asked, int) else []
    with progress("Learning from other titles"):
        model = AudienceModel(seed=seed).fit(tables, held_out=held_out, as_of=until)
    meaning = "seen" if seen else "liked"
    if isinstance(asked, int):
        answer = forecast_audience(model, tables, asked, audience=meaning, n_viewers=viewers)
    else:
        answer = forecast_audience(model, asked, audience=meaning, n_viewers=viewers)
    if as_json:
        say_json(answer)
    else:
        _say(answer)


def _asked(tables: Tables, told: Mapping[str, Any] | str, today: date) -> FilmQuestion | int:
    """The number of a title of the tables, or the question about a plan.

    Raises
    ------
    MarqueeError
        If there is no such title, or a genre of the plan is none.
    """
    from marquee.service.catalog import Catalog
    from marquee.service.film_plan import film_plan
    from marquee.service.film_question import QuestionMaker

    if isinstance(told, str):
        return Catalog(tables.titles).find(told).title_id
    genres = tables.titles["genres"].explode().drop_nulls().unique().sort().to_list()
    return QuestionMaker(tables).of_plan(film_plan(told, genres), today)


def _say(answer: AudienceForecast) -> None:
    say(
        f"{answer.title}: {answer.expected:,.0f} of {answer.n_viewers:,} viewers "
        f"{answer.meaning}; 8 of 10 such forecasts hold between {answer.low:,.0f} and "
        f"{answer.high:,.0f}."
    )
    say(
        f"The likeliest tenth of the viewers holds {answer.top_tenth:.0%} of them, "
        f"{answer.lift_over_activity:.2f} times what the tenth who rate the most holds."
    )
    say()
    _say_segments("By taste, as found in what they watch and like:", answer.tastes)
    for kind in dict.fromkeys(row.kind for row in answer.segments):
        say()
        _say_segments(f"By {kind}:", [row for row in answer.segments if row.kind == kind])
    if answer.viewer_ids:
        say()
        say(f"Likeliest first: viewers {', '.join(map(str, answer.viewer_ids))}.")
    say()
    for text in answer.caveats:
        say(text)


def _say_segments(title: str, rows: tuple[Segment, ...] | list[Segment]) -> None:
    shown = sorted(rows, key=lambda row: -row.lift)[:MOST_ROWS]
    listed = [
        (
            row.name,
            row.n_viewers,
            round(row.expected),
            f"{row.low:,.0f} to {row.high:,.0f}",
            f"{row.lift:.2f}",
            f"{row.lift_low:.2f} to {row.lift_high:.2f}",
        )
        for row in shown
    ]
    say_table(("", "viewers", "expected", "8 of 10", "lift", "8 of 10 "), listed, title)
    if len(shown) < len(rows):
        say(f"{len(rows) - len(shown)} more with a lower lift; --json has them all.")
