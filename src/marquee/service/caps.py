"""What may fill a list: how many titles of one director, franchise or genre."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from marquee.service.facts import TitleFacts, Words

RELAXED = ("genre", "director", "collection")
"""The order in which caps give way where too few titles keep to them."""

SHORT_LIST = 10
"""Picks over which the share of a genre is counted at least: of the first few any may have one."""


class Capped(Protocol):
    """What says how much may fill a list; None for no cap."""

    @property
    def per_director(self) -> int | None:
        """Most titles of one director."""

    @property
    def per_collection(self) -> int | None:
        """Most titles of one collection, that is franchise."""

    @property
    def per_genre(self) -> float | None:
        """Most of the list that may carry one genre, above 0 to 1."""


class Caps:
    """Which titles would break a cap, as the list grows.

    No cap applies to the genres of ``free_genres``.
    """

    def __init__(self, facts: TitleFacts, given: Capped, free_genres: Collection[int] = ()) -> None:
        self._n, self._n_items = 0, len(facts.items)
        self._share = given.per_genre
        self._free = frozenset(free_genres)
        limits: dict[str, tuple[Words, int | None]] = {
            "genre": (facts.genres, self._genre_limit()),
            "director": (facts.directors, given.per_director),
            "collection": (facts.collections, given.per_collection),
        }
        self._limits = {
            name: (words, limit) for name, (words, limit) in limits.items() if limit is not None
        }
        self._counts: dict[str, dict[int, int]] = {name: {} for name in self._limits}
        self._full: dict[str, set[int]] = {name: set() for name in self._limits}
        """Words of which the list has as many titles as it may."""
        self._closed: dict[str, NDArray[np.bool_]] = {}
        """Which titles carry a full word, for the caps that were asked about all titles."""

    def ever_fewer(self) -> Iterator[tuple[str, ...]]:
        """The caps that are kept to: all, and then one fewer each time, in the order of RELAXED."""
        kept = tuple(name for name in RELAXED if name in self._limits)
        for n_gone in range(len(kept) + 1):
            yield kept[n_gone:]

    def breaks(self, title: int, kept: tuple[str, ...]) -> bool:
        """Whether the title would break one of those caps."""
        return any(
            not full.isdisjoint(self._limits[name][0].of_title(title).tolist())
            for name in kept
            if (full := self._full[name])
        )

    def closed(self, kept: tuple[str, ...]) -> NDArray[np.bool_]:
        """Whether each title of the catalog would break one of those caps, shape (n_items,)."""
        shut = np.zeros(self._n_items, np.bool_)
        for name in kept:
            if name not in self._closed:
                self._closed[name] = np.zeros(self._n_items, np.bool_)
                for number in self._full[name]:
                    self._close(name, number)
            shut |= self._closed[name]
        return shut

    def count(self, pick: int) -> None:
        """Takes the pick into account."""
        self._n += 1
        for name, (words, limit) in self._limits.items():
            counts = self._counts[name]
            for number in words.of_title(pick).tolist():
                counts[number] = counts.get(number, 0) + 1
                if counts[number] == limit and not (name == "genre" and number in self._free):
                    self._full[name].add(number)
                    if name in self._closed:
                        self._close(name, number)
        self._grow()

    def _close(self, name: str, number: int) -> None:
        self._closed[name][self._limits[name][0].titles(number)] = True

    def _grow(self) -> None:
        """Lets in genres again where the list has grown enough for another title of them."""
        limit = self._genre_limit()
        if limit is None or limit == self._limits["genre"][1]:
            return
        self._limits["genre"] = (self._limits["genre"][0], limit)
        counts = self._counts["genre"].items()
        self._full["genre"] = {number for number, n in counts if n >= limit} - self._free
        self._closed.pop("genre", None)

    def _genre_limit(self) -> int | None:
        """How many titles of one genre the list may have once it has one more."""
        if self._share is None:
            return None
        return max(int(self._share * max(self._n + 1, SHORT_LIST) + 1e-9), 1)
