"""Whatever is said in whatever order, the store agrees with a list and a dict."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from feedback_kit import clear, later
from marquee.data.feedback import Event, FeedbackStore
from marquee.errors import FeedbackError, UnknownIdError

VIEWERS = st.sampled_from([7, 8, 9])
TITLES = st.sampled_from([1, 2])
IDS = st.sampled_from([f"id {number}" for number in range(6)])
STARS = st.sampled_from([0.5, 3.0, 5.0])
SAID = st.one_of(
    st.tuples(st.just("rate"), STARS),
    st.tuples(st.sampled_from(["unrate", "seen", "unseen", "hide", "unhide"]), st.none()),
)
EVENTS = st.builds(
    lambda viewer, said, title, minutes, event_id: Event(
        viewer, said[0], later(minutes), title_id=title, value=said[1], event_id=event_id
    ),
    *(VIEWERS, SAID, TITLES, st.integers(-2, 2), IDS),
)
OFF = {"unrate": "rate", "unseen": "seen", "unhide": "hide"}


def content(event: Event) -> tuple[object, ...]:
    return (event.verb, event.title_id, event.value)


class Said:
    """The slow derivation: all that was said in a list, looked through for every question."""

    def __init__(self) -> None:
        self.events: list[Event] = []
        self.undone: set[tuple[int, str]] = set()
        self.erased: set[int] = set()

    def write(self, batch: list[Event]) -> bool:
        """Whether the batch was taken."""
        said = list(self.events)
        for event in batch:
            if event.viewer_id in self.erased:
                return False
            first = self.find(said, event.viewer_id, event.event_id)
            if first is None:
                said.append(event)
            elif content(first) != content(event):
                return False
        self.events = said
        return True

    @staticmethod
    def find(events: list[Event], viewer: int, event_id: str) -> Event | None:
        same = [e for e in events if (e.viewer_id, e.event_id) == (viewer, event_id)]
        return same[0] if same else None

    def now(self, viewer: int, verb: str) -> dict[int, float | None]:
        """Title to value for what holds of the viewer."""
        found: dict[int, float | None] = {}
        mine = [
            event
            for event in self.events
            if event.viewer_id == viewer and (viewer, event.event_id) not in self.undone
        ]
        for event in sorted(mine, key=lambda event: event.at):  # stable: arrival breaks ties
            assert event.title_id is not None
            if event.verb == verb:
                found[event.title_id] = event.value
            elif OFF.get(event.verb) == verb:
                found.pop(event.title_id, None)
        return found


class Talk(RuleBasedStateMachine):
    store: FeedbackStore
    reset: Callable[[], None]
    sent = Bundle("sent")

    @initialize()
    def start(self) -> None:
        type(self).reset()
        self.said = Said()
        self.revisions = dict.fromkeys((7, 8, 9), 0)

    @rule(target=sent, batch=st.lists(EVENTS, min_size=1, max_size=4))
    def write(self, batch: list[Event]) -> list[Event]:
        taken = self.said.write(batch)
        try:
            receipts = self.store.write(batch)
        except (FeedbackError, UnknownIdError):
            assert not taken
        else:
            assert taken
            assert [receipt.event_id for receipt in receipts] == [e.event_id for e in batch]
        return batch

    @rule(batch=sent)
    def write_again(self, batch: list[Event]) -> None:
        self.write(batch)

    @rule(viewer=VIEWERS, event_id=IDS)
    def undo(self, viewer: int, event_id: str) -> None:
        known = self.said.find(self.said.events, viewer, event_id) is not None
        try:
            undone = self.store.undo(viewer, event_id)
        except UnknownIdError:
            assert not known
        else:
            assert known
            assert undone == ((viewer, event_id) not in self.said.undone)
            self.said.undone.add((viewer, event_id))

    @precondition(lambda self: not self.said.erased)
    @rule(viewer=VIEWERS)
    def erase(self, viewer: int) -> None:
        self.store.erase(viewer, day=date(2026, 5, 5))
        self.said.erased.add(viewer)
        self.said.events = [e for e in self.said.events if e.viewer_id != viewer]

    @invariant()
    def agrees(self) -> None:
        rated: dict[tuple[int, int], float | None] = {}
        for viewer in self.revisions:
            profile = self.store.profile(viewer)
            assert profile.ratings == self.said.now(viewer, "rate")
            assert profile.seen == set(self.said.now(viewer, "seen"))
            assert profile.hidden == set(self.said.now(viewer, "hide"))
            rated |= {(viewer, title): stars for title, stars in profile.ratings.items()}
            if viewer in self.said.erased:
                assert profile.revision == -1
            else:
                assert profile.revision >= self.revisions[viewer]
                self.revisions[viewer] = profile.revision
            history = self.store.history(viewer, limit=1_000)
            mine = [event for event in self.said.events if event.viewer_id == viewer]
            assert [entry.event for entry in history] == mine[::-1]
        frame = self.store.ratings_frame().select("viewer_id", "title_id", "rating")
        assert {(viewer, title): stars for viewer, title, stars in frame.rows()} == rated


@pytest.mark.slow
def test_the_store_agrees_with_the_slow_derivation(store: FeedbackStore, url: str) -> None:
    class Here(Talk):
        pass

    Here.store = store
    Here.reset = staticmethod(lambda: clear(url))
    run_state_machine_as_test(
        Here,
        settings=settings(
            max_examples=25,
            stateful_step_count=15,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
