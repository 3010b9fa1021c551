"""The feedback database of a workspace, as the commands open it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing, contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from marquee.app.settings import Settings
    from marquee.data.feedback import FeedbackStore


@contextmanager
def feedback_store(settings: Settings, *, make: bool = False) -> Iterator[FeedbackStore | None]:
    """The store named by ``MARQUEE_FEEDBACK``, or that of the workspace where there is one.

    With ``make`` the workspace gets one; else None stands for nothing ever said.
    """
    file = settings.home / "feedback.db"
    if settings.feedback is None and not make and not file.exists():
        yield None
        return
    from marquee.data.feedback import FeedbackStore

    with closing(FeedbackStore(settings.feedback or f"sqlite:///{file}")) as store:
        store.migrate()
        yield store
