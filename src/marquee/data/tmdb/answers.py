"""What TMDB answered about titles, on disk: a file that is added to, one line for each answer.

The last line about a title counts. A line that a kill left unfinished is taken off at the next
opening, and its title asked for again.
"""

from __future__ import annotations

import json
import os
from pathlib import Path
from types import TracebackType
from typing import Any, NamedTuple, Self

from marquee.data.sources.tmdb_api import FILE
from marquee.data.tmdb.listing import number_of
from marquee.data.tmdb.shapes import KINDS
from marquee.data.workspace import sync

Title = tuple[str, int]
"""Kind and TMDB's number: films and shows are numbered apart."""
SYNC_EVERY = 100
"""Lines that a power cut may take; a kill takes none."""


class Held(NamedTuple):
    """What is known of the last answer about a title."""

    on: str
    """Day of the answer, ISO 8601."""
    job: str
    """The update that asked."""
    terms: str
    """Language and regions that it asked for."""


class Answers:
    """The answers in a folder; use it in a ``with`` block, by one process at a time."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / FILE
        folder.mkdir(parents=True, exist_ok=True)
        self._mend()
        self.held: dict[Title, Held] = {}
        self.gone: set[Title] = set()
        """Titles of which the last answer says that there is none."""
        self._n_lines = 0
        if self.path.exists():
            with self.path.open(encoding="utf-8", errors="replace") as stream:
                for line in stream:
                    self._enter(line)
        self._stream = self.path.open("a", encoding="utf-8")
        self._n_loose = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.flush()
        self._stream.close()

    def add(self, title: Title, held: Held, body: dict[str, Any] | None) -> None:
        """Adds an answer; None for the body says that TMDB has no such title any more."""
        kind, number = title
        about = {"kind": kind, "id": number, **held._asdict()}
        line = about | ({"gone": True} if body is None else {"body": body})
        text = json.dumps(line, ensure_ascii=False, separators=(",", ":")) + "\n"
        self._stream.write(text)
        self._stream.flush()
        self._enter(text)
        self._n_loose += 1
        if self._n_loose >= SYNC_EVERY:
            self.flush()

    def flush(self) -> None:
        """Puts every line on disk."""
        self._stream.flush()
        os.fsync(self._stream.fileno())
        self._n_loose = 0

    def tidy(self) -> None:
        """Drops lines that later ones replace, where they are most of the file.

        Of a title that is gone the last answer that told of it stays.
        """
        if self._n_lines <= 2 * len(self.held) + SYNC_EVERY:
            return
        self.flush()
        self._stream.close()
        last: dict[tuple[Title, bool], int] = {}
        with self.path.open(encoding="utf-8", errors="replace") as stream:
            for place, line in enumerate(stream):
                if (told := _told(line)) is not None:
                    last[told[0], told[2]] = place
        stay = set(last.values())
        partial = self.path.with_name(f".{self.path.name}.partial")
        with (
            self.path.open(encoding="utf-8", errors="replace") as stream,
            partial.open("w", encoding="utf-8") as target,
        ):
            target.writelines(line for place, line in enumerate(stream) if place in stay)
        sync(partial)
        partial.replace(self.path)
        sync(self.path.parent)
        self._n_lines = len(stay)
        self._stream = self.path.open("a", encoding="utf-8")

    def _enter(self, line: str) -> None:
        self._n_lines += 1
        if (told := _told(line)) is not None:
            self.held[told[0]] = told[1]
            (self.gone.add if told[2] else self.gone.discard)(told[0])

    def _mend(self) -> None:
        if not self.path.exists():
            return
        with self.path.open("rb+") as stream:
            content_end = stream.seek(0, os.SEEK_END)
            place = content_end
            while place > 0:
                start = max(place - 65_536, 0)
                stream.seek(start)
                found = stream.read(place - start).rfind(b"\n")
                if found >= 0:
                    place = start + found + 1
                    break
                place = start
            stream.truncate(place)


def _told(line: str) -> tuple[Title, Held, bool] | None:
    """Title, what is known of the answer, and whether it says that the title is gone."""
    try:
        found = json.loads(line)
        number = number_of(found)
        if number is None or found["kind"] not in KINDS:
            return None
        held = Held(str(found["on"]), str(found["job"]), str(found["terms"]))
        return (found["kind"], number), held, bool(found.get("gone"))
    except (ValueError, KeyError, TypeError, RecursionError):
        return None
