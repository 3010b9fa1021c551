"""Bringing ratings along: an export of another service, matched by ids and by name and year."""

from __future__ import annotations

import hashlib
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import polars as pl
from starlette.datastructures import UploadFile

from marquee.app.web.door import Answer, Page, Refused
from marquee.app.web.visit import Visit
from marquee.data.feedback import Event
from marquee.data.matching import match
from marquee.data.sources import Loaded, read_source
from marquee.data.tables import Tables
from marquee.errors import SourceError

MAX_BYTES = 10 * 2**20
MOST_LISTED = 200
"""Titles that a report names at most."""

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
    """Ratings of titles that are here."""
    n_new: int
    """Ratings that were not known yet."""
    unmatched: tuple[tuple[str, str], ...]
    """Titles that are not here, and why."""
    n_unmatched: int
    n_rejected: int
    """Records that could not be read."""


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
    with tempfile.TemporaryDirectory() as folder:
        # The sender's name says the format of the file, never where it is written.
        suffix = Path(file.filename or "").suffix.lower()
        usual = {"letterboxd": "ratings", "imdb-export": "ratings"}.get(name, "export")
        path = Path(folder) / f"{usual}{suffix if suffix in {'.csv', '.zip', '.json'} else '.csv'}"
        path.write_bytes(file.file.read())
        try:
            _, loaded = read_source(path, name)
        except SourceError as error:
            said = str(error).replace(str(path), "The file").replace(folder, "")
            raise SourceError(said) from error
    return entered(visit, name, loaded)


def entered(visit: Visit, name: str, loaded: Loaded) -> Report:
    """Writes the ratings of titles that are here as the viewer's own; the report of all others."""
    library = visit.site.engine.library
    found = match(Tables(titles=library.titles, credits=library.credits), loaded.tables)
    titles = loaded.tables.titles.select("title_id", "name", "year").join(found, on="title_id")
    ratings = loaded.tables.ratings.join(
        titles.select("title_id", "known_id").drop_nulls(), on="title_id"
    )
    viewer_id = visit.somebody()
    events = list(_events(visit, name, viewer_id, ratings))
    receipts = visit.store.write(events)
    visit.forget()
    absent = titles.filter(pl.col("known_id").is_null())
    listed = absent.head(MOST_LISTED).select("name", "year", "matched_by", "reason")
    return Report(
        loaded.n_records,
        len(events),
        sum(receipt.new for receipt in receipts),
        tuple(
            (f"{title} ({year})" if year else str(title), reason or "not in this catalog")
            for title, year, _, reason in listed.iter_rows()
        ),
        absent.height,
        loaded.n_rejected,
    )


def _events(visit: Visit, name: str, viewer_id: int, ratings: pl.DataFrame) -> Iterator[Event]:
    """Ratings in half steps; bringing the same export again says nothing new."""
    for title_id, rating, at in ratings.select("known_id", "rating", "rated_at").iter_rows():
        value = max(0.5, round(2 * rating) / 2)
        when = at.replace(tzinfo=UTC) if at is not None and at.tzinfo is None else at
        when = visit.now if when is None else min(max(when, FIRST_DAY), visit.now)
        mark = hashlib.sha256(f"{name}|{title_id}|{value}|{at}".encode()).hexdigest()[:24]
        yield Event(
            viewer_id, "rate", when, title_id=title_id, value=value, event_id=f"brought-{mark}"
        )
