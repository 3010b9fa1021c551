"""What a library has to ask somebody of whom little is known."""

from __future__ import annotations

from collections.abc import Collection

import numpy as np
from numpy.typing import NDArray

from marquee.service.filters import ViewerSets
from marquee.service.library import Library
from marquee.service.onboarding import worth_asking
from marquee.service.records import TasteChoice, Tastes


def tastes(library: Library) -> Tastes:
    """The tastes that somebody new may pick."""
    choices = (
        TasteChoice(group.name, tuple(map(library.catalog.card, group.examples)))
        for group in library.tastes
    )
    return Tastes(tastes=tuple(choices), **library.source)


def to_rate(
    library: Library, sets: ViewerSets, n: int, without: Collection[int] = ()
) -> tuple[NDArray[np.int32], NDArray[np.bool_]]:
    """Positions of up to n titles whose rating would teach most, and which could have been asked.

    Those that the viewer rated, saw or hid are not asked, nor the titles numbered in ``without``.
    """
    facts = library.facts
    free = facts.kind >= 0
    out = library.places(without)
    for places in (sets.rated, sets.seen, sets.hidden, out[out >= 0]):
        free[places] = False
    return worth_asking(facts, library.entropy, n, candidates=free), free
