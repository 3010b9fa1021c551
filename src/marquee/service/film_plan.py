"""A film as somebody plans it: a few facts in words, checked at the door."""

from __future__ import annotations

import dataclasses
import difflib
import math
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from marquee.errors import HorizonError, ParameterError
from marquee.features.genres import SPELLINGS
from marquee.features.outcomes import THEME as OUTCOMES

TEXTS = ("title", "overview", "tagline", "certificate", "collection")
LISTS = ("genres", "languages", "countries", "companies", "keywords")
PEOPLE = ("directors", "writers", "producers", "cast")
"""Who takes part, by name or by person_id, the first billed first."""
ALSO_CALLED = {
    "name": "title",
    "budget": "budget_usd",
    "runtime": "runtime_min",
    "director": "directors",
    "writer": "writers",
    "producer": "producers",
    "actors": "cast",
    "stars": "cast",
    "genre": "genres",
    "language": "languages",
    "country": "countries",
    "company": "companies",
    "studio": "companies",
    "release": "release_date",
    "date": "release_date",
}
"""Keys that people write for a field, offered when they do."""

AFTERWARDS = frozenset(column.name for column in OUTCOMES.columns) | {
    *("revenue", "gross", "profit", "return", "rating", "votes"),
}
"""What only the released film can tell."""

YEARS = (1870, 2100)
MOST_BUDGET_USD = 1e10
MOST_RUNTIME_MIN = 1_000


@dataclass(frozen=True, kw_only=True)
class FilmPlan:
    """What is planned; whatever is not given is unknown, and no model takes it for nothing."""

    title: str
    overview: str | None = None
    tagline: str | None = None
    genres: tuple[str, ...] = ()
    budget_usd: float | None = None
    """Production budget, nominal US dollars."""
    release_date: date | None = None
    year: int | None = None
    month: int | None = None
    """With a year and a month but no day, the film opens on the second Friday."""
    runtime_min: int | None = None
    certificate: str | None = None
    languages: tuple[str, ...] = ()
    countries: tuple[str, ...] = ()
    companies: tuple[str, ...] = ()
    keywords: tuple[str, ...] = ()
    collection: str | None = None
    directors: tuple[str, ...] = ()
    writers: tuple[str, ...] = ()
    producers: tuple[str, ...] = ()
    cast: tuple[str, ...] = ()

    @property
    def opens(self) -> date | None:
        """Day of the release; of a month without a day its second Friday, None without a month."""
        if self.release_date is not None or self.year is None or self.month is None:
            return self.release_date
        first = date(self.year, self.month, 1)
        return first.replace(day=8 + (4 - first.weekday()) % 7)

    @property
    def opens_in(self) -> int | None:
        """Year of the release."""
        return self.year if self.release_date is None else self.release_date.year

    def with_changes(
        self, changes: Mapping[str, Any], genres: Collection[str] | None = None
    ) -> FilmPlan:
        """The plan with some fields replaced; a release that is changed replaces all of it.

        A change of the month alone keeps year and day (or the last day of a shorter month). None
        or an empty list makes a field unknown.

        Raises
        ------
        ParameterError
            As :func:`film_plan`.
        """
        values = self.to_dict()
        given = dict(changes)
        for name in given:
            _known_field(name)
        if {"release_date", "year", "month"} & set(given):
            given |= _release_changed(self, given)
        return film_plan(values | given, genres)

    def to_dict(self) -> dict[str, Any]:
        """The fields that are known, as plain values for JSON; ``film_plan`` reads them back."""
        values: dict[str, Any] = {}
        for field in dataclasses.fields(self):
            value = getattr(self, field.name)
            if value is None or value == ():
                continue
            plain = value.isoformat() if isinstance(value, date) else value
            values[field.name] = list(plain) if isinstance(plain, tuple) else plain
        return values


FIELDS = tuple(field.name for field in dataclasses.fields(FilmPlan))


def film_plan(values: Mapping[str, Any], genres: Collection[str] | None = None) -> FilmPlan:
    """The plan in a mapping, such as a TOML or JSON file holds; only a title is needed.

    With ``genres``, each genre must be one of them, whatever its case. A list of one may be given
    as a text.

    Raises
    ------
    ParameterError
        If a key is unknown, a value is of another type or outside what is allowed, or a genre is
        not one of those; the text says what is allowed.
    """
    for name in values:
        _known_field(name)
    given = {name: value for name, value in values.items() if value is not None}
    words: dict[str, Any] = {name: _text(name, given[name]) for name in TEXTS if name in given}
    words |= {name: _list(name, given[name]) for name in (*LISTS, *PEOPLE) if name in given}
    if words.get("title") is None:
        raise ParameterError("a film plan needs a title; a working title will do")
    plan = FilmPlan(
        **words,
        budget_usd=_budget(given.get("budget_usd")),
        release_date=_day(given.get("release_date")),
        year=_whole("year", given.get("year"), *YEARS, "a year"),
        month=_whole("month", given.get("month"), 1, 12, "a month"),
        runtime_min=_whole(
            "runtime_min", given.get("runtime_min"), 1, MOST_RUNTIME_MIN, "whole minutes"
        ),
    )
    _agree(plan)
    return plan if genres is None else dataclasses.replace(plan, genres=_of(plan.genres, genres))


def _known_field(name: str) -> None:
    if name in FIELDS:
        return
    if name in AFTERWARDS:
        raise HorizonError(
            f"{name} is known only after the release, so no plan has it and no forecast before the "
            "release may use it; leave it out",
            (name,),
        )
    near = ALSO_CALLED.get(name) or next(iter(difflib.get_close_matches(name, FIELDS, n=1)), None)
    hint = f"did you mean {near}?" if near else f"there are {', '.join(FIELDS)}"
    raise ParameterError(f"a film plan has no field {name!r}; {hint}")


def _text(name: str, value: object) -> str | None:
    if not isinstance(value, str):
        raise ParameterError(f"{name} must be a text, got {value!r}")
    return value.strip() or None


def _list(name: str, value: object) -> tuple[str, ...]:
    items = [value] if isinstance(value, str) else value
    if not isinstance(items, (list, tuple)) or not all(isinstance(item, str) for item in items):
        raise ParameterError(f"{name} must be a list of texts, got {value!r}")
    return tuple(dict.fromkeys(item.strip() for item in items if item.strip()))


def _number(value: object) -> float | None:
    """The number, None if it is none; true and false are no numbers."""
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return None
    return float(value)


def _budget(value: object) -> float | None:
    if value is None:
        return None
    budget = _number(value)
    if budget is None or not math.isfinite(budget) or not 0 < budget <= MOST_BUDGET_USD:
        raise ParameterError(
            f"budget_usd must be a positive number of US dollars up to {MOST_BUDGET_USD:,.0f}, "
            f"such as 50000000, got {value!r}; leave it out where it is unknown"
        )
    return budget


def _whole(name: str, value: object, low: int, high: int, what: str) -> int | None:
    if value is None:
        return None
    number = _number(value)
    if number is None or not number.is_integer() or not low <= number <= high:
        raise ParameterError(f"{name} must be {what} from {low} to {high}, got {value!r}")
    return int(number)


def _day(value: object) -> date | None:
    if value is None:
        return None
    day: date | None = None
    if isinstance(value, datetime):
        day = value.date()
    elif isinstance(value, date):
        day = value
    elif isinstance(value, str):
        try:
            day = date.fromisoformat(value.strip())
        except ValueError:
            day = None
    if day is None or not YEARS[0] <= day.year <= YEARS[1]:
        raise ParameterError(
            f"release_date must be a day as YYYY-MM-DD, such as 2026-06-19, got {value!r}; where "
            "only the month is known give year and month instead"
        )
    return day


def _agree(plan: FilmPlan) -> None:
    if plan.month is not None and plan.year is None and plan.release_date is None:
        raise ParameterError(f"month {plan.month} needs a year, or give release_date")
    if plan.release_date is not None and (
        plan.year not in (None, plan.release_date.year)
        or plan.month not in (None, plan.release_date.month)
    ):
        raise ParameterError(
            f"release_date {plan.release_date} contradicts year {plan.year} and month "
            f"{plan.month}; give one of them"
        )


def _of(genres: tuple[str, ...], known: Collection[str]) -> tuple[str, ...]:
    by_key = {name.casefold(): name for name in sorted(known)}
    for name in genres:
        if name.casefold() not in by_key:
            usual = (SPELLINGS.get(name.casefold()) or "").casefold()
            near = [usual] if usual in by_key else []
            near += difflib.get_close_matches(name.casefold(), by_key, n=3 - len(near), cutoff=0.5)
            hint = f"did you mean {', '.join(by_key[key] for key in near)}? " if near else ""
            raise ParameterError(
                f"unknown genre {name!r}; {hint}genres are {', '.join(by_key.values())}"
            )
    return tuple(dict.fromkeys(by_key[name.casefold()] for name in genres))


def _release_changed(plan: FilmPlan, changes: Mapping[str, Any]) -> dict[str, Any]:
    """The release as the changes leave it: its three fields."""
    if changes.get("release_date") is not None:
        return {name: changes.get(name) for name in ("release_date", "year", "month")}
    year = _whole("year", changes.get("year", plan.opens_in), *YEARS, "a year")
    planned = plan.month or (plan.opens.month if plan.opens else None)
    month = _whole("month", changes.get("month", planned), 1, 12, "a month")
    if plan.release_date is None or "release_date" in changes or year is None or month is None:
        return {"release_date": None, "year": year, "month": month}
    last = (date(year + month // 12, month % 12 + 1, 1) - date(year, month, 1)).days
    day = date(year, month, min(plan.release_date.day, last))
    return {"release_date": day, "year": None, "month": None}
