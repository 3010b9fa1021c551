"""Ugly input is refused at the door in words, and what is in the database stays as it was."""

from __future__ import annotations

import datetime as dt
import json
import math
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from feedback_kit import NOON, about, contents, rate
from marquee.data.feedback import Event, FeedbackStore, Settings, Shown
from marquee.data.feedback.checks import MAX_CONTROLS, MAX_TEXT
from marquee.errors import FeedbackError, ParameterError

COMMENT = Event(7, "comment", NOON, answer_id="list", text="fine")
LIST = Shown(7, "list", (1, 2), "ease", "000001", NOON)

BAD_EVENTS: list[tuple[Event, str]] = [
    (rate(7, 1, math.nan), "from 0.5 to 5, got nan"),
    (rate(7, 1, math.inf), "from 0.5 to 5, got inf"),
    (rate(7, 1, 0.7), "half steps, got 0.7"),
    (rate(7, 1, 0), "from 0.5 to 5, got 0"),
    (rate(7, 1, 5.5), "from 0.5 to 5, got 5.5"),
    (rate(7, 1, -1), "got -1"),
    (rate(7, 1, 10**400), r"got 1000000\d*\.\.\."),
    (rate(7, 1, 10**5000), "got a int too long to write"),
    (rate(7, 1, True), "got True"),
    (rate(7, 1, "4"), "got '4'"),  # type: ignore[arg-type] # as a careless caller would
    (replace(rate(7, 1, 4), value=None), "got None"),
    (about(7, "watch", 1, value=1.01), "from 0 to 1, got 1.01"),
    (about(7, "watch", 1, value=-0.01), "from 0 to 1, got -0.01"),
    (about(7, "watch", 1, value=math.nan), "from 0 to 1, got nan"),
    (about(7, "love", 1), "there is no verb 'love'; there are rate, "),
    (about(7, "", 1), "verb must be text that is not blank, got ''"),
    (about(7, "Rate", 1, value=4), "there is no verb 'Rate'"),
    (about(7, "x" * 500, 1), "verb has 500 characters"),
    (about(7, None, 1), "verb must be text"),  # type: ignore[arg-type] # see above
    (rate(-1, 1, 4), "viewer_id must be a whole number from 0 to .*, got -1"),
    (rate(2**63, 1, 4), "viewer_id .* got 9223372036854775808"),
    (rate(7, 2**63, 4), "title_id .* got 9223372036854775808"),
    (rate(7, 10**5000, 4), "title_id .* got a int too long to write"),
    (rate(7, 1.0, 4), "title_id .* got 1.0"),  # type: ignore[arg-type] # see above
    (rate(7, True, 4), "title_id .* got True"),
    (rate(7, None, 4), "title_id .* got None"),  # type: ignore[arg-type] # see above
    (rate(7, 1, 4, event_id="x" * 65), "event_id has 65 characters; at most 64"),
    (rate(7, 1, 4, event_id="a\0b"), "event_id holds a NUL"),
    (rate(7, 1, 4, event_id="  "), "event_id must be text that is not blank"),
    (replace(rate(7, 1, 4), at=NOON.replace(tzinfo=None)), "at must say its time zone"),
    (replace(rate(7, 1, 4), at=dt.date(2026, 1, 1)), "at must be a moment"),  # type: ignore[arg-type] # see above
    (replace(rate(7, 1, 4), at=NOON.replace(year=2100)), "between 1970 and 2100"),
    (replace(rate(7, 1, 4), at=NOON.replace(year=1)), "between 1970 and 2100"),
    (replace(COMMENT, text="so\0so"), "text holds a NUL character"),
    (replace(COMMENT, text="half \ud83c"), "text holds half a character"),
    (replace(COMMENT, text="x" * 10_000), "text has 10,000 characters; at most 2,000 are kept"),
    (replace(COMMENT, text=" \n"), "text must be text that is not blank"),
    (replace(COMMENT, text=None), "text must be text that is not blank, got None"),
    (replace(COMMENT, answer_id=None), "answer_id must be text"),
    (replace(COMMENT, title_id=3), "comment takes no title_id, got 3"),
    (replace(COMMENT, value=1.0), "comment takes no value, got 1.0"),
    (about(7, "hide", 1, reason="bored"), "reason must be one of genre, actor, .* got 'bored'"),
    (about(7, "seen", 1, reason="genre"), "seen takes no reason, got 'genre'"),
    (about(7, "seen", 1, answer_id="list"), "seen takes no answer_id"),
    (about(7, "seen", 1, text="x" * 10_000), r"seen takes no text, got 'xxx\w*\.\.\.$"),
    (Event(7, "good_pick", NOON, title_id=1), "answer_id must be text"),
    (Event(7, "good_pick", NOON, answer_id="list"), "title_id must be a whole number"),
]


@pytest.mark.parametrize(("event", "named"), BAD_EVENTS)
def test_a_bad_event_is_refused_in_words(store: FeedbackStore, event: Event, named: str) -> None:
    with pytest.raises(FeedbackError, match=named) as caught:
        store.write([event])
    assert len(str(caught.value)) < 400
    assert str(caught.value).isprintable()
    assert store.profile(7).revision == 0


@pytest.mark.parametrize(
    ("shown", "named"),
    [
        (replace(LIST, titles=()), "titles must be 1 to 1,000 different ones, got 0"),
        (replace(LIST, titles=(1, 2, 1)), r".* different ones, got 3: \[1, 2, 1\]"),
        (replace(LIST, titles=tuple(range(1_001))), ".* got 1,001"),
        (replace(LIST, titles=(1, -2)), "titles must be a whole number .* got -2"),
        (replace(LIST, model=""), "model must be text"),
        (replace(LIST, snapshot="x" * 201), "snapshot has 201 characters"),
        (replace(LIST, answer_id="a\0"), "answer_id holds a NUL"),
        (replace(LIST, at=NOON.replace(tzinfo=None)), "at must say its time zone"),
    ],
)
def test_a_bad_list_is_refused_in_words(store: FeedbackStore, shown: Shown, named: str) -> None:
    with pytest.raises(FeedbackError, match=f"list 1: {named}"):
        store.show([LIST, shown])
    assert store.satisfaction().overall.n_answers == 0


@pytest.mark.parametrize(
    ("settings", "named"),
    [
        (Settings(name="x" * 201), "name has 201 characters"),
        (Settings(name="\0"), "name holds a NUL"),
        (Settings(region=""), "region must be text"),
        (Settings(services=("Streamia", "")), "services must be text"),
        (Settings(services="Streamia"), "services must be a list"),  # type: ignore[arg-type] # see above
        (Settings(taste_groups=("x",) * 1_001), "taste_groups has 1,001 names"),
        (Settings(controls={"novelty": math.nan}), "controls must be JSON values"),
        (Settings(controls={"novelty": {1, 2}}), "controls must be JSON values"),
        (Settings(controls={"x": "y" * MAX_CONTROLS}), "controls have 10,0.. characters"),
    ],
)
def test_bad_settings_are_refused_in_words(
    store: FeedbackStore, settings: Settings, named: str
) -> None:
    with pytest.raises(FeedbackError, match=named):
        store.add_viewer(settings)
    with pytest.raises(FeedbackError, match=named):
        store.change_settings(7, settings)
    assert store.viewers() == ()
    assert store.profile(7).revision == 0


def test_controls_are_any_json(store: FeedbackStore) -> None:
    controls: dict[str, Any] = {
        "": None,
        "é\0\ud83c": [1, 2.5, -0.0, True, "🎬\0"],
        "deep": {"er": {}},
    }
    store.change_settings(7, Settings(controls=controls))
    assert store.profile(7).settings.controls == controls


def test_a_control_nested_without_end_is_refused(store: FeedbackStore) -> None:
    deep: dict[str, Any] = {}
    deep["deeper"] = deep
    with pytest.raises(FeedbackError, match="controls must be JSON values"):
        store.change_settings(7, Settings(controls=deep))


def test_every_half_star_and_every_share_is_kept_exactly(store: FeedbackStore) -> None:
    stars = [step / 2 for step in range(1, 11)]
    shares = [0.0, 1.0, 1 / 3, 5e-324, 0.1 + 0.2]
    store.write([rate(7, title, value) for title, value in enumerate(stars)])
    store.write([about(7, "watch", title, value=share) for title, share in enumerate(shares)])
    profile = store.profile(7)
    assert list(profile.ratings.values()) == stars
    assert list(profile.watched.values()) == shares


def test_numbers_of_numpy_are_numbers(store: FeedbackStore) -> None:
    viewer: Any = np.int64(7)
    title: Any = np.int32(2**31 - 1)
    stars: Any = np.float32(3.5)
    store.write([rate(viewer, title, stars), rate(7, 2, Fraction(9, 2))])  # type: ignore[arg-type] # a number too
    assert store.profile(7).ratings == {2**31 - 1: 3.5, 2: 4.5}


def test_the_greatest_ids_are_kept(store: FeedbackStore) -> None:
    store.write([rate(2**40 - 1, 2**63 - 1, 4), rate(0, 0, 4)])
    assert store.profile(2**40 - 1).ratings == {2**63 - 1: 4.0}
    assert store.profile(0).ratings == {0: 4.0}


@pytest.mark.parametrize(
    "text",
    [
        "x" * MAX_TEXT,
        "🎬" * MAX_TEXT,
        "'; DROP TABLE events; --",
        "%(at_us)s :viewer_id {value} \\x00 \\",
        "\u202eright to left\u202c, a\u0301 and é, \ufeff, \x01\x7f\x85",
        " kept as it is \r\n\t",
    ],
)
def test_any_text_that_is_text_comes_back_as_it_was(store: FeedbackStore, text: str) -> None:
    store.write([replace(COMMENT, text=text)])
    assert store.history(7)[0].event.text == text
    assert json.loads(json.dumps(store.export(7)))["events"][0]["text"] == text


@pytest.mark.parametrize("viewer_id", [-1, 2**63, 1.5, None, True, "7"])
def test_a_number_that_no_viewer_can_have_is_refused_everywhere(
    store: FeedbackStore, url: str, viewer_id: Any
) -> None:
    for ask in (
        store.profile,
        store.history,
        store.export,
        lambda viewer: store.undo(viewer, "a"),
        lambda viewer: store.erase(viewer, day=dt.date(2026, 5, 4)),
        lambda viewer: store.change_settings(viewer, Settings()),
        lambda viewer: store.show([replace(LIST, viewer_id=viewer)]),
    ):
        with pytest.raises(FeedbackError, match="viewer_id must be a whole number"):
            ask(viewer_id)
    assert not contents(url)["viewers"]


@pytest.mark.parametrize(
    "url", ["", "films", "sqlite://", "sqlite:///:memory:", "mysql://h/n", "http://[", "sqlite:///"]
)
def test_a_url_of_another_kind_is_refused(url: str) -> None:
    with pytest.raises(ParameterError, match="must be sqlite:///PATH or postgresql"):
        FeedbackStore(url)


def test_a_password_is_in_no_message() -> None:
    with pytest.raises(ParameterError) as caught:
        FeedbackStore("mysql://ann:secret@host/films")
    assert "secret" not in str(caught.value)


def test_a_database_without_tables_says_what_to_do(empty_url: str) -> None:
    store = FeedbackStore(empty_url)
    if empty_url.startswith("postgresql"):
        with pytest.raises(FeedbackError, match=r"tables are missing: call migrate\(\) first"):
            store.profile(7)
    else:
        with pytest.raises(FeedbackError, match="cannot be used: unable to open database file"):
            store.profile(7)
    store.close()


def test_nobody_else_on_the_machine_can_read_the_files(tmp_path: Path) -> None:
    store = FeedbackStore(f"sqlite:///{tmp_path / 'feedback.db'}")
    store.migrate()
    store.add_viewer(Settings(name="Zoë"))
    modes = {file.name: file.stat().st_mode & 0o777 for file in tmp_path.glob("feedback.db*")}
    store.close()
    assert "feedback.db-wal" in modes
    assert set(modes.values()) == {0o600}
