"""Whoever sits before the studio, as the feedback database knows them."""

from __future__ import annotations

import uuid
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

import streamlit as st

from marquee.app.lists import exposure, list_id
from marquee.app.studio import opened
from marquee.app.web.session import COOKIE, unseal
from marquee.data.feedback import FIRST_OWN_VIEWER, Event, FeedbackStore, Settings, Shown
from marquee.errors import FeedbackError
from marquee.service.records import Answer

MINE = "studio_profile"
SAID = "studio_said"


@dataclass(frozen=True)
class Said:
    """What was just said, and how to take it back."""

    text: str
    viewer_id: int
    event_id: str


def keeping() -> FeedbackStore:
    """Where what is said is kept.

    Raises
    ------
    FeedbackError
        If nothing is kept here.
    """
    store = opened.store()
    if store is None:
        raise FeedbackError("this server keeps no feedback, so nothing can be said here")
    return store


def me() -> int | None:
    """The profile in use in this browser: that of the viewers' app, or one made here.

    None for somebody who has not said a word yet.
    """
    mine: int | None = st.session_state.get(MINE)
    if mine is None:
        session = unseal(st.context.cookies.get(COOKIE), opened.secret())
        mine = session.viewer_id if session is not None else None
    store = opened.store()
    if mine is None or store is None or mine < FIRST_OWN_VIEWER or store.revision(mine) < 1:
        return None
    return mine


def somebody() -> int:
    """The profile in use; one is made for who says their first word."""
    mine = me()
    if mine is None:
        session = unseal(st.context.cookies.get(COOKIE), opened.secret())
        # The browser's name makes the viewers' app and the studio make one and the same profile.
        request = f"web-{session.browser}" if session and not session.viewer_id else None
        mine = keeping().add_viewer(Settings(), request_id=request)
        st.session_state[MINE] = mine
    return mine


def say(viewer_id: int | None, verb: str, text: str, **about: Any) -> None:
    """Writes what somebody says; ``text`` tells it back, with a way to undo it."""
    who = somebody() if viewer_id is None else viewer_id
    event_id = str(uuid.uuid4())
    keeping().write([Event(who, verb, datetime.now(UTC), event_id=event_id, **about)])
    st.session_state[SAID] = Said(text, who, event_id)


def choose_tastes(viewer_id: int | None, names: tuple[str, ...]) -> None:
    """Keeps the tastes that somebody picked, and no others."""
    who = somebody() if viewer_id is None else viewer_id
    keeping().revise_settings(who, lambda now: replace(now, taste_groups=names))


def show_said() -> None:
    """What was just said, with the button that takes it back."""
    said: Said | None = st.session_state.get(SAID)
    if said is None:
        return
    with st.container(horizontal=True, vertical_alignment="center"):
        st.write(said.text)
        st.button("Undo", key="undo", on_click=_undo, args=(said,))


def _undo(said: Said) -> None:
    keeping().undo(said.viewer_id, said.event_id)
    st.session_state.pop(SAID, None)
    for key in [key for key in st.session_state if str(key).startswith("stars-")]:
        del st.session_state[key]


def enter(viewer_id: int | None, key: str, answer: Answer) -> str:
    """The id of a list, entered as shown to the viewer where there is one."""
    library, now = opened.engine().answering(viewer_id), datetime.now(UTC)
    titles = tuple(pick.title.title_id for pick in answer.picks)
    found = list_id(key, titles, library, now)
    store = opened.store()
    if viewer_id is not None and store is not None and titles:
        store.show(
            [
                Shown(
                    viewer_id,
                    found,
                    titles,
                    library.model_name,
                    library.snapshot or "none",
                    now,
                    *exposure([pick.arm for pick in answer.picks]),
                )
            ]
        )
    return found
