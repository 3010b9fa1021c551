"""What all routes of the API share."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING, Annotated

import numpy as np
from fastapi import APIRouter, Depends, Path, Query, Security
from fastapi.routing import APIRoute
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException

from marquee.app.api.access import allowed, understood
from marquee.app.api.answers import Picks
from marquee.app.api.asking import LONGEST_LIST, MAX_ID
from marquee.app.api.cursors import LONGEST, Cursors
from marquee.app.live import Live
from marquee.data.feedback import FeedbackStore
from marquee.service.records import Answer, Source

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


def router(tag: str, scope: str = "read", *, route_class: type[APIRoute] = APIRoute) -> APIRouter:
    """A router for the keys of that scope."""
    checks = [Security(allowed, scopes=[scope]), Depends(understood)]
    return APIRouter(prefix=PREFIX, tags=[tag], dependencies=checks, route_class=route_class)


@dataclass(frozen=True, eq=False)
class Served:
    """The engine that answers, what signs cursors, and the clock."""

    live: Live
    cursors: Cursors
    clock: Callable[[], datetime]

    @property
    def engine(self) -> Engine:
        """What answers the request under way."""
        return self.live.engine

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
    def source(self) -> Source:
        """Which model and data answer."""
        return self.engine.source

    async def page(
        self,
        cursor: str | None,
        asked: object,
        n: int,
        recommend: Callable[[int, tuple[int, ...]], Answer],
    ) -> Picks:
        """A page of picks: n titles after those that the cursor names.

        ``recommend`` answers with so many titles after those shown before. The cursor names them
        all, so that whatever is said between two pages, no title comes twice or is passed over.
        """
        # Another model may answer by now: the list goes on with what that one finds best.
        shown = self.cursors.read(asked, cursor)
        n = min(n, LONGEST_LIST - len(shown))
        # One more than is shown tells whether a page follows.
        answer = await self._at_once(partial(recommend, n + 1, shown))
        page = replace(answer, picks=answer.picks[:n])
        shown += tuple(pick.title.title_id for pick in page.picks)
        more = len(answer.picks) > n and len(shown) < LONGEST_LIST
        return self.picks(page, self.cursors.make(asked, *shown) if more else None)

    async def _at_once(self, recommend: Callable[[], Answer]) -> Answer:
        """The answer, without handing the question to another thread where nothing can wait.

        An answer takes about a millisecond of pure computing, during which no other thread of the
        process gets on either; handing it over costs half as much again, and makes whoever came
        meanwhile wait for the interpreter's turn. A database behind a network may take long.
        """
        feedback = self.engine.feedback
        if feedback is None or feedback.is_local:
            return recommend()
        return await run_in_threadpool(recommend)

    def picks(self, answer: Answer, following: str | None = None) -> Picks:
        """The answer with an id of its own."""
        return Picks(**vars(answer), answer_id=uuid.uuid4().hex, next=following)

    def unknown_viewers(self, viewer_ids: Iterable[int]) -> dict[int, str]:
        """What is wrong with those viewers, by place, who are neither in the data nor made here.

        One who was erased is known: the store says so.
        """
        ids = list(viewer_ids)
        data = self.engine.library.known_viewers
        strangers = {
            viewer_id
            for viewer_id in set(ids) - set(data[np.isin(data, ids)].tolist())
            if self.store.revision(viewer_id) == 0
        }
        return {
            place: f"there is no viewer {viewer_id}; POST /viewers makes one"
            for place, viewer_id in enumerate(ids)
            if viewer_id in strangers
        }

    def unknown_titles(self, title_ids: Iterable[int | None]) -> dict[int, str]:
        """What is wrong with those titles, by place, that are not in the catalog."""
        known = self.engine.library.title_ids
        return {
            place: f"there is no title {title_id}"
            for place, title_id in enumerate(title_ids)
            if title_id is not None and title_id not in known
        }
