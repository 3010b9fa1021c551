"""The people that a plan names, found among the credits."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import polars as pl

from marquee.data.tables import Tables
from marquee.errors import ParameterError
from marquee.features.people import person_key
from marquee.service.film_plan import FilmPlan

ROLE = {"directors": "director", "writers": "writer", "producers": "producer", "cast": "actor"}
"""Role in the credits of each field of a plan."""

MOST_CANDIDATES = 8
"""People of one name that an error lists."""


@dataclass(frozen=True)
class PlanPerson:
    """Somebody of a plan, as the credits know them."""

    field: str
    """Where the plan names them: directors, writers, producers or cast."""
    person_id: str | None
    """None for somebody whom the credits do not know."""
    person: str


class PeopleIndex:
    """Everybody of the credits, by number and by name, and each one's films."""

    def __init__(self, tables: Tables) -> None:
        name = pl.col("person").str.normalize("NFKC").str.to_lowercase().str.strip_chars()
        self._credits = tables.credits.with_columns(
            name.alias("_name"),
            # As the series theme tells faces apart; the two differ in rare letters only.
            pl.col("person").str.strip_chars().str.to_lowercase().alias("_face"),
            person_key().alias("_key"),
        )
        people = self._credits.group_by("_key").agg(
            pl.col("_name").first(),
            pl.col("person").first(),
            pl.col("person_id").first(),
            pl.col("role").unique().sort(),
            pl.len().alias("n"),
            pl.col("title_id").first(),
        )
        people = people.sort("_name", "n", "_key", descending=[False, True, False])
        self._people = people
        starts = (
            people.with_row_index("_row")
            .group_by("_name")
            .agg(pl.col("_row").min().alias("start"), pl.len().alias("same"))
        )
        self._places = {name: (start, same) for name, start, same in starts.iter_rows()}
        known = people.drop_nulls("person_id")
        self._by_id = dict(zip(known["person_id"], known["person"], strict=True))
        self._titles = dict(zip(tables.titles["title_id"], tables.titles["name"], strict=True))

    def find(
        self, plan: FilmPlan, fields: Iterable[str] = tuple(ROLE)
    ) -> tuple[tuple[PlanPerson, ...], tuple[str, ...]]:
        """The people in those fields of the plan, and notes on who is new or was chosen.

        A person_id is taken as such; a name is taken for the one person of that name, or the one of
        several who had that role before. A name that nobody bears is a debut.

        Raises
        ------
        ParameterError
            If a name fits several people; the text lists them with a film each.
        """
        found: list[PlanPerson] = []
        notes: list[str] = []
        for field in fields:
            for given in getattr(plan, field):
                person, note = self._one(field, given)
                found.append(person)
                notes += [note] if note else []
        return tuple(found), tuple(notes)

    def credits_of(self, people: Iterable[PlanPerson]) -> pl.DataFrame:
        """All credits of those people, or of others of the same name."""
        given = tuple(people)
        names = pl.Series([person.person for person in given], dtype=pl.String)
        faces = names.str.strip_chars().str.to_lowercase()
        plain = names.str.normalize("NFKC").str.to_lowercase().str.strip_chars()
        ids = pl.Series([person.person_id for person in given], dtype=pl.String).drop_nulls()
        mine = (
            pl.col("_face").is_in(faces.implode())
            | pl.col("_name").is_in(plain.implode())
            | pl.col("person_id").is_in(ids.implode()).fill_null(False)
        )
        return self._credits.filter(mine).drop("_name", "_face", "_key")

    def _one(self, field: str, given: str) -> tuple[PlanPerson, str | None]:
        if given in self._by_id:
            return PlanPerson(field, given, self._by_id[given]), None
        plain = pl.Series([given]).str.normalize("NFKC").str.to_lowercase().str.strip_chars()[0]
        place = self._places.get(plain)
        if place is None:
            note = f"{given} ({field}) is not in the credits and counts as a debut"
            return PlanPerson(field, None, given), note
        same = self._people.slice(*place)
        if same.height == 1:
            return PlanPerson(field, same["person_id"][0], same["person"][0]), None
        in_role = same.filter(pl.col("role").list.contains(ROLE[field]))
        if in_role.height == 1:
            chosen = in_role.row(0, named=True)
            note = (
                f"of {same.height} people named {given}, {chosen['person_id']} is taken, the only "
                f"one who was {ROLE[field]} before"
            )
            return PlanPerson(field, chosen["person_id"], chosen["person"]), note
        listed = "; ".join(
            f"{row['person_id'] or 'without an id'} (in {self._titles.get(row['title_id'])!r})"
            for row in (in_role if in_role.height else same).head(MOST_CANDIDATES).to_dicts()
        )
        raise ParameterError(
            f"{same.height} people are named {given!r}; write the id of the one meant in {field} "
            f"instead of the name: {listed}"
        )
