"""Three ready-made viewers for a demonstration, with tastes that differ."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime

from marquee.data.feedback import Event, FeedbackStore, Settings
from marquee.service.library import Library

NAMES = ("Ada", "Bo", "Chidi")
FEWEST, MOST = 15, 40
"""Ratings of a viewer of the data whose history a ready-made viewer is given."""

LOVED = 4.0


def ready_made_viewers(library: Library, feedback: FeedbackStore) -> dict[str, int]:
    """Name and number of each ready-made viewer, made at the first call and found at later ones.

    Each has the history of another viewer of the data; no two love the same genre most.
    """
    histories = _differing_histories(library)
    numbers = {}
    for name, (source, history) in zip(NAMES, histories.items(), strict=False):
        number = feedback.add_viewer(Settings(name=name), request_id=f"demo-{name}")
        # Long past, so that whatever is said later counts over it.
        at = datetime(2000, 1, 1, tzinfo=UTC)
        ids = library.facts.items.ids
        feedback.write(
            [
                Event(
                    number,
                    "rate",
                    at,
                    title_id=int(ids[place]),
                    value=stars,
                    event_id=f"demo-{source}-{ids[place]}",
                )
                for place, stars in history.items()
            ]
        )
        numbers[name] = number
    return numbers


def _differing_histories(library: Library) -> dict[int, dict[int, float]]:
    """Histories of the first viewers of the data whose most loved genres differ."""
    found: dict[str, tuple[int, dict[int, float]]] = {}
    for viewer in library.known_viewers.tolist():
        history = library.rated(viewer)
        if FEWEST <= len(history) <= MOST:
            genre = _most_loved(library, history)
            if genre is not None:
                found.setdefault(genre, (viewer, history))
        if len(found) == len(NAMES):
            break
    return dict(found.values())


def _most_loved(library: Library, history: dict[int, float]) -> str | None:
    genres = library.facts.genres
    loved = Counter(
        genres.names[number]
        for place, stars in history.items()
        if stars >= LOVED
        for number in genres.of_title(place).tolist()
    )
    return min(loved, key=lambda name: (-loved[name], name), default=None)
