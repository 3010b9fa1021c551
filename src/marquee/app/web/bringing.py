"""Bringing ratings along: an export of another service, matched by ids and by name and year."""

from __future__ import annotations

import tempfile
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path, PurePath
from typing import Protocol

import polars as pl
from starlette.datastructures import UploadFile

from marquee.app.web.door import Answer, Page, Refused
from marquee.app.web.entering import Report, entered
from marquee.app.web.visit import Visit
from marquee.data.sources import SOURCES, Loaded, imdb_export, letterboxd, trakt
from marquee.data.sources.files import Files
from marquee.errors import SourceError

MAX_BYTES = 10 * 2**20
MOST_LISTED, MOST_REJECTED = 200, 20
"""Titles and unreadable lines that a report names at most."""

LISTS = ("watched", "watchlist", "history")
"""What names of lists contain that exports hold beside ratings."""

FORMATS = {
    "letterboxd": "Letterboxd (zip or ratings.csv)",
    "imdb-export": "IMDb (ratings.csv or watchlist.csv)",
    "trakt": "Trakt (zip or JSON)",
    "movielens-export": "MovieLens (ratings CSV)",
}
"""Formats that a viewer can bring, with what they are called."""


class Lists(Protocol):
    """A format that holds titles without ratings too."""

    def lists(self, files: Files) -> Mapping[str, Sequence[str]]:
        """Names of files without ratings by what they say of their titles: seen, watchlist."""

    def read_list(self, files: Files, names: Sequence[str]) -> Loaded | None:
        """The titles of those files; None where they hold no record."""


WITH_LISTS: Mapping[str, Lists] = {
    letterboxd.NAME: letterboxd,
    imdb_export.NAME: imdb_export,
    trakt.NAME: trakt,
}


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
    shown = replace(
        report,
        unmatched=report.unmatched[:MOST_LISTED],
        rejected=report.rejected[:MOST_REJECTED],
    )
    n_unmatched = len(report.unmatched)
    return Page("import.html", context | {"report": shown, "n_unmatched": n_unmatched})


def _brought(visit: Visit, name: str, file: UploadFile) -> Report:
    sent = PurePath((file.filename or "").replace("\\", "/")).name[:80] or "the file"
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / _called(sent, name)
        path.write_bytes(file.file.read())
        # Files inside of an archive have their own names; a file alone has the one it was sent by.
        own = {} if path.suffix == ".zip" else {path.name: sent}

        def plainly(error: SourceError) -> str:
            said = str(error).replace(str(path), sent).replace(folder, "")
            for ours, theirs in own.items():
                said = said.replace(ours, theirs)
            return said

        def report_of(loaded: Loaded, unrated: str = "seen") -> Report:
            lines = tuple(_lines(loaded.rejects, own))
            return replace(entered(visit, name, loaded, unrated), rejected=lines)

        try:
            files = Files(path)
            lists = WITH_LISTS[name].lists(files) if name in WITH_LISTS else {}
        except SourceError as error:
            raise SourceError(plainly(error)) from error
        is_list = bool(own) and bool(lists)
        report, troubles = None, []
        try:
            rated = SOURCES[name].read(files)
            if rated.n_records:
                report = report_of(rated)
            elif not lists:
                troubles.append(f"{sent} holds no record of {FORMATS[name]}")
        except SourceError as error:
            troubles.append(plainly(error))
        for verb, names in lists.items():
            try:
                listed = WITH_LISTS[name].read_list(files, names)
            except SourceError as error:
                troubles.append(plainly(error))
                continue
            if listed is not None:
                # Of a list alone, what is rated in it was counted with its ratings.
                before = report or Report()
                before = replace(before, n_records=0 if is_list else before.n_records)
                report = before.with_list(report_of(listed, verb))
            elif is_list:
                troubles.append(f"{sent} holds no record")
        if report is None:
            raise SourceError(troubles[-1] if is_list else troubles[0])
        told = () if is_list else tuple(dict.fromkeys(troubles))
        read = [one for names in lists.values() for one in names]
        return replace(report, unread=_unread(files, read) if not own else (), troubles=told)


def _called(sent: str, name: str) -> str:
    """What the file is written as: the sender's name says its format and what it lists, no more."""
    suffix = PurePath(sent).suffix.lower()
    stem = {letterboxd.NAME: "ratings", imdb_export.NAME: "ratings"}.get(name, "export")
    if suffix != ".zip":
        stem = next((word for word in ("watchlist", "watched") if word in sent.lower()), stem)
    return f"{stem}{suffix if suffix in {'.csv', '.zip', '.json'} else '.csv'}"


def _lines(rejects: pl.DataFrame, own: Mapping[str, str]) -> Iterator[str]:
    """The first records that could not be read, each with its place and the reason."""
    left_out = rejects.filter(~pl.col("row_kept")).head(MOST_REJECTED)
    for file, line, value, reason in left_out.select("file", "line", "value", "reason").iter_rows():
        got = f": {value[:60]!r}" if value else ""
        yield f"{own.get(file, file)}, line {line}: {reason}{got}"


def _unread(files: Files, read: Collection[str]) -> tuple[str, ...]:
    """Lists of an archive that hold what was seen or is to be seen, of which nothing is read."""
    names = {PurePath(full).name.removesuffix(".gz") for full in files.names}
    left = {file for file in names if any(word in file.lower() for word in LISTS)} - {*read}
    return tuple(sorted(file for file in left if files.head(file).strip() != "[]"))
