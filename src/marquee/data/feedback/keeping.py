"""Revisions of viewers, read again only after somebody has written."""

from __future__ import annotations

import threading

from marquee.data.feedback import reading
from marquee.data.feedback.database import Database

MOST_KEPT = 100_000
"""Viewers whose revision is kept; above it all are read again."""


class Revisions:
    """The viewers' revisions, kept for as long as nobody, in any process, has committed anything.

    Where the database does not tell whether somebody has, each is read every time.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        self._turn = threading.Lock()
        self._generation: int | None = None
        self._known: dict[int, int] = {}

    def of(self, viewer_id: int) -> int:
        """The viewer's revision; 0 for one who never said anything, -1 for an erased one."""
        # Asked before reading: what is committed in between makes what was read stale.
        generation = self._database.generation()
        with self._turn:
            if generation is None or generation != self._generation:
                self._known = {}
                self._generation = generation
            known = self._known.get(viewer_id)
        if known is not None:
            return known
        with self._database.reading() as connection:
            revision = reading.revision(connection, viewer_id)
        with self._turn:
            if generation is not None and generation == self._generation:
                if len(self._known) >= MOST_KEPT:
                    self._known = {}
                self._known[viewer_id] = revision
        return revision
