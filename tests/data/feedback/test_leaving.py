"""A viewer can take everything along, and leave nothing behind."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from feedback_kit import NOON, about, contents, rate
from marquee.data.feedback import FIRST_OWN_VIEWER, Event, FeedbackStore, Settings, Shown
from marquee.data.feedback.schema import METADATA
from marquee.errors import UnknownIdError

ANN, BEN = 7_000_007, 8_000_008
DAY = date(2026, 5, 5)
MARK = "quetzalcoatlus"


def talkative(store: FeedbackStore, viewer: int) -> None:
    """Leaves something of the viewer in every place that takes something."""
    store.write(
        [
            rate(viewer, 1, 4, f"{viewer} a"),
            rate(viewer, 2, 3.5, f"{viewer} b"),
            about(viewer, "watch", 3, value=0.75),
            about(viewer, "seen", 4),
            about(viewer, "watchlist", 5),
            about(viewer, "hide", 6, reason="other", text=f"{MARK} again"),
            Event(viewer, "comment", NOON, answer_id=f"list {viewer}", text=f"too many {MARK}"),
        ]
    )
    store.undo(viewer, f"{viewer} b")
    store.show(
        [Shown(viewer, f"list {viewer}", (11, 12), "ease", "000042", NOON, "try", ("a", None))]
    )
    store.change_settings(
        viewer, Settings(f"{MARK} {viewer}", ("cozy",), ("Flix+",), "DE", {"a": 1})
    )


def values_in(value: Any) -> list[Any]:
    if isinstance(value, dict):
        return [found for part in value.values() for found in values_in(part)]
    if isinstance(value, list):
        return [found for part in value for found in values_in(part)]
    return [value]


def test_an_export_holds_everything_that_the_tables_hold(store: FeedbackStore, url: str) -> None:
    ann = store.add_viewer(Settings(), request_id="form 99")
    talkative(store, ann)
    talkative(store, BEN)
    export = json.loads(json.dumps(store.export(ann)))
    exported = values_in(export)
    for name, rows in contents(url).items():
        if name not in METADATA.tables:
            continue
        columns = METADATA.tables[name].columns.keys()
        for row in rows:
            cells = dict(zip(columns, row, strict=True))
            if cells.get("viewer_id") != ann:
                continue
            for column, cell in cells.items():
                # A facet follows from its verb, moments are written as ISO 8601, and the value
                # of a verb without one is the verb.
                if column in {"facet", "at_us", "n_titles", "settings", "titles", "arms"}:
                    continue
                if column == "value" and cells["verb"] not in {"rate", "watch"}:
                    continue
                assert cell in exported, (name, column, cell)
    assert export["events"][0]["at"] == "2026-05-04T12:00:00+00:00"
    assert [event["undone"] for event in export["events"]].count(True) == 1
    assert export["lists_shown"][0]["titles"] == [11, 12]
    assert export["settings"]["name"] == f"{MARK} {ann}"
    assert export["now"]["ratings"] == [{"title_id": 1, "stars": 4.0}]
    assert str(BEN) not in json.dumps(export)


def test_an_export_of_a_viewer_who_said_nothing_is_empty(store: FeedbackStore) -> None:
    export = store.export(ANN)
    assert export["events"] == export["lists_shown"] == []
    assert export["viewer_id"] == ANN


def test_an_erasure_leaves_the_number_and_the_day_alone(store: FeedbackStore, url: str) -> None:
    talkative(store, ANN)
    talkative(store, BEN)
    before = contents(url)
    assert store.erase(ANN, day=DAY) == {"events": 7, "answers": 1, "exposures": 1, "viewers": 1}
    after = contents(url)
    assert set(after) == set(METADATA.tables) | {"marquee_feedback_version"}
    erased = after.pop("erased")
    assert len(erased) == 1
    assert [str(cell) for cell in erased[0]] == [str(ANN), str(DAY)]
    left = [str(cell) for rows in after.values() for row in rows for cell in row]
    assert left
    assert not [cell for cell in left if str(ANN) in cell]
    for name, rows in after.items():
        others = [row for row in before[name] if str(ANN) not in str(row)]
        assert sorted(map(str, rows)) == sorted(map(str, others)), "others keep theirs"
    assert store.erased_viewers() == {ANN}


def test_after_an_erasure_the_file_holds_no_byte_of_what_was_said(tmp_path: Path) -> None:
    store = FeedbackStore(f"sqlite:///{tmp_path}/feedback.db")
    store.migrate()
    talkative(store, ANN)
    store.write([rate(BEN, title, 3) for title in range(300)])

    def traces() -> list[str]:
        files = sorted(tmp_path.iterdir())
        return [file.name for file in files if MARK.encode() in file.read_bytes()]

    assert traces()
    store.erase(ANN, day=DAY)
    assert not traces()
    store.close()
    assert not traces()


def test_nobody_speaks_for_an_erased_viewer(store: FeedbackStore, url: str) -> None:
    ann = store.add_viewer(Settings("Ann"), request_id="form 1")
    for viewer in (ann, BEN):
        store.write([rate(viewer, 1, 4, "a")])
        store.erase(viewer, day=DAY)
        before = contents(url)
        for speak in (
            lambda viewer=viewer: store.write([rate(viewer, 2, 4)]),
            lambda viewer=viewer: store.write([rate(viewer, 1, 4, "a")]),
            lambda viewer=viewer: store.undo(viewer, "a"),
            lambda viewer=viewer: store.change_settings(viewer, Settings("Ann")),
            lambda viewer=viewer: store.show([Shown(viewer, "q", (1,), "m", "1", NOON)]),
        ):
            with pytest.raises(UnknownIdError, match=f"viewer {viewer} was erased"):
                speak()
        assert contents(url) == before
        profile = store.profile(viewer)
        assert (dict(profile.ratings), profile.revision) == ({}, -1)
        assert store.revision(viewer) == -1
    assert store.viewers() == ()


def test_a_second_erasure_finds_nothing_and_keeps_the_first_day(
    store: FeedbackStore, url: str
) -> None:
    ann = store.add_viewer(Settings("Ann"))
    store.erase(ann, day=DAY)
    later = date(2027, 1, 1)
    assert store.erase(ann, day=later) == {"events": 0, "answers": 0, "exposures": 0, "viewers": 0}
    assert str(contents(url)["erased"][0][1]) == str(DAY)


def test_a_viewer_of_a_source_who_never_said_anything_can_be_erased(store: FeedbackStore) -> None:
    assert store.erase(ANN, day=DAY) == {"events": 0, "answers": 0, "exposures": 0, "viewers": 0}
    assert store.erased_viewers() == {ANN}


def test_a_number_never_given_out_cannot_be_erased_and_one_erased_never_comes_back(
    store: FeedbackStore,
) -> None:
    with pytest.raises(UnknownIdError, match="there is no viewer"):
        store.erase(FIRST_OWN_VIEWER, day=DAY)
    first = store.add_viewer(Settings("Ann"))
    store.erase(first, day=DAY)
    assert store.add_viewer(Settings("Ben")) == first + 1


def test_what_an_erased_viewer_said_is_in_no_answer(store: FeedbackStore) -> None:
    talkative(store, ANN)
    store.erase(ANN, day=DAY)
    assert store.ratings_frame().is_empty()
    assert store.watches_frame().is_empty()
    assert store.impressions_frame().is_empty()
    assert store.n_ratings_by_title() == {}
    assert store.satisfaction().by_model == {}
    assert store.history(ANN) == ()
