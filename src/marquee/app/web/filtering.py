"""Filters as an address, a form and a line of chips say them."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from starlette.datastructures import QueryParams

from marquee.app.web.words import country, language, minutes
from marquee.errors import ParameterError
from marquee.service.engine import Engine
from marquee.service.facts import TitleFacts, Words
from marquee.service.filters import EVERYTHING, NO_SET, Filters

SHORT, LONG = (60, 90, 120), (90, 120, 150)
"""Least and greatest running times that the form offers, in minutes."""

OWN = {
    "watchlist": "Your watchlist",
    "rated": "What you rated",
    "seen": "What you have seen",
    "hidden": "What you put away",
}
"""The viewer's own sets, as a list of them alone is called."""

Named = list[tuple[object, str]]
"""Values with what a form calls them."""


@dataclass(frozen=True)
class Chip:
    """One thing that is asked for, and the page without it."""

    text: str
    href: str


def asked(query: QueryParams, facts: TitleFacts) -> tuple[Filters, str]:
    """The filters in an address that can be asked for, and what is wrong with the others."""
    filters, wrong = Filters.good_of({name: query.getlist(name) for name in query}, facts)
    if not wrong:
        return filters, ""
    told = "; ".join(plainly(ParameterError(text)) for text in wrong.values())
    kept = "; the other filters hold" if filters != EVERYTHING else ""
    return filters, f"{told}: left out{kept}"


def chips(filters: Filters) -> tuple[Chip, ...]:
    """What is asked for, each with the address of the page that does not ask for it."""
    query = filters.to_query()
    found = []
    for name, values in query.items():
        for value in values:
            rest = {**query, name: [other for other in values if other != value]}
            text = urlencode(rest, doseq=True)
            found.append(Chip(_told(name, value), f"/?{text}" if text else "/"))
    return tuple(found)


def form_choices(engine: Engine, filters: Filters) -> dict[str, Any]:
    """What the form offers and shows as chosen, and what it only carries along."""
    facts = engine.library.facts
    years = facts.year[facts.year > 0]
    decades = {*(years // 10 * 10).tolist(), *_own(filters.decade)}
    more = dataclasses.replace(
        filters, kind=None, decade=None, runtime_max=None, genres=(), exclude=None
    ).to_query()
    region = next(iter(_chosen(facts.regions, _own(filters.region))), None)
    query = filters.to_query()
    carried = {name: query.get(name, []) for name in ("genres_all", "genres_none", "exclude")}
    carried["exclude"] = [value for value in carried["exclude"] if value != NO_SET]
    return {
        "selects": [
            ("kind", "Kind", "Any kind", [("film", "Films"), ("show", "Series")], filters.kind),
            (
                *("decade", "Decade", "Any time"),
                [(first, f"{first}s") for first in sorted(decades)[::-1]],
                filters.decade,
            ),
            (
                *("runtime_max", "Length at most", "Any length"),
                _lengths(LONG, filters.runtime_max, "Up to"),
                filters.runtime_max,
            ),
        ],
        "more_selects": [
            (
                *("runtime_min", "Length at least", "Any length"),
                _lengths(SHORT, filters.runtime_min, "From"),
                filters.runtime_min,
            ),
            ("region", "Offered in", "Any region", _words(facts.regions, country), region),
        ],
        "years": (int(years.min()), int(years.max())) if len(years) else (1870, 2100),
        "checks": [
            (name, legend, options, _chosen(words, getattr(filters, name)))
            for name, legend, words, called in (
                ("languages", "Language", facts.languages, language),
                ("countries", "Made in", facts.countries, country),
                ("certificates", "Certificate", facts.certificates, str),
                ("services", "On", facts.services, str),
            )
            if (options := _words(words, called))
        ],
        "genre_names": facts.genres.names,
        "genres_chosen": _chosen(facts.genres, filters.genres),
        "own": [*OWN.items()],
        "carried": [(name, value) for name, values in carried.items() for value in values],
        "n_more": sum(map(len, more.values())),
    }


PLAIN = {
    "kind must be film or show": "kind must be films or series",
    "year_from must be at most year_to": "the first year must not be after the last",
    "runtime_min must be at most runtime_max": "the least length must not be above the greatest",
    "decade must": "a decade must",
    "year_from must": "the first year must",
    "year_to must": "the last year must",
    "runtime_min must": "the least length in minutes must",
    "runtime_max must": "the greatest length in minutes must",
    "only must be rated, seen, hidden or watchlist": "a list of yours must be what you rated, have "
    "seen, put away or put on your watchlist",
    "exclude must be rated, seen, hidden or watchlist": "what is left out must be what you rated, "
    "have seen, put away or put on your watchlist",
}
"""How errors of filters begin, and what a reader of the page is told instead."""

NAMES = {
    "year_from": "the first year",
    "year_to": "the last year",
    "runtime_min": "the least length",
    "runtime_max": "the greatest length",
}
"""What the form calls filters of other names."""


def plainly(error: ParameterError) -> str:
    """What is wrong with a filter, in the words of the form."""
    text = str(error)
    for start, plain in PLAIN.items():
        if text.startswith(start):
            return plain + text[len(start) :]
    for name, plain in NAMES.items():
        text = text.replace(name, plain)
    return text


def _told(name: str, value: str) -> str:
    """What a chip says of one value."""
    words: dict[str, Callable[[str], str]] = {
        "kind": lambda kind: {"film": "Films", "show": "Series"}[kind],
        "genres_all": "{} for certain".format,
        "genres_none": "No {}".format,
        "decade": "{}s".format,
        "year_from": "From {}".format,
        "year_to": "Until {}".format,
        "runtime_min": lambda text: f"At least {minutes(int(text)) or '0 min'}",
        "runtime_max": lambda text: f"At most {minutes(int(text)) or '0 min'}",
        "languages": language,
        "countries": lambda code: f"Made in {country(code)}",
        "certificates": "Certificate {}".format,
        "services": "On {}".format,
        "region": lambda code: f"Offered in {country(code)}",
        "only": lambda own: OWN[own],
        "exclude": lambda own: (
            "Also what you rated, saw or put away"
            if own == NO_SET
            else f"Without {OWN[own][:1].lower()}{OWN[own][1:]}"
        ),
    }
    return words.get(name, str)(value)


def _lengths(offered: Iterable[int], chosen: int | None, start: str) -> Named:
    return [(n, f"{start} {minutes(n) or '0 min'}") for n in sorted({*offered, *_own(chosen)})]


def _words(words: Words, called: Callable[[str], str]) -> Named:
    return sorted(((name, called(name)) for name in words.names), key=lambda pair: pair[1])


def _chosen(words: Words, given: Iterable[str]) -> list[str]:
    """The given words as the catalog spells them."""
    return [words.names[number] for text in given if (number := words.find(text)) is not None]


def _own(value: Any) -> Iterator[Any]:
    if value is not None:
        yield value
