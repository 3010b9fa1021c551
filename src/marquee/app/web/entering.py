"""What an export becomes: words of the viewer's own, and a report of what did not match."""

from __future__ import annotations

import hashlib
import itertools
from collections.abc import Collection, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime

import polars as pl

from marquee.app.web.placing import placed
from marquee.app.web.visit import Visit
from marquee.data.feedback import Event, Profile
from marquee.data.sources import Loaded
from marquee.data.tables import Tables

MOST_SAID = 1_000_000
"""Words of a viewer that are looked through for those undone: all of them."""

FIRST_DAY = datetime(1970, 1, 2, tzinfo=UTC)


@dataclass(frozen=True)
class Report:
    """What became of an export."""

    n_records: int = 0
    n_ratings: int = 0
    """Ratings of the export that are the viewer's now."""
    n_new: int = 0
    """Ratings that did not count before."""
    n_later: int = 0
    """Titles of which the viewer said something else later."""
    n_seen: int = 0
    """Titles of the export without a rating that are marked as seen now."""
    n_watchlist: int = 0
    """Titles of the export that are on the viewer's watchlist now."""
    unmatched: tuple[tuple[str, str], ...] = ()
    """Titles that were left out, and why."""
    rejected: tuple[str, ...] = ()
    """Where records stand that could not be read, and why; the first ones."""
    n_rejected: int = 0
    """Records that could not be read."""
    unread: tuple[str, ...] = ()
    """Lists in the archive that are not taken over."""
    troubles: tuple[str, ...] = ()
    """Why tables of the export could not be read at all."""

    def with_list(self, found: Report) -> Report:
        """The report of this table and of another one, in which titles may stand again."""
        named = {name for name, _ in self.unmatched}
        again = tuple(pair for pair in found.unmatched if pair[0] not in named)
        return replace(
            self,
            n_records=self.n_records + found.n_records,
            n_later=self.n_later + found.n_later,
            n_seen=self.n_seen + found.n_seen,
            n_watchlist=self.n_watchlist + found.n_watchlist,
            unmatched=self.unmatched + again,
            rejected=self.rejected + found.rejected,
            n_rejected=self.n_rejected + found.n_rejected,
        )


def entered(visit: Visit, name: str, loaded: Loaded, unrated: str = "seen") -> Report:
    """Writes what is said of titles that are here as the viewer's own; the report of the rest.

    ``unrated`` is what is said of titles without a rating: seen or watchlist. A title that was
    rated is as good as seen, and is not said to be seen again.
    """
    library = visit.site.engine.library
    found = placed(Tables(titles=library.titles, credits=library.credits), loaded.tables)
    here = found.drop_nulls("known_id")
    # Nobody is made of whom nothing is said.
    viewer_id = visit.somebody() if here.height else visit.viewer_id or 0
    # What was undone counts no more, and its id is used up: saying it again is a new event.
    undone = frozenset(
        entry.event.event_id for entry in visit.store.history(viewer_id, MOST_SAID) if entry.undone
    )
    if unrated == "seen":  # of a list; what the same table rates is rated
        told = visit.profile.ratings if visit.profile is not None else {}
        here = here.filter(pl.col("rating").is_not_null() | ~pl.col("known_id").is_in(list(told)))
    events = list(_events(visit, name, viewer_id, here, undone, unrated))
    receipts = visit.store.write(events)
    visit.forget()
    in_force = [event.verb for event in events if _holds(visit.profile, event)]
    absent = found.filter(pl.col("known_id").is_null())
    return Report(
        n_records=loaded.n_records,
        n_ratings=in_force.count("rate"),
        n_new=sum(
            receipt.new
            for event, receipt in zip(events, receipts, strict=True)
            if event.verb == "rate"
        ),
        n_later=len(events) - len(in_force),
        n_seen=in_force.count("seen"),
        n_watchlist=in_force.count("watchlist"),
        unmatched=tuple(
            (f"{title} ({year})" if year else str(title), reason or "not in this catalog")
            for title, year, reason in absent.select("name", "year", "reason").iter_rows()
        ),
        n_rejected=loaded.n_rejected,
    )


def _holds(said: Profile | None, event: Event) -> bool:
    """Whether nothing else was said of the title since."""
    if said is None or event.title_id is None:
        return False
    if event.verb == "rate":
        return said.ratings.get(event.title_id) == event.value
    return event.title_id in (said.seen if event.verb == "seen" else said.watchlist)


def _events(
    visit: Visit,
    name: str,
    viewer_id: int,
    found: pl.DataFrame,
    undone: Collection[str],
    unrated: str,
) -> Iterator[Event]:
    """Ratings in half steps, and titles without one.

    Bringing the same again says nothing new, unless it was undone in between.
    """
    for title_id, rating, at in found.select("known_id", "rating", "rated_at").iter_rows():
        value = None if rating is None else max(0.5, round(2 * rating) / 2)
        when = at.replace(tzinfo=UTC) if at is not None and at.tzinfo is None else at
        when = visit.now if when is None else min(max(when, FIRST_DAY), visit.now)
        listed = "|watchlist" if unrated == "watchlist" else ""
        mark = hashlib.sha256(f"{name}|{title_id}|{value}|{at}{listed}".encode()).hexdigest()[:24]
        ids = itertools.chain(
            [f"brought-{mark}"], (f"brought-{mark}-{turn}" for turn in itertools.count(1))
        )
        fresh = next(event_id for event_id in ids if event_id not in undone)
        verb = unrated if value is None else "rate"
        yield Event(viewer_id, verb, when, title_id=title_id, value=value, event_id=fresh)
