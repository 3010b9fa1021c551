"""A forecast desk over a small built-in world, and plans for films in it."""

from __future__ import annotations

from datetime import date
from functools import cache
from typing import Any

import polars as pl

from marquee.data.tables import Tables
from marquee.data.world import build_world
from marquee.evaluation.forecasting.frames import Labeled, Target, labeled
from marquee.forecast import FORECASTERS
from marquee.forecast.trained import Trained, fit_line, trained
from marquee.service.film_plan import FilmPlan
from marquee.service.forecast_desk import ForecastDesk

TODAY = date(2026, 3, 2)


@cache
def world() -> Tables:
    """A small world."""
    return build_world(n_titles=500, n_viewers=40, n_ratings=2_000, seed=3)


@cache
def known(target: Target) -> Labeled:
    """Its films with a known outcome."""
    return labeled(world(), target, min_votes=1)


@cache
def model(target: Target, name: str, *, with_line: bool = False) -> Trained:
    """A forecaster of that name, fitted on all of them."""
    films = known(target)
    settings: dict[str, Any] = {}
    if target == "audience":
        settings["outcome_scale"] = "plain"
    if target == "popularity":
        settings["outcome_scale"] = "log1p"
    fitted = FORECASTERS[name](**settings).fit(films.features, films.outcome)
    return trained(
        fitted,
        films.features,
        target=target,
        horizon=films.horizon,
        version=f"{name}-1",
        snapshot="small",
        line=fit_line(films.features, films.outcome) if with_line else None,
    )


@cache
def desk(name: str = "xgboost") -> ForecastDesk:
    """A desk with models of revenue, popularity and audience score."""
    models = {
        "revenue": model("revenue", name, with_line=True),
        "popularity": model("popularity", "ridge"),
        "audience": model("audience", "ridge"),
    }
    return ForecastDesk(world(), models, snapshot="small")


def names(role: str, n: int) -> list[str]:
    """The busiest people in that role whose name nobody else bears."""
    told = world().credits.filter(pl.col("role") == role)
    one = world().credits.group_by("person").agg(pl.col("person_id").n_unique().alias("ids"))
    alone = one.filter(pl.col("ids") == 1)
    busy = told.join(alone, on="person", how="semi").group_by("person").len()
    return busy.sort("len", "person", descending=[True, False])["person"].head(n).to_list()


def plan(**changes: Any) -> FilmPlan:
    """A plan of a film in the world."""
    films = world().titles.filter(pl.col("kind") == "film")
    companies = films["companies"].drop_nulls().explode().mode().sort().to_list()
    values: dict[str, Any] = {
        "title": "A Film That Nobody Knows",
        "genres": ["Drama", "Romance"],
        "budget_usd": 2e7,
        "release_date": "2026-08-14",
        "runtime_min": 104,
        "certificate": "PG-13",
        "languages": ["en"],
        "countries": ["US"],
        "companies": companies[:1],
        "directors": names("director", 1),
        "writers": names("writer", 2),
        "producers": names("producer", 1),
        "cast": names("actor", 5),
        "overview": "Two people lose a boat and find a harbor.",
    }
    return desk().plan({**values, **changes})
