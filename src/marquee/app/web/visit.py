"""One request as the pages see it: who asks, what was typed, and from where."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import cached_property
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

from starlette.datastructures import FormData, QueryParams, UploadFile

from marquee.app.web.session import Session, form_token
from marquee.app.web.site import Site
from marquee.data.feedback import FIRST_OWN_VIEWER, Event, FeedbackStore, Profile, Settings, Viewer
from marquee.errors import FeedbackError
from marquee.service.people import Person, person


@dataclass
class Visit:
    """A request on its way to a page; ``session`` is what the browser will hold afterwards."""

    site: Site
    session: Session
    path: str
    query: QueryParams
    form: FormData
    path_params: Mapping[str, Any]
    now: datetime
    partial: bool
    """Whether a script asked, and only the changing part of the page is wanted."""
    said: str = ""
    """What just happened, in words, for the page to announce."""
    below: frozenset[int] | None = None
    """Titles that stay as they are on the page in the browser, which wants its picks alone; None
    where it wants the whole page."""
    renamed: bool = False
    """Whether another profile came into use, so that the head of the page says another name."""
    later: list[Callable[[], object]] = field(default_factory=list)
    """What may happen once the answer is on its way."""
    _profile: Profile | None = field(default=None, repr=False)

    @property
    def feedback(self) -> FeedbackStore | None:
        """Where what is said is kept; None where this server keeps nothing."""
        return self.site.engine.feedback

    @property
    def store(self) -> FeedbackStore:
        """Where what is said is kept.

        Raises
        ------
        FeedbackError
            If this server keeps nothing.
        """
        if self.feedback is None:
            raise FeedbackError("this server keeps no feedback, so nothing can be said here")
        return self.feedback

    @property
    def viewer_id(self) -> int | None:
        """The profile in use, if it is one of this household."""
        return self.session.viewer_id if self.profile is not None else None

    @property
    def profile(self) -> Profile | None:
        """What the profile in use says now; None for a visitor and for one that was erased."""
        if self._profile is None and self.session.viewer_id is not None and self.feedback:
            found = self.feedback.profile(self.session.viewer_id)
            if found.revision > 0 and found.viewer_id >= FIRST_OWN_VIEWER:
                self._profile = found
        return self._profile

    @property
    def settings(self) -> Settings:
        """The settings of the profile in use, or the defaults."""
        return self.profile.settings if self.profile is not None else Settings()

    @cached_property
    def viewers(self) -> tuple[Viewer, ...]:
        """The profiles of the household: those with a name or a word, and the one in use.

        A browser that only passed by left a profile without either; nobody would know it again.
        """
        if self.feedback is None:
            return ()
        speakers = self.feedback.speakers()
        return tuple(
            viewer
            for viewer in self.feedback.viewers()
            if viewer.settings.name
            or viewer.viewer_id in speakers
            or viewer.viewer_id == self.session.viewer_id
        )

    @cached_property
    def person(self) -> Person:
        """Whoever asks, as the engine knows them."""
        return person(self.site.engine.library, self.feedback, self.viewer_id)

    @property
    def token(self) -> str:
        """What forms on the page must bring back."""
        return form_token(self.session, self.site.secret)

    @property
    def here(self) -> str:
        """The address of this page."""
        query = urlencode(list(self.query.multi_items()))
        return f"{self.path}?{query}" if query else self.path

    def named(self, viewer_id: int) -> str:
        """The name of a profile, made up from its place where it has none."""
        for place, viewer in enumerate(self.viewers, start=1):
            if viewer.viewer_id == viewer_id:
                return viewer.settings.name or f"Viewer {place}"
        return "Viewer"

    def text(self, name: str, longest: int = 2_000) -> str:
        """A text field of the form, cut and stripped; empty where it was not sent."""
        value = self.form.get(name)
        return "" if value is None or isinstance(value, UploadFile) else value.strip()[:longest]

    def texts(self, name: str) -> tuple[str, ...]:
        """All values of a field of the form that are not blank."""
        given = [value for value in self.form.getlist(name) if isinstance(value, str)]
        return tuple(dict.fromkeys(value.strip()[:200] for value in given if value.strip()))

    def switch(self, viewer_id: int | None) -> None:
        """Puts another profile in use."""
        self.session = self.session.of(viewer_id)
        self.renamed = True
        self.forget()

    def forget(self) -> None:
        """Lets what was read be read again, after something was said."""
        self._profile = None
        for name in ("viewers", "person"):
            self.__dict__.pop(name, None)

    def somebody(self) -> int:
        """The profile in use; one is made for a visitor who says something."""
        if self.viewer_id is None:
            # The browser's name makes two clicks at once ask for one and the same profile.
            request = None if self.session.viewer_id else f"web-{self.session.browser}"
            made = self.store.add_viewer(Settings(), request_id=request)
            self.switch(made)
        viewer_id = self.viewer_id
        if viewer_id is None:  # erased by another window in this very moment
            self.switch(self.store.add_viewer(Settings()))
            viewer_id = self.session.viewer_id
        assert viewer_id is not None  # it was made just now
        return viewer_id

    def say(self, verb: str, **about: Any) -> str:
        """The id of what the profile in use says now, once it is on disk."""
        event_id = str(uuid.uuid4())
        event = Event(self.somebody(), verb, self.now, event_id=event_id, **about)
        self.store.write([event])
        self.forget()
        return event_id

    def back(self) -> tuple[str, QueryParams]:
        """Path and query of the page of ours that the form came from; the home page by default."""
        return own_address(self.text("back"))

    def at(self, path: str, query: QueryParams) -> Visit:
        """The visit to another page that answers this one."""
        return replace(self, path=path, query=query, form=FormData(), path_params={})


def own_address(text: str) -> tuple[str, QueryParams]:
    """Path and query of an address on this server; those of the home page where it is another's."""
    parts = urlsplit(text.replace("\\", "/"))
    is_own = parts.path.startswith("/") and not parts.scheme and not parts.netloc
    if not is_own or parts.path.startswith("//") or not text.isprintable():
        return "/", QueryParams()
    return parts.path, QueryParams(parse_qsl(parts.query, max_num_fields=200))
