"""What is shown about one title, and what is known of one viewer."""

from __future__ import annotations

from typing import Any

import polars as pl

from marquee.service.library import Library, offers_credit
from marquee.service.people import Person
from marquee.service.records import Choices, Credit, Offer, Rated, TitlePage, ViewerPage

MOST_CREDITS = 20
"""Cast and crew that a page names at most."""


def title_page(library: Library, title_id: int) -> TitlePage:
    """Everything that is shown about a title.

    Raises
    ------
    UnknownIdError
        If there is no such title.
    """
    card = library.catalog.card(title_id)
    this = pl.col("title_id") == title_id
    row: dict[str, Any] = library.titles.row(by_predicate=this, named=True)
    facts: dict[str, Any] = {name: row[name] for name in PLAIN}
    facts |= {name: tuple(row[name] or ()) for name in LISTED}
    offered = library.availability.filter(this)
    [place] = library.facts.items.find([title_id])
    n_ratings = int(library.facts.n_ratings[place]) if place >= 0 else 0
    return TitlePage(
        card=card,
        **facts,
        credits=_credits(library.credits.filter(this)),
        offers=_offers(offered),
        offers_credit=offers_credit(offered),
        n_ratings=n_ratings,
        mean_rating=float(library.mean_ratings[place]) if n_ratings else None,
        notes=library.notes,
        **library.source,
    )


def viewer_page(library: Library, viewer_id: int, known: Person) -> ViewerPage:
    """What is known of a viewer; titles by number."""
    ids, sets = library.facts.items.ids, known.sets
    return ViewerPage(
        viewer_id=viewer_id,
        revision=known.revision,
        settings=Choices(**vars(known.settings)),
        ratings=tuple(Rated(int(ids[place]), stars) for place, stars in known.history.items()),
        seen=tuple(ids[sets.seen].tolist()),
        watchlist=tuple(ids[sets.watchlist].tolist()),
        hidden=tuple(ids[sets.hidden].tolist()),
        **library.source,
    )


PLAIN = (
    *("original_name", "overview", "tagline", "release_date", "runtime_min", "seasons"),
    *("certificate", "collection"),
)
LISTED = ("languages", "countries", "keywords")

_ROLES = {"director": 0, "writer": 1, "actor": 2}


def _credits(rows: pl.DataFrame) -> tuple[Credit, ...]:
    """Directors, writers and cast by billing, each person and role once."""
    shown = (
        rows.filter(pl.col("role").is_in(list(_ROLES)))
        .with_columns(pl.col("role").replace_strict(_ROLES, return_dtype=pl.Int8).alias("order"))
        .sort("order", "position", nulls_last=True, maintain_order=True)
        .unique(["person", "role"], keep="first", maintain_order=True)
        .head(MOST_CREDITS)
    )
    return tuple(Credit(*row) for row in shown.select("person", "role", "character").iter_rows())


def _offers(rows: pl.DataFrame) -> tuple[Offer, ...]:
    """One offer per service and region, with the last day on which it was known."""
    known = rows.group_by("service", "region").agg(pl.col("known_on").max())
    ordered = known.sort("service", "region", nulls_last=True)
    return tuple(Offer(*row) for row in ordered.iter_rows())
