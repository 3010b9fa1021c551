"""What filters and taste controls ask of every title, as arrays over a model's positions."""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import ArrayLike, NDArray

from marquee.data.ids import IdIndex
from marquee.data.schema import KINDS
from marquee.data.titles import WORD, plain
from marquee.errors import ParameterError

LEADS = 3
"""How many actors of a title count as leads, the first billed ones."""

MOST_LISTED = 24
"""Words that an error lists at most."""


@dataclass(frozen=True, eq=False)
class Words:
    """A vocabulary, and which titles carry each of its words.

    Spellings that differ in case, accents, spaces and punctuation are one word, shown as most
    titles write it. Words are numbered in the order of their folded spelling.
    """

    what: str
    """What the words are, in the singular: genre."""
    names: tuple[str, ...]
    """The words as shown, by number."""
    starts: NDArray[np.int32]
    """Where the titles of each word start in ``carriers``, shape (n_words + 1,)."""
    carriers: NDArray[np.int32]
    """Positions of the titles of each word, ascending within a word."""
    title_starts: NDArray[np.int32]
    """Where the words of each title start in ``numbers``, shape (n_items + 1,)."""
    numbers: NDArray[np.int32]
    """Words of each title in the order in which the title lists them."""
    by_key: Mapping[str, int]
    """Number of each folded spelling."""

    @classmethod
    def of(cls, what: str, listed: pl.DataFrame, n_items: int) -> Words:
        """The vocabulary of ``listed``: columns position (of a title) and text, in listed order.

        Null texts, and a word that a title lists again, are left out.
        """
        rows = listed.drop_nulls().with_columns(pl.col("text").str.strip_chars())
        rows = rows.filter(pl.col("text") != "")
        spelled = rows.group_by("text").len().sort("len", "text", descending=[True, False])
        keys = [word_key(text) for text in spelled["text"]]
        shown: dict[str, str] = {}
        for key, text in zip(keys, spelled["text"], strict=True):
            shown.setdefault(key, text)
        by_key = {key: number for number, key in enumerate(sorted(shown))}
        numbered = pl.DataFrame(
            {"text": spelled["text"], "number": [by_key[key] for key in keys]},
            schema={"text": pl.String, "number": pl.Int32},
        )
        pairs = (
            rows.join(numbered, on="text", maintain_order="left")
            .unique(["position", "number"], keep="first", maintain_order=True)
            .sort("position", maintain_order=True)
        )
        positions = pairs["position"].to_numpy().astype(np.int32)
        numbers = pairs["number"].to_numpy().astype(np.int32)
        return cls(
            what,
            tuple(shown[key] for key in by_key),
            _starts(numbers, len(by_key)),
            positions[np.argsort(numbers, kind="stable")],
            _starts(positions, n_items),
            numbers,
            by_key,
        )

    def __len__(self) -> int:
        return len(self.names)

    def number(self, text: str) -> int:
        """The number of the word, however it is spelled.

        Raises
        ------
        ParameterError
            If no title carries it; the text offers close words and names what there is.
        """
        found = self.find(text)
        if found is None:
            raise ParameterError(self._unknown(text))
        return found

    def find(self, text: str) -> int | None:
        """The number of the word, however it is spelled; None where no title carries it."""
        return self.by_key.get(word_key(text))

    def titles(self, number: int) -> NDArray[np.int32]:
        """Positions of the titles that carry the word, ascending."""
        return self.carriers[self.starts[number] : self.starts[number + 1]]

    def of_title(self, position: int) -> NDArray[np.int32]:
        """Numbers of the title's words, in the order in which it lists them."""
        return self.numbers[self.title_starts[position] : self.title_starts[position + 1]]

    def first(self) -> NDArray[np.int32]:
        """Number of the word that each title lists first, -1 where it has none."""
        listed = self.title_starts[:-1] < self.title_starts[1:]
        first = np.full(len(listed), -1, np.int32)
        first[listed] = self.numbers[self.title_starts[:-1][listed]]
        return first

    def any_of(self, numbers: list[int]) -> NDArray[np.bool_]:
        """Whether each title carries any of the words, shape (n_items,)."""
        marked = np.zeros(len(self.title_starts) - 1, np.bool_)
        for number in numbers:
            marked[self.titles(number)] = True
        return marked

    def _unknown(self, text: str) -> str:
        if not self.names:
            return f"no title has a {self.what}, so {text!r} cannot be asked for"
        close = difflib.get_close_matches(word_key(text), self.by_key, n=3, cutoff=0.6)
        near = [self.names[self.by_key[key]] for key in close]
        hint = f"; did you mean {' or '.join(near)}?" if near else ";"
        common = np.argsort(-np.diff(self.starts), kind="stable")[:MOST_LISTED]
        listed = ", ".join(self.names[number] for number in np.sort(common))
        among = "there are" if len(self) <= MOST_LISTED else f"the most frequent of {len(self):,}:"
        return f"no {self.what} {text!r}{hint} {among} {listed}"


@dataclass(frozen=True, eq=False)
class TitleFacts:
    """Facts of every title, aligned with the positions of ``items``.

    A title that the tables do not hold has no facts, and is nobody's answer to a filter.
    """

    items: IdIndex
    kind: NDArray[np.int8]
    """Place in ``KINDS``, -1 where unknown."""
    year: NDArray[np.int32]
    """Year of first release, 0 where unknown."""
    released: NDArray[np.datetime64]
    """Day of first release, ``NaT`` where unknown; July 1 where only the year is known."""
    runtime_min: NDArray[np.int32]
    """Running time in minutes, 0 where unknown."""
    n_ratings: NDArray[np.int64]
    share: NDArray[np.float32]
    """Share of all ratings that the title has."""
    popularity: NDArray[np.float32]
    """Share of titles with fewer ratings, ties half: 0 obscure to 1 popular."""
    recency: NDArray[np.float32]
    """Share of dated titles released earlier, ties half: 0 old to 1 new; 0.5 where unknown."""
    genres: Words
    languages: Words
    countries: Words
    certificates: Words
    collections: Words
    directors: Words
    """Directors by name: sources number people differently, and two of one name are rare."""
    actors: Words
    """Leading actors by name."""
    services: Words
    """Services that carry the title anywhere."""
    regions: Words
    """Regions in which some service carries the title."""
    services_in: tuple[Words, ...]
    """Services that carry the title in each region, aligned with ``regions``; rows of the table
    that name no region are in ``services`` alone."""

    @classmethod
    def of(
        cls,
        items: IdIndex,
        titles: pl.DataFrame,
        credits: pl.DataFrame,  # noqa: A002  # the name of the table
        availability: pl.DataFrame,
        n_ratings: ArrayLike,
    ) -> TitleFacts:
        """The facts of the items from canonical tables.

        ``n_ratings`` is the number of ratings of each item, shape (n_items,).

        Raises
        ------
        ParameterError
            If ``n_ratings`` has another shape.
        """
        counts = np.asarray(n_ratings, np.int64)
        if counts.shape != (len(items),):
            raise ParameterError(f"n_ratings of shape {counts.shape} for {len(items)} items")
        known = _placed(titles, items)
        day = pl.coalesce("release_date", pl.date("year", 7, 1)).cast(pl.Int32)
        days = _scattered(known.select("position", day.alias("day")), "day", len(items), NO_DAY)
        dated = days != NO_DAY
        recency = np.full(len(items), 0.5, np.float32)
        recency[dated] = mid_ranks(days[dated])
        kinds = known.select("position", kind=pl.col("kind").cast(pl.Enum(KINDS)).to_physical())

        def words(what: str, column: str) -> Words:
            listed = known.select("position", text=column)
            if listed.schema["text"] == pl.List(pl.String):
                listed = listed.drop_nulls().explode("text")
            return Words.of(what, listed, len(items))

        people = _placed(
            credits.filter(pl.col("role").is_in(["director", "actor"])).select(
                "title_id", "person", "role", billing="position"
            ),
            items,
        ).sort("billing", nulls_last=True, maintain_order=True)
        carried = _placed(availability, items)
        regions = Words.of("region", carried.select("position", text="region"), len(items))
        in_region = carried.with_columns(
            pl.col("region").replace_strict(
                {name: regions.by_key[word_key(name)] for name in _texts(carried["region"])},
                return_dtype=pl.Int32,
            )
        ).select("position", "region", text="service")
        return cls(
            items=items,
            kind=_scattered(kinds, "kind", len(items), -1).astype(np.int8),
            year=_scattered(known, "year", len(items), 0),
            released=np.where(dated, days.astype("datetime64[D]"), np.datetime64("NaT")),
            runtime_min=_scattered(known, "runtime_min", len(items), 0),
            n_ratings=counts,
            share=(counts / max(int(counts.sum()), 1)).astype(np.float32),
            popularity=mid_ranks(counts),
            recency=recency,
            genres=words("genre", "genres"),
            languages=words("language", "languages"),
            countries=words("country", "countries"),
            certificates=words("certificate", "certificate"),
            collections=words("collection", "collection"),
            directors=Words.of("director", _billed(people, "director"), len(items)),
            actors=Words.of("actor", _billed(people, "actor", LEADS), len(items)),
            services=Words.of("service", in_region.select("position", "text"), len(items)),
            regions=regions,
            services_in=tuple(
                Words.of("service", in_region.filter(region=number), len(items))
                for number in range(len(regions))
            ),
        )


NO_DAY = np.iinfo(np.int32).min
"""Marks a day that is unknown, before it becomes ``NaT``."""


def word_key(text: str) -> str:
    """The key under which spellings of one word are equal: ``Sci-Fi`` is ``sci fi``."""
    folded = plain(text)
    return "".join(WORD.findall(folded)) or "".join(folded.split())


def mid_ranks(values: NDArray[np.generic]) -> NDArray[np.float32]:
    """Share of the values below each one, equal ones counted half; strictly between 0 and 1."""
    if not values.size:
        return np.empty(0, np.float32)
    _, group, size = np.unique(values, return_inverse=True, return_counts=True)
    below = np.cumsum(size) - size
    ranks: NDArray[np.float32] = ((below + size / 2) / values.size).astype(np.float32)[group]
    return ranks


def _placed(frame: pl.DataFrame, items: IdIndex) -> pl.DataFrame:
    """Rows of known items with the item's position."""
    found = pl.Series("position", items.find(frame["title_id"].to_numpy()), pl.Int32)
    return frame.with_columns(found).filter(pl.col("position") >= 0)


def _scattered(frame: pl.DataFrame, column: str, n_items: int, missing: int) -> NDArray[np.int32]:
    values = np.full(n_items, missing, np.int32)
    values[frame["position"].to_numpy()] = (
        frame[column].cast(pl.Int32).fill_null(missing).to_numpy()
    )
    return values


def _billed(people: pl.DataFrame, role: str, most: int | None = None) -> pl.DataFrame:
    """Position and text of the people of that role, who come in the order of the billing."""
    of_role = people.filter(role=role).select("position", text="person")
    if most is not None:
        of_role = of_role.filter(pl.int_range(pl.len()).over("position") < most)
    return of_role


def _texts(column: pl.Series) -> list[str]:
    return column.drop_nulls().unique().to_list()


def _starts(numbers: NDArray[np.int32], n: int) -> NDArray[np.int32]:
    """Where each number's entries start once they are sorted, shape (n + 1,)."""
    starts = np.zeros(n + 1, np.int32)
    np.cumsum(np.bincount(numbers, minlength=n), out=starts[1:])
    return starts
