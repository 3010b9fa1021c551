"""A plan or a title of the catalog as a question to a forecaster: its rows, and the day.

A planned film becomes one more row of titles with rows of credits, known on the day before.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import polars as pl

from marquee.data.schema import CREDITS, TITLES
from marquee.data.tables import Tables
from marquee.errors import ParameterError, UnknownIdError
from marquee.service.film_plan import FilmPlan
from marquee.service.plan_people import ROLE, PeopleIndex, PlanPerson

PLANNED = "plan"
"""The source of a planned film's rows."""

ONE_DAY = timedelta(days=1)


@dataclass(frozen=True, eq=False)
class FilmQuestion:
    """One film, the day it is asked about, and its rows."""

    title_id: int
    as_of: date
    title: pl.DataFrame
    """Its one row of titles."""
    credits: pl.DataFrame
    """Its rows of credits."""
    people: tuple[PlanPerson, ...]
    plan: FilmPlan
    notes: tuple[str, ...] = ()

    @property
    def number(self) -> int | None:
        """Its number in the catalog; None for a planned film."""
        return None if self.title["source"][0] == PLANNED else self.title_id

    @property
    def asked(self) -> pl.DataFrame:
        """The question as features take it: title_id and as_of, one row."""
        return pl.DataFrame({"title_id": [self.title_id], "as_of": [self.as_of]})

    def among(self, tables: Tables) -> Tables:
        """All the tables with the film's rows in them, and not those that it had there."""
        other = pl.col("title_id") != self.title_id
        return tables.replace(
            titles=pl.concat([tables.titles.filter(other), self.title]),
            credits=pl.concat([tables.credits.filter(other), self.credits]),
        )


class QuestionMaker:
    """Makes questions of plans and of titles of the catalog.

    Parameters
    ----------
    tables
        The canonical tables; nothing in them is changed.
    """

    def __init__(self, tables: Tables) -> None:
        self.tables = tables
        self.people = PeopleIndex(tables)
        self._numbers = {number: row for row, number in enumerate(tables.titles["title_id"])}
        self._next = int(max([0, *self._numbers])) + 1

    def of_plan(self, plan: FilmPlan, today: date) -> FilmQuestion:
        """The question about a planned film, asked today or on the day after it opened.

        Raises
        ------
        ParameterError
            If somebody's name fits several people.
        """
        people, notes = self.people.find(plan)
        as_of = _as_of(plan, today)
        known_on = as_of - ONE_DAY
        return FilmQuestion(
            title_id=self._next,
            as_of=as_of,
            title=title_row(plan, self._next, known_on),
            credits=credit_rows(people, self._next, known_on),
            people=people,
            plan=plan,
            notes=notes + _release_notes(plan, today),
        )

    def of_title(self, title_id: int, today: date) -> FilmQuestion:
        """The question about a film of the catalog: the day after it opened, or today before that.

        That is the first day on which sources that tell no other day know the film's own row, and
        the day on which films were asked about in training. A film that opens later is asked about
        with what its row says today. Its outcome never enters.

        Raises
        ------
        UnknownIdError
            If there is no such title.
        ParameterError
            If it is a show.
        """
        row = self.row(title_id)
        plan = plan_of_row(row, self.tables.credits.filter(pl.col("title_id") == title_id))
        title = self.tables.titles[self._numbers[title_id]]
        credits_ = self.tables.credits.filter(pl.col("title_id") == title_id)
        known_on = row["known_on"]
        as_of = _as_of(plan, today)
        if known_on is not None and plan.opens is not None:
            as_of = min(max(as_of, known_on + ONE_DAY), today)
        if known_on is None or known_on >= as_of:
            # Announced, and its source dates all that is known of it to the day of its release.
            day = pl.lit(as_of - ONE_DAY, dtype=pl.Date)
            title = title.with_columns(day.alias("known_on"))
            credits_ = credits_.with_columns(day.alias("known_on"))
        people = people_of(credits_)
        return FilmQuestion(title_id, as_of, title, credits_, people, plan)

    def changed(self, question: FilmQuestion, plan: FilmPlan) -> FilmQuestion:
        """The same film under a changed plan, asked on the same day: all else in its rows is kept.

        Raises
        ------
        ParameterError
            If a name that the change brings fits several people.
        """
        known_on = question.as_of - ONE_DAY
        new = title_row(plan, question.title_id, known_on)
        old = title_row(question.plan, question.title_id, known_on)
        kept = [name for name in TITLES.dtypes if new[name].to_list() == old[name].to_list()]
        title = new.with_columns(question.title[name] for name in kept)
        fields = [f for f in ROLE if getattr(question.plan, f) != getattr(plan, f)]
        people, credits_, notes = question.people, question.credits, question.notes
        if fields:
            found, notes = self.people.find(plan, fields)
            people = tuple(
                person
                for field in ROLE
                for person in (found if field in fields else question.people)
                if person.field == field
            )
            roles = [ROLE[field] for field in fields]
            credits_ = pl.concat(
                [
                    credits_.filter(~pl.col("role").is_in(roles)),
                    credit_rows(found, question.title_id, known_on),
                ]
            )
            notes = question.notes + notes
        return FilmQuestion(question.title_id, question.as_of, title, credits_, people, plan, notes)

    def row(self, title_id: int) -> dict[str, Any]:
        """The film's row of titles."""
        if title_id not in self._numbers:
            raise UnknownIdError(f"there is no title {title_id} in the catalog")
        row = self.tables.titles.row(self._numbers[title_id], named=True)
        if row["kind"] != "film":
            raise ParameterError(
                f"title {title_id}, {row['name']!r}, is a {row['kind']}; forecasts are about films"
            )
        return row


def title_row(plan: FilmPlan, title_id: int, known_on: date) -> pl.DataFrame:
    """The plan as a row of titles that became known on that day."""
    given = {
        "title_id": title_id,
        "kind": "film",
        "name": plan.title,
        "year": plan.opens_in,
        "release_date": plan.opens,
        "known_on": known_on,
        "overview": plan.overview,
        "tagline": plan.tagline,
        "collection": plan.collection,
        "certificate": plan.certificate,
        "runtime_min": plan.runtime_min,
        "budget_usd": plan.budget_usd,
        "source": PLANNED,
        "sources": [PLANNED],
        **{
            name: list(getattr(plan, name)) or None
            for name in ("genres", "languages", "countries", "companies", "keywords")
        },
    }
    return pl.DataFrame(
        {
            name: pl.Series(name, [given.get(name)], dtype=dtype)
            for name, dtype in TITLES.dtypes.items()
        }
    )


def credit_rows(people: tuple[PlanPerson, ...], title_id: int, known_on: date) -> pl.DataFrame:
    """The people as rows of credits, each field billed in its order."""
    rows = []
    places: dict[str, int] = {}
    for person in people:
        place = places.get(person.field, 0)
        places[person.field] = place + 1
        rows.append(
            {
                "title_id": title_id,
                "person_id": person.person_id,
                "person": person.person,
                "role": ROLE[person.field],
                "position": place,
                "known_on": known_on,
                "source": PLANNED,
            }
        )
    return pl.DataFrame(
        {
            name: pl.Series(name, [row.get(name) for row in rows], dtype=dtype)
            for name, dtype in CREDITS.dtypes.items()
        }
    )


def people_of(credits_: pl.DataFrame) -> tuple[PlanPerson, ...]:
    """The people of a film's credits by field, the first billed first."""
    ordered = credits_.sort("position", nulls_last=True, maintain_order=True)
    return tuple(
        PlanPerson(field, row["person_id"], row["person"])
        for field, role in ROLE.items()
        for row in ordered.filter(pl.col("role") == role).iter_rows(named=True)
    )


def plan_of_row(row: dict[str, Any], credits_: pl.DataFrame) -> FilmPlan:
    """The plan that a title's row and credits tell; people by person_id where they have one."""
    named: dict[str, list[str]] = {field: [] for field in ROLE}
    for person in people_of(credits_):
        named[person.field].append(person.person_id or person.person)
    given: dict[str, Any] = {
        name: row[name]
        for name in (
            *("overview", "tagline", "budget_usd", "release_date", "runtime_min"),
            *("certificate", "collection"),
        )
    }
    given |= {
        name: tuple(filter(None, row[name] or ()))
        for name in ("genres", "languages", "countries", "companies", "keywords")
    }
    year = row["year"] if row["release_date"] is None else None
    given |= {field: tuple(dict.fromkeys(found)) for field, found in named.items()}
    return FilmPlan(title=str(row["name"]), year=year, **given)


def _as_of(plan: FilmPlan, today: date) -> date:
    """The day after the release, or today if that is earlier or no day is planned."""
    return today if plan.opens is None else min(plan.opens + ONE_DAY, today)


def _release_notes(plan: FilmPlan, today: date) -> tuple[str, ...]:
    """What to mind about the day: taken in place of none, or past."""
    notes: list[str] = []
    if plan.release_date is None and plan.opens is not None:
        notes.append(f"no day was given: the release is taken as Friday {plan.opens.isoformat()}")
    if plan.opens is not None and plan.opens < today:
        notes.append(
            f"the release on {plan.opens.isoformat()} lies before {today.isoformat()}: this is "
            "what would have been said on the day after it; give a later day for a planned film"
        )
    return tuple(notes)
