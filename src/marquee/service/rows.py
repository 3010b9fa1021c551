"""The rows of a home page: a few lists, each with its own reason to be there, no title twice."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import cast

import numpy as np

from marquee.errors import ParameterError
from marquee.models.abilities import FindsSimilarItems
from marquee.service.asking import stood_in_for
from marquee.service.engine import Engine
from marquee.service.filters import EVERYTHING, Filters
from marquee.service.people import Person
from marquee.service.records import Suggestion, TitleCard
from marquee.service.taste import NEUTRAL, Taste, rerank

N_SEEDS = 2
"""How many rows start from a title of the viewer's own."""

LOVED = 4.0
"""Stars from which on a title of the viewer's own may start a row."""

OBSCURE_SHARE = 0.5
"""Share of the catalog, the least rated part, that counts as hidden."""

RECENT_DAYS = (30, 90, 365)
"""Days before the newest rating that may count as now: the fewest in which many were rated."""

MANY = 10
"""Ratings of a title that are many, where some two dozen titles have as many: of a handful of
ratings in a month, each of another title, none makes anything popular."""

SPARE = 24
"""Titles more than a row may need, so that caps have others to choose from."""

SHORTEST = 3
"""Titles below which a row is left out."""


@dataclass(frozen=True)
class Row:
    """A list under a heading."""

    key: str
    """for-you, because-of, hidden-gems, on-your-services or popular."""
    title: str
    picks: tuple[Suggestion, ...]
    seed: TitleCard | None = None
    """The viewer's own title that a because-of row starts from."""


def home_rows(
    engine: Engine,
    viewer_id: int | None,
    filters: Filters = EVERYTHING,
    taste: Taste = NEUTRAL,
    *,
    k: int = 12,
    k_below: int | None = None,
) -> tuple[Row, ...]:
    """The rows for a viewer or a visitor, the most personal first, of k titles each.

    For you; because you liked X, for each of the X that they love most; hidden gems; new to you on
    your services; popular now. A title is in one row only, the first that wants it. Filters hold
    for every row. Rows with fewer than three titles are left out, but for the first. Rows below the
    first have ``k_below`` titles where that is given, and at most two of one director or franchise
    and no genre throughout, unless hardly any others qualify: the caps of every list.

    Raises
    ------
    UnknownIdError
        If there is no such viewer.
    ParameterError
        If a filter asks for what no title has.
    """
    asker = engine.person(viewer_id)
    taken: set[int] = set()
    rows: list[Row] = []
    for row in _candidates(engine, asker, filters, taste, k, k_below or k, taken):
        fresh = tuple(pick for pick in row.picks if pick.title.title_id not in taken)
        fresh = capped(engine, fresh, k_below or k) if rows else fresh[:k]
        if len(fresh) >= SHORTEST or not rows:
            rows.append(replace(row, picks=fresh))
            taken |= {pick.title.title_id for pick in fresh}
    return tuple(rows)


def first_row(
    engine: Engine,
    viewer_id: int | None,
    filters: Filters = EVERYTHING,
    taste: Taste = NEUTRAL,
    *,
    k: int = 12,
    without: Collection[int] = (),
) -> Row:
    """The first row of a home page alone, without titles that stand elsewhere on the page.

    Raises
    ------
    UnknownIdError
        If there is no such viewer.
    ParameterError
        If a filter asks for what no title has.
    """
    asker = engine.person(viewer_id)
    left = _left(engine, without) if without else None
    best = engine.recommend(viewer_id=viewer_id, filters=filters, taste=taste, candidates=left, k=k)
    if asker.history:
        heading = "For you"
    else:
        tastes = stood_in_for(engine.library, asker)
        heading = "For the tastes you picked" if tastes else "Liked by many"
    return Row("for-you", heading, best.picks)


def capped(engine: Engine, picks: Sequence[Suggestion], k: int) -> tuple[Suggestion, ...]:
    """The first k picks that keep to the caps, in their order.

    Where too few do, others follow, as everywhere.
    """
    if not picks:
        return ()
    facts = engine.library.facts
    places = facts.items.positions([pick.title.title_id for pick in picks])
    order = np.full(len(facts.items), -np.inf, np.float32)
    order[places] = -np.arange(len(picks), dtype=np.float32)
    chosen = rerank(order, facts, NEUTRAL, k, candidates=np.isfinite(order))
    at = dict(zip(places.tolist(), picks, strict=True))
    return tuple(at[place] for place in chosen.tolist() if place >= 0)


def _candidates(
    engine: Engine,
    asker: Person,
    filters: Filters,
    taste: Taste,
    k: int,
    below: int,
    taken: set[int],
) -> Iterator[Row]:
    """Rows with enough titles that k are left in the first, and ``below`` in each other.

    ``taken`` grows as earlier rows are shown, so that reasons are worked out only for what will be.
    """
    viewer = asker.viewer_id
    yield first_row(engine, viewer, filters, taste, k=k)
    for card in _seeds(engine, asker):
        near = _fitting(engine, asker, filters, f"#{card.title_id}", 4 * k + SPARE)
        yield Row("because-of", f"Because you liked {card}", near, card)
    if asker.history:
        left = _left(engine, taken, hidden=True)
        gems = engine.recommend(
            viewer_id=viewer, filters=filters, taste=NEUTRAL, candidates=left, k=below
        )
        yield Row("hidden-gems", "Hidden gems", gems.picks)
    services = asker.settings.services
    if services and not filters.services:
        here = replace(filters, services=services, region=asker.settings.region)
        heading = "New to you on your services"
        yield Row("on-your-services", heading, _offered(engine, viewer, here, below, taken))
    days = _recent_days(engine)
    popular = engine.popular(6 * k + SPARE, filters, viewer_id=viewer, days=days)
    rated = tuple(pick for pick in popular.picks if pick.score > 0)
    yield Row("popular", "Popular now" if days else "Popular", rated)


def _recent_days(engine: Engine) -> int | None:
    """How many days up to the newest rating are now; None where too few ratings tell."""
    if engine.library.ratings.times is None:
        return None
    counts = engine.library.rating_counts
    enough = (days for days in RECENT_DAYS if np.count_nonzero(counts(days) >= MANY) >= SPARE)
    return next(enough, None)


def _seeds(engine: Engine, asker: Person) -> list[TitleCard]:
    """The titles that the viewer loves most, the latest said first among equals.

    None where the model cannot say what is like them.
    """
    if not isinstance(engine.library.model, FindsSimilarItems):
        return []
    loved = [(stars, turn, place) for turn, (place, stars) in enumerate(asker.history.items())]
    loved = sorted((entry for entry in loved if entry[0] >= LOVED), reverse=True)
    ids = engine.library.facts.items.ids
    return [engine.catalog.card(int(ids[place])) for _, _, place in loved[:N_SEEDS]]


def _fitting(
    engine: Engine, asker: Person, filters: Filters, title: str, k: int
) -> tuple[Suggestion, ...]:
    return engine.similar(title, k, filters, viewer_id=asker.viewer_id).picks


def _left(engine: Engine, taken: Collection[int], *, hidden: bool = False) -> Sequence[int]:
    """Titles that are not taken; hidden ones are of the half with the fewest ratings, but rated."""
    facts = engine.library.facts
    free = np.ones(len(facts.items), np.bool_)
    if hidden:
        free = (facts.popularity <= OBSCURE_SHARE) & (facts.n_ratings > 0)
    places = facts.items.find(np.fromiter(taken, np.int64, len(taken)))
    free[places[places >= 0]] = False
    # An array is taken as it is; as a list, a large catalog costs milliseconds.
    return cast("Sequence[int]", facts.items.ids[free])


def _offered(
    engine: Engine, viewer: int | None, filters: Filters, k: int, taken: set[int]
) -> tuple[Suggestion, ...]:
    """Picks on the viewer's services; none where a service is no longer in the catalog."""
    left = _left(engine, taken)
    try:
        return engine.recommend(
            viewer_id=viewer, filters=filters, taste=NEUTRAL, candidates=left, k=k
        ).picks
    except ParameterError:
        return ()
