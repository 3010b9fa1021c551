"""What all routes of the API share."""

from __future__ import annotations

import threading
import uuid
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from typing import TYPE_CHECKING, Annotated, Any

from fastapi import APIRouter, Depends, Path, Query, Security
from starlette.exceptions import HTTPException

from marquee.app.api.access import allowed, understood
from marquee.app.api.answers import Picks
from marquee.app.api.asking import LONGEST_LIST, MAX_ID
from marquee.app.api.cursors import LONGEST, Cursors
from marquee.data.feedback import FeedbackStore
from marquee.service.records import Answer
from marquee.service.search import TitleSearch

if TYPE_CHECKING:
    from marquee.service.engine import Engine

PREFIX = "/api/v1"

Count = Annotated[int, Query(ge=1, le=100, description="Titles on a page.")]
Why = Annotated[int, Query(ge=0, le=10, description="Reasons for each pick.")]
Cursor = Annotated[
    str | None,
    Query(max_length=LONGEST, description="`next` of the page before, with the same question."),
]
ViewerId = Annotated[int, Path(ge=0, le=MAX_ID, description="Number of a viewer.")]
TitleId = Annotated[int, Path(ge=0, le=MAX_ID, description="Number of a title.")]
AsViewer = Annotated[
    int | None,
    Query(ge=0, le=MAX_ID, description="Leaves out what this viewer rated, saw or hid."),
]


def router(tag: str, scope: str = "read") -> APIRouter:
    """A router for the keys of that scope."""
    checks = [Security(allowed, scopes=[scope]), Depends(understood)]
    return APIRouter(prefix=PREFIX, tags=[tag], dependencies=checks)


@dataclass(frozen=True, eq=False)
class Served:
    """The engine that answers, what signs cursors, and the clock."""

    engine: Engine
    cursors: Cursors
    clock: Callable[[], datetime]
    settings_turn: threading.Lock = field(default_factory=threading.Lock)
    """Held while settings are read and written back, so that no change of two is lost."""

    @property
    def store(self) -> FeedbackStore:
        """Where feedback is kept.

        Raises
        ------
        HTTPException
            With status 503, if this server keeps none.
        """
        if self.engine.feedback is None:
            raise HTTPException(503, "this server keeps no feedback; start it by `marquee serve`")
        return self.engine.feedback

    @property
    def source(self) -> dict[str, Any]:
        """Which model and data answer."""
        library = self.engine.library
        return {
            "model": library.model_name,
            "model_version": library.model_version,
            "snapshot": library.snapshot,
        }

    @cached_property
    def search(self) -> TitleSearch:
        """The index of the titles' names, made when first asked."""
        library = self.engine.library
        ids = library.titles["title_id"].to_numpy()
        places = library.facts.items.find(ids)
        counts = [int(library.facts.n_ratings[place]) if place >= 0 else 0 for place in places]
        return TitleSearch(library.titles, library.credits, counts)

    def page(
        self, cursor: str | None, asked: object, n: int, recommend: Callable[[int, int], Answer]
    ) -> Picks:
        """A page of picks: n titles after those that the cursor stands for.

        ``recommend`` answers with so many titles after so many skipped.
        """
        question = [asked, self.source]
        skip = self.cursors.read(question, cursor)
        n = min(n, LONGEST_LIST - skip)
        answer = recommend(n, skip)
        end = skip + len(answer.picks)
        more = len(answer.picks) == n and end < min(answer.n_qualifying, LONGEST_LIST)
        return self.picks(answer, self.cursors.make(question, end) if more else None)

    def picks(self, answer: Answer, following: str | None = None) -> Picks:
        """The answer with an id of its own."""
        return Picks(**vars(answer), answer_id=uuid.uuid4().hex, next=following)

    @cached_property
    def title_ids(self) -> frozenset[int]:
        """Numbers of all titles."""
        return frozenset(self.engine.library.titles["title_id"].to_list())

    def unknown_titles(self, title_ids: Iterable[int | None]) -> dict[int, str]:
        """What is wrong with those titles, by place, that are not in the catalog."""
        return {
            place: f"there is no title {title_id}"
            for place, title_id in enumerate(title_ids)
            if title_id is not None and title_id not in self.title_ids
        }
