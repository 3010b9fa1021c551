"""Which titles may appear in a list: everything a person would ask, in one value."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import ArrayLike, NDArray

from marquee.data.ids import IdIndex
from marquee.data.schema import KINDS
from marquee.errors import ParameterError
from marquee.service.facts import TitleFacts, Words

SETS = ("rated", "seen", "hidden", "watchlist")
"""The sets of titles that a viewer has of their own."""

KEPT_BACK = ("rated", "seen", "hidden")
"""The sets that do not come back unless they are asked for."""

MOST_VALUES = 50
"""Values of one filter that are taken."""

NO_SET = "none"
"""How a query says that no set is excluded, whatever stands beside it."""


@dataclass(frozen=True, eq=False)
class ViewerSets:
    """Positions of the titles in each of a viewer's own sets; someone new has none."""

    rated: NDArray[np.int32] = field(default_factory=lambda: np.empty(0, np.int32))
    seen: NDArray[np.int32] = field(default_factory=lambda: np.empty(0, np.int32))
    hidden: NDArray[np.int32] = field(default_factory=lambda: np.empty(0, np.int32))
    watchlist: NDArray[np.int32] = field(default_factory=lambda: np.empty(0, np.int32))

    @classmethod
    def of_ids(cls, items: IdIndex, **ids: Iterable[int]) -> ViewerSets:
        """The sets from title ids by name of the set; ids outside ``items`` are left out."""
        return cls(**{name: _known(items, list(titles)) for name, titles in ids.items()})


NOBODYS = ViewerSets()
"""The sets of someone new."""


@dataclass(frozen=True, kw_only=True)
class Filters:
    """What a title must be to appear in a list; everything asked for must hold.

    A title of which the asked fact is unknown does not qualify. Words are compared without regard
    to case, accents, spaces and punctuation.

    Raises
    ------
    ParameterError
        If a value is none that could be asked for. Words are checked against the catalog when the
        mask is made.
    """

    kind: str | None = None
    """film or show."""
    genres: tuple[str, ...] = ()
    """At least one of them."""
    genres_all: tuple[str, ...] = ()
    """Every one of them."""
    genres_none: tuple[str, ...] = ()
    """Not one of them."""
    decade: int | None = None
    """First year of ten: 1990."""
    year_from: int | None = None
    year_to: int | None = None
    """Last year that qualifies."""
    runtime_min: int | None = None
    """Least running time in minutes. Films and shows do not compare: unless shows are asked for,
    whose running time is that of an episode, a bound on it asks for films."""
    runtime_max: int | None = None
    languages: tuple[str, ...] = ()
    """At least one of them, as with all that follow."""
    countries: tuple[str, ...] = ()
    certificates: tuple[str, ...] = ()
    services: tuple[str, ...] = ()
    region: str | None = None
    """Where the services are asked about; alone: any service there."""
    only: tuple[str, ...] = ()
    """The viewer's own sets of which the title must be in one."""
    exclude: tuple[str, ...] | None = None
    """The viewer's own sets of which it must be in none; None stands for rated, seen and hidden,
    or for nothing once ``only`` asks for one of these."""

    def __post_init__(self) -> None:
        for item in dataclasses.fields(self):
            value = getattr(self, item.name)
            if isinstance(value, str) and item.name not in {"kind", "region"}:
                value = (value,)
            if isinstance(value, str):
                value = value.strip() or None
            elif isinstance(value, Sequence):
                value = tuple(dict.fromkeys(word for text in value if (word := text.strip())))
            object.__setattr__(self, item.name, value)
        _one_of("kind", KINDS, () if self.kind is None else (self.kind,))
        _one_of("only", SETS, self.only)
        _one_of("exclude", SETS, self.exclude or ())
        if self.decade is not None and self.decade % 10:
            raise ParameterError(f"decade must be its first year, such as 1990, got {self.decade}")
        if self.decade is not None:
            if self.year_from is not None and self.year_from > self.decade + 9:
                raise ParameterError(
                    f"decade and year_from leave no year: {self.decade}s from {self.year_from}"
                )
            if self.year_to is not None and self.year_to < self.decade:
                raise ParameterError(
                    f"decade and year_to leave no year: {self.decade}s to {self.year_to}"
                )
        for low, high in (("year_from", "year_to"), ("runtime_min", "runtime_max")):
            least, most = getattr(self, low), getattr(self, high)
            if least is not None and most is not None and least > most:
                raise ParameterError(f"{low} must be at most {high}, got {least} and {most}")

    @property
    def excluded(self) -> tuple[str, ...]:
        """The viewer's own sets that are left out."""
        if self.exclude is not None:
            return self.exclude
        return () if set(self.only) & set(KEPT_BACK) else KEPT_BACK

    def mask(self, facts: TitleFacts, sets: ViewerSets = NOBODYS) -> NDArray[np.bool_]:
        """Whether each title qualifies, shape (n_items,).

        Raises
        ------
        ParameterError
            If a word is none of the catalog's; the text offers close ones.
        """
        fits = np.ones(len(facts.items), np.bool_)
        bounded = self.runtime_min is not None or self.runtime_max is not None
        kind = self.kind or ("film" if bounded else None)
        if kind is not None:
            fits &= facts.kind == KINDS.index(kind)
        if self.decade is not None:
            _bound(fits, facts.year, self.decade, self.decade + 9)
        _bound(fits, facts.year, self.year_from, self.year_to)
        _bound(fits, facts.runtime_min, self.runtime_min, self.runtime_max)
        for wanted, words in (
            (self.genres, facts.genres),
            (self.languages, facts.languages),
            (self.countries, facts.countries),
            (self.certificates, facts.certificates),
        ):
            if wanted:
                fits &= words.any_of(_numbers(words, wanted))
        for number in _numbers(facts.genres, self.genres_all):
            fits &= facts.genres.any_of([number])
        for number in _numbers(facts.genres, self.genres_none):
            fits[facts.genres.titles(number)] = False
        if self.services or self.region is not None:
            fits &= self._watchable(facts)
        if self.only:
            mine = np.zeros(len(fits), np.bool_)
            for name in self.only:
                mine[getattr(sets, name)] = True
            fits &= mine
        for name in self.excluded:
            fits[getattr(sets, name)] = False
        return fits

    def _look_up(self, facts: TitleFacts) -> None:
        """Raises ``ParameterError`` for a word that is none of the catalog's."""
        for given, words in (
            ((*self.genres, *self.genres_all, *self.genres_none), facts.genres),
            (self.languages, facts.languages),
            (self.countries, facts.countries),
            (self.certificates, facts.certificates),
            (self.services, facts.services),
            (() if self.region is None else (self.region,), facts.regions),
        ):
            _numbers(words, given)

    def _watchable(self, facts: TitleFacts) -> NDArray[np.bool_]:
        """Whether one of the services carries each title in the region."""
        _numbers(facts.services, self.services)  # unknown ones are refused even where none is here
        if self.region is None:
            return facts.services.any_of(_numbers(facts.services, self.services))
        region = facts.regions.number(self.region)
        if not self.services:
            return facts.regions.any_of([region])
        there = facts.services_in[region]
        keys = [facts.services.number(name) for name in self.services]
        known = [there.find(facts.services.names[key]) for key in keys]
        return there.any_of([number for number in known if number is not None])

    def to_query(self) -> dict[str, list[str]]:
        """What differs from no filter, as ``urllib.parse.urlencode(..., doseq=True)`` takes it."""
        query: dict[str, list[str]] = {}
        for item in dataclasses.fields(self):
            value = getattr(self, item.name)
            if isinstance(value, tuple):
                texts = list(value)
            else:
                texts = [] if value is None else [str(value)]
            if item.name == "exclude" and value == ():
                texts = [NO_SET]
            if texts:
                query[item.name] = texts
        return query

    @classmethod
    def from_query(cls, query: Mapping[str, str | Sequence[str]]) -> Filters:
        """The filters in a query, of which other keys and empty values are passed over.

        A key may have one value or several; of a single fact the last one stands. ``1990s`` is a
        decade.

        Raises
        ------
        ParameterError
            If a value is none that could be asked for.
        """
        given: dict[str, object] = {}
        for item in dataclasses.fields(cls):
            value = query.get(item.name, ())
            texts = [value] if isinstance(value, str) else list(value)
            texts = [text.strip() for text in texts if text.strip()]
            if not texts:
                continue
            if item.name in NUMBERS:
                given[item.name] = _whole(item.name, texts[-1])
            elif item.name in SINGLE:
                given[item.name] = texts[-1]
            else:
                given[item.name] = tuple(texts)
        excluded = given.get("exclude")
        if isinstance(excluded, tuple) and NO_SET in excluded:
            given["exclude"] = ()
        return cls(**given)  # type: ignore[arg-type]  # each value was made of its field's type

    @classmethod
    def good_of(
        cls, query: Mapping[str, str | Sequence[str]], facts: TitleFacts
    ) -> tuple[Filters, dict[str, str]]:
        """The filters in a query without those that could not be asked for, and what is wrong.

        Each value is taken on its own and then beside those before it, in the order of the fields,
        so that one wrong value costs no other; of a key the first ``MOST_VALUES`` are taken. What
        is wrong is told by the key that was left out, in the words of the error.
        """
        good: dict[str, list[str]] = {}
        wrong: dict[str, str] = {}
        for item in dataclasses.fields(cls):
            given = query.get(item.name, ())
            texts = [given] if isinstance(given, str) else [*given]
            if item.name in SINGLE:  # of which the last one stands
                texts = list(dict.fromkeys(texts[::-1]))[::-1]
            texts = list(dict.fromkeys(texts))
            problems = {}
            if len(texts) > MOST_VALUES:
                problems["cut"] = f"{item.name} beyond the first {MOST_VALUES} of {len(texts):,}"
            for text in texts[:MOST_VALUES]:
                tried = {**good, item.name: [*good.get(item.name, ()), text]}
                try:
                    cls.from_query({item.name: text})._look_up(facts)
                    cls.from_query(tried)
                except ParameterError as error:
                    problems["value"] = str(error)
                else:
                    good = tried
            if problems:
                wrong[item.name] = "; ".join(problems.values())
        return cls.from_query(good), wrong

    def describe(self) -> str:
        """One line for a person: ``films, Drama or Crime, 1990s, not rated, seen or hidden``."""
        parts = ["films and shows" if self.kind is None else f"{self.kind}s"]
        parts += [_listed(self.genres, "or"), _listed(self.genres_all, "and")]
        parts += [f"not {_listed(self.genres_none, 'or')}" if self.genres_none else ""]
        parts += [f"{self.decade}s" if self.decade is not None else ""]
        parts += [_span("from", "to", self.year_from, self.year_to, "")]
        parts += [_span("at least", "at most", self.runtime_min, self.runtime_max, " min")]
        parts += [f"in {_listed(self.languages, 'or')}" if self.languages else ""]
        parts += [f"made in {_listed(self.countries, 'or')}" if self.countries else ""]
        parts += [f"rated {_listed(self.certificates, 'or')}" if self.certificates else ""]
        if self.services or self.region is not None:
            where = f" in {self.region}" if self.region is not None else ""
            parts += [f"on {_listed(self.services, 'or') or 'a service'}{where}"]
        parts += [f"your {_listed(self.only, 'or')} titles" if self.only else ""]
        parts += [f"not {_listed(self.excluded, 'or')}" if self.excluded else ""]
        return " ".join(", ".join(filter(None, parts)).split())


NUMBERS = ("decade", "year_from", "year_to", "runtime_min", "runtime_max")
"""The fields that hold a whole number."""

SINGLE = ("kind", "region", *NUMBERS)
"""The fields that hold one value."""


def _known(items: IdIndex, ids: ArrayLike) -> NDArray[np.int32]:
    found = items.find(ids)
    return found[found >= 0]


def _bound(
    fits: NDArray[np.bool_], values: NDArray[np.int32], low: int | None, high: int | None
) -> None:
    """Takes away titles outside the bounds, and those whose value is unknown, that is 0."""
    if low is not None or high is not None:
        fits &= values >= max(1 if low is None else low, 1)
    if high is not None:
        fits &= values <= high


def _numbers(words: Words, texts: tuple[str, ...]) -> list[int]:
    return [words.number(text) for text in texts]


def _one_of(name: str, allowed: tuple[str, ...], given: tuple[str, ...]) -> None:
    for value in given:
        if value not in allowed:
            raise ParameterError(f"{name} must be {_listed(allowed, 'or')}, got {value!r}")


def _whole(name: str, text: str) -> int:
    digits = text[:-1] if name == "decade" and text.endswith("s") else text
    if not digits.isascii() or not digits.isdigit() or len(digits) > 6:
        raise ParameterError(f"{name} must be a whole number, got {text[:40]!r}")
    return int(digits)


def _listed(texts: tuple[str, ...], word: str) -> str:
    return f" {word} ".join(filter(None, [", ".join(texts[:-1]), *texts[-1:]]))


def _span(since: str, until: str, low: int | None, high: int | None, unit: str) -> str:
    if low is not None and high is not None:
        return f"{low}–{high}{unit}"
    if low is not None:
        return f"{since} {low}{unit}"
    return f"{until} {high}{unit}" if high is not None else ""


EVERYTHING = Filters()
"""Asks for nothing, but leaves out what the viewer rated, saw or hid."""
