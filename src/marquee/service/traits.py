"""What titles have in common, in the words of a reason."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from marquee.service.facts import TitleFacts


@dataclass(frozen=True, eq=False)
class Traits:
    """What may be shared of every title, the rarest kind first: collection, people, genres."""

    starts: NDArray[np.int32]
    """Where the traits of each title start in ``numbers``, shape (n_items + 1,)."""
    numbers: NDArray[np.int32]
    """Traits of each title in the order in which they are told."""
    said: tuple[str, ...]
    """What is said of each trait: ``directed by Agnès Varda``."""

    @classmethod
    def of(cls, facts: TitleFacts) -> Traits:
        """The traits of a catalog."""
        rows: list[NDArray[np.int64]] = []
        numbers: list[NDArray[np.int32]] = []
        said: list[str] = []
        for words, text in (
            (facts.collections, "both of {}"),
            (facts.directors, "directed by {}"),
            (facts.actors, "with {}"),
            (facts.genres, "{}"),
        ):
            rows.append(np.repeat(np.arange(len(facts.items)), np.diff(words.title_starts)))
            numbers.append(words.numbers + np.int32(len(said)))
            said += [text.format(name) for name in words.names]
        of_title = np.concatenate(rows)
        order = np.argsort(of_title, kind="stable")
        starts = np.zeros(len(facts.items) + 1, np.int32)
        np.cumsum(np.bincount(of_title, minlength=len(facts.items)), out=starts[1:])
        return cls(starts, np.concatenate(numbers)[order].astype(np.int32), tuple(said))

    def of_title(self, position: int) -> list[int]:
        """Numbers of the title's traits."""
        listed: list[int] = self.numbers[self.starts[position] : self.starts[position + 1]].tolist()
        return listed

    def shared(self, first: int, second: int) -> tuple[str, ...]:
        """What two titles have in common, in the order in which the first one lists it."""
        others = set(self.of_title(second))
        return tuple(self.said[trait] for trait in self.of_title(first) if trait in others)
