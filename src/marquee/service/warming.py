"""What a server does before it answers anybody, so that the first visitor waits for nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

from marquee.service.taste import Taste

if TYPE_CHECKING:
    from marquee.service.engine import Engine

MISSPELLED = "xqzwv jkqxz"
"""Near nothing: looking for it takes the whole way through the index."""


def warm_up(engine: Engine) -> None:
    """Asks once for what takes long the first time: indexes, groups, compiled code, model files."""
    library = engine.library
    viewers = library.known_viewers[:1].tolist()
    adventurous = Taste(adventurous=0.5, obscure=0.5, newer=0.5)
    for viewer_id in (None, *viewers):
        engine.recommend(viewer_id=viewer_id)
        engine.recommend(viewer_id=viewer_id, taste=adventurous)
        engine.worth_rating(viewer_id, 1)
        if library.predictor is not None and len(library.facts.items):
            engine.predict(viewer_id, library.facts.items.ids[:1].tolist())
    engine.popular(1, days=1)
    engine.latest(1)
    engine.tastes()
    engine.search(MISSPELLED)
