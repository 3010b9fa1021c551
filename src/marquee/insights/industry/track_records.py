"""Track records of stars, directors and studios: what they tell, and whose stand out."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import polars as pl

from marquee.data.tables import Tables
from marquee.errors import ParameterError, UnanswerableError
from marquee.features.asking import released_on
from marquee.features.past import history, past_films
from marquee.features.people import billed, people_history, person_key
from marquee.features.studios import known_members, named_first
from marquee.features.track import records
from marquee.forecast.effects import estimated
from marquee.insights.adjusted import FACTORS, NUMBERS, held_fixed
from marquee.insights.base import Chart, Finding, Insight, weighed
from marquee.insights.industry.drawing import factors
from marquee.insights.industry.films import films, need
from marquee.insights.sentences import Number, Sentence, count, listed, said
from marquee.insights.standing_out import StandingOut, farthest_groups, standing_out
from marquee.insights.wording import compared, farthest

VALUE = "times the expected return"
MIN_FILMS = 40
"""Films by somebody with a record that a slope needs."""


@dataclass(frozen=True)
class Who:
    """Whose records are looked at."""

    key: str
    one: str
    many: str
    members: Callable[[Tables, pl.DataFrame], pl.DataFrame]
    """Who is in each film: title_id, as_of, group, place."""
    past: Callable[[Tables, pl.DataFrame], pl.DataFrame]
    """The past films of everybody, as ``features.past.history`` has them."""
    names: Callable[[Tables], pl.DataFrame]
    """The name of each group: group, name."""
    min_films: int
    lacking: str


def _people(role: str, size: int) -> dict[str, Callable[..., pl.DataFrame]]:
    def names(tables: Tables) -> pl.DataFrame:
        of_role = tables.credits.filter(pl.col("role") == role)
        return (
            of_role.select(person_key(), pl.col("person").alias("name"))
            .sort("group", "name")
            .unique("group", keep="first", maintain_order=True)
        )

    return {
        "members": lambda tables, asked: billed(tables, asked, role, size),
        "past": lambda tables, past: people_history(tables, past, role),
        "names": names,
    }


def _studio_names(tables: Tables) -> pl.DataFrame:
    name = pl.col("companies").str.strip_chars()
    return (
        tables.titles.select("companies")
        .explode("companies")
        .drop_nulls()
        .select(
            pl.col("companies")
            .str.normalize("NFKC")
            .str.to_lowercase()
            .str.strip_chars()
            .alias("group"),
            name.alias("name"),
        )
        .sort("group", "name")
        .unique("group", keep="first", maintain_order=True)
    )


STARS = Who(
    key="stars", one="star", many="first three billed actors", **_people("actor", 3), min_films=8,
    lacking="who plays in films",
)  # fmt: skip
DIRECTORS = Who(
    key="directors", one="director", many="directors", **_people("director", 2), min_films=5,
    lacking="who directed films",
)  # fmt: skip
STUDIOS = Who(
    key="studios",
    one="studio",
    many="first three companies",
    members=lambda tables, asked: known_members(named_first(tables.titles, "companies", 3), asked),
    past=lambda tables, past: history(past, named_first(tables.titles, "companies")),
    names=_studio_names,
    min_films=15,
    lacking="which companies made films",
)


def track_records(tables: Tables, _seed: int = 0, *, who: Who) -> Finding:
    """What a record up to a film's release goes along with, and whose films beat expectation.

    The record is the mean over a film's people of their shrunken mean log return
    (:func:`marquee.features.track.records`), from films out for half a year by then, the film
    itself left out.
    """
    known = need(films(tables), "multiple", "released_on")
    day = pl.max_horizontal(released_on(), "known_on").dt.offset_by("1d").alias("as_of")
    asked = known.select("title_id").join(
        tables.titles.select("title_id", day), on="title_id", maintain_order="left"
    ).drop_nulls()  # fmt: skip
    members = who.members(tables, asked)
    if members.is_empty():
        raise UnanswerableError(f"the data do not tell {who.lacking}")
    past = past_films(tables)
    told = records(past, who.past(tables, past), members)
    of_film = (
        told.sort("title_id", "place")
        .group_by("title_id", maintain_order=True)
        .agg(pl.col("return").mean().alias("record"), pl.col("count").max().alias("past"))
        .filter(pl.col("past") > 0)
        .drop_nulls()
    )
    raw, held, n, controls = _slopes(known.join(of_film, on="title_id", maintain_order="left"))
    out = standing_out(known, members.select("title_id", "group"), "multiple", who.min_films)
    table = _table(out, who.names(tables), who)
    return Finding(
        sentences=(
            said(
                "A record twice as good goes along with "
                + compared(
                    _log(held),
                    "{held} the return of the next film, {held:range}",
                    "only {held} the return of the next film, {held:range}",
                    "no other return of the next film beyond chance ({held}, {held:range})",
                )
                + ", with {controls} held fixed; as films are, with {raw:sure}.",
                held=held,
                raw=raw,
                controls=listed(list(controls)) or "nothing",
            ),
            _standing(table, out, who),
        ),
        n=n,
        counted=f"films by {who.many} with an earlier film",
        table=table,
        units={},
        chart=Chart(
            factors(
                table,
                who.one,
                VALUE,
                "from",
                "to",
                VALUE,
            ),
            said(
                f"A dot with its interval for each of {{n}} by name: how many times the return "
                f"films of the {who.one} have that films like them let expect.",
                n=count(table.height, who.key),
            ),
        ),
        caveats=(
            said(
                "A record holds only what was known on the day of release. Counting the film "
                "itself, as is often done, makes any record seem to foretell it."
            ),
            said(
                "Names with many films are those that were given more after a success: the list "
                "says how their films did, and not that the next will."
            ),
            said(
                "The table shows {shown} of {all} with at least {least} films of known budget and "
                "worldwide revenue, the farthest from what was expected first.",
                shown=count(table.height),
                all=count(len(out.groups), who.key),
                least=Number(who.min_films),
            ),
        ),
        differences=tuple(table.filter(pl.col("differs") != "no")[who.one]),
        weight=weighed(0.5, _log(held).is_sure or bool(out.found.differs.any())),
    )


def _slopes(known: pl.DataFrame) -> tuple[Number, Number, int, tuple[str, ...]]:
    """What twice as good a record goes along with, plain and adjusted, as factors of the return."""
    known = known.drop_nulls("record").with_columns(pl.col("record") / math.log(2))
    films_held, controls, _ = held_fixed(known, "")
    if films_held.height < MIN_FILMS:
        raise UnanswerableError(
            f"{films_held.height} films are by somebody with an earlier film of known budget and "
            f"revenue; {MIN_FILMS} are needed"
        )
    outcome = films_held["multiple"].to_numpy()
    found = []
    for chosen in ({}, controls):
        numbers = {name: column for name, column in chosen.items() if name in NUMBERS}
        factors = {name: column for name, column in chosen.items() if name in FACTORS}
        try:
            effects = estimated(
                films_held, outcome, numbers={"record": "record"} | numbers, factors=factors
            ).effects
        except ParameterError as reason:
            raise UnanswerableError(str(reason)) from None
        record = next((each for each in effects if each.name == "record"), None)
        if record is None:
            raise UnanswerableError("all records are alike")
        found.append(
            Number(
                math.exp(record.value),
                math.exp(record.low),
                math.exp(record.high),
                "times",
                2,
                films_held.height,
            )
        )
    return found[0], found[1], films_held.height, tuple(controls)


def _log(factor: Number) -> Number:
    low, value, high = (
        math.log(each) for each in (factor.low or 1.0, factor.value, factor.high or 1.0)
    )
    return Number(value, low, high)


def _table(out: StandingOut, names: pl.DataFrame, who: Who) -> pl.DataFrame:
    known = pl.DataFrame({"group": out.groups}).join(
        names, on="group", how="left", maintain_order="left"
    )
    called = known.select(pl.coalesce("name", "group")).to_series()
    return farthest_groups(out, called, who.one, VALUE)


def _standing(table: pl.DataFrame, out: StandingOut, who: Who) -> Sentence:
    named: dict[str, Number | str] = {"all": count(len(out.groups), who.key)}
    sides = {
        word: farthest(table, side, VALUE, named, last=side == "less")
        for side, word in (("more", "above"), ("less", "below"))
    }
    parts = [f"{word} it are those of {listed(told)}" for word, told in sides.items() if told]
    if not parts:
        return said(
            "Of {all}, none has films that do better or worse than films like them let expect, "
            "beyond what chance explains.",
            **named,
        )
    named["differ"] = count(int(out.found.differs.sum()))
    return said(
        "Of {all}, the films of {differ} differ from what films like them let expect: "
        f"{', and '.join(parts)}.",
        **named,
    )


INSIGHTS = tuple(
    Insight(
        f"track-records-of-{who.key}",
        "industry",
        f"What does the record of a film's {who.many} tell?",
        partial(track_records, who=who),
    )
    for who in (STARS, DIRECTORS, STUDIOS)
)
