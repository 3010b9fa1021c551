"""The features of one film from no more of the tables than each theme looks at.

Features are written for thousands of films at once and scan whole tables. One film asks about its
own row, its people's and companies' other films, films around its release, and the box office of
all; with the rest left out the answers are the same to the last bit, at a fraction of the time.
A theme that is not named here gets everything.
"""

from __future__ import annotations

from datetime import date, timedelta

import polars as pl

from marquee.data.tables import Tables
from marquee.features import FEATURES
from marquee.features.asking import QUESTION, settled
from marquee.features.base import Horizon
from marquee.features.frame import feature_frame
from marquee.service.film_question import FilmQuestion
from marquee.service.plan_people import PeopleIndex

OWN_ROW = ("genres", "runtime", "certificate", "origin", "plot", "keywords", "calendar")
"""Themes that look at nothing but the film's own row, but for :data:`AROUND`."""

AROUND = ("crowding_month", "crowding_14_days", "crowding_14_days_usd")
"""Columns that look at the films around a release."""
AROUND_DAYS = 62
"""Days around a release in which other films can crowd it, whole months included."""

RECENT = ("budget", "genre_returns")
"""Themes that look at other films of the last three years alone."""
RECENT_DAYS = 1_500
"""Days before the question from which on they are kept: three whole calendar years and more."""

RECORDS = ("collection", "people", "studios", "power")
"""Themes that look at the past films of the film's people and companies and at all box office."""

MEASURE = "revenue_usd"
"""The one outcome that features before the release look at, of other films."""

RELEASE = ("release_date", "year", "month")

LOOKS_AT: dict[str, tuple[str, ...]] = {
    "budget": ("budget_usd", *RELEASE),
    "calendar": RELEASE,
    "genres": ("genres",),
    "runtime": ("runtime_min",),
    "certificate": ("certificate",),
    "origin": ("languages", "countries", "companies"),
    "collection": ("title", "collection", "directors", "cast", *RELEASE),
    "people": ("directors", "writers", "producers", "cast"),
    "studios": ("companies",),
    "genre_returns": ("genres",),
    "power": ("directors", "cast"),
    "plot": ("title", "tagline", "overview"),
    "keywords": ("keywords",),
}
"""Fields of a plan that a theme's answer can depend on; of a theme not named, all."""


class FilmFeatures:
    """Features of one film at a time among the films of the tables."""

    def __init__(self, tables: Tables, people: PeopleIndex) -> None:
        self._tables = tables
        self._people = people
        self._revenue = tables.outcomes.filter(pl.col("measure") == MEASURE)
        usable = settled(tables, MEASURE).select("title_id", "usable_from")
        days = pl.max_horizontal("release_date", pl.date("year", 12, 31), "usable_from")
        self._latest = (
            tables.titles.select("title_id", "release_date", "year")
            .join(usable, on="title_id", how="left", maintain_order="left")
            .select(days.alias("latest"))["latest"]
        )
        company = pl.element().str.normalize("NFKC").str.to_lowercase().str.strip_chars()
        self._companies = tables.titles["companies"].list.eval(company)

    def __call__(
        self,
        question: FilmQuestion,
        columns: tuple[str, ...],
        horizon: Horizon,
        *,
        like: tuple[FilmQuestion, pl.DataFrame] | None = None,
    ) -> pl.DataFrame:
        """The columns of the question, one row: those of ``feature_frame`` from all the tables.

        ``like`` is the same film under another plan, asked on the same day, with the same columns;
        what does not depend on the fields that differ is taken from there.
        """
        theme_of = {each.name: name for name, theme in FEATURES.items() for each in theme.columns}
        kept = self._unchanged(question, like[0]) if like is not None else frozenset()
        by_slice: dict[str, list[str]] = {}
        for name in columns:
            if theme_of[name] not in kept:
                by_slice.setdefault(_slice(name, theme_of[name]), []).append(name)
        found = {} if like is None else {name: like[1][name] for name in columns}
        for part, names in by_slice.items():
            tables = self._part(question, part)
            answers = feature_frame(tables, question.asked, horizon, columns=names)
            found |= {name: answers[name] for name in names}
        return question.asked.with_columns(**{name: found[name] for name in columns}).select(
            *QUESTION, *columns
        )

    def _unchanged(self, question: FilmQuestion, other: FilmQuestion) -> frozenset[str]:
        """Themes whose answer is that to the other question about the same film."""
        if (question.title_id, question.as_of) != (other.title_id, other.as_of):
            return frozenset()
        return frozenset(
            theme
            for theme, fields in LOOKS_AT.items()
            if all(getattr(question.plan, f) == getattr(other.plan, f) for f in fields)
        )

    def _part(self, question: FilmQuestion, part: str) -> Tables:
        if part == "own":
            return Tables.of_parts(titles=question.title)
        if part == "around":
            return Tables.of_parts(titles=self._around(question, question.title["release_date"][0]))
        if part == "recent":
            since = question.as_of - timedelta(days=RECENT_DAYS)
            titles = self._titles(question, (self._latest >= since).fill_null(False))
            ids = titles["title_id"].implode()
            recent = self._revenue.filter(pl.col("title_id").is_in(ids))
            return Tables.of_parts(titles=titles, outcomes=recent)
        if part == "records":
            others = self._people.credits_of(question.people)
            others = others.filter(pl.col("title_id") != question.title_id)
            return Tables.of_parts(
                titles=self._with_companies(question),
                credits=pl.concat([others, question.credits]),
                outcomes=self._revenue,
            )
        return question.among(self._tables)

    def _titles(self, question: FilmQuestion, mask: pl.Series) -> pl.DataFrame:
        titles = self._tables.titles
        others = titles.filter(mask & (titles["title_id"] != question.title_id))
        return pl.concat([others, question.title])

    def _around(self, question: FilmQuestion, day: date | None) -> pl.DataFrame:
        if day is None:
            return question.title
        reach = timedelta(days=AROUND_DAYS)
        mask = self._tables.titles["release_date"].is_between(day - reach, day + reach)
        return self._titles(question, mask.fill_null(False))

    def _with_companies(self, question: FilmQuestion) -> pl.DataFrame:
        """All titles; the companies only of those that share one with the film."""
        titles = self._tables.titles
        given = question.title["companies"].list.drop_nulls()[0]
        own = [] if given is None else given
        names = pl.Series(own, dtype=pl.String).str.normalize("NFKC").str.to_lowercase()
        named = names.str.strip_chars().to_list()
        shares = self._companies.list.eval(pl.element().is_in(named)).list.any().fill_null(False)
        kept = titles.with_columns(pl.when(shares).then(pl.col("companies")).alias("companies"))
        other = pl.col("title_id") != question.title_id
        return pl.concat([kept.filter(other), question.title])


def _slice(name: str, theme: str) -> str:
    """Which part of the tables a column of a theme looks at."""
    if name in AROUND:
        return "around"
    if theme in OWN_ROW:
        return "own"
    if theme in RECENT:
        return "recent"
    return "records" if theme in RECORDS else "all"
