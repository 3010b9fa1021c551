"""Films whose box office is known by a day, to be set beside a planned one."""

from __future__ import annotations

from functools import cached_property

import polars as pl

from marquee.data.tables import Tables
from marquee.features.asking import at_release, settled
from marquee.features.frame import feature_frame
from marquee.forecast.similar_films import COLUMNS, similar_films
from marquee.service.film_question import FilmQuestion
from marquee.service.forecast_records import SimilarFilm
from marquee.service.plan_people import ROLE

MEASURE = "revenue_usd"


class PastFilms:
    """Every film with a known box office, as it was known at its release."""

    def __init__(self, tables: Tables) -> None:
        self._tables = tables

    @cached_property
    def films(self) -> pl.DataFrame:
        """title_id, name, year, budget_usd, value, usable_from and the columns to compare by."""
        told = settled(self._tables, MEASURE).select("title_id", "value", "usable_from")
        rows = self._tables.titles.filter(pl.col("kind") == "film")
        rows = rows.select("title_id", "name", "year", "budget_usd")
        known = told.join(rows, on="title_id", maintain_order="left")
        asked = at_release(self._tables, known["title_id"].to_list())
        features = feature_frame(self._tables, asked, columns=COLUMNS)
        return known.join(features, on="title_id", maintain_order="left")

    def near(self, question: FilmQuestion, film: pl.DataFrame, n: int) -> tuple[SimilarFilm, ...]:
        """The n films nearest to the one asked about whose box office was known by then."""
        usable = (pl.col("usable_from") <= question.as_of) & (
            pl.col("title_id") != question.title_id
        )
        films = self.films.filter(usable)
        if films.is_empty():
            return ()
        found = [
            (films.row(each.row, named=True), each.distance)
            for each in similar_films(film, films, n)
        ]
        people = self._people(question, [row["title_id"] for row, _ in found])
        own = film.row(0, named=True)
        return tuple(
            SimilarFilm(
                title_id=row["title_id"],
                name=row["name"],
                year=row["year"],
                revenue_usd=row["value"],
                budget_usd=row["budget_usd"],
                multiple=row["value"] / row["budget_usd"] if row["budget_usd"] else None,
                distance=distance,
                shared=(*_shared(own, row), *people.get(row["title_id"], ())),
            )
            for row, distance in found
        )

    def _people(self, question: FilmQuestion, title_ids: list[int]) -> dict[int, list[str]]:
        """Directors and first-billed actors that those films share with the one asked about."""
        names: dict[str, str] = {}
        for person in question.people:
            if person.field in ("directors", "cast"):
                names.setdefault(person.person, person.field)
        same = self._tables.credits.filter(
            pl.col("title_id").is_in(title_ids)
            & pl.col("person").is_in(list(names))
            & pl.col("role").is_in([ROLE["directors"], ROLE["cast"]])
            & (pl.col("known_on") < question.as_of)
        )
        found: dict[int, list[str]] = {}
        for title_id, person in (
            same.select("title_id", "person").unique(maintain_order=True).rows()
        ):
            found.setdefault(title_id, []).append(person)
        return found


def _shared(own: dict[str, object], other: dict[str, object]) -> list[str]:
    """What both films have, in words."""
    words: list[str] = []
    for name in ("genres", "companies"):
        mine, theirs = own.get(name) or (), other.get(name) or ()
        words += [str(word) for word in mine if word in theirs]  # type: ignore[attr-defined, operator]  # list columns
    if own.get("certificate") is not None and own.get("certificate") == other.get("certificate"):
        words.append(str(own["certificate"]))
    if own.get("is_sequel") and other.get("is_sequel"):
        words.append("sequel")
    return words
