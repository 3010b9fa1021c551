"""The home page: rows of picks, or one grid where filters are set."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any
from urllib.parse import urlencode

from starlette.datastructures import QueryParams

from marquee.app.web.cards import Shelf, dressed, kept_elsewhere, plain_cards, shelf
from marquee.app.web.door import Answer, Page, see_other
from marquee.app.web.filtering import asked, chips, form_choices
from marquee.app.web.visit import Visit
from marquee.app.web.words import country, day
from marquee.data.feedback import Settings
from marquee.errors import ParameterError
from marquee.service.asking import stood_in_for
from marquee.service.facts import word_key
from marquee.service.filters import EVERYTHING, Filters
from marquee.service.records import Suggestion
from marquee.service.rows import Row, first_row, home_rows
from marquee.service.taste import Taste

FIRST_ROW, ROW = 12, 6
"""Cards in the first row, and in each that follows."""

GRID, MOST = 24, 240
"""Cards in a grid at first, and at most."""

SLIDERS = (
    ("adventurous", "Familiar", "Adventurous", 0.0, 0.2),
    ("obscure", "Popular", "Obscure", -1.0, 0.0),
    ("newer", "Older", "Newer", -1.0, 0.0),
)
"""Name, what its ends are called, its least value and where it stands at first."""

WHY = {
    "for-you": "The best of everything for what you have told us.",
    "hidden-gems": "Few people have rated these; your taste says they should be seen.",
    "popular": "What most people rate.",
}


ONLY_PICKS = {"HX-Retarget": "#picks", "HX-Reswap": "innerMorph"}
"""Has a script put the picks in their place and leave the rest of the page alone."""


NOTES = {
    "hidden-gems": "Few people have rated it.",
    "popular": "Many people rate it; that is not yet about you.",
}
"""Why a title stands in a row, where the model gives no reasons of the viewer's own."""


def home(visit: Visit) -> Answer:
    """Rows of picks; one grid with its count where the address holds filters.

    After a press only the picks are made anew, and the card that was pressed: what lies below stays
    as it is until the page is loaded again, and nothing moves away from under a finger.
    """
    filters, problem = asked(visit.query, visit.site.engine.library.facts)
    clean = address("/", _without_blanks(visit.query))
    if not visit.partial and any(not value for _, value in visit.query.multi_items()):
        return see_other(clean)
    taste = own_taste(visit.settings)
    n_known = len(visit.person.history)
    context: dict[str, Any] = {"count": None, "more": ""}
    is_grid = filters != EVERYTHING or "n" in visit.query
    if visit.below is not None and n_known and not problem:
        found = _grid(visit, filters, taste, context) if is_grid else _picks(visit, taste)
        context |= {"shelves": dressed(visit, found), "elsewhere": kept_elsewhere(visit)}
        return Page("picks.html", context, headers=ONLY_PICKS)
    picks: list[Shelf] = []
    below: list[Shelf] = []
    try:
        if is_grid:
            picks = _grid(visit, filters, taste, context)
        else:
            picks, below = _rows(visit, taste)
    except ParameterError as error:
        filters, problem, (picks, below) = EVERYTHING, str(error), _rows(visit, taste)
    shelves = dressed(visit, [*picks, *below])
    return Page(
        "home.html",
        context
        | {
            "picks": shelves[: len(picks)],
            "below": shelves[len(picks) :],
            "filters": filters,
            "problem": problem,
            "n_known": n_known,
            "chips": chips(filters),
            "form": form_choices(visit.site.engine, filters),
            "sliders": sliders(visit.settings),
        },
        headers={"HX-Push-Url": clean} if visit.partial and "kept" not in visit.query else {},
    )


def own_taste(settings: Settings) -> Taste:
    """How the viewer's lists lean."""
    chosen = {name: value for name, _, _, _, value in sliders(settings)}
    return Taste(
        adventurous=chosen["adventurous"],
        obscure=chosen["obscure"],
        newer=chosen["newer"],
    )


def sliders(settings: Settings) -> list[tuple[str, str, str, float, float]]:
    """The taste controls with the values that the viewer chose."""
    return [
        (name, left, right, low, _within(settings.controls.get(name), low, start))
        for name, left, right, low, start in SLIDERS
    ]


def save_taste(visit: Visit) -> Answer:
    """Keeps the taste controls of the form with the profile."""
    chosen: dict[str, Any] = dict(visit.settings.controls)
    for name, _, _, low, start in SLIDERS:
        try:
            chosen[name] = _within(float(visit.text(name, 20)), low, start)
        except ValueError:
            chosen[name] = start
    viewer_id = visit.somebody()
    visit.store.change_settings(viewer_id, replace(visit.settings, controls=chosen))
    visit.forget()
    path, query = visit.back()
    if visit.partial:
        return home(visit.at("/", query))
    return see_other(address(path, query))


def address(path: str, query: QueryParams) -> str:
    """The address of a page."""
    text = urlencode(list(query.multi_items()))
    return f"{path}?{text}" if text else path


def _without_blanks(query: QueryParams) -> QueryParams:
    return QueryParams([(name, value) for name, value in query.multi_items() if value])


def _picks(visit: Visit, taste: Taste) -> list[Shelf]:
    """The picks alone, none of which stands further below on the page."""
    engine, below = visit.site.engine, visit.below or ()
    row = first_row(engine, visit.viewer_id, EVERYTHING, taste, k=FIRST_ROW, without=below)
    return [_shelf(visit, row, row.picks)]


def _rows(visit: Visit, taste: Taste) -> tuple[list[Shelf], list[Shelf]]:
    """The picks, and the rows below them."""
    engine = visit.site.engine
    first, *others = home_rows(engine, visit.viewer_id, EVERYTHING, taste, k=FIRST_ROW, k_below=ROW)
    below = [_shelf(visit, row, row.picks) for row in others]
    if visit.feedback is not None:
        taken = {pick.title.title_id for row in (first, *others) for pick in row.picks}
        asked = engine.worth_rating(visit.viewer_id, ROW, without=taken).picks
        cards = plain_cards(visit, (pick.title for pick in asked), "asked")
        why = "Your stars here teach us most; few others have rated some of them."
        below.append(Shelf("asked", "Do you know these?", cards, why))
    return [_shelf(visit, first, first.picks)], below


def _shelf(visit: Visit, row: Row, picks: Sequence[Suggestion]) -> Shelf:
    key = row.key if row.seed is None else f"{row.key}-{row.seed.title_id}"
    why, note = WHY.get(row.key, ""), NOTES.get(row.key, "")
    if row.seed is not None:
        note = f"Close to {row.seed.name}, which you like."
    elif row.key == "on-your-services":
        why = offered_as_of(visit, picks)
    elif row.key == "for-you":
        if stood_in_for(visit.site.engine.library, visit.person):
            note = "It fits the tastes you picked."
        elif not visit.person.history:
            why = "What viewers like on the whole. Rate a title and this list is yours."
            note = "What viewers like on the whole; it is not yet about you."
    return shelf(key, row.title, picks, why=why, note=note)


def offered_as_of(visit: Visit, picks: Sequence[Suggestion]) -> str:
    """Where the picks are offered on the viewer's services, and of which days that is known."""
    engine, settings = visit.site.engine, visit.settings
    services = {word_key(name) for name in settings.services}
    days = [
        offer.known_on
        for pick in picks
        for offer in engine.title(pick.title.title_id).offers
        if word_key(offer.service) in services and settings.region in (None, offer.region)
    ]
    where = f"in {country(settings.region)}" if settings.region else "in any region"
    known = sorted(filter(None, days))
    if not known:
        return f"Offered {where}; of which day that is, the data does not say."
    of = f"as of {day(known[0])}"
    if known[0] != known[-1]:
        of = f"as of days from {day(known[0])} to {day(known[-1])}"
    return f"Offered {where}, {of}."


def _grid(visit: Visit, filters: Filters, taste: Taste, context: dict[str, Any]) -> list[Shelf]:
    """One list of everything that fits, and its count in the context."""
    wanted = visit.query.get("n", "")
    n = min(max(int(wanted), 1), MOST) if wanted.isascii() and wanted.isdigit() else GRID
    engine = visit.site.engine
    answer = engine.recommend(viewer_id=visit.viewer_id, k=n, filters=filters, taste=taste)
    context["count"] = (len(answer.picks), answer.n_qualifying)
    if len(answer.picks) < min(answer.n_qualifying, MOST):
        query = {**filters.to_query(), "n": str(n + GRID)}
        context["more"] = f"/?{urlencode(query, doseq=True)}"
    return [shelf("found", "Your picks", answer.picks)]


def _within(value: object, low: float, start: float) -> float:
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return min(max(float(value), low), 1.0) if is_number and value == value else start  # type: ignore[arg-type] # is_number says so
