"""What titles have in common, in the words of a reason."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from marquee.service.facts import TitleFacts

PART, DIRECTED, STARRING = "part of ", "directed by ", "with "
"""How traits of each kind begin; genres are told as they are."""


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
            (facts.collections, PART),
            (facts.directors, DIRECTED),
            (facts.actors, STARRING),
            (facts.genres, ""),
        ):
            said = [text + name for name in words.names]
            of_titles = [said[number] for number in words.numbers.tolist()]
            starts = words.title_starts.tolist()
            for position in np.flatnonzero(np.diff(words.title_starts)).tolist():
                told[position] += tuple(of_titles[starts[position] : starts[position + 1]])
        return cls(tuple(told))

    def shared(self, first: int, second: int) -> tuple[str, ...]:
        """What two titles have in common, in the order in which the first one lists it."""
        others = self.told[second]
        return tuple([trait for trait in self.told[first] if trait in others])


def in_common(traits: Sequence[str]) -> str:
    """What two titles share as a sentence says it, empty where they share nothing.

    ``both are directed by Agnès Varda; both star Bo Li; both are drama and war titles``.
    """
    left, told = list(traits), []
    for start, verb in ((PART, f"are {PART}"), (DIRECTED, f"are {DIRECTED}"), (STARRING, "star ")):
        names = [trait.removeprefix(start) for trait in left if trait.startswith(start)]
        left = [trait for trait in left if not trait.startswith(start)]
        told += [f"both {verb}{_and(names)}"] if names else []
    # A name in capitals, such as TV Movie, keeps them.
    genres = [name.lower() if name[1:2].islower() else name for name in left]
    told += [f"both are {_and(genres)} titles"] if genres else []
    return "; ".join(told)


def _and(names: Sequence[str]) -> str:
    return " and ".join(filter(None, [", ".join(names[:-1]), *names[-1:]]))
