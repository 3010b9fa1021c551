"""A person is read anew after every change, and only then."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from marquee.data.feedback import Event, FeedbackStore, Settings
from marquee.data.intake import add_world
from marquee.data.workspace import Workspace
from marquee.errors import UnknownIdError
from marquee.lifecycle.fitting import fit_workspace
from marquee.models import ALGORITHMS
from marquee.service.library import Library
from marquee.service.people import person

NOON = datetime(2025, 6, 1, 12, tzinfo=UTC)


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Library:
    workspace = Workspace(tmp_path_factory.mktemp("people"))
    add_world(workspace, n_titles=60, n_viewers=40, n_ratings=600, seed=6)
    fit_workspace(workspace, ALGORITHMS["popularity"](), "popularity")
    return Library.open(workspace)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[FeedbackStore]:
    store = FeedbackStore(f"sqlite:///{tmp_path / 'feedback.db'}")
    store.migrate()
    yield store
    store.close()


def rated(title: int, stars: float, viewer: int, second: int = 0) -> Event:
    at = NOON.replace(second=second)
    return Event(viewer, "rate", at, title_id=title, value=stars, event_id=f"{title}-{stars}")


def test_a_viewer_who_said_nothing_new_is_not_read_again(
    library: Library, store: FeedbackStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    viewer = store.add_viewer(Settings(name="Zo\u00eb"))
    store.write([rated(3, 4.0, viewer)])
    first = person(library, store, viewer)
    monkeypatch.setattr(store, "profile", lambda _: pytest.fail("read again"))
    assert person(library, store, viewer) is first


def test_every_change_is_in_the_next_answer(library: Library, store: FeedbackStore) -> None:
    viewer = store.add_viewer(Settings())
    items = library.facts.items

    def stars() -> dict[int, float]:
        known = person(library, store, viewer)
        return {int(items.ids[place]): value for place, value in known.history.items()}

    assert stars() == {}
    store.write([rated(3, 4.0, viewer)])
    assert stars() == {3: 4.0}
    store.write([rated(3, 2.5, viewer, 1)])
    assert stars() == {3: 2.5}
    store.undo(viewer, "3-2.5")
    assert stars() == {3: 4.0}
    store.change_settings(viewer, Settings(region="DE"))
    assert person(library, store, viewer).settings.region == "DE"
    store.write([Event(viewer, "hide", NOON, title_id=9)])
    assert items.ids[person(library, store, viewer).sets.hidden].tolist() == [9]
    store.erase(viewer, day=NOON.date())
    with pytest.raises(UnknownIdError, match="erased"):
        person(library, store, viewer)


def test_databases_and_libraries_are_not_mixed_up(
    library: Library, store: FeedbackStore, tmp_path: Path
) -> None:
    other = FeedbackStore(f"sqlite:///{tmp_path / 'other.db'}")
    other.migrate()
    one, two = store.add_viewer(Settings(name="A")), other.add_viewer(Settings(name="B"))
    assert one == two
    assert person(library, store, one).settings.name == "A"
    assert person(library, other, two).settings.name == "B"
    other.close()


def test_what_is_named_with_the_question_is_not_remembered(
    library: Library, store: FeedbackStore
) -> None:
    viewer = store.add_viewer(Settings())
    store.write([rated(3, 4.0, viewer)])
    place = int(library.facts.items.find([3])[0])
    asking = person(library, store, viewer, {3: 1.0, 5: 5.0})
    assert asking.n_named == 2
    assert asking.history[place] == 1.0
    again = person(library, store, viewer)
    assert (again.n_named, dict(again.history)) == (0, {place: 4.0})


def test_the_tables_count_until_something_is_said(library: Library, store: FeedbackStore) -> None:
    viewer = int(library.known_viewers[0])
    before = dict(person(library, store, viewer).history)
    assert before == library.rated(viewer)
    place, stars = next(iter(before.items()))
    title = int(library.facts.items.ids[place])
    store.write([rated(title, 0.5 if stars > 1 else 5.0, viewer)])
    after = person(library, store, viewer).history
    assert after[place] != stars
    assert list(after)[-1] == place, "the latest word stands last"
    assert len(after) == len(before)
