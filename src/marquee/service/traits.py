"""What titles have in common, in the words of a reason."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from marquee.service.facts import TitleFacts


@dataclass(frozen=True, eq=False)
class Traits:
    """What may be shared of every title, the rarest kind first: collection, people, genres."""

    told: tuple[tuple[str, ...], ...]
    """What is said of each title, in the order in which it is told: ``directed by Agnès Varda``."""

    @classmethod
    def of(cls, facts: TitleFacts) -> Traits:
        """The traits of a catalog.

        A list has dozens of reasons, so that each title's words are put together once for all.
        """
        told: list[tuple[str, ...]] = [()] * len(facts.items)
        for words, text in (
            (facts.collections, "part of {}"),
            (facts.directors, "directed by {}"),
            (facts.actors, "with {}"),
            (facts.genres, "{}"),
        ):
            said = [text.format(name) for name in words.names]
            of_titles = [said[number] for number in words.numbers.tolist()]
            starts = words.title_starts.tolist()
            for position in np.flatnonzero(np.diff(words.title_starts)).tolist():
                told[position] += tuple(of_titles[starts[position] : starts[position + 1]])
        return cls(tuple(told))

    def shared(self, first: int, second: int) -> tuple[str, ...]:
        """What two titles have in common, in the order in which the first one lists it."""
        others = self.told[second]
        return tuple([trait for trait in self.told[first] if trait in others])
