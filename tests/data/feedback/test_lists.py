"""What was shown, what viewers thought of it, and what of it goes into the next fit."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import polars as pl
import pytest

from feedback_kit import NOON, about, later, rate
from marquee.data import schema
from marquee.data.feedback import Event, FeedbackStore, Satisfaction, Settings, Shown
from marquee.data.feedback.frames import IMPRESSIONS, JUDGMENTS, WATCHES
from marquee.data.interactions import Interactions
from marquee.errors import FeedbackError, ParameterError, UnknownIdError

ANN, BEN = 7, 8


def shown(viewer: int, answer: str, *titles: int, model: str = "ease") -> Shown:
    return Shown(viewer, answer, titles, model, "000001", NOON)


def judge(viewer: int, verb: str, answer: str, title: int | None = None) -> Event:
    return Event(viewer, verb, NOON, title_id=title, answer_id=answer)


# Lists


def test_a_list_is_entered_once_and_leaves_the_profile_alone(store: FeedbackStore) -> None:
    store.write([rate(ANN, 1, 4)])
    assert store.show([shown(ANN, "q", 3, 1, 2), shown(ANN, "r", 9)]) == 2
    assert store.show([shown(ANN, "q", 3, 1, 2), shown(ANN, "r", 9)]) == 0
    assert store.show([shown(BEN, "q", 5), shown(BEN, "q", 5)]) == 1
    assert store.show([]) == 0
    assert store.profile(ANN).revision == 1
    overall = store.satisfaction().overall
    assert (overall.n_answers, overall.n_impressions) == (3, 5)


def test_an_answer_id_used_for_another_list_is_refused(store: FeedbackStore) -> None:
    store.show([shown(ANN, "q", 3, 1)])
    for other in (shown(ANN, "q", 1, 3), shown(ANN, "q", 3, 1, model="svd")):
        with pytest.raises(FeedbackError, match="list 1: answer_id 'q' was used for another"):
            store.show([shown(ANN, "new", 1), other])
    assert store.satisfaction().overall.n_answers == 1


def test_impressions_name_the_title_its_place_and_where_it_came_from(
    store: FeedbackStore,
) -> None:
    assert store.impressions_frame().schema == pl.Schema(IMPRESSIONS)
    store.show([shown(BEN, "r", 9), replace(shown(ANN, "q", 3, 1), at=later(5))])
    frame = store.impressions_frame()
    assert frame.schema == pl.Schema(IMPRESSIONS)
    assert frame.select("viewer_id", "title_id", "place").rows() == [
        *((ANN, 3, 1), (ANN, 1, 2), (BEN, 9, 1)),
    ]
    assert frame["shown_at"].to_list() == [later(5), later(5), NOON]
    assert set(frame["model"]) == {"ease"}


def test_satisfaction_counts_each_judgment_once_and_by_model(store: FeedbackStore) -> None:
    store.show([shown(ANN, "q", 1, 2, 3), shown(ANN, "s", 1, model="svd"), shown(BEN, "q", 4)])
    store.write(
        [
            judge(ANN, "good_pick", "q", 1),
            judge(ANN, "bad_pick", "q", 2),
            judge(ANN, "bad_pick", "q", 3),
            judge(ANN, "good_pick", "q", 3),  # thought better of it
            judge(ANN, "bad_pick", "s", 1),
            judge(ANN, "thumbs_up", "s"),
            judge(BEN, "thumbs_down", "q"),
            judge(BEN, "thumbs_up", "never entered"),
            replace(judge(BEN, "bad_pick", "q", 4), event_id="by mistake"),
        ]
    )
    store.undo(BEN, "by mistake")
    report = store.satisfaction()
    assert report.by_model == {
        "ease": Satisfaction(3, 2, 1, 0, 2, 4),
        "svd": Satisfaction(1, 0, 1, 1, 1, 1),
        "unknown": Satisfaction(0, 0, 1, 1, 0, 0),
    }
    assert report.overall == Satisfaction(4, 2, 3, 2, 3, 5)
    assert report.overall.good_rate == 0.5
    assert report.overall.thumbs_up_rate == pytest.approx(2 / 3)
    assert report.by_model["unknown"].good_rate is None


def test_lists_and_verdicts_of_a_span_are_those_from_its_start_to_before_its_end(
    store: FeedbackStore,
) -> None:
    store.show([replace(shown(ANN, f"q{n}", n + 1), at=later(n)) for n in range(4)])
    for n, verb in ((1, "good_pick"), (3, "bad_pick")):
        store.write([replace(judge(ANN, verb, f"q{n}", n + 1), at=later(n))])
    told = store.satisfaction(later(1), later(3)).overall
    assert (told.n_picks, told.n_good, told.n_answers, told.n_impressions) == (1, 1, 2, 2)
    assert store.satisfaction(until=later(1)).overall.n_answers == 1
    frame = store.impressions_frame(later(1), later(3))
    assert frame["answer_id"].to_list() == ["q1", "q2"]
    assert store.impressions_frame(until=later(1))["answer_id"].to_list() == ["q0"]
    assert store.impressions_frame(later(3))["answer_id"].to_list() == ["q3"]


def test_verdicts_are_those_in_force_with_their_moment(store: FeedbackStore) -> None:
    assert store.judgments_frame().schema == pl.Schema(JUDGMENTS)
    store.show([shown(ANN, "q", 1, 2)])
    store.write([judge(ANN, "bad_pick", "q", 1), judge(ANN, "good_pick", "q", 2)])
    store.write([replace(judge(ANN, "good_pick", "q", 1), at=later(5))])
    assert store.judgments_frame().rows() == [(ANN, 2, 1.0, NOON), (ANN, 1, 1.0, later(5))]
    assert store.judgments_frame().schema == pl.Schema(JUDGMENTS)


def test_satisfaction_can_start_at_a_moment(store: FeedbackStore) -> None:
    store.show([shown(ANN, "q", 1), replace(shown(ANN, "r", 2), at=later(10))])
    store.write(
        [judge(ANN, "bad_pick", "q", 1), replace(judge(ANN, "good_pick", "r", 2), at=later(10))]
    )
    assert store.satisfaction(later(10)).overall == Satisfaction(1, 1, 0, 0, 1, 1)
    assert store.satisfaction(later(11)).overall == Satisfaction(0, 0, 0, 0, 0, 0)
    with pytest.raises(FeedbackError, match="since must say its time zone"):
        store.satisfaction(datetime(2026, 1, 1))


def test_satisfaction_with_nothing_has_no_rate(store: FeedbackStore) -> None:
    report = store.satisfaction()
    assert report.by_model == {}
    assert report.overall.good_rate is None
    assert report.overall.thumbs_up_rate is None


# For the next fit


def test_ratings_come_in_the_columns_of_the_ratings_table(store: FeedbackStore) -> None:
    schema.check(store.ratings_frame(), schema.RATINGS)
    store.write(
        [
            rate(BEN, 2, 1.5, minutes=3),
            rate(ANN, 5, 4),
            rate(ANN, 5, 4.5, minutes=1),
            about(ANN, "watch", 5, value=0.5),
            about(ANN, "watch", 6, value=0.9),
            rate(ANN, 1, 2, "a"),
            rate(ANN, 3, 2),
            about(ANN, "unrate", 3),
        ]
    )
    store.undo(ANN, "a")
    frame = store.ratings_frame()
    schema.check(frame, schema.RATINGS)
    assert frame.rows() == [
        (ANN, 5, 4.5, later(1), None, 0.5, "feedback"),
        (BEN, 2, 1.5, later(3), None, None, "feedback"),
    ]
    assert len(Interactions.from_ratings(frame)) == 2
    assert store.n_ratings_by_title() == {5: 1, 2: 1}


def test_what_was_watched_comes_as_a_table(store: FeedbackStore) -> None:
    assert store.watches_frame().schema == pl.Schema(WATCHES)
    store.write(
        [
            about(ANN, "watch", 6, value=0.25),
            about(ANN, "watch", 6, value=1, minutes=2),
            about(ANN, "seen", 6, minutes=9),
            about(ANN, "seen", 7, minutes=4),
            about(BEN, "seen", 6),
            about(BEN, "unseen", 6),
        ]
    )
    frame = store.watches_frame()
    assert frame.schema == pl.Schema(WATCHES)
    assert frame.rows() == [
        (ANN, 6, 1.0, later(2), "feedback"),
        (ANN, 7, None, later(4), "feedback"),
    ]


def test_moments_are_kept_to_the_microsecond(store: FeedbackStore) -> None:
    at = datetime(2026, 12, 31, 23, 59, 59, 999_999, tzinfo=UTC)
    store.write([replace(rate(ANN, 1, 4), at=at)])
    assert store.ratings_frame()["rated_at"].to_list() == [at]
    assert store.history(ANN)[0].event.at == at


def test_the_history_of_one_title_is_that_of_no_other(store: FeedbackStore) -> None:
    store.write([rate(ANN, 1, 4), rate(ANN, 2, 3), rate(ANN, 1, 5)])
    found = store.history(ANN, 5, title_id=1)
    assert [entry.event.value for entry in found] == [5, 4]
    assert store.history(ANN, 5, title_id=3) == ()


# Profiles of a household


def test_only_profiles_made_here_with_a_word_are_speakers(store: FeedbackStore) -> None:
    quiet, loud = (store.add_viewer(Settings()) for _ in range(2))
    store.write([rate(loud, 1, 4), rate(ANN, 1, 4)])
    assert store.speakers() == {loud}
    assert quiet not in store.speakers()


def test_new_viewers_get_numbers_that_no_source_gives(store: FeedbackStore) -> None:
    settings = Settings("Zoë", ("cozy",), ("Streamia", "Flix+"), "DE", {"novelty": 0.3, "x": None})
    first = store.add_viewer(settings)
    second = store.add_viewer(Settings())
    assert (first, second) == (2**40, 2**40 + 1)
    assert float(second) == second, "exact as a JavaScript number"
    store.write([rate(first, 1, 4), rate(ANN, 1, 4)])
    assert [viewer.viewer_id for viewer in store.viewers()] == [first, second]
    assert store.viewers()[0].settings == settings
    assert store.profile(first).settings == settings
    assert store.profile(first).revision == 2


def test_a_viewer_asked_for_twice_is_made_once(store: FeedbackStore) -> None:
    first = store.add_viewer(Settings("Ann"), request_id="form 1")
    store.change_settings(first, Settings("Anna"))
    assert store.add_viewer(Settings("Ann"), request_id="form 1") == first
    assert store.add_viewer(Settings("Ann"), request_id="form 2") != first
    assert store.profile(first).settings.name == "Anna"


def test_settings_are_replaced_and_the_same_again_are_no_change(store: FeedbackStore) -> None:
    assert store.change_settings(ANN, Settings("Ann")) == 1
    assert store.change_settings(ANN, Settings("Ann")) == 1
    assert store.change_settings(ANN, Settings("Ann", controls={"b": [1], "a": 2.5})) == 2
    assert store.profile(ANN).settings == Settings("Ann", controls={"a": 2.5, "b": [1]})
    assert store.viewers() == (), "a viewer of a source is no local profile"
    with pytest.raises(UnknownIdError, match="there is no viewer"):
        store.change_settings(2**40, Settings("Ann"))


def test_a_day_with_a_time_is_refused(store: FeedbackStore) -> None:
    with pytest.raises(ParameterError, match="day must be a date without a time"):
        store.erase(ANN, day=NOON)
