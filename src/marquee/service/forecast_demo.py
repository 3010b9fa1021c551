"""A planned film for a demonstration, made of what the catalog knows."""

from __future__ import annotations

from datetime import date

import polars as pl

from marquee.service.film_plan import FilmPlan
from marquee.service.forecast_desk import ForecastDesk

TITLE = "The Lantern Vote"
BUDGET_USD = 40e6
MONTH = 6


def demo_plan(desk: ForecastDesk, today: date) -> FilmPlan:
    """A film of next June by the director of most films, with the two busiest actors.

    Its genres, studio and certificate are the commonest of the catalog's films; whatever the
    catalog does not know is left out.
    """
    films = desk.tables.titles.filter(pl.col("kind") == "film")
    return desk.plan(
        {
            "title": TITLE,
            "budget_usd": BUDGET_USD,
            "year": today.year + 1,
            "month": MONTH,
            "genres": [name for name in _commonest(films, "genres", 2) if name in desk.genres],
            "companies": _commonest(films, "companies", 1),
            "certificate": next(iter(_commonest(films, "certificate", 1)), None),
            "directors": _busiest(desk, films, "director", 1),
            "cast": _busiest(desk, films, "actor", 2),
        }
    )


def _commonest(films: pl.DataFrame, column: str, n: int) -> list[str]:
    """The n values that most films have; of equals the first by name."""
    values = films.select(column)
    if values.schema[column] == pl.List(pl.String):
        values = values.explode(column)
    counts = (
        values.drop_nulls().group_by(column).len().sort("len", column, descending=[True, False])
    )
    return list(counts[column].head(n))


def _busiest(desk: ForecastDesk, films: pl.DataFrame, role: str, n: int) -> list[str]:
    """Names of the n people with most films in a role, of those who alone have their name."""
    people = desk.tables.credits.join(films.select("title_id"), on="title_id", how="semi")
    numbered = people.drop_nulls("person_id")
    alone = numbered.group_by("person").agg(pl.col("person_id").n_unique().alias("same"))
    alone = alone.filter(pl.col("same") == 1).select("person")
    named = people.filter(pl.col("role") == role).join(alone, on="person", how="semi")
    return _commonest(named, "person", n)
