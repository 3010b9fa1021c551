"""Track records of the people of a film in their roles, from their earlier films alone."""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl

from marquee.data.tables import Tables
from marquee.features import team
from marquee.features.base import Column, Theme
from marquee.features.past import history, past_films
from marquee.features.track import records


@dataclass(frozen=True)
class Role:
    """Whose records a role of the credits tells, and under which names."""

    role: str
    """Role in the credits."""
    first: team.Naming | None
    """Names of the columns about the first billed alone."""
    all: team.Naming
    """Names of the columns about everybody in the role."""
    size: int | None = None
    """How many are taken, the first billed ones; None for all."""


ROLES = (
    Role(
        "actor",
        team.Naming("lead", "cast", "the first-billed actor"),
        team.Naming("cast", "cast", "the five first-billed actors"),
        size=5,
    ),
    Role(
        "director",
        team.Naming("director", "director", "the first-named director"),
        team.Naming("directors", "director", "all directors"),
    ),
    Role("writer", None, team.Naming("writer", "writer", "all writers")),
    Role("producer", None, team.Naming("producer", "producer", "all producers")),
)


def person_key() -> pl.Expr:
    """What tells a person of the credits from others: the person_id, else the name, case aside."""
    name = pl.col("person").str.normalize("NFKC").str.to_lowercase().str.strip_chars()
    return pl.coalesce("person_id", pl.format("name:{}", name)).alias("group")


def billed(tables: Tables, asked: pl.DataFrame, role: str, size: int | None = None) -> pl.DataFrame:
    """Who is known to have the role: title_id, as_of, group, place (0 first), one row per person.

    Only credits known before the day asked about are taken, and only of titles known by then.
    People are ordered by their best place in the billing of the role, those without a place last,
    then by who they are.
    """
    titles = tables.titles.select("title_id", pl.col("known_on").alias("_title_known_on"))
    found = (
        asked.select("title_id", "as_of")
        .join(titles, on="title_id")
        .filter(pl.col("_title_known_on") < pl.col("as_of"))
        .join(tables.credits.filter(pl.col("role") == role), on="title_id")
        .filter(pl.col("known_on") < pl.col("as_of"))
        .select("title_id", "as_of", person_key(), "position")
        .sort("title_id", "as_of", "position", "group", nulls_last=True)
        .unique(["title_id", "as_of", "group"], keep="first", maintain_order=True)
        .with_columns(pl.int_range(pl.len()).over("title_id", "as_of").alias("place"))
        .drop("position")
    )
    return found if size is None else found.filter(pl.col("place") < size)


def people_history(tables: Tables, films: pl.DataFrame, role: str) -> pl.DataFrame:
    """The past films of everybody in that role, as :func:`marquee.features.past.history`.

    Films count at whatever place of the billing: films in which an actor was among the first three,
    five or ten told no more of the next one on TMDB-5000.
    """
    in_role = tables.credits.filter(pl.col("role") == role)
    return history(films, in_role.select("title_id", "known_on", person_key()))


def compute(tables: Tables, asked: pl.DataFrame) -> pl.DataFrame:
    """The questions with the columns of the theme."""
    films = past_films(tables)
    answers = asked
    for role in ROLES:
        members = billed(tables, asked, role.role, role.size)
        named = members.group_by("title_id", "as_of", maintain_order=True).agg(
            pl.col("group").alias(f"{role.all.group}_people")
        )
        found = records(films, people_history(tables, films, role.role), members)
        tellings = [named, team.together(found, role.all)]
        if role.first is not None:
            tellings.append(team.alone(found.filter(pl.col("place") == 0), role.first))
        for telling in tellings:
            answers = answers.join(
                telling, on=["title_id", "as_of"], how="left", maintain_order="left"
            )
    return answers


def _columns() -> tuple[Column, ...]:
    columns: list[Column] = []
    for role in ROLES:
        columns.append(
            Column(
                f"{role.all.group}_people",
                "list",
                "greenlight",
                role.all.group,
                f"{role.all.who}, as numbers of the data or as names; null where nobody is known. "
                "No column per person: forecasters may look up how films of theirs went",
            )
        )
        if role.first is not None:
            columns += team.columns_alone(role.first)
        columns += team.columns_together(role.all)
    return tuple(columns)


THEME = Theme(
    name="people",
    summary="Track records of the lead, cast, directors, writers and producers.",
    columns=_columns(),
    compute=compute,
)
