"""What was said counts, once, and can be taken back."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta, timezone

import pytest

from feedback_kit import NOON, about, contents, later, rate
from marquee.data.feedback import FIRST_OWN_VIEWER, VERBS, Event, FeedbackStore, Settings
from marquee.errors import FeedbackError, ParameterError, UnknownIdError

ANN, BEN = 7, 8


def test_what_was_said_is_in_the_profile(store: FeedbackStore) -> None:
    store.write(
        [
            rate(ANN, 1, 4.5),
            rate(ANN, 2, 0.5),
            about(ANN, "watch", 3, value=0.25),
            about(ANN, "seen", 4),
            about(ANN, "watchlist", 5),
            about(ANN, "hide", 6, reason="genre"),
            about(ANN, "hide", 9),
            rate(BEN, 1, 1),
        ]
    )
    profile = store.profile(ANN)
    assert profile.ratings == {1: 4.5, 2: 0.5}
    assert profile.watched == {3: 0.25}
    assert (*profile.seen, *profile.watchlist, *sorted(profile.hidden)) == (4, 5, 6, 9)
    assert profile.hidden_reasons == {6: "genre"}
    assert profile.revision == 7
    assert store.profile(BEN).ratings == {1: 1.0}


def test_a_viewer_who_said_nothing_has_an_empty_profile(store: FeedbackStore) -> None:
    profile = store.profile(ANN)
    assert not profile.ratings
    assert not profile.seen
    assert profile.settings == Settings()
    assert profile.revision == 0


def test_the_last_word_counts_and_each_facet_stands_alone(store: FeedbackStore) -> None:
    store.write([rate(ANN, 1, 2), about(ANN, "seen", 1), about(ANN, "hide", 1)])
    store.write([rate(ANN, 1, 3, minutes=1), about(ANN, "unseen", 1, minutes=1)])
    profile = store.profile(ANN)
    assert profile.ratings == {1: 3.0}
    assert not profile.seen
    assert profile.hidden == {1}
    store.write([about(ANN, "unrate", 1, minutes=2), about(ANN, "unhide", 1, minutes=2)])
    assert not store.profile(ANN).ratings
    assert not store.profile(ANN).hidden


def test_a_reason_goes_with_what_it_was_given_for(store: FeedbackStore) -> None:
    store.write([about(ANN, "hide", 1, reason="genre"), about(ANN, "hide", 2, reason="actor")])
    store.write([about(ANN, "hide", 1, minutes=1), about(ANN, "unhide", 2, minutes=1)])
    assert store.profile(ANN).hidden_reasons == {}
    assert store.profile(ANN).hidden == {1}


def test_an_old_rating_that_arrives_late_does_not_replace_a_newer_one(
    store: FeedbackStore,
) -> None:
    store.write([rate(ANN, 1, 5)])
    store.write([rate(ANN, 1, 1, minutes=-60), rate(ANN, 2, 2, minutes=-60)])
    assert store.profile(ANN).ratings == {1: 5.0, 2: 2.0}
    assert list(store.profile(ANN).ratings) == [2, 1], "from the oldest to the newest"


def test_of_two_words_of_one_moment_the_later_arrival_counts(store: FeedbackStore) -> None:
    store.write([rate(ANN, 1, 5), rate(ANN, 1, 2)])
    assert store.profile(ANN).ratings == {1: 2.0}


def test_a_moment_is_the_same_in_every_time_zone(store: FeedbackStore) -> None:
    east = timezone(timedelta(hours=5, minutes=30))
    store.write([replace(rate(ANN, 1, 5, "late", minutes=1), at=later(1).astimezone(east))])
    store.write([rate(ANN, 1, 1)])
    assert store.profile(ANN).ratings == {1: 5.0}
    assert store.history(ANN)[-1].event.at == later(1)


# Once


def test_sending_again_changes_nothing_and_gives_the_first_receipt(store: FeedbackStore) -> None:
    event = rate(ANN, 1, 4, "a")
    first = store.write([event])
    store.write([rate(ANN, 1, 2, "b", minutes=1)])
    before = store.profile(ANN)
    again = store.write([replace(event, at=later(90))])
    assert again == first
    assert (first[0].new, again[0].new) == (True, False)
    assert store.profile(ANN) == before, "the revision included"


def test_an_event_twice_in_a_batch_is_one_event(store: FeedbackStore) -> None:
    receipts = store.write([rate(ANN, 1, 4, "a"), rate(ANN, 1, 4, "a"), rate(ANN, 2, 3, "b")])
    assert [receipt.revision for receipt in receipts] == [1, 1, 2]
    assert [receipt.new for receipt in receipts] == [True, False, True]
    assert store.profile(ANN).revision == 2
    assert len(store.history(ANN)) == 2


def test_an_undone_event_does_not_come_back_by_sending_it_again(store: FeedbackStore) -> None:
    event = rate(ANN, 1, 4, "a")
    store.write([event])
    store.undo(ANN, "a")
    assert not store.write([event])[0].new
    assert store.profile(ANN).ratings == {}


@pytest.mark.parametrize(
    ("other", "named"),
    [
        (rate(ANN, 1, 3.5, "a"), "value was 4.0, now 3.5"),
        (rate(ANN, 2, 4, "a"), "title_id was 1, now 2"),
        (about(ANN, "seen", 1, "a"), "verb was 'rate', now 'seen'"),
    ],
)
def test_an_id_with_another_content_is_refused(
    store: FeedbackStore, other: Event, named: str
) -> None:
    store.write([rate(ANN, 1, 4, "a")])
    with pytest.raises(FeedbackError, match=f"event 1: event_id 'a'.*{named}") as caught:
        store.write([rate(ANN, 9, 1), other])
    assert set(caught.value.problems) == {1}
    assert store.profile(ANN).ratings == {1: 4.0}


def test_an_id_used_for_two_things_in_a_batch_is_refused(store: FeedbackStore) -> None:
    with pytest.raises(FeedbackError, match="event 1: event_id 'a' was used for another event"):
        store.write([rate(ANN, 1, 4, "a"), rate(ANN, 1, 3, "a")])
    assert store.profile(ANN).revision == 0


def test_two_viewers_may_use_one_id(store: FeedbackStore) -> None:
    store.write([rate(ANN, 1, 4, "a"), rate(BEN, 2, 3, "a")])
    assert store.profile(BEN).ratings == {2: 3.0}


def test_ids_that_the_store_makes_differ(store: FeedbackStore) -> None:
    receipts = store.write([rate(ANN, title, 4) for title in range(50)])
    assert len({receipt.event_id for receipt in receipts}) == 50


def test_more_events_than_a_query_has_room_for_are_one_batch(store: FeedbackStore) -> None:
    events = [rate(ANN, title, 4, f"e{title}") for title in range(1_300)]
    store.write(events)
    assert [receipt.new for receipt in store.write(events)] == [False] * 1_300
    assert len(store.profile(ANN).ratings) == 1_300


# All or none


def test_a_batch_with_one_bad_event_writes_nothing_and_names_it(
    store: FeedbackStore, url: str
) -> None:
    with pytest.raises(FeedbackError) as caught:
        store.write([rate(ANN, 1, 4), rate(ANN, 2, 0.7), rate(ANN, 3, 3), rate(BEN, 4, 9)])
    assert "event 1: value (stars) must come in half steps, got 0.7" in str(caught.value)
    assert "event 3: value (stars) must be a number from 0.5 to 5, got 9" in str(caught.value)
    assert set(caught.value.problems) == {1, 3}
    assert not contents(url)["events"]
    assert not contents(url)["viewers"]


def test_a_message_about_many_bad_events_stays_short(store: FeedbackStore) -> None:
    with pytest.raises(FeedbackError, match="; and 97 more") as caught:
        store.write([rate(ANN, title, 0) for title in range(100)])
    assert len(caught.value.problems) == 100


def test_a_batch_for_a_viewer_who_does_not_exist_writes_nothing(store: FeedbackStore) -> None:
    with pytest.raises(UnknownIdError, match=f"no viewer {FIRST_OWN_VIEWER + 5}"):
        store.write([rate(ANN, 1, 4), rate(FIRST_OWN_VIEWER + 5, 1, 4)])
    assert store.profile(ANN).revision == 0


def test_nothing_to_write_is_no_change(store: FeedbackStore) -> None:
    assert store.write([]) == ()


# Undo


def test_undo_brings_back_what_was_said_before(store: FeedbackStore) -> None:
    store.write([rate(ANN, 1, 2, "a")])
    store.write([rate(ANN, 1, 5, "b", minutes=1)])
    assert store.undo(ANN, "b")
    assert store.profile(ANN).ratings == {1: 2.0}
    assert store.undo(ANN, "a")
    assert store.profile(ANN).ratings == {}


def test_undoing_twice_is_no_change(store: FeedbackStore) -> None:
    store.write([rate(ANN, 1, 2, "a"), rate(ANN, 1, 5, "b", minutes=1)])
    store.undo(ANN, "b")
    before = store.profile(ANN)
    assert not store.undo(ANN, "b")
    assert store.profile(ANN) == before


def test_undoing_an_earlier_word_leaves_the_later_one(store: FeedbackStore) -> None:
    store.write([rate(ANN, 1, 2, "a"), rate(ANN, 1, 5, "b", minutes=1)])
    store.undo(ANN, "a")
    assert store.profile(ANN).ratings == {1: 5.0}
    store.undo(ANN, "b")
    assert store.profile(ANN).ratings == {}


def test_undoing_a_word_taken_back_brings_it_back(store: FeedbackStore) -> None:
    store.write([rate(ANN, 1, 2, "a"), about(ANN, "unrate", 1, "b", minutes=1)])
    store.undo(ANN, "b")
    assert store.profile(ANN).ratings == {1: 2.0}


def test_nobody_undoes_what_another_said(store: FeedbackStore) -> None:
    store.write([rate(ANN, 1, 2, "a"), rate(BEN, 1, 2, "b")])
    with pytest.raises(UnknownIdError, match="viewer 8 has no event 'a'"):
        store.undo(BEN, "a")
    assert store.profile(ANN).ratings == {1: 2.0}
    assert store.profile(BEN).revision == 1, "a refusal is no change"


def test_undo_by_a_viewer_who_said_nothing_leaves_no_trace(store: FeedbackStore, url: str) -> None:
    with pytest.raises(UnknownIdError):
        store.undo(ANN, "a")
    assert not contents(url)["viewers"]


# Revisions and history


def test_every_change_raises_the_revision(store: FeedbackStore) -> None:
    seen = [store.profile(ANN).revision]
    for change in (
        lambda: store.write([rate(ANN, 1, 4, "a")]),
        lambda: store.write([rate(ANN, 1, 4, "b"), rate(ANN, 2, 4, "c")]),
        lambda: store.undo(ANN, "a"),
        lambda: store.change_settings(ANN, Settings(region="DE")),
        lambda: store.write([about(ANN, "unrate", 1)]),
    ):
        change()
        seen.append(store.profile(ANN).revision)
        assert store.revision(ANN) == seen[-1]
    assert seen == sorted(set(seen))


def test_history_comes_in_pages_from_the_last_word_back(store: FeedbackStore) -> None:
    events = [rate(ANN, title, 4, f"e{title}", minutes=-title) for title in range(5)]
    store.write(events)
    store.undo(ANN, "e3")
    first = store.history(ANN, limit=2)
    second = store.history(ANN, limit=9, before=first[-1].revision)
    assert [entry.event for entry in (*first, *second)] == events[::-1]
    assert [entry.undone for entry in (*first, *second)] == [False, True, False, False, False]
    with pytest.raises(ParameterError, match="limit must be at least 1, got 0"):
        store.history(ANN, limit=0)
    assert store.history(ANN, before=0) == ()
    for page in ({"before": -1}, {"before": 2**63}, {"limit": 2**63}):
        with pytest.raises(FeedbackError, match="must be a whole number from 0"):
            store.history(ANN, **page)


def test_every_verb_comes_back_from_the_history_as_it_was_said(store: FeedbackStore) -> None:
    words = "ünï — 映画 🎬 'quoted'; DROP TABLE events; %s :x\n"
    said = [
        Event(
            ANN,
            name,
            NOON,
            title_id=None if verb.about == "list" else 5,
            answer_id=None if verb.about == "title" else "list 1",
            value={"stars": 3.5, "fraction": 1 / 3, None: None}[verb.value],
            reason="other" if verb.reason else None,
            text=words if verb.reason or verb.text else None,
            event_id=name,
        )
        for name, verb in VERBS.items()
    ]
    store.write(said)
    assert [entry.event for entry in store.history(ANN)] == said[::-1]


def test_stars_taken_back_are_told_from_those_never_given(store: FeedbackStore) -> None:
    store.write([rate(ANN, 1, 4), rate(ANN, 2, 4), about(ANN, "unrate", 3, "third")])
    store.write([about(ANN, "unrate", 1, minutes=1), about(BEN, "unrate", 9)])
    assert store.profile(ANN).unrated == {1, 3}
    assert store.unrated_frame().rows() == [(ANN, 1), (ANN, 3), (BEN, 9)]
    assert store.undo(ANN, "third")
    store.write([rate(ANN, 1, 2, minutes=2)])
    assert store.profile(ANN).unrated == set()
    assert store.unrated_frame().rows() == [(BEN, 9)]
