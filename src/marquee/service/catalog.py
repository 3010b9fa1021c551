"""The titles of a workspace, found by what a person types."""

from __future__ import annotations

import difflib
import re
from functools import cached_property

import polars as pl

from marquee.data.schema import WORLD
from marquee.data.titles import normalize, split_year
from marquee.errors import AmbiguousTitleError, UnknownIdError
from marquee.service.records import TitleCard

_NUMBER = re.compile(r"^(?:id:|#)(?P<id>\d+)$")


class Catalog:
    """Title cards by id, and by a name with or without its year."""

    def __init__(self, titles: pl.DataFrame) -> None:
        self._cards = {
            card.title_id: card
            for card in (
                TitleCard(title_id, name, year, kind, tuple(genres or ()), source == WORLD)
                for title_id, name, year, kind, genres, source in titles.select(
                    "title_id", "name", "year", "kind", "genres", "source"
                ).iter_rows()
            )
        }
        self._originals = titles["original_name"].to_list()

    @cached_property
    def _by_name(self) -> dict[str, list[TitleCard]]:
        """Cards by the key of each of their names; made when a name is first asked for."""
        by_name: dict[str, list[TitleCard]] = {}
        for card, original in zip(self._cards.values(), self._originals, strict=True):
            names = {card.name, original or card.name}
            for key in {normalize(name) for name in names} - {""}:
                by_name.setdefault(key, []).append(card)
        return by_name

    def __len__(self) -> int:
        return len(self._cards)

    def card(self, title_id: int) -> TitleCard:
        """The card of a title.

        Raises
        ------
        UnknownIdError
            If there is no title of that number.
        """
        if title_id not in self._cards:
            raise UnknownIdError(f"there is no title {title_id} among {len(self._cards):,} titles")
        return self._cards[title_id]

    def find(self, text: str) -> TitleCard:
        """The one title that the text names: ``Alien``, ``Alien (1979)`` or ``#348``.

        Case, accents, articles and punctuation do not matter.

        Raises
        ------
        AmbiguousTitleError
            If no title fits, with the nearest names, or several do, with all of them.
        UnknownIdError
            If the text is a number that no title has.
        """
        number = _NUMBER.match(text.strip())
        if number:
            return self.card(int(number["id"]))
        _, year = split_year(text)
        named = self._by_name.get(normalize(text), [])
        fits = [card for card in named if card.year == year] if year is not None else named
        if len(fits) == 1:
            return fits[0]
        if fits:
            raise AmbiguousTitleError(
                f"{text!r} fits {len(fits)} titles: {_listed(fits, numbered=True)}; "
                "add the year in brackets, or use the number after #",
                _names(fits),
            )
        near = named or self._near(text)
        hint = f"; did you mean {_listed(near)}?" if near else ""
        raise AmbiguousTitleError(f"no title {text!r}{hint}", _names(near))

    def _near(self, text: str) -> list[TitleCard]:
        key = normalize(text)
        # Keys are written without spaces, so a short one would be found within any word.
        holding = [name for name in self._by_name if len(key) >= 4 and key in name]
        close = difflib.get_close_matches(key, self._by_name, n=5, cutoff=0.6)
        names = list(dict.fromkeys(close + sorted(holding, key=len)))[:5]
        return [card for name in names for card in self._by_name[name]][:5]


def _names(cards: list[TitleCard]) -> tuple[str, ...]:
    return tuple(map(str, cards))


def _listed(cards: list[TitleCard], *, numbered: bool = False) -> str:
    shown = [f"{card} #{card.title_id}" if numbered else str(card) for card in cards[:8]]
    return " or ".join(filter(None, [", ".join(shown[:-1]), shown[-1]]))
