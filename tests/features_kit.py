"""Promises of every feature theme, and ugly data on which they must hold.

Each promise is a function of a theme, tables and questions that fails with what was broken, so that
a theme with a planted fault can show that the promise is able to fail.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from functools import cache
from typing import Any

import polars as pl
from polars.testing import assert_frame_equal

from marquee.data.schema import MEASURES, SCHEMAS, conform
from marquee.data.tables import Tables
from marquee.data.world import build_world
from marquee.features.asking import LAG_DAYS
from marquee.features.base import DTYPES, HORIZONS, Theme

Promise = Callable[[Theme, Tables, pl.DataFrame], None]

FRIDAY = date(2004, 6, 4)
"""A day on which the ugly body crowds."""

NOBODY = 999_999
"""A title that no body knows."""


# Data


def table(name: str, rows: list[dict[str, Any]]) -> pl.DataFrame:
    """A canonical table of the rows; columns that none of them has are null."""
    schema = SCHEMAS[name]
    columns = {
        column: pl.Series(column, [row.get(column) for row in rows], dtype, strict=False)
        for column, dtype in schema.dtypes.items()
    }
    return conform(pl.DataFrame(columns), schema)


def title(title_id: int, **values: Any) -> dict[str, Any]:
    """A row of titles: a film of 2004 that became known on the day of its release."""
    released = values.get("release_date", FRIDAY)
    row = {
        "title_id": title_id,
        "kind": "film",
        "name": f"Film {title_id}",
        "year": released.year if released else None,
        "release_date": released,
        "known_on": released,
        "source": "hand",
    }
    return {**row, **values}


def outcome(title_id: int, measure: str, value: float, known_on: date | None) -> dict[str, Any]:
    return {
        "title_id": title_id,
        "measure": measure,
        "value": value,
        "known_on": known_on,
        "source": "hand",
    }


def credit(
    title_id: int, person: str, role: str, position: int | None = 0, **values: Any
) -> dict[str, Any]:
    row = {"title_id": title_id, "person": person, "role": role, "position": position}
    return {"known_on": FRIDAY, "source": "hand", **row, **values}


def films(*rows: dict[str, Any], **tables: list[dict[str, Any]]) -> Tables:
    """Tables of those titles, and of the rows of other tables by name."""
    others = {name: table(name, given) for name, given in tables.items()}
    return Tables(titles=table("titles", list(rows)), **others)


def days(count: int) -> timedelta:
    return timedelta(days=count)


@cache
def ugly() -> Tables:
    """A body with ties, facts of the same day, nulls, Unicode, shows, and money that is missing."""
    year = days(365)
    rows = [
        title(1, name="Élan", release_date=FRIDAY - 3 * year, collection="Élan", budget_usd=1e7),
        title(2, name="Élan 2", release_date=FRIDAY - year, collection="élan ", budget_usd=3e7),
        title(3, name="Elan III: Die Rückkehr", collection="Élan", budget_usd=5e7),
        title(4, name="Élan 4", release_date=FRIDAY + year, known_on=FRIDAY, collection="Élan"),
        title(
            5,
            name="東京の夜",
            original_name="東京の夜",
            languages=["ja", "ja", ""],
            countries=["JP"],
        ),
        title(6, name="東京の夜 2", budget_usd=3e7, companies=["", "スタジオ", "スタジオ"]),
        title(7, name="Same", budget_usd=3e7, genres=["Sci-Fi", "Science Fiction", "Drama"]),
        title(8, name="Same", budget_usd=3e7, genres=[], certificate="Unrated", runtime_min=90),
        title(9, name="Same", release_date=FRIDAY - 2 * year, budget_usd=1.0, certificate="pg13"),
        title(10, name="Undated", release_date=None, year=2003, known_on=date(2003, 1, 1)),
        title(11, name="Undated 2", release_date=None, year=2004, known_on=date(2004, 1, 1)),
        title(12, name="No day at all", release_date=None, known_on=None, budget_usd=9e9),
        title(13, name="No known day", known_on=None, budget_usd=8e7, collection="Élan"),
        title(14, name="Known late", known_on=FRIDAY + 2 * year, budget_usd=7e7),
        title(15, name="A show", kind="show", seasons=3, budget_usd=5e6, certificate="TV-MA"),
        title(16, name="A show", kind="show", release_date=FRIDAY - year, collection="Élan"),
        title(17, name="Old", release_date=date(1905, 12, 25), budget_usd=500.0),
        title(18, name="Far", release_date=date(2031, 7, 4), known_on=FRIDAY, budget_usd=2e8),
        title(19, name="ELAN: Zurück", release_date=FRIDAY - days(90), budget_usd=2e7),
        title(20, name="‘…’", overview="", tagline="\u200b", keywords=["", " "], genres=[""]),
        title(21, name="Élan", release_date=FRIDAY - days(200), budget_usd=None),
        title(22, name="Next", release_date=FRIDAY + days(1), overview="A night in 東京. ¿Qué?"),
        title(23, name="Twin", release_date=FRIDAY - days(181), budget_usd=4e7, genres=["Drama"]),
        title(24, name="Twin", release_date=FRIDAY - days(180), budget_usd=4e7, genres=["Drama"]),
        title(25, name="Twin 2", release_date=FRIDAY - days(179), budget_usd=4e7),
    ]
    for place, row in enumerate(rows):
        # One of two sources knows collections.
        row["source"] = "bare" if row["title_id"] in (5, 6, 10, 11, 19, 21, 23, 24, 25) else "hand"
        row.setdefault("genres", [["Drama"], None, ["Comedy", "drama"]][place % 3])
        row.setdefault("companies", [["Alpha", "Béta"], ["Béta"], None][place % 3])
        row.setdefault("languages", [["en"], ["English", "fr"], None][place % 3])
        row.setdefault("countries", [["US", "GB"], ["USA"], None][place % 3])
        row.setdefault(
            "overview", [None, "Two friends fall out over a wonderful dog.", "..."][place % 3]
        )
        row.setdefault("keywords", [["dog", "Dog"], None, ["night", "東京"]][place % 3])
    known_on = {row["title_id"]: row["known_on"] for row in rows}
    released = {row["title_id"]: row["release_date"] for row in rows}
    people = []
    for title_id, known in known_on.items():
        names = ["Ann Åse", "Bo", "ann åse", "Çelik", "Bo"]
        lead = names[title_id % 5]
        people += [
            credit(title_id, lead, "actor", 0, known_on=known, person_id="tmdb:1"),
            credit(title_id, lead, "actor", 0, known_on=known),
            credit(title_id, names[(title_id + 1) % 5], "actor", None, known_on=known),
            credit(title_id, names[(title_id + 2) % 5], "director", 0, known_on=known),
            credit(title_id, lead, "director", 0, known_on=known),
            credit(title_id, lead, "writer", None, known_on=None),
            credit(title_id, "Late Joiner", "producer", 1, known_on=FRIDAY + days(3)),
        ]
    values = []
    for title_id, day in released.items():
        if title_id % 7 == 0:
            continue
        known = (day or FRIDAY) + days(180)
        for place, measure in enumerate(MEASURES):
            if (title_id + place) % 4:
                amount = 5.0 if measure.startswith("vote") else 1e6 * title_id + place
                values.append(outcome(title_id, measure, amount, known))
        values += [
            outcome(title_id, "revenue_usd", 0.0 if title_id == 2 else 1e6 * title_id, known),
            outcome(title_id, "revenue_usd", 2e6 * title_id, known),
            outcome(title_id, "revenue_usd", 5e8, known + days(400)),
            outcome(title_id, "popularity", 3.0, None),
            outcome(title_id, "revenue_usd", 1e5 * title_id, (day or FRIDAY) + days(title_id % 5)),
            outcome(title_id, "vote_average", 7.5, FRIDAY),
        ]
    noon = datetime(FRIDAY.year, FRIDAY.month, FRIDAY.day, 12, tzinfo=UTC)
    stars = [
        {
            "viewer_id": viewer,
            "title_id": title_id,
            "rating": 0.5 + (viewer + title_id) % 10 / 2,
            "rated_at": None if viewer == 3 else noon + days(viewer * (title_id % 3) - 1),
            "source": "hand",
        }
        for viewer in range(1, 5)
        for title_id in known_on
    ]
    return films(*rows, credits=people, outcomes=values, ratings=stars)


@cache
def world() -> Tables:
    """A small built-in world."""
    return build_world(n_titles=260, n_viewers=40, n_ratings=1500, seed=3)


BODIES: dict[str, Callable[[], Tables]] = {"ugly": ugly, "world": world}


def asked_of(tables: Tables) -> pl.DataFrame:
    """Questions about each title on days around its release and later, out of order, repeated."""
    own = tables.titles.with_columns(
        pl.coalesce("release_date", "known_on", pl.lit(FRIDAY)).alias("day")
    )
    away = (-400, 0, 1, 2, LAG_DAYS, LAG_DAYS + 1, 1500)
    parts = [
        own.select("title_id", pl.col("day").dt.offset_by(f"{n}d").alias("as_of")) for n in away
    ]
    common = pl.DataFrame({"as_of": busy_days(tables)}, schema={"as_of": pl.Date})
    crossed = own.select("title_id").join(common, how="cross")
    unknown = common.select(pl.lit(NOBODY, dtype=pl.Int64).alias("title_id"), "as_of")
    asked = pl.concat([*parts, crossed, unknown, unknown, parts[1]])
    return asked.sample(fraction=1.0, shuffle=True, seed=5)


def busy_days(tables: Tables) -> list[date]:
    """Days on which much is happening: around most outcomes, and two months after most releases."""
    known = tables.outcomes.drop_nulls("known_on")["known_on"]
    released = tables.titles.drop_nulls("release_date")["release_date"]
    busiest = [
        when.value_counts().sort("count", when.name, descending=True)[when.name][0]
        for when in (known, released)
    ]
    return [known.sort()[len(known) // 4], busiest[0], busiest[1] + days(60)]


def on_day(asked: pl.DataFrame, day: date) -> pl.DataFrame:
    """Every title of the questions, asked about on that day."""
    return asked.select("title_id").unique(maintain_order=True).with_columns(as_of=pl.lit(day))


# Changes that an honest feature cannot see


def shuffled(tables: Tables) -> Tables:
    """The same tables with their rows in another order."""
    return tables.replace(
        **{name: frame.sample(fraction=1.0, shuffle=True, seed=11) for name, frame in tables}
    )


def changed_from(tables: Tables, day: date) -> Tables:
    """The tables with every fact from that day on changed, and with new ones added."""
    early = pl.col("known_on") < day
    late = ~early.fill_null(False)

    known, coming = tables.titles.filter(early), tables.titles.filter(late)
    template = known if known.height else coming
    news = template.sample(n=coming.height, with_replacement=True, shuffle=True, seed=2)
    changed = news.with_columns(coming["title_id"], coming["known_on"], budget_usd=pl.lit(9e8))
    added = template.with_columns(
        title_id=pl.col("title_id") + 1_000_000, known_on=pl.lit(day), budget_usd=pl.lit(9e8)
    )
    titles = pl.concat([known, changed, added])

    seen = tables.outcomes.filter(early)
    revised = tables.outcomes.filter(late).with_columns(value=pl.col("value") * 7 + 3)
    more = [
        titles.select(
            "title_id",
            pl.lit(measure).alias("measure"),
            pl.lit(1e9).alias("value"),
            pl.lit(day).alias("known_on"),
            pl.lit("new").alias("source"),
        )
        for measure in MEASURES
    ]
    outcomes = pl.concat([seen, revised, *more])

    credited = tables.credits.filter(early)
    recast = tables.credits.filter(late).with_columns(person=pl.lit("Somebody Else"))
    copied = credited.with_columns(
        title_id=pl.col("title_id") + 1_000_000, known_on=pl.lit(day), position=pl.lit(0)
    )
    joined = [
        titles.select(
            "title_id",
            pl.lit("Ann Åse").alias("person"),
            pl.lit(role).alias("role"),
            pl.lit(0).alias("position"),
            pl.lit(day).alias("known_on"),
            pl.lit("new").alias("source"),
        )
        for role in ("actor", "director", "writer", "producer")
    ]
    parts = [conform(part, SCHEMAS["credits"]) for part in (credited, recast, copied, *joined)]

    told = pl.col("rated_at").dt.date() < day
    turned = tables.ratings.with_columns(
        rating=pl.when(told.fill_null(False)).then("rating").otherwise(pl.lit(0.5))
    )
    changed_tables = {"titles": titles, "outcomes": outcomes, "credits": pl.concat(parts)}
    return tables.replace(**changed_tables, ratings=turned)


def only_before(tables: Tables, day: date) -> Tables:
    """The tables without any fact from that day on, and without those of no known day."""
    return tables.before(day)


def fresh_outcomes_changed(tables: Tables, day: date) -> Tables:
    """The tables with other outcomes for all films that had not been out for the lag on the day."""
    released = pl.coalesce("release_date", pl.date(pl.col("year"), 12, 31))
    settled = tables.titles.filter(released <= day - days(LAG_DAYS))["title_id"]
    ripe = pl.col("title_id").is_in(settled.implode())
    value = pl.when(ripe).then("value").otherwise(pl.col("value") * 13 + 1)
    return tables.replace(outcomes=tables.outcomes.with_columns(value=value))


def own_outcomes_changed(tables: Tables, title_id: int) -> Tables:
    """The tables in which that title did otherwise, in box office, votes and ratings."""
    own = pl.col("title_id") == title_id
    value = pl.when(own).then(pl.col("value") * 11 + 1).otherwise("value")
    rating = pl.when(own).then(pl.lit(0.5)).otherwise("rating").cast(pl.Float32)
    return tables.replace(
        outcomes=tables.outcomes.with_columns(value=value),
        ratings=tables.ratings.with_columns(rating=rating),
    )


# Promises


def keeps_the_questions(theme: Theme, tables: Tables, asked: pl.DataFrame) -> None:
    answers = theme(tables, asked)
    declared = {column.name: DTYPES[column.kind] for column in theme.columns}
    assert dict(answers.schema) == {"title_id": pl.Int64, "as_of": pl.Date, **declared}
    assert_frame_equal(answers.select("title_id", "as_of"), asked)
    one = theme(tables, asked.head(1))
    assert_frame_equal(one, answers.head(1), check_exact=True)


def needs_no_future(theme: Theme, tables: Tables, asked: pl.DataFrame) -> None:
    for day in busy_days(tables):
        questions = on_day(asked, day)
        past = theme(only_before(tables, day), questions)
        assert_frame_equal(theme(tables, questions), past, check_exact=True)


def ignores_later_facts(theme: Theme, tables: Tables, asked: pl.DataFrame) -> None:
    for day in busy_days(tables):
        earlier = asked.filter(pl.col("as_of") <= day)
        told = theme(changed_from(tables, day), earlier)
        assert_frame_equal(theme(tables, earlier), told, check_exact=True)


def waits_for_outcomes(theme: Theme, tables: Tables, asked: pl.DataFrame) -> None:
    columns = ["title_id", "as_of", *before_release(theme)]
    for day in busy_days(tables):
        questions = on_day(asked, day)
        told = theme(fresh_outcomes_changed(tables, day), questions)
        assert_frame_equal(
            theme(tables, questions).select(columns), told.select(columns), check_exact=True
        )


def ignores_its_own_outcome(theme: Theme, tables: Tables, asked: pl.DataFrame) -> None:
    columns = ["title_id", "as_of", *before_release(theme)]
    rich = tables.outcomes.filter(pl.col("measure") == "revenue_usd")["title_id"].unique().sort()
    answers = theme(tables, asked).select(columns)
    for title_id in rich.gather_every(max(1, len(rich) // 4)):
        own = asked["title_id"] == title_id
        told = theme(own_outcomes_changed(tables, title_id), asked.filter(own))
        assert_frame_equal(answers.filter(own), told.select(columns), check_exact=True)


def knows_no_order(theme: Theme, tables: Tables, asked: pl.DataFrame) -> None:
    assert_frame_equal(theme(tables, asked), theme(shuffled(tables), asked), check_exact=True)


def knows_no_title_too_early(theme: Theme, tables: Tables, asked: pl.DataFrame) -> None:
    """A title whose row is not known yet gets the answer of a title that nobody knows."""
    known = tables.titles.filter(pl.col("known_on").is_not_null()).select("title_id", "known_on")
    early = asked.join(known, on="title_id", maintain_order="left").filter(
        pl.col("as_of") <= pl.col("known_on")
    )
    assert early.height > 0
    strangers = early.select(pl.lit(NOBODY, dtype=pl.Int64).alias("title_id"), "as_of")
    told = theme(tables, early.select("title_id", "as_of")).drop("title_id")
    assert_frame_equal(told, theme(tables, strangers).drop("title_id"), check_exact=True)


def bears_emptiness(theme: Theme, tables: Tables, asked: pl.DataFrame) -> None:
    assert theme(tables, asked.clear()).height == 0
    assert theme(Tables(), asked).height == asked.height
    for name in ("credits", "outcomes", "ratings"):
        bare = tables.replace(**{name: SCHEMAS[name].empty()})
        assert theme(bare, asked).height == asked.height


def before_release(theme: Theme) -> list[str]:
    """Names of the columns that may be asked before the title is out."""
    return [column.name for column in theme.columns if column.horizon != HORIZONS[-1]]


PROMISES: dict[str, Promise] = {
    promise.__name__: promise
    for promise in (
        keeps_the_questions,
        needs_no_future,
        ignores_later_facts,
        waits_for_outcomes,
        ignores_its_own_outcome,
        knows_no_order,
        knows_no_title_too_early,
        bears_emptiness,
    )
}
