"""Bringing ratings along: an export of another service, matched by ids and by name and year."""

from __future__ import annotations

import hashlib
import itertools
import tempfile
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path, PurePath

import polars as pl
from starlette.datastructures import UploadFile

from marquee.app.web.door import Answer, Page, Refused
from marquee.app.web.placing import placed
from marquee.app.web.visit import Visit
from marquee.data.feedback import Event
from marquee.data.sources import Loaded, letterboxd, read_source
from marquee.data.sources.files import Files
from marquee.data.tables import Tables
from marquee.errors import SourceError

MAX_BYTES = 10 * 2**20
MOST_LISTED, MOST_REJECTED = 200, 20
"""Titles and unreadable lines that a report names at most."""

MOST_SAID = 1_000_000
"""Words of a viewer that are looked through for those undone: all of them."""

LISTS = ("watched", "watchlist", "history")
"""What names of lists contain that exports hold beside ratings."""

FORMATS = {
    "letterboxd": "Letterboxd (zip or ratings.csv)",
    "imdb-export": "IMDb (ratings.csv)",
    "trakt": "Trakt (zip or JSON)",
    "movielens-export": "MovieLens (ratings CSV)",
}
"""Formats that a viewer can bring, with what they are called."""

FIRST_DAY = datetime(1970, 1, 2, tzinfo=UTC)


@dataclass(frozen=True)
class Report:
    """What became of an export."""

    n_records: int
    n_ratings: int
    """Ratings of the export that are the viewer's now."""
    n_new: int
    """Ratings that did not count before."""
    n_later: int
    """Ratings of titles of which the viewer said something else later."""
    n_seen: int
    """Titles that the export has as seen without a rating."""
    n_watchlist: int
    """Titles that the export has on a watchlist."""
    unmatched: tuple[tuple[str, str], ...]
    """Titles that were left out, and why."""
    n_unmatched: int
    rejected: tuple[str, ...]
    """Where records stand that could not be read, and why; the first ones."""
    n_rejected: int
    """Records that could not be read."""
    unread: tuple[str, ...] = ()
    """Lists in the archive that are not taken over."""


def form(_visit: Visit) -> Answer:
    """The form that takes an export."""
    return Page("import.html", {"formats": FORMATS, "report": None, "problem": ""})


def bring(visit: Visit) -> Answer:
    """Takes the export, then says what came of it."""
    name, file = visit.text("format", 30), visit.form.get("file")
    if name not in FORMATS:
        raise Refused(422, "Say which service the export comes from.")
    if not isinstance(file, UploadFile) or not file.filename or not file.size:
        return Page(
            "import.html", {"formats": FORMATS, "report": None, "problem": "Choose a file."}, 422
        )
    if file.size > MAX_BYTES:
        raise Refused(413, "Exports of up to 10 MB are taken here.")
    context = {"formats": FORMATS, "report": None, "problem": ""}
    try:
        report = _brought(visit, name, file)
    except SourceError as error:
        problem = str(error).replace(str(Path(tempfile.gettempdir())), "")
        return Page("import.html", context | {"problem": problem}, 422)
    return Page("import.html", context | {"report": report})


def _brought(visit: Visit, name: str, file: UploadFile) -> Report:
    sent = PurePath((file.filename or "").replace("\\", "/")).name[:80] or "the file"
    with tempfile.TemporaryDirectory() as folder:
        # The sender's name says the format of the file, never where it is written.
        suffix = Path(sent).suffix.lower()
        usual = {"letterboxd": "ratings", "imdb-export": "ratings"}.get(name, "export")
        path = Path(folder) / f"{usual}{suffix if suffix in {'.csv', '.zip', '.json'} else '.csv'}"
        path.write_bytes(file.file.read())
        # Files inside of an archive have their own names; a file alone has the one it was sent by.
        own = {} if suffix == ".zip" else {path.name: sent}
        try:
            _, loaded = read_source(path, name)
        except SourceError as error:
            said = str(error).replace(str(path), sent).replace(folder, "")
            for ours, theirs in own.items():
                said = said.replace(ours, theirs)
            raise SourceError(said) from error
        report = entered(visit, name, loaded)
        lines = tuple(_lines(loaded.rejects, own))
        report = replace(report, rejected=lines, unread=_unread(path, name))
        return _with_lists(visit, path, report) if _has_lists(path, name) else report


def _has_lists(path: Path, name: str) -> bool:
    """Whether lists beside the ratings are read: those of an archive of Letterboxd."""
    return name == letterboxd.NAME and path.suffix == ".zip"


def _with_lists(visit: Visit, path: Path, report: Report) -> Report:
    """Enters the archive's lists of films that were seen or are to be seen too; the whole report.

    A film that was rated is as good as seen, and is not said to be seen again.
    """
    files = Files(path)
    for file, verb in letterboxd.LISTS.items():
        loaded = letterboxd.read_list(files, file)
        if loaded is None:
            continue
        found = entered(visit, letterboxd.NAME, loaded, verb)
        unmatched = dict.fromkeys((*report.unmatched, *found.unmatched))
        lines = (*report.rejected, *_lines(loaded.rejects, {}))
        report = replace(
            report,
            n_records=report.n_records + found.n_records,
            n_seen=report.n_seen + found.n_seen,
            n_watchlist=report.n_watchlist + found.n_watchlist,
            unmatched=tuple(unmatched)[:MOST_LISTED],
            n_unmatched=report.n_unmatched
            + found.n_unmatched
            - (len(report.unmatched) + len(found.unmatched) - len(unmatched)),
            rejected=lines[:MOST_REJECTED],
            n_rejected=report.n_rejected + found.n_rejected,
        )
    return report


def entered(visit: Visit, name: str, loaded: Loaded, unrated: str = "seen") -> Report:
    """Writes what is said of titles that are here as the viewer's own; the report of the rest.

    ``unrated`` is what is said of titles without a rating: seen or watchlist.
    """
    library = visit.site.engine.library
    found = placed(Tables(titles=library.titles, credits=library.credits), loaded.tables)
    viewer_id = visit.somebody()
    # What was undone counts no more, and its id is used up: saying it again is a new event.
    undone = frozenset(
        entry.event.event_id
        for entry in visit.store.history(visit.viewer_id or viewer_id, MOST_SAID)
        if entry.undone
    )
    here = found.drop_nulls("known_id")
    if unrated == "seen":  # of a list; what the same table rates is rated
        told = visit.profile.ratings if visit.profile is not None else {}
        here = here.filter(pl.col("rating").is_not_null() | ~pl.col("known_id").is_in(list(told)))
    events = list(_events(visit, name, viewer_id, here, undone, unrated))
    receipts = visit.store.write(events)
    visit.forget()
    now = visit.profile.ratings if visit.profile is not None else {}
    rated = [event for event in events if event.verb == "rate"]
    in_force = sum(now.get(event.title_id or 0) == event.value for event in rated)
    absent = found.filter(pl.col("known_id").is_null())
    listed = absent.head(MOST_LISTED).select("name", "year", "reason")
    return Report(
        n_records=loaded.n_records,
        n_ratings=in_force,
        n_new=sum(
            receipt.new
            for event, receipt in zip(events, receipts, strict=True)
            if event.verb == "rate"
        ),
        n_later=len(rated) - in_force,
        n_seen=sum(event.verb == "seen" for event in events),
        n_watchlist=sum(event.verb == "watchlist" for event in events),
        unmatched=tuple(
            (f"{title} ({year})" if year else str(title), reason or "not in this catalog")
            for title, year, reason in listed.iter_rows()
        ),
        n_unmatched=absent.height,
        rejected=(),
        n_rejected=loaded.n_rejected,
    )


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


def _lines(rejects: pl.DataFrame, own: Mapping[str, str]) -> Iterator[str]:
    """The first records that could not be read, each with its place and the reason."""
    left_out = rejects.filter(~pl.col("row_kept")).head(MOST_REJECTED)
    for file, line, value, reason in left_out.select("file", "line", "value", "reason").iter_rows():
        got = f": {value[:60]!r}" if value else ""
        yield f"{own.get(file, file)}, line {line}: {reason}{got}"


def _unread(path: Path, name: str) -> tuple[str, ...]:
    """Lists of an archive that hold what was seen or is to be seen, of which nothing is read."""
    if path.suffix != ".zip":
        return ()
    names = [PurePath(full).name for full in Files(path).names]
    read = letterboxd.LISTS if _has_lists(path, name) else ()
    left = {file for file in names if any(word in file for word in LISTS) and file not in read}
    return tuple(sorted(left))
