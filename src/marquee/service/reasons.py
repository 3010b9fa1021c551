"""Why a title was picked: the viewer's own titles that raised its score, from the model itself."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from marquee.models.abilities import ExplainsScores
from marquee.service.facts import TitleFacts, Words
from marquee.service.library import Library
from marquee.service.people import Person
from marquee.service.records import Reason, TitleCard


def card_at(library: Library, position: int) -> TitleCard:
    """The card of the title at a position of the catalog."""
    return library.catalog.card(int(library.facts.items.ids[position]))


def reasons(
    library: Library, person: Person, picks: NDArray[np.int32], n: int
) -> list[tuple[Reason, ...]]:
    """For each pick the n titles of the history that raised its score most, strongest first.

    They are the model's own contributions: without such a title the score would be lower by what it
    contributed. A model that does not explain itself gives no reasons, nor does an empty history.
    """
    model = library.model
    if n < 1 or not isinstance(model, ExplainsScores) or not person.history or not len(picks):
        return [()] * len(picks)
    profiles = person.profiles(library.facts.items, len(picks))
    parts = model.contributions(profiles, picks).reshape(len(picks), -1)
    columns = profiles.matrix.indices[: parts.shape[1]]
    return [
        _strongest(library, person, int(pick), columns, part, n)
        for pick, part in zip(picks, parts, strict=True)
    ]


def _strongest(
    library: Library,
    person: Person,
    pick: int,
    columns: NDArray[np.int32],
    parts: NDArray[np.float32],
    n: int,
) -> tuple[Reason, ...]:
    raised = float(parts[parts > 0].sum())
    named = set(list(person.history)[len(person.history) - person.n_named :])
    best = [place for place in np.argsort(-parts, kind="stable")[:n] if parts[place] > 0]
    return tuple(
        Reason(
            title=card_at(library, int(columns[place])),
            rating=person.history[int(columns[place])],
            share=float(parts[place]) / raised,
            named=int(columns[place]) in named,
            traits=shared_traits(library.facts, pick, int(columns[place])),
        )
        for place in best
    )


def shared_traits(facts: TitleFacts, first: int, second: int) -> tuple[str, ...]:
    """What two titles have in common, the rarest kind first: collection, people, genres."""
    traits: list[str] = []
    for words, said in (
        (facts.collections, "both of {}"),
        (facts.directors, "directed by {}"),
        (facts.actors, "with {}"),
        (facts.genres, "{}"),
    ):
        traits += [said.format(name) for name in _common(words, first, second)]
    return tuple(traits)


def _common(words: Words, first: int, second: int) -> list[str]:
    others = set(words.of_title(second).tolist())
    return [words.names[number] for number in words.of_title(first).tolist() if number in others]
