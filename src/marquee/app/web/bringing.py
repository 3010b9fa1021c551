"""Bringing ratings along: an export of another service, matched by ids and by name and year."""

from __future__ import annotations

import tempfile
from collections.abc import Collection, Iterator, Mapping
from dataclasses import replace
from pathlib import Path, PurePath

import polars as pl
from starlette.datastructures import UploadFile

from marquee.app.web.door import Answer, Page, Refused
from marquee.app.web.entering import Report, entered
from marquee.app.web.visit import Visit
from marquee.data.sources import letterboxd, read_source
from marquee.data.sources.files import Files
from marquee.errors import SourceError

MAX_BYTES = 10 * 2**20
MOST_LISTED, MOST_REJECTED = 200, 20
"""Titles and unreadable lines that a report names at most."""

LISTS = ("watched", "watchlist", "history")
"""What names of lists contain that exports hold beside ratings."""

FORMATS = {
    "letterboxd": "Letterboxd (zip or ratings.csv)",
    "imdb-export": "IMDb (ratings.csv)",
    "trakt": "Trakt (zip or JSON)",
    "movielens-export": "MovieLens (ratings CSV)",
}
"""Formats that a viewer can bring, with what they are called."""


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
        # The sender's name says the format of the file, never where it is written.
        suffix = Path(sent).suffix.lower()
        usual = {"letterboxd": "ratings", "imdb-export": "ratings"}.get(name, "export")
        path = Path(folder) / f"{usual}{suffix if suffix in {'.csv', '.zip', '.json'} else '.csv'}"
        lists = _lists(path, name, sent)
        if sent in lists:  # alone
            path = path.with_name(sent)
        path.write_bytes(file.file.read())
        # Files inside of an archive have their own names; a file alone has the one it was sent by.
        own = {} if suffix == ".zip" else {path.name: sent}

        def plainly(error: SourceError) -> str:
            said = str(error).replace(str(path), sent).replace(folder, "")
            for ours, theirs in own.items():
                said = said.replace(ours, theirs)
            return said

        report, troubles = None, []
        try:
            _, loaded = read_source(path, name)
        except SourceError as error:
            troubles.append(plainly(error))
        else:
            lines = tuple(_lines(loaded.rejects, own))
            report = replace(entered(visit, name, loaded), rejected=lines)
        for listed, verb in lists.items():
            try:
                titles = letterboxd.read_list(Files(path), listed)
            except SourceError as error:
                troubles.append(plainly(error))
                continue
            if titles is not None:
                found = entered(visit, name, titles, verb)
                found = replace(found, rejected=tuple(_lines(titles.rejects, own)))
                report = (report or Report()).with_list(found)
            elif sent in lists:
                troubles.append(f"{sent} holds no record")
        if report is None:
            raise SourceError(troubles[-1] if sent in lists else troubles[0])
        told = () if sent in lists else tuple(dict.fromkeys(troubles))
        return replace(report, unread=_unread(path, tuple(lists)), troubles=told)


def _lists(path: Path, name: str, sent: str) -> Mapping[str, str]:
    """Lists beside ratings that are read, and what each says: those of Letterboxd.

    They lie in the whole archive, or are sent each alone.
    """
    if name != letterboxd.NAME:
        return {}
    if path.suffix == ".zip":
        return letterboxd.LISTS
    return {sent: letterboxd.LISTS[sent]} if sent in letterboxd.LISTS else {}


def _lines(rejects: pl.DataFrame, own: Mapping[str, str]) -> Iterator[str]:
    """The first records that could not be read, each with its place and the reason."""
    left_out = rejects.filter(~pl.col("row_kept")).head(MOST_REJECTED)
    for file, line, value, reason in left_out.select("file", "line", "value", "reason").iter_rows():
        got = f": {value[:60]!r}" if value else ""
        yield f"{own.get(file, file)}, line {line}: {reason}{got}"


def _unread(path: Path, read: Collection[str]) -> tuple[str, ...]:
    """Lists of an archive that hold what was seen or is to be seen, of which nothing is read."""
    if path.suffix != ".zip":
        return ()
    names = [PurePath(full).name for full in Files(path).names]
    left = {file for file in names if any(word in file for word in LISTS) and file not in read}
    return tuple(sorted(left))
